"""Named tokens of programs: what they look like, and what is stored of them. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from portal.auth.identity import AccessRestriction
from portal.auth.identity import ProgramAccess
from portal.auth.identity import Scope
from portal.kernel.errors import InputError

#: What every token begins with, so that scanners for leaked secrets find it.
PREFIX = "portal_"
_TOKEN = re.compile(rf"{PREFIX}(?P<id>[0-9a-f]{{12}})_(?P<secret>[A-Za-z0-9_-]{{43}})")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_PLUGIN = re.compile(r"[a-z][a-z0-9-]{0,62}")
_ACTIONS = ("create", "read", "update", "delete")
_ID_BYTES, _SECRET_BYTES = 6, 32


@dataclass(frozen=True, slots=True)
class ProgramToken:
    """A token as it is stored; times are in seconds since the epoch, 0 for never.

    Attributes:
        id: Its public part.
        name: Whose it is.
        access: What it is good for.
        created_at: When it was made.
        expires_at: When it ends.
        used_at: When it was used last, to the minute.
        revoked_at: When it was revoked.
    """

    id: str
    name: str
    access: ProgramAccess
    created_at: int
    expires_at: int = 0
    used_at: int = 0
    revoked_at: int = 0

    def is_good(self, now: float) -> bool:
        """Return whether it opens anything at a time."""
        return not self.revoked_at and not 0 < self.expires_at <= now


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """The parts of a token that somebody shows."""

    id: str
    secret: str


def new_token() -> PresentedToken:
    """Return a token nobody can guess."""
    return PresentedToken(secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES))


def text_of(token: PresentedToken) -> str:
    """Return what the program sends."""
    return f"{PREFIX}{token.id}_{token.secret}"


def parse(text: str) -> PresentedToken | None:
    """Return the parts of a token; ``None`` when it is no named one."""
    found = _TOKEN.fullmatch(text)
    return PresentedToken(found["id"], found["secret"]) if found else None


def hash_of(secret: str) -> str:
    """Return what is stored of a secret. It is random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(secret: str, hashed: str) -> bool:
    """Return whether a secret is that of a hash, in constant time."""
    return hmac.compare_digest(hash_of(secret), hashed)


def check_name(name: str) -> str:
    """Return a name of a program.

    Raises:
        InputError: When it is none.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a token: lower-case letters, digits, '.', '_' and '-', "
            "63 at most"
        )
    return name


def access_of(scopes: Iterable[str], restrictions: Iterable[str]) -> ProgramAccess:
    """Return what a token is good for.

    Args:
        scopes: ``read``, ``register``, ``scaffold``, ``admin``.
        restrictions: Backstage's ``accessRestrictions``, each as a text
            ``plugin[:permission,permission…][:action,action…]``.

    Raises:
        InputError: When one of them is unknown, or there is no scope.
    """
    known = {str(scope.value): scope for scope in Scope}
    asked = list(scopes)
    if not asked or any(name not in known for name in asked):
        raise InputError(f"a token needs one or more of the scopes {', '.join(known)}")
    limits = tuple(_restriction(text) for text in restrictions)
    return ProgramAccess(frozenset(known[name] for name in asked), limits)


def _restriction(text: str) -> AccessRestriction:
    plugin, *parts = text.split(":")
    names = [name for part in parts for name in part.split(",") if name]
    actions = tuple(name for name in names if name in _ACTIONS)
    permissions = tuple(name for name in names if name not in _ACTIONS)
    strange = [name for name in permissions if not name.startswith(f"{plugin}.")]
    if not _PLUGIN.fullmatch(plugin) or strange or len(parts) > 2:
        raise InputError(
            f"{text!r} is no restriction: write plugin, plugin:permission,permission or "
            "plugin:action,action, such as catalog:catalog.entity.read or scaffolder:read"
        )
    return AccessRestriction(plugin, permissions, actions)


def restrictions_to_json(access: ProgramAccess) -> str:
    """Return the restrictions as they are stored."""
    found = [
        {"plugin": one.plugin, "permissions": one.permissions, "actions": one.actions}
        for one in access.restrictions
    ]
    return json.dumps(found)


def access_from_rows(scopes: str, restrictions: str) -> ProgramAccess:
    """Return what a token is good for, of what is stored."""
    limits = tuple(
        AccessRestriction(one["plugin"], tuple(one["permissions"]), tuple(one["actions"]))
        for one in json.loads(restrictions)
    )
    return ProgramAccess(frozenset(Scope(name) for name in scopes.split()), limits)
