"""The settings that are lists of mappings, for signing in: providers, proxies, issuers.

Each class is one entry of such a list in ``portal.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.config.values import NETWORKS
from portal.config.values import SWITCH
from portal.config.values import TEXT
from portal.config.values import TEXTS
from portal.config.values import VARIABLE
from portal.config.values import WEB_ADDRESS
from portal.config.values import ValueType
from portal.config.values import entries
from portal.config.values import matching
from portal.config.values import one_of

_NAME = matching(r"[a-zA-Z][a-zA-Z0-9-]{0,62}", "letters, digits and hyphens")
_HEADER = matching(r"[A-Za-z][A-Za-z0-9-]{0,63}", "the name of a header")
#: Compared with ``iss`` by every character, so a last slash stays.
_ISSUER = matching(
    r"https://[\w.-]+(:\d{1,5})?(/[\w.~-]+)*/?"
    r"|http://(127\.0\.0\.1|localhost)(:\d{1,5})?(/[\w.~-]+)*/?",
    "https://host[:port][/path], as it stands in tokens; "
    "plain http is accepted for this machine only",
)
#: The resolvers of Backstage, by its names.
BY_EMAIL = "emailMatchingUserEntityProfileEmail"
BY_LOCAL_PART = "emailLocalPartMatchingUserEntityName"
BY_USERNAME = "preferredUsernameMatchingUserEntityName"
BY_KEYCLOAK_ID = "oidcSubClaimMatchingKeycloakUserId"
BY_PING_ID = "oidcSubClaimMatchingPingIdentityUserId"
NAMED_RESOLVERS = (BY_EMAIL, BY_LOCAL_PART, BY_USERNAME, BY_KEYCLOAK_ID, BY_PING_ID)
#: A claim and the annotation it is compared with: ``sub=example.org/user-id``.
CLAIM_RESOLVER = re.compile(r"(?P<claim>[A-Za-z0-9_:./-]{1,100})=(?P<annotation>[\w./-]{1,200})")
#: Names that are taken: routes of ``/api/auth``, and the provider of guests.
_TAKEN = frozenset({"guest", "v1"})


def _read_resolvers(value: Any) -> tuple[str, ...] | None:
    names = TEXTS.read(value)
    is_good = names and all(
        name in NAMED_RESOLVERS or CLAIM_RESOLVER.fullmatch(name) for name in names
    )
    return names if is_good else None


_RESOLVERS = ValueType(
    f"a list of {', '.join(NAMED_RESOLVERS)}, or claim=annotation", _read_resolvers
)


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """A provider of OpenID Connect that people sign in with.

    Attributes:
        name: Its id in addresses, ``/api/auth/<name>/…``, as in Backstage's ``auth.providers``.
        issuer: Its issuer; its metadata are below it.
        client_id: The portal's id there.
        client_secret_env: The environment variable of the secret; empty for a public client.
        title: Its name on the sign-in page; empty takes ``name``.
        scopes: The scopes that are asked for.
        resolvers: How the user of the catalog is found; the first that finds one counts.
        email_domains: The only domains of e-mail addresses that may sign in; empty allows all.
        client_auth: How the portal authenticates at its token endpoint.
        prompt: The parameter ``prompt`` of requests, such as ``select_account``.
        assume_email_verified: Whether an e-mail address is believed without the claim
            ``email_verified``; only for providers where nobody can set their own.
    """

    name: str
    issuer: str
    client_id: str
    client_secret_env: str = ""
    title: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    resolvers: tuple[str, ...] = (BY_EMAIL,)
    email_domains: tuple[str, ...] = ()
    client_auth: str = "client_secret_basic"
    prompt: str = ""
    assume_email_verified: bool = False


@dataclass(frozen=True, slots=True)
class IdentityProxy:
    """A proxy that signs people in, and says in headers who they are.

    Attributes:
        name: Its id in addresses, ``/api/auth/<name>/refresh``.
        addresses: The addresses or networks it sends from; the headers of others are ignored.
        user_header: The header with the user's name.
        email_header: The header with the user's e-mail address, which the proxy has verified.
        jwt_header: The header with a signed token instead; its claims are those of OpenID
            Connect.
        jwks: The address of the keys of that token.
        issuer: Its issuer.
        audience: Its audience.
        resolvers: How the user of the catalog is found.
    """

    name: str
    addresses: tuple[str, ...]
    user_header: str = ""
    email_header: str = ""
    jwt_header: str = ""
    jwks: str = ""
    issuer: str = ""
    audience: str = ""
    resolvers: tuple[str, ...] = (BY_EMAIL, BY_USERNAME)


@dataclass(frozen=True, slots=True)
class BackstageIssuer:
    """A Backstage whose user tokens are accepted.

    Attributes:
        issuer: The ``iss`` of its tokens, such as ``https://backstage.example.org/api/auth``.
        jwks: The address of its keys: ``.well-known/jwks.json`` below the issuer.
        audience: The ``aud`` of its tokens.
    """

    issuer: str
    jwks: str
    audience: str = "backstage"


def _check_names(found: Sequence[OidcProvider] | Sequence[IdentityProxy]) -> None:
    names = [one.name for one in found]
    if len(set(names)) < len(names):
        msg = "two have the same name"
        raise ValueError(msg)
    if taken := _TAKEN.intersection(names):
        msg = f"the name '{min(taken)}' is taken"
        raise ValueError(msg)


def _check_providers(found: Sequence[OidcProvider]) -> None:
    _check_names(found)
    for one in found:
        if "openid" not in one.scopes:
            msg = f"the scopes of {one.name} lack 'openid'"
            raise ValueError(msg)
        if bool(one.client_secret_env) is (one.client_auth == "none"):
            msg = f"{one.name} needs client_secret_env, or client_auth: none without one"
            raise ValueError(msg)


def _check_proxies(found: Sequence[IdentityProxy]) -> None:
    _check_names(found)
    for one in found:
        is_signed = bool(one.jwt_header)
        if is_signed is bool(one.user_header or one.email_header):
            msg = f"{one.name} needs user_header or email_header, or else jwt_header"
            raise ValueError(msg)
        if is_signed and not (one.jwks and one.issuer and one.audience):
            msg = f"{one.name} has a jwt_header, so it needs jwks, issuer and audience"
            raise ValueError(msg)


def _check_issuers(found: Sequence[BackstageIssuer]) -> None:
    if len({one.issuer for one in found}) < len(found):
        msg = "two have the same issuer"
        raise ValueError(msg)


_PROVIDER_KEYS: dict[str, ValueType[Any]] = {
    "name": _NAME,
    "issuer": _ISSUER,
    "client_id": TEXT,
    "client_secret_env": VARIABLE,
    "title": TEXT,
    "scopes": TEXTS,
    "resolvers": _RESOLVERS,
    "email_domains": TEXTS,
    "client_auth": one_of("client_secret_basic", "client_secret_post", "none"),
    "prompt": TEXT,
    "assume_email_verified": SWITCH,
}
_PROXY_KEYS: dict[str, ValueType[Any]] = {
    "name": _NAME,
    "addresses": NETWORKS,
    "user_header": _HEADER,
    "email_header": _HEADER,
    "jwt_header": _HEADER,
    "jwks": WEB_ADDRESS,
    "issuer": TEXT,
    "audience": TEXT,
    "resolvers": _RESOLVERS,
}
_ISSUER_KEYS: dict[str, ValueType[Any]] = {
    "issuer": _ISSUER,
    "jwks": WEB_ADDRESS,
    "audience": TEXT,
}
OIDC_PROVIDERS = entries(
    OidcProvider,
    "a provider",
    _PROVIDER_KEYS,
    ("name", "issuer", "client_id"),
    _check_providers,
)
IDENTITY_PROXIES = entries(
    IdentityProxy, "a proxy", _PROXY_KEYS, ("name", "addresses"), _check_proxies
)
BACKSTAGE_ISSUERS = entries(
    BackstageIssuer, "an issuer", _ISSUER_KEYS, ("issuer", "jwks"), _check_issuers
)
