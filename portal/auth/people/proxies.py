"""Proxies that sign people in, and say in headers who they are.

Only the headers of listed addresses are read: anybody can send headers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass

from portal.auth.people.issuers import ForeignIssuer
from portal.auth.people.resolvers import Profile
from portal.auth.people.resolvers import profile_of
from portal.config.signing_in import IdentityProxy

#: Returns the value of a header of the request; empty without one.
Header = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a proxy vouches for in a request."""

    proxy: IdentityProxy
    profile: Profile


class Proxies:
    """The proxies of the settings.

    Args:
        proxies: Their settings.
        issuers: What verifies the tokens of those that sign them, by name.
    """

    def __init__(self, proxies: Iterable[IdentityProxy], issuers: dict[str, ForeignIssuer]) -> None:
        self._proxies = tuple(
            (one, tuple(map(ipaddress.ip_network, one.addresses))) for one in proxies
        )
        self._issuers = issuers

    def vouched(self, address: str, header: Header) -> Vouched | None:
        """Return whom a proxy vouches for; ``None`` when the request is of no proxy.

        Args:
            address: The network address the request comes from.
            header: Reads a header.

        Raises:
            ForeignTokenError: When its token is not valid.
            SourceError: When the keys of its token cannot be fetched.
        """
        sender = _address(address) if self._proxies else None
        for proxy, networks in self._proxies:
            if sender is None or not any(sender in network for network in networks):
                continue
            claims = self._claims(proxy, header)
            if claims is not None:
                return Vouched(proxy, profile_of(claims, assume_verified=not proxy.jwt_header))
        return None

    def _claims(self, proxy: IdentityProxy, header: Header) -> dict[str, object] | None:
        if proxy.jwt_header:
            token = header(proxy.jwt_header)
            return self._issuers[proxy.name].claims(token) if token else None
        name = header(proxy.user_header) if proxy.user_header else ""
        email = header(proxy.email_header) if proxy.email_header else ""
        if not (name or email):
            return None
        return {"preferred_username": name, "email": email, "name": name}


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
