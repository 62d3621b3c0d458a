"""Whom a request is counted for: a user, a program, or the address a guest sends from."""

from __future__ import annotations

import ipaddress

from portal.auth.identity import SERVICE
from portal.auth.identity import USER
from portal.auth.identity import Method
from portal.auth.identity import Principal
from portal.web.senders import parsed_address

#: What one household or machine has of IPv6 at least: whoever has it may use any address of it.
_IPV6_NETWORK = 64


def identity_of(principal: Principal, address: str) -> str:
    """Return whom a request is counted for.

    Args:
        principal: The caller.
        address: The address the request comes from.
    """
    if principal.kind == USER and not principal.is_guest:
        return principal.subject
    if principal.kind == SERVICE and principal.method is not Method.SERVICE_TOKEN:
        return principal.subject
    # The token of the settings is everybody's who knows it.
    return f"{principal.subject or 'nobody'} at {_network(address)}"


def _network(text: str) -> str:
    address = parsed_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))
    return str(address or text)
