"""Signing in, keys and permissions, as Backstage's frontends know them.

Guests sign in under ``/api/auth``; ``/api/permission`` says what they may do;
some routes exist once per plugin.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from flask import Response
from flask import request

from portal.auth import gate
from portal.auth import permissions
from portal.auth import schemas as s
from portal.auth.service import Auth
from portal.auth.tokens import Claims
from portal.auth.tokens import limited_token
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import UnsupportedError
from portal.web import Blueprint
from portal.web import empty_response
from portal.web import json_response

#: The plugins of Backstage that this portal answers for.
PLUGINS = (
    "auth",
    "catalog",
    "notifications",
    "permission",
    "scaffolder",
    "search",
    "signals",
    "techdocs",
    "user-settings",
)
#: Those whose files a browser asks for with a cookie.
COOKIE_PLUGINS = ("techdocs",)
_COOKIE = "backstage-auth"
_COOKIE_PATH = ".backstage/auth/v1/cookie"
#: A cookie with so many seconds left need not be given anew.
_FRESH_SECONDS = 300
_OVER = "Thu, 01 Jan 1970 00:00:00 GMT"
_GUEST = "guest"
_OPENID = {
    "response_types_supported": ["id_token"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["ES256"],
    "scopes_supported": ["openid"],
    "token_endpoint_auth_methods_supported": [],
    "claims_supported": ["sub", "ent"],
    "grant_types_supported": [],
}


def auth_blueprint(auth: Auth) -> Blueprint:
    """Return the routes of signing in."""
    bp = Blueprint("auth", __name__, url_prefix="/api/auth", description=__doc__)
    _add_sign_in(bp, auth)
    _add_other_steps(bp)
    _add_keys(bp, auth)
    return bp


def _add_sign_in(bp: Blueprint, auth: Auth) -> None:
    def refresh(provider: str) -> Response:
        _check_provider(provider)
        response = json_response(auth.sign_in_guest())
        response.headers["Cache-Control"] = "no-store"
        return response

    @bp.get("/<provider>/refresh")
    @bp.response(200, s.SessionAnswer)
    def get_session(provider: str) -> Response:
        """Sign in; the only provider is `guest`."""
        return refresh(provider)

    @bp.post("/<provider>/refresh")
    @bp.response(200, s.SessionAnswer)
    def post_session(provider: str) -> Response:
        """Sign in; the only provider is `guest`."""
        return refresh(provider)

    @bp.get("/v1/userinfo")
    @bp.response(200, s.UserInfoAnswer)
    def get_user_info() -> Response:
        """Say whom the shown user token was given to."""
        response = json_response(auth.user_info(gate.bearer_token()))
        response.headers["Cache-Control"] = "no-store"
        return response


def _add_other_steps(bp: Blueprint) -> None:
    """Add what other providers have more of: guests sign in within one request."""

    @bp.get("/<provider>/start")
    def get_start(provider: str) -> Response:
        """Begin a sign-in elsewhere; guests need none."""
        _check_provider(provider)
        raise UnsupportedError("Not implemented")

    @bp.get("/<provider>/handler/frame")
    def get_frame(provider: str) -> Response:
        """End a sign-in elsewhere; guests need none."""
        _check_provider(provider)
        raise UnsupportedError("Not implemented")

    @bp.post("/<provider>/logout")
    def post_logout(provider: str) -> Response:
        """Sign out; there is no session of a guest to end."""
        raise NotFoundError(f"Unknown auth provider '{provider}'")


def _check_provider(provider: str) -> None:
    if provider != _GUEST:
        raise NotFoundError(f"Unknown auth provider '{provider}'")


def _add_keys(bp: Blueprint, auth: Auth) -> None:
    @bp.get("/.well-known/jwks.json")
    @bp.response(200, s.KeySet)
    def get_keys() -> Response:
        """Return the keys that verify user tokens."""
        return json_response(auth.public_keys())

    @bp.get("/.well-known/openid-configuration")
    def get_openid_configuration() -> Response:
        """Say where the keys and the user's data are."""
        places = {
            "issuer": auth.issuer,
            "token_endpoint": f"{auth.issuer}/v1/token",
            "userinfo_endpoint": f"{auth.issuer}/v1/userinfo",
            "jwks_uri": f"{auth.issuer}/.well-known/jwks.json",
        }
        return json_response({**places, **_OPENID})


# --- permissions ------------------------------------------------------------


def permission_blueprint() -> Blueprint:
    """Return the routes that tell what somebody may do."""
    bp = Blueprint(
        "permission",
        __name__,
        url_prefix="/api/permission",
        description="What the one who asks may do, by the portal's one policy.",
    )

    @bp.get("/health")
    @bp.response(200, s.HealthAnswer)
    def get_permission_health() -> Response:
        """Say that permissions can be asked for."""
        return json_response({"status": "ok"})

    @bp.post("/authorize")
    @bp.arguments(s.AuthorizeBody())
    @bp.response(200, s.AuthorizeAnswer)
    def post_authorize(body: dict[str, Any]) -> Response:
        """Decide on each asked permission: ALLOW or DENY."""
        return json_response(permissions.authorize(gate.principal(), body))

    return bp


# --- once per plugin --------------------------------------------------------


def plugin_blueprint(auth: Auth, base_url: str) -> Blueprint:
    """Return the routes that exist once per plugin.

    Args:
        auth: Recognises whom a cookie is for.
        base_url: Where clients reach the portal when the operator said it; else empty.
    """
    bp = Blueprint(
        "plugins",
        __name__,
        url_prefix="/api",
        description="What every plugin of Backstage has: keys, and cookies for some.",
    )
    for plugin in PLUGINS:
        _add_plugin_keys(bp, plugin)
    for plugin in COOKIE_PLUGINS:
        _add_cookie(bp, plugin, auth, base_url)
    return bp


def _add_plugin_keys(bp: Blueprint, plugin: str) -> None:
    @bp.get(f"/{plugin}/.backstage/auth/v1/jwks.json", endpoint=f"{plugin}_keys")
    @bp.response(200, s.KeySet)
    def get_plugin_keys() -> Response:
        """Return the keys of tokens the plugin signs for other backends: it signs none."""
        return json_response({"keys": []})


def _add_cookie(bp: Blueprint, plugin: str, auth: Auth, base_url: str) -> None:
    @bp.get(f"/{plugin}/{_COOKIE_PATH}", endpoint=f"get_{plugin}_cookie")
    @bp.response(200, s.CookieAnswer)
    def get_cookie() -> Response:
        """Give the user a cookie with which a browser gets the plugin's files."""
        gate.require_user()
        claims = auth.user_claims(gate.bearer_token() or "")
        sent = auth.cookie_claims(request.cookies.get(_COOKIE, ""))
        if sent is not None and _is_fresh(sent, claims):
            return json_response({"expiresAt": _iso(sent.expires_at)})
        response = json_response({"expiresAt": _iso(claims.expires_at)})
        response.headers["Cache-Control"] = "no-store"
        expires = _moment(claims.expires_at).strftime("%a, %d %b %Y %H:%M:%S GMT")
        response.headers["Set-Cookie"] = _cookie(limited_token(claims), expires, base_url)
        return response

    @bp.delete(f"/{plugin}/{_COOKIE_PATH}", endpoint=f"delete_{plugin}_cookie")
    @bp.response(204)
    def delete_cookie() -> Response:
        """Take the cookie back."""
        response = empty_response(204)
        response.headers["Set-Cookie"] = _cookie("", _OVER, base_url)
        return response


def _is_fresh(sent: Claims, shown: Claims) -> bool:
    now = dt.datetime.now(dt.UTC).timestamp()
    return sent.subject == shown.subject and sent.expires_at > now + _FRESH_SECONDS


def _cookie(value: str, expires: str, base_url: str) -> str:
    """Return a cookie as Backstage sets it.

    Without a configured address it is for exactly the host that was asked: on
    loopback that may be ``localhost`` or ``127.0.0.1``.
    """
    address = urlsplit(base_url)
    is_secure = address.scheme == "https" or address.hostname == "localhost"
    domain = f" Domain={address.hostname};" if address.hostname else ""
    same_site = (
        "Secure; Priority=High; SameSite=None" if is_secure else "Priority=High; SameSite=Lax"
    )
    return f"{_COOKIE}={value};{domain} Path=/; Expires={expires}; HttpOnly; {same_site}"


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _iso(seconds: int) -> str:
    return _moment(seconds).strftime("%Y-%m-%dT%H:%M:%S.000Z")
