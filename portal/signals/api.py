"""Signals, under ``/api/signals``: Backstage's channel to open pages.

The channel is a WebSocket at ``/api/signals`` itself, and the portal's server
speaks none (``docs/decisions/0011-signing-in.md``): a handshake is an empty 404.
Clients try again now and then, and ask whenever a page is opened.
"""

from __future__ import annotations

from flask import Response

from portal.web import Blueprint
from portal.web import json_response


def signals_blueprint() -> Blueprint:
    """Return the routes of signals."""
    bp = Blueprint("signals", __name__, url_prefix="/api/signals", description=__doc__)

    @bp.get("/health")
    def get_signals_health() -> Response:
        """Say that the routes of signals answer."""
        return json_response({"status": "ok"})

    return bp
