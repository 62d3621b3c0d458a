"""The routes of sign-in providers below ``/api/auth``, as Backstage's frontends use them."""

from __future__ import annotations

import re
from urllib.parse import urlencode
from urllib.parse import urlsplit

from flask import Response
from flask import request

from portal.auth.gate import SIGN_IN_PAGE
from portal.auth.people.cookies import SIGN_IN_SECONDS
from portal.auth.people.pending import Begun
from portal.auth.people.pending import Flow
from portal.auth.people.pending import new_secret
from portal.auth.people.resolvers import Refusal
from portal.auth.people.resolvers import SignInRefusedError
from portal.auth.people.sessions import Session
from portal.auth.people.sessions import SessionKind
from portal.auth.service import GUEST
from portal.auth.service import Auth
from portal.auth.signing_in.service import SignIn
from portal.auth.signing_in.service import safe_path
from portal.auth.signing_in.window_messages import popup_page
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.errors import ServiceUnavailableError
from portal.kernel.errors import UnsupportedError
from portal.web.doors import public
from portal.web.openapi import Blueprint
from portal.web.origins import is_allowed_origin
from portal.web.responses import empty_response
from portal.web.responses import json_response
from portal.web.senders import sender

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9a-f:]+\]")
_FLOWS = {"popup": Flow.POPUP, "redirect": Flow.REDIRECT, "page": Flow.PAGE}
#: Backstage's scopes of OpenID Connect; what a frontend asks for is among them.
_SCOPE = "openid profile email"


class SignInRoutes:
    """What the routes do.

    Args:
        auth: Signs user tokens, and guests in.
        sign_in: Signs people in with providers.
        proxies: The names of the proxies that sign people in.
        cors_origins: The origins of frontends elsewhere; globs.
    """

    def __init__(
        self,
        auth: Auth,
        sign_in: SignIn,
        proxies: frozenset[str],
        cors_origins: tuple[str, ...],
    ) -> None:
        self._auth = auth
        self._sign_in = sign_in
        self._proxies = proxies
        self._cors_origins = cors_origins

    def start(self, provider: str) -> Response:
        """Send the browser to the provider."""
        self._check_redirecting(provider)
        flow = _FLOWS.get(request.args.get("flow", "popup"), Flow.POPUP)
        return_to = self._return_to(flow)
        sent = request.cookies.get(self._sign_in.cookies.browser, "")
        browser = sent if _SECRET.fullmatch(sent) else new_secret()
        try:
            address = self._sign_in.begin(provider, flow, return_to, browser)
        except ServiceUnavailableError as error:
            return self._refused(Begun(provider, flow, return_to, "", ""), error)
        response = _redirect(address)
        # A popup that another window opened stays its popup, through every redirect.
        response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        self._set_cookie(response, self._sign_in.cookies.browser, browser, SIGN_IN_SECONDS)
        return response

    def _return_to(self, flow: Flow) -> str:
        """Return where this sign-in leads, judged.

        Raises:
            InputError: When a parameter that Backstage requires is missing or malformed.
            NotAllowedError: When it is an origin that is not allowed.
        """
        if flow is Flow.PAGE:
            return safe_path(request.args.get("return", "/"))
        if not request.args.get("env"):
            raise InputError("No env provided in request query parameters")
        if flow is Flow.REDIRECT:
            address = request.args.get("redirectUrl", "")
            self._check_origin(_origin_of(address), "Redirect URL is not an allowed origin")
            return address
        origin = _origin_of(request.args.get("origin", self._sign_in.public_url))
        self._check_origin(origin, f"Origin '{origin}' is not allowed")
        return origin

    def _check_origin(self, origin: str, message: str) -> None:
        is_own = origin == _origin_of(self._sign_in.public_url)
        if not (is_own or is_allowed_origin(origin, self._cors_origins)):
            raise NotAllowedError(message)

    def frame(self, provider: str) -> Response:
        """Take somebody who comes back from the provider."""
        self._check_redirecting(provider)
        answer = {name: request.args[name] for name in request.args}
        browser = request.cookies.get(self._sign_in.cookies.browser, "")
        try:
            begun = self._sign_in.come_back(provider, answer.get("state", ""), browser)
        except SignInRefusedError as error:
            return self._refused(Begun(provider, Flow.PAGE, "/", "", ""), error)
        try:
            secret, session = self._sign_in.finish(begun, answer, sender())
        except (SignInRefusedError, ServiceUnavailableError) as error:
            return self._refused(begun, error)
        return self._signed_in(begun, secret, session)

    def _signed_in(self, begun: Begun, secret: str, session: Session) -> Response:
        cookies, provider = self._sign_in.cookies, begun.provider
        lifetime = session.expires_at - session.created_at
        if begun.flow is Flow.PAGE:
            response = _redirect(begun.return_to)
            name, path = cookies.session, "/"
        else:
            name, path = cookies.frontend(provider), f"/api/auth/{provider}"
            if begun.flow is Flow.REDIRECT:
                response = _redirect(begun.return_to)
            else:
                response = _message(begun.return_to, response=self._answer(session))
        self._sign_in.end(session.kind, request.cookies.get(name, ""))
        self._set_cookie(response, name, secret, lifetime, path)
        return response

    def _refused(self, begun: Begun, error: PortalError) -> Response:
        if begun.flow is Flow.POPUP:
            return _message(begun.return_to, error={"name": error.name, "message": error.message})
        if begun.flow is Flow.REDIRECT:
            place = _origin_of(begun.return_to)
            return _redirect(f"{place}/?{urlencode({'error': error.message})}")
        refusal = error.refusal if isinstance(error, SignInRefusedError) else Refusal.UNAVAILABLE
        query = {"problem": str(refusal), "return": begun.return_to}
        return _redirect(f"{SIGN_IN_PAGE}?{urlencode(query)}")

    def refresh(self, provider: str) -> Response:
        """Return a new user token for a session."""
        if provider == GUEST:
            return _private(self._auth.sign_in_guest())
        if provider in self._proxies:
            address = request.remote_addr or ""
            found = self._auth.sign_in_by_proxy(
                provider, address, lambda name: request.headers.get(name, "")
            )
            return _private(found)
        self._check_provider(provider)
        _check_ajax()
        secret = request.cookies.get(self._sign_in.cookies.frontend(provider), "")
        session = self._sign_in.frontend_session(provider, secret)
        if session is None:
            raise AuthenticationError(
                "Refresh failed; caused by InputError: Missing session cookie"
            )
        return _private(self._answer(session))

    def _answer(self, session: Session) -> dict[str, object]:
        """Return a session as frontends expect it; tokens of the provider stay here."""
        identity = self._auth.identity_of(session.user_ref)
        info = {
            "idToken": "",
            "accessToken": "",
            "scope": session.scope or _SCOPE,
            "expiresInSeconds": identity["expiresInSeconds"],
        }
        return {
            "profile": dict(session.profile),
            "providerInfo": info,
            "backstageIdentity": identity,
        }

    def logout(self, provider: str) -> Response:
        """End the session of a frontend."""
        if not self._sign_in.has(provider):
            raise NotFoundError(f"Unknown auth provider '{provider}'")
        _check_ajax()
        name = self._sign_in.cookies.frontend(provider)
        address = self._sign_in.sign_out(
            SessionKind.FRONTEND, request.cookies.get(name, ""), sender()
        )
        response = json_response({"logoutUrl": address}) if address else empty_response(200)
        self._set_cookie(response, name, "", 0, f"/api/auth/{provider}")
        return response

    def _check_provider(self, provider: str) -> None:
        if provider != GUEST and provider not in self._proxies and not self._sign_in.has(provider):
            raise NotFoundError(f"Unknown auth provider '{provider}'")

    def _check_redirecting(self, provider: str) -> None:
        self._check_provider(provider)
        if not self._sign_in.has(provider):
            raise UnsupportedError("Not implemented")

    def _set_cookie(
        self, response: Response, name: str, value: str, seconds: int, path: str = "/"
    ) -> None:
        header = self._sign_in.cookies.header(name, value, seconds, path)
        response.headers.add("Set-Cookie", header)


def add_sign_in(bp: Blueprint, routes: SignInRoutes) -> None:
    """Add the routes of providers to those of ``/api/auth``."""

    @bp.get("/<provider>/start")
    @public("signing in")
    def get_start(provider: str) -> Response:
        """Begin a sign-in: redirects to the provider."""
        return routes.start(provider)

    @bp.get("/<provider>/handler/frame")
    @public("signing in")
    def get_frame(provider: str) -> Response:
        """End a sign-in: the provider redirects here."""
        return routes.frame(provider)

    @bp.post("/<provider>/logout")
    @public("signing out")
    def post_logout(provider: str) -> Response:
        """Sign out; the answer may name an address where the provider's session ends."""
        return routes.logout(provider)


def _origin_of(address: str) -> str:
    """Return the origin of a web address.

    Raises:
        InputError: When it is none.
    """
    problem = "the address of an app is needed, such as https://app.example.org"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise InputError(problem) from None
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    is_plain = address.isprintable() and "\\" not in address and "@" not in parts.netloc
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(name) or not is_plain:
        raise InputError(problem)
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def _check_ajax() -> None:
    """Refuse what a form or a link of another site can send, as Backstage does.

    Raises:
        AuthenticationError: When the header is missing that only scripts set.
    """
    if request.headers.get("X-Requested-With") != "XMLHttpRequest":
        raise AuthenticationError("Invalid X-Requested-With header")


def _message(origin: str, **message: object) -> Response:
    page = popup_page(origin, message)
    return Response(page.html, mimetype="text/html", headers=dict(page.headers))


def _private(answer: dict[str, object]) -> Response:
    response = json_response(answer)
    response.headers["Cache-Control"] = "no-store"
    return response


def _redirect(address: str) -> Response:
    return Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
