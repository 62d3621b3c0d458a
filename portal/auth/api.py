"""Signing in and keys, as Backstage's frontends use them.

Guests sign in under ``/api/auth``; some routes exist once per plugin.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from flask import Response
from flask import request

from portal.auth import gate
from portal.auth import schemas as s
from portal.auth.service import Auth
from portal.auth.signing_in.api import SignInRoutes
from portal.auth.signing_in.api import add_sign_in
from portal.auth.tokens import Claims
from portal.auth.tokens import limited_token
from portal.web.doors import public
from portal.web.openapi import Blueprint
from portal.web.responses import empty_response
from portal.web.responses import json_response

#: The plugins of Backstage whose routes this portal has.
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
#: The plugins whose files a browser requests with a cookie.
COOKIE_PLUGINS = ("techdocs",)
_COOKIE_PATH = ".backstage/auth/v1/cookie"
#: A cookie is renewed when it expires within so many seconds.
_FRESH_SECONDS = 300
_OVER = "Thu, 01 Jan 1970 00:00:00 GMT"
_OPENID = {
    "response_types_supported": ["id_token"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["ES256"],
    "scopes_supported": ["openid"],
    "token_endpoint_auth_methods_supported": [],
    "claims_supported": ["sub", "ent"],
    "grant_types_supported": [],
    "code_challenge_methods_supported": ["S256"],
}


def auth_blueprint(auth: Auth, routes: SignInRoutes) -> Blueprint:
    """Return the routes of signing in."""
    bp = Blueprint("auth", __name__, url_prefix="/api/auth", description=__doc__)
    _add_sessions(bp, auth, routes)
    add_sign_in(bp, routes)
    _add_keys(bp, auth)
    return bp


def _add_sessions(bp: Blueprint, auth: Auth, routes: SignInRoutes) -> None:
    @bp.get("/<provider>/refresh")
    @bp.response(200, s.SessionAnswer)
    @public("signing in")
    def get_session(provider: str) -> Response:
        """Return a user token: for guests, or for somebody who is signed in with a provider."""
        return routes.refresh(provider)

    @bp.post("/<provider>/refresh")
    @bp.response(200, s.SessionAnswer)
    @public("signing in")
    def post_session(provider: str) -> Response:
        """Return a user token: for guests, or for somebody who is signed in with a provider."""
        return routes.refresh(provider)

    @bp.get("/v1/userinfo")
    @bp.response(200, s.UserInfoAnswer)
    @public("tells callers who they are")
    def get_user_info() -> Response:
        """Return the user of the presented user token."""
        response = json_response(auth.user_info(gate.bearer_token()))
        response.headers["Cache-Control"] = "no-store"
        return response


def _add_keys(bp: Blueprint, auth: Auth) -> None:
    @bp.get("/.well-known/jwks.json")
    @bp.response(200, s.KeySet)
    @public("public keys")
    def get_keys() -> Response:
        """Return the keys that verify user tokens."""
        return json_response(auth.public_keys())

    @bp.get("/.well-known/openid-configuration")
    @bp.response(200, s.OpenIdConfiguration)
    @public("public keys, and where they are")
    def get_openid_configuration() -> Response:
        """Return the OpenID Connect discovery document."""
        places = {
            "issuer": auth.issuer,
            "token_endpoint": f"{auth.issuer}/v1/token",
            "userinfo_endpoint": f"{auth.issuer}/v1/userinfo",
            "jwks_uri": f"{auth.issuer}/.well-known/jwks.json",
        }
        return json_response({**places, **_OPENID})


# --- once per plugin --------------------------------------------------------


def plugin_blueprint(auth: Auth, base_url: str) -> Blueprint:
    """Return the routes that exist once per plugin.

    Args:
        auth: Verifies tokens and cookies.
        base_url: The setting of that name: the portal's address for clients; may be empty.
    """
    bp = Blueprint(
        "plugins",
        __name__,
        url_prefix="/api",
        description="Routes that every plugin of Backstage has: keys, and for some a cookie.",
    )
    for plugin in PLUGINS:
        _add_plugin_keys(bp, plugin)
    for plugin in COOKIE_PLUGINS:
        _add_cookie(bp, plugin, auth, base_url)
    return bp


def _add_plugin_keys(bp: Blueprint, plugin: str) -> None:
    @bp.get(f"/{plugin}/.backstage/auth/v1/jwks.json", endpoint=f"{plugin}_keys")
    @bp.response(200, s.KeySet)
    @public("public keys")
    def get_plugin_keys() -> Response:
        """Return the plugin's public keys; the list is empty, since it signs no tokens."""
        return json_response({"keys": []})


def _add_cookie(bp: Blueprint, plugin: str, auth: Auth, base_url: str) -> None:
    @bp.get(f"/{plugin}/{_COOKIE_PATH}", endpoint=f"get_{plugin}_cookie")
    @bp.response(200, s.CookieAnswer)
    @public("gives callers a cookie for themselves")
    def get_cookie() -> Response:
        """Set a cookie with which the user's browser can read the plugin's files."""
        gate.require_user()
        claims = auth.user_claims(gate.bearer_token() or "")
        sent = auth.cookie_claims(request.cookies.get(gate.COOKIE, ""))
        if sent is not None and _is_fresh(sent, claims):
            return json_response({"expiresAt": _iso(sent.expires_at)})
        response = json_response({"expiresAt": _iso(claims.expires_at)})
        response.headers["Cache-Control"] = "no-store"
        expires = _moment(claims.expires_at).strftime("%a, %d %b %Y %H:%M:%S GMT")
        response.headers["Set-Cookie"] = _cookie(limited_token(claims), expires, base_url)
        return response

    @bp.delete(f"/{plugin}/{_COOKIE_PATH}", endpoint=f"delete_{plugin}_cookie")
    @bp.response(204)
    @public("gives the cookie back")
    def delete_cookie() -> Response:
        """Delete the cookie."""
        response = empty_response(204)
        response.headers["Set-Cookie"] = _cookie("", _OVER, base_url)
        return response


def _is_fresh(sent: Claims, shown: Claims) -> bool:
    now = dt.datetime.now(dt.UTC).timestamp()
    return sent.subject == shown.subject and sent.expires_at > now + _FRESH_SECONDS


def _cookie(value: str, expires: str, base_url: str) -> str:
    """Return a ``Set-Cookie`` header as Backstage sends it.

    Without a configured address there is no ``Domain``: the cookie is valid for the host of
    the request only, which on loopback may be ``localhost`` or ``127.0.0.1``.
    """
    address = urlsplit(base_url)
    is_secure = address.scheme == "https" or address.hostname == "localhost"
    domain = f" Domain={address.hostname};" if address.hostname else ""
    same_site = (
        "Secure; Priority=High; SameSite=None" if is_secure else "Priority=High; SameSite=Lax"
    )
    return f"{gate.COOKIE}={value};{domain} Path=/; Expires={expires}; HttpOnly; {same_site}"


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _iso(seconds: int) -> str:
    return _moment(seconds).strftime("%Y-%m-%dT%H:%M:%S.000Z")
