"""From what a provider says of a person to a user of the catalog."""

from __future__ import annotations

from typing import Any

import pytest

from portal.auth.people.resolvers import Key
from portal.auth.people.resolvers import Lookup
from portal.auth.people.resolvers import Refusal
from portal.auth.people.resolvers import SignInRefusedError
from portal.auth.people.resolvers import profile_of
from portal.auth.people.resolvers import resolve
from portal.config.signing_in import BY_EMAIL
from portal.config.signing_in import BY_KEYCLOAK_ID
from portal.config.signing_in import BY_LOCAL_PART
from portal.config.signing_in import BY_USERNAME

_ADA = "user:default/ada"
_CLAIMS = {
    "sub": "42",
    "email": "ada+tag@example.org",
    "email_verified": True,
    "preferred_username": "ada",
}


def resolved(
    claims: dict[str, Any], resolver: str, *users: Lookup, **options: Any
) -> tuple[str, list[Lookup]]:
    """Return the user of claims in a catalog that knows Ada by some values, and what it was asked."""
    asked: list[Lookup] = []

    def find(lookup: Lookup) -> list[str]:
        asked.append(lookup)
        return [_ADA] if lookup in users else []

    return resolve(profile_of(claims), [resolver], find, **options), asked


def refusal(claims: dict[str, Any], resolver: str = BY_EMAIL, **options: Any) -> Refusal:
    with pytest.raises(SignInRefusedError) as caught:
        resolved(claims, resolver, **options)
    return caught.value.refusal


_FOUND = [
    (BY_EMAIL, Lookup(Key.EMAIL, "ada+tag@example.org")),
    (BY_EMAIL, Lookup(Key.EMAIL, "ada@example.org")),
    (BY_USERNAME, Lookup(Key.NAME, "ada")),
    (BY_KEYCLOAK_ID, Lookup(Key.ANNOTATION, "42", "keycloak.org/id")),
    ("sub=example.org/user-id", Lookup(Key.ANNOTATION, "42", "example.org/user-id")),
]


@pytest.mark.parametrize(("resolver", "lookup"), _FOUND)
def test_a_resolver_asks_by_its_value(resolver: str, lookup: Lookup) -> None:
    found, asked = resolved(_CLAIMS, resolver, lookup)
    assert found == _ADA
    assert asked[-1] == lookup


def test_the_local_part_is_a_name() -> None:
    claims = {**_CLAIMS, "email": "ada@example.org"}
    found, asked = resolved(claims, BY_LOCAL_PART, Lookup(Key.NAME, "ada"))
    assert (found, asked) == (_ADA, [Lookup(Key.NAME, "ada")])


@pytest.mark.parametrize("verified", [False, "true", 1, None])
@pytest.mark.parametrize("resolver", [BY_EMAIL, BY_LOCAL_PART])
def test_an_address_counts_only_when_it_is_verified(resolver: str, verified: Any) -> None:
    claims = {**_CLAIMS, "email_verified": verified}
    assert refusal(claims, resolver) is Refusal.EMAIL_NOT_VERIFIED


def test_an_address_is_believed_without_the_claim_only_where_the_operator_says_so() -> None:
    claims = {"email": "ada@example.org"}
    assert profile_of(claims).email == ""
    assert profile_of(claims, assume_verified=True).email == "ada@example.org"
    denied = {**claims, "email_verified": False}
    assert profile_of(denied, assume_verified=True).email == ""


def test_only_some_domains_may_sign_in() -> None:
    assert refusal(_CLAIMS, domains=["example.com"]) is Refusal.EMAIL_DOMAIN
    lookup = Lookup(Key.EMAIL, "ada@example.org")
    assert resolved(_CLAIMS, BY_EMAIL, lookup, domains=["Example.org"])[0] == _ADA
    assert refusal({"sub": "42"}, domains=["example.org"]) is Refusal.NOTHING_TO_FIND


@pytest.mark.parametrize(
    "name", ["", "a/b", "../x", "user:default/ada", "a b", "-a", "é", "a" * 64, 5]
)
def test_what_is_no_name_is_not_asked_for(name: Any) -> None:
    claims = {"sub": "42", "preferred_username": name}
    assert refusal(claims, BY_USERNAME, unlisted=True) is Refusal.NOTHING_TO_FIND


def test_whom_the_catalog_does_not_know_is_let_in_only_where_the_operator_says_so() -> None:
    assert refusal(_CLAIMS, BY_USERNAME) is Refusal.NO_USER
    assert resolved(_CLAIMS, BY_USERNAME, unlisted=True)[0] == "user:default/ada"
    address = {**_CLAIMS, "email": "Eve@example.org"}
    assert resolved(address, BY_EMAIL, unlisted=True)[0] == "user:default/eve"
