"""Sign-in resolvers: from what a provider says of a person to the user of the catalog.

The names and the rules are those of Backstage's resolvers; e-mail addresses count only when
the provider has verified them (CVE-2026-106488).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from typing import Any

from portal.config.signing_in import BY_EMAIL
from portal.config.signing_in import BY_KEYCLOAK_ID
from portal.config.signing_in import BY_LOCAL_PART
from portal.config.signing_in import BY_PING_ID
from portal.config.signing_in import BY_USERNAME
from portal.config.signing_in import CLAIM_RESOLVER
from portal.kernel.errors import NotAllowedError

_EMAIL = re.compile(r"(?P<local>[^@+\s]+)(\+[^@\s]*)?@(?P<domain>[^@\s]+)")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
#: The annotations of Backstage's resolvers of these names.
_ANNOTATIONS = {BY_KEYCLOAK_ID: "keycloak.org/id", BY_PING_ID: "pingidentity.org/id"}


class Refusal(StrEnum):
    """Why somebody could not sign in; the sign-in page has a text for each."""

    EMAIL_NOT_VERIFIED = "email-not-verified"
    EMAIL_DOMAIN = "email-domain"
    NO_USER = "no-user"
    SEVERAL_USERS = "several-users"
    NOTHING_TO_FIND = "nothing-to-find"
    TOO_LATE = "too-late"
    OTHER_BROWSER = "other-browser"
    CANCELLED = "cancelled"
    INVALID_TOKEN = "invalid-token"
    UNAVAILABLE = "unavailable"


class SignInRefusedError(NotAllowedError):
    """Somebody could not sign in."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Profile:
    """What a provider says of a person.

    Attributes:
        email: The e-mail address when it is verified; empty otherwise.
        has_unverified_email: Whether there is an address that is not verified.
        display_name: The name for people; empty when unknown.
        picture: The address of a picture; empty when unknown.
        claims: All claims.
    """

    email: str = ""
    has_unverified_email: bool = False
    display_name: str = ""
    picture: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)

    def text(self, claim: str) -> str:
        """Return a claim that is a text; empty without one."""
        value = self.claims.get(claim)
        return value if isinstance(value, str) else ""

    def to_json(self) -> dict[str, str]:
        """Return the profile as Backstage's frontend expects it."""
        found = {"email": self.email, "displayName": self.display_name, "picture": self.picture}
        return {name: value for name, value in found.items() if value}


def profile_of(claims: Mapping[str, Any], assume_verified: bool = False) -> Profile:
    """Return the profile of claims of OpenID Connect.

    Args:
        claims: Those of the ID token and of the userinfo endpoint.
        assume_verified: Whether an address without ``email_verified`` counts as verified.
    """
    email = claims.get("email")
    email = email if isinstance(email, str) else ""
    verified = claims.get("email_verified", assume_verified)
    is_verified = verified is True and bool(_EMAIL.fullmatch(email))
    texts = {
        name: value if isinstance(value := claims.get(claim), str) else ""
        for name, claim in (("display_name", "name"), ("picture", "picture"))
    }
    if not texts["picture"].startswith("https://"):
        texts["picture"] = ""
    return Profile(
        email if is_verified else "", bool(email) and not is_verified, **texts, claims=claims
    )


class Key(StrEnum):
    """By what a user of the catalog is looked up."""

    EMAIL = "email"
    NAME = "name"
    ANNOTATION = "annotation"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question to the catalog: the users with a value; ``annotation`` is its name."""

    key: Key
    value: str
    annotation: str = ""


#: Returns the refs of the users, of trusted sources, that a question finds.
FindUsers = Callable[[Lookup], "list[str]"]


def _by_email(profile: Profile) -> Iterator[Lookup]:
    parts = _EMAIL.fullmatch(profile.email)
    if parts:
        yield Lookup(Key.EMAIL, profile.email)
        # As Backstage: an address with a tag is that without.
        plain = f"{parts['local']}@{parts['domain']}"
        if plain != profile.email:
            yield Lookup(Key.EMAIL, plain)


def _by_local_part(profile: Profile) -> Iterator[Lookup]:
    local = profile.email.partition("@")[0]
    if _NAME.fullmatch(local):
        yield Lookup(Key.NAME, local)


def _by_username(profile: Profile) -> Iterator[Lookup]:
    name = profile.text("preferred_username")
    if _NAME.fullmatch(name):
        yield Lookup(Key.NAME, name)


_RESOLVERS: Mapping[str, Callable[[Profile], Iterator[Lookup]]] = {
    BY_EMAIL: _by_email,
    BY_LOCAL_PART: _by_local_part,
    BY_USERNAME: _by_username,
}


def _by_annotation(profile: Profile, name: str) -> Iterator[Lookup]:
    named = CLAIM_RESOLVER.fullmatch(name)
    claim, annotation = ("sub", _ANNOTATIONS.get(name, "")) if not named else named.groups()
    if value := profile.text(claim):
        yield Lookup(Key.ANNOTATION, value, annotation)


def lookups(profile: Profile, resolvers: Iterable[str]) -> Iterator[Lookup]:
    """Yield the questions to the catalog, in the order of the resolvers."""
    for name in resolvers:
        by_claim = _RESOLVERS.get(name)
        yield from by_claim(profile) if by_claim else _by_annotation(profile, name)


def resolve(
    profile: Profile,
    resolvers: Iterable[str],
    find_users: FindUsers,
    *,
    domains: Iterable[str] = (),
    unlisted: bool = False,
) -> str:
    """Return the ref of the user of the catalog that a person is.

    Args:
        profile: What the provider says of them.
        resolvers: The names of resolvers.
        find_users: Looks users up in the catalog.
        domains: The only domains of e-mail addresses; empty allows all.
        unlisted: Whether a person whom the catalog has no user for may sign in: as the
            user that their name would be.

    Raises:
        SignInRefusedError: When there is no such user, or more than one.
    """
    _check_domain(profile, frozenset(domain.lower() for domain in domains))
    asked = list(lookups(profile, resolvers))
    for lookup in asked:
        found = find_users(lookup)
        if len(found) > 1:
            raise SignInRefusedError(
                Refusal.SEVERAL_USERS,
                f"the catalog has several users with this {lookup.key}: {', '.join(found)}",
            )
        if found:
            return found[0]
    if unlisted and (name := _unlisted_name(asked)):
        return f"user:default/{name.lower()}"
    refusal, message = _refusal(profile, bool(asked))
    raise SignInRefusedError(refusal, message)


def _check_domain(profile: Profile, domains: frozenset[str]) -> None:
    """Refuse addresses of other domains.

    Raises:
        SignInRefusedError: When domains are given, and the address has none of them.
    """
    domain = profile.email.rpartition("@")[2].lower()
    if profile.email and domains and domain not in domains:
        raise SignInRefusedError(
            Refusal.EMAIL_DOMAIN, "e-mail addresses of this domain may not sign in here"
        )
    if domains and not profile.email:
        refusal, message = _refusal(profile, has_asked=False)
        raise SignInRefusedError(refusal, message)


def _unlisted_name(asked: Iterable[Lookup]) -> str:
    names = (lookup.value for lookup in asked if lookup.key is Key.NAME)
    emails = (lookup.value.partition("@")[0] for lookup in asked if lookup.key is Key.EMAIL)
    return next((name for name in (*names, *emails) if _NAME.fullmatch(name)), "")


def _refusal(profile: Profile, has_asked: bool) -> tuple[Refusal, str]:
    """Return why no user was found."""
    if has_asked:
        return Refusal.NO_USER, "the catalog has no user for this person"
    if profile.has_unverified_email:
        return (
            Refusal.EMAIL_NOT_VERIFIED,
            "the provider has not verified the e-mail address",
        )
    return Refusal.NOTHING_TO_FIND, "the provider says nothing by which a user could be found"
