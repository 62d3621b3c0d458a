"""Where requests come from: behind reverse proxies that are trusted, the address they tell."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from collections.abc import Sequence

import flask
from flask import request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
_TRUSTED = "portal_trusted_proxies"


def networks_of(texts: Collection[str]) -> Networks:
    """Return the networks that settings name."""
    return [ipaddress.ip_network(text) for text in texts]


def trust_proxies(app: flask.Flask, trusted: Networks) -> None:
    """Believe the ``X-Forwarded-For`` of some proxies in all requests of an application.

    Args:
        app: The application.
        trusted: The networks of those proxies.
    """
    app.extensions[_TRUSTED] = trusted


def sender() -> str:
    """Return the address the current request comes from; empty when nothing tells it.

    What is to be *believed* of a proxy depends on the address of the connection instead, which
    is ``request.remote_addr``.
    """
    trusted: Networks = flask.current_app.extensions.get(_TRUSTED, ())
    forwarded = request.headers.get("X-Forwarded-For", "")
    return client_address(request.remote_addr or "", forwarded, trusted)


def client_address(connected: str, forwarded_for: str, trusted: Networks) -> str:
    """Return the address a request comes from, before it came to proxies that are trusted.

    Args:
        connected: The address of the connection.
        forwarded_for: The header ``X-Forwarded-For``: every proxy appends whom it heard of.
        trusted: The networks of proxies that are believed.
    """
    told = reversed([each.strip() for each in forwarded_for.split(",") if each.strip()])
    hops = [connected, *told]
    for at, hop in enumerate(hops):
        address = parsed_address(hop)
        if address is None:
            return hops[max(0, at - 1)]
        if not any(address in network for network in trusted):
            return hop
    return hops[-1]


def parsed_address(text: str) -> Address | None:
    """Return an address, that of IPv4 for one mapped to IPv6; ``None`` when it is none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
