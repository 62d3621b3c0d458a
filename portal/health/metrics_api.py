"""``/metrics``: what the portal does, in Prometheus' text format."""

from __future__ import annotations

import ipaddress

from flask import Flask
from flask import Response
from flask import request

from portal.health.gauges import Gauges
from portal.kernel.errors import NotAllowedError
from portal.kernel.telemetry import instruments
from portal.web.doors import asks
from portal.web.doors import public

ROUTE = "/metrics"
READ = "portal.metrics.read"
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: Headers that proxies add: what has one does not come from this machine alone.
_OF_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


def add_metrics(app: Flask, gauges: Gauges, who: str) -> None:
    """Add the route, unless nobody may read it.

    Args:
        app: The application.
        gauges: The state of the portal.
        who: ``permitted``, ``loopback`` or ``off``.
    """

    def get_metrics() -> Response:
        """Return what all processes of this machine count, and the state of the portal."""
        if who == "loopback":
            _require_loopback()
        return Response(instruments.exposed(gauges), content_type=_TYPE)

    door = asks(READ) if who == "permitted" else public("answers to this machine only")
    if who != "off":
        app.add_url_rule(ROUTE, "metrics", door(get_metrics))


def _require_loopback() -> None:
    """Refuse who does not connect from this machine directly.

    Raises:
        NotAllowedError: When the request comes from elsewhere, or through a proxy.
    """
    try:
        is_here = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        is_here = False
    if not is_here or any(name in request.headers for name in _OF_PROXIES):
        raise NotAllowedError("metrics are read from the portal's own machine only")
