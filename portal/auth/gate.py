"""The gate: authenticates every request before its route runs.

Backstage's barrier: credentials in a request are always verified, missing ones only
matter where some are required. Routes get the result by ``principal()``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

import flask
from flask import Response
from flask import request

from portal.auth.identity import NONE
from portal.auth.identity import SERVICE
from portal.auth.identity import SERVICE_TOKEN_HOLDER
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.auth.people.cookies import Cookies
from portal.auth.people.sessions import Session
from portal.auth.people.sessions import form_token
from portal.auth.people.sessions import is_form_token
from portal.auth.service import Auth
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import NotAllowedError
from portal.web.requests import current_request

#: Pages for people below ``/api/``: a browser is asked for a password there.
_API_PAGES = frozenset({"/api/docs"})
#: The cookie with a limited token, and the routes that accept it: files that a page of
#: Backstage's documentation reader loads by itself.
COOKIE = "backstage-auth"
COOKIE_FILES = "/api/techdocs/static/"
#: The page where people sign in; those who are not signed in are sent there.
SIGN_IN_PAGE = "/sign-in"
#: The field of a form with the token of its session.
FORM_FIELD = "form_token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """The session of the request's cookie, and the token its forms carry."""

    session: Session
    form_token: str


def guard(
    app: flask.Flask,
    auth: Auth,
    is_open: Callable[[str], bool],
    cookies: Cookies,
    has_sign_in_page: bool,
    refusal: Callable[[], Response],
) -> None:
    """Check every request of an app before its route runs.

    Args:
        app: The app.
        auth: Authenticates requests.
        is_open: Returns whether a route, given as its rule
            (``/api/auth/<provider>/refresh``), needs no credentials. Paths are judged by
            their rule, not their text, so that no spelling of a path opens another; a
            path without a route is given as it came.
        cookies: The names of cookies.
        has_sign_in_page: Whether people sign in with a provider; else browsers ask for a
            password, unless guests may come in without one.
        refusal: Returns what browsers show of whom gives none.
    """

    @app.before_request
    def check_credentials() -> Response | None:
        asked = current_request()
        rule = asked.url_rule.rule if asked.url_rule else asked.path
        if is_open(rule) or asked.method == "OPTIONS":
            return None
        is_page = not asked.path.startswith("/api/") or rule in _API_PAGES
        try:
            flask.g.principal = _cookie_user(auth, rule) or _recognise(auth, cookies, is_page)
        except AuthenticationError:
            if not is_page:
                raise
            if has_sign_in_page or (auth.lets_guests_in and _is_browser()):
                return _send_to_sign_in()
            return _ask_for_password(refusal())
        return None


def _cookie_user(auth: Auth, rule: str) -> Principal | None:
    """Return the user of the cookie, on routes of files that a page loads by itself.

    A bearer token decides where there is one; other routes refuse the cookie.
    """
    if not rule.startswith(COOKIE_FILES) or bearer_token() is not None:
        return None
    return auth.authenticate_cookie(request.cookies.get(COOKIE, ""))


def is_let_in(auth: Auth, cookies: Cookies) -> bool:
    """Return whether the request's credentials, or none where none are needed, are accepted."""
    try:
        flask.g.principal = _recognise(auth, cookies, is_page=True)
    except AuthenticationError:
        return False
    return True


def _recognise(auth: Auth, cookies: Cookies, is_page: bool) -> Principal:
    """Return the principal of the request.

    A session's cookie counts for pages and for reading: browsers send it along with whatever
    another site makes them request. A token in ``Authorization`` is no such thing, so it
    comes first.

    Raises:
        AuthenticationError: When credentials are invalid, or missing where they are needed.
    """
    if is_page and _is_password_good(auth):
        return SERVICE_TOKEN_HOLDER
    token = bearer_token()
    if token is None:
        if is_page or request.method in _SAFE_METHODS:
            who = _by_session(auth, cookies)
            if who is not None:
                return who
        address = request.remote_addr or ""
        vouched = auth.authenticate_proxy(address, lambda name: request.headers.get(name, ""))
        if vouched is not None:
            return vouched
    return auth.authenticate(token)


def _by_session(auth: Auth, cookies: Cookies) -> Principal | None:
    """Return the principal of the request's cookie; ``None`` without one.

    Raises:
        NotAllowedError: When a form lacks the token of its session, so is of another site.
    """
    secret = ""
    if "HTTP_COOKIE" in request.environ:
        secret = request.cookies.get(cookies.session, "")
    found = auth.authenticate_session(secret) if secret else None
    if found is None:
        return None
    is_form = request.method not in _SAFE_METHODS
    if is_form and not is_form_token(secret, request.form.get(FORM_FIELD, "")):
        raise NotAllowedError("this form is of another session: load its page anew")
    flask.g.browser = SignedInBrowser(found[1], form_token(secret))
    return found[0]


def signed_in_browser() -> SignedInBrowser | None:
    """Return the session of the current request's cookie; ``None`` without one."""
    return cast("SignedInBrowser | None", flask.g.get("browser"))


def _is_browser() -> bool:
    """Return whether the client names HTML among what it accepts, as browsers do."""
    return any(kind == "text/html" for kind, _quality in request.accept_mimetypes)


def _send_to_sign_in() -> Response:
    """Send a browser to the sign-in page, and from there back again."""
    wanted = request.full_path.rstrip("?") if request.method in _SAFE_METHODS else "/"
    address = f"{SIGN_IN_PAGE}?{urlencode({'return': wanted})}"
    headers = {"Location": address, "Cache-Control": "no-store"}
    return Response(status=303, headers=headers)


def _is_password_good(auth: Auth) -> bool:
    """Return whether the request has the service token as password of HTTP Basic."""
    given = request.authorization
    password = given.password if given is not None and given.type == "basic" else None
    return password is not None and auth.is_service_token(password)


def _ask_for_password(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["WWW-Authenticate"] = 'Basic realm="portal", charset="UTF-8"'
    return response


def bearer_token() -> str | None:
    """Return the token of ``Authorization: Bearer``; ``None`` without one."""
    scheme, _, value = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def principal() -> Principal:
    """Return the principal of the current request."""
    return cast("Principal", flask.g.principal)


def require_user() -> str:
    """Return the ref of the calling user.

    Raises:
        AuthenticationError: When the request has no credentials.
        NotAllowedError: When the caller is a program.
    """
    return _only(USER)


def require_service() -> str:
    """Return the name of the calling program.

    Raises:
        AuthenticationError: When the request has no credentials.
        NotAllowedError: When the caller is a user.
    """
    return _only(SERVICE)


def _only(kind: str) -> str:
    who = principal()
    if who.kind == NONE:
        raise AuthenticationError("Missing credentials")
    if who.kind != kind:
        raise NotAllowedError(f"This endpoint does not allow '{who.kind}' credentials")
    return who.subject
