"""Whom a request is counted for."""

from __future__ import annotations

import pytest

from portal.auth.identity import NOBODY
from portal.auth.identity import SERVICE
from portal.auth.identity import SERVICE_TOKEN_HOLDER
from portal.auth.identity import USER
from portal.auth.identity import Method
from portal.auth.identity import Principal
from portal.quotas.clients import identity_of
from portal.web.senders import client_address
from portal.web.senders import networks_of

_GUEST = Principal(USER, "user:development/guest", is_guest=True)
_TRUSTED = networks_of(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("principal", "address", "expected"),
    [
        (Principal(USER, "user:default/ada"), "192.0.2.1", "user:default/ada"),
        (
            Principal(SERVICE, "external:ci", method=Method.NAMED_TOKEN),
            "192.0.2.1",
            "external:ci",
        ),
        (SERVICE_TOKEN_HOLDER, "192.0.2.1", "external:service-token at 192.0.2.1"),
        (_GUEST, "192.0.2.1", "user:development/guest at 192.0.2.1"),
        (NOBODY, "::ffff:192.0.2.1", "nobody at 192.0.2.1"),
        (NOBODY, "2001:db8:1:2:3:4:5:6", "nobody at 2001:db8:1:2::/64"),
        (NOBODY, "", "nobody at "),
    ],
    ids=["user", "program", "service-token", "guest", "mapped", "ipv6", "socket"],
)
def test_identity(principal: Principal, address: str, expected: str) -> None:
    assert identity_of(principal, address) == expected


@pytest.mark.parametrize(
    ("sender", "forwarded", "expected"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.9,10.0.0.7", "10.0.0.9"),
        ("10.0.0.1", "198.51.100.1, made up", "10.0.0.1"),
        ("::1", "2001:db8::5", "2001:db8::5"),
    ],
)
def test_only_trusted_proxies_tell_whom_they_heard_of(
    sender: str, forwarded: str, expected: str
) -> None:
    assert client_address(sender, forwarded, _TRUSTED) == expected
