"""Which templates get the operator's tokens, and for what."""

from __future__ import annotations

from typing import Any

import pytest

from portal.config.sources import Integration
from portal.config.sources import Proxy
from portal.integrations.hosts import Integrations
from portal.integrations.lending import Borrower
from portal.integrations.lending import why_not_used
from portal.integrations.repo_urls import target_of_remote
from portal.kernel.errors import NotAllowedError

OWN = Borrower("template:default/service", is_operated=True)
REGISTERED = Borrower("template:default/service")
SHOP = "git.test/acme/shop"


def integrations(**bound: Any) -> Integrations:
    known = Integration("git.test", "github", token_env="T", **bound)
    return Integrations((known,), {"plain.test": "T"}, {"T": "the-token"})


@pytest.mark.parametrize(
    ("bound", "borrower", "target", "is_lent"),
    [
        ({}, OWN, SHOP, True),
        ({}, REGISTERED, SHOP, False),
        ({"templates": ("template:default/serv*",)}, OWN, SHOP, True),
        ({"templates": ("template:default/serv*",)}, REGISTERED, SHOP, False),
        ({"templates": ("template:default/other",)}, OWN, SHOP, False),
        ({"targets": ("git.test/acme/*",)}, OWN, SHOP, True),
        ({"targets": ("git.test/Acme/*",)}, REGISTERED, SHOP, True),
        ({"targets": ("git.test/acme/*",)}, OWN, "git.test/other/shop", False),
        ({"targets": ("git.test/acme/*",)}, OWN, "", False),
        (
            {"targets": ("git.test/acme/*",), "templates": ("template:default/service",)},
            REGISTERED,
            SHOP,
            False,
        ),
        ({"user_token": True}, OWN, SHOP, False),
        ({"user_token": True, "targets": ("*",), "templates": ("*",)}, OWN, SHOP, False),
    ],
)
def test_a_token_is_lent_to_what_it_is_bound_to(
    bound: dict[str, Any], borrower: Borrower, target: str, is_lent: bool
) -> None:
    known = integrations(**bound)
    if is_lent:
        assert known.lent("git.test", borrower, target) == "the-token"
        return
    with pytest.raises(NotAllowedError, match=r"no token for git.test: .*secretsKey"):
        known.lent("git.test", borrower, target)


def test_a_token_of_host_tokens_is_for_templates_of_own_sources() -> None:
    known = integrations()
    assert known.lent("plain.test", OWN, "plain.test/o/r") == "the-token"
    with pytest.raises(NotAllowedError, match="own sources only"):
        known.lent("plain.test", REGISTERED, "plain.test/o/r")
    assert known.reading_variable("plain.test", REGISTERED, "plain.test/o/r") == ""
    assert known.reading_variable("plain.test", OWN, "plain.test/o/r") == "T"
    assert known.reading_variable("plain.test", None, "plain.test/o/r") == "T"


def test_where_there_is_no_token_none_is_refused() -> None:
    assert integrations().lent("other.test", REGISTERED, "other.test/o/r") == ""


def test_a_key_of_ssh_is_lent_as_a_token_is() -> None:
    known = integrations()
    known.check_lent("other.test", OWN, "other.test/o/r")
    with pytest.raises(NotAllowedError):
        known.check_lent("other.test", REGISTERED, "other.test/o/r")


@pytest.mark.parametrize(
    ("remote", "target"),
    [
        ("https://Git.test/Acme/Shop.git", "git.test/acme/shop"),
        ("https://git.test:8443/acme/shop", "git.test:8443/acme/shop"),
        ("git@git.test:acme/shop.git", "git.test/acme/shop"),
        ("ssh://git@git.test/acme/shop.git", "git.test/acme/shop"),
        ("https://git.test/acme/../other/shop", ""),
        ("https://git.test/acme%2f..%2fother/shop", ""),
    ],
)
def test_a_remote_is_a_target_however_it_is_written(remote: str, target: str) -> None:
    assert target_of_remote(remote) == target


@pytest.mark.parametrize(
    ("proxy", "borrower", "is_used"),
    [
        (Proxy("p", "https://p.test"), REGISTERED, True),
        (Proxy("p", "https://p.test", token_env="T"), OWN, True),
        (Proxy("p", "https://p.test", token_env="T"), REGISTERED, False),
        (Proxy("p", "https://p.test", templates=("template:*",)), OWN, True),
        (Proxy("p", "https://p.test", templates=("template:*",)), REGISTERED, False),
        (Proxy("p", "https://p.test", templates=("template:x/*",)), OWN, False),
    ],
)
def test_proxies_are_used_by_whom_they_are_for(
    proxy: Proxy, borrower: Borrower, is_used: bool
) -> None:
    assert (why_not_used(proxy, borrower) == "") is is_used
