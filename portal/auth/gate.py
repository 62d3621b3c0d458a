"""The gate: every request passes it before its route looks at anything.

Backstage's barrier: credentials that are shown are always judged, missing ones
only matter where some are needed. What was found is there for the routes as
``principal()``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import flask
from flask import Response
from flask import request

from portal.auth import policy
from portal.auth.identity import NONE
from portal.auth.identity import SERVICE
from portal.auth.identity import SERVICE_TOKEN_HOLDER
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.auth.service import Auth
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import NotAllowedError

#: Below ``/api/``, yet for people: a browser signs in to these.
_API_PAGES = frozenset({"/api/docs"})


def guard(app: flask.Flask, auth: Auth, is_open: Callable[[str], bool]) -> None:
    """Let in only who may come in.

    Args:
        app: What is guarded.
        auth: Tells who shows what.
        is_open: Whether a route, given as its rule (``/api/auth/<provider>/refresh``),
            is for anybody. No path is ever judged by its text, so no spelling of
            one opens another; what no route matches is given as it came.
    """

    @app.before_request
    def check_credentials() -> Response | None:
        rule = request.url_rule.rule if request.url_rule else request.path
        if is_open(rule) or request.method == "OPTIONS":
            return None
        is_page = not request.path.startswith("/api/") or rule in _API_PAGES
        if is_page and _is_password_good(auth):
            flask.g.principal = SERVICE_TOKEN_HOLDER
        else:
            try:
                flask.g.principal = auth.authenticate(bearer_token())
            except AuthenticationError:
                if not is_page:
                    raise
                return _ask_for_password()
        policy.require(principal(), policy.ENTER, request.path)
        return None


def _is_password_good(auth: Auth) -> bool:
    """Whether a browser sent the service token as the password of HTTP Basic."""
    given = request.authorization
    password = given.password if given is not None and given.type == "basic" else None
    return password is not None and auth.is_service_token(password)


def _ask_for_password() -> Response:
    response = Response("A token is needed.", status=401, mimetype="text/plain")
    response.headers["WWW-Authenticate"] = 'Basic realm="portal", charset="UTF-8"'
    return response


def bearer_token() -> str | None:
    """Return what the request shows as ``Authorization: Bearer``, ``None`` for nothing."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def principal() -> Principal:
    """Return who the present request comes from."""
    return cast("Principal", flask.g.principal)


def require_user() -> str:
    """Return the ref of the user who asks.

    Raises:
        AuthenticationError: When nobody in particular asks.
        NotAllowedError: When a program asks.
    """
    return _only(USER)


def require_service() -> str:
    """Return the name of the program that asks.

    Raises:
        AuthenticationError: When nobody in particular asks.
        NotAllowedError: When a user asks.
    """
    return _only(SERVICE)


def _only(kind: str) -> str:
    who = principal()
    if who.kind == NONE:
        raise AuthenticationError("Missing credentials")
    if who.kind != kind:
        raise NotAllowedError(f"This endpoint does not allow '{who.kind}' credentials")
    return who.subject
