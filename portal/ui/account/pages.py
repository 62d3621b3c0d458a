"""The pages of signing in and out, and of the signed-in user."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import Blueprint
from flask import Response
from flask import request

from portal.audit.events import Actor
from portal.audit.events import AuditAction
from portal.audit.log import AuditLog
from portal.auth import gate
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.auth.people.cookies import Cookies
from portal.auth.people.pending import new_secret
from portal.auth.people.resolvers import Refusal
from portal.auth.people.sessions import SessionKind
from portal.auth.people.sessions import Sessions
from portal.auth.people.sessions import form_token
from portal.auth.people.sessions import is_form_token
from portal.auth.service import GUEST
from portal.auth.service import Auth
from portal.auth.signing_in.service import SignIn
from portal.auth.signing_in.service import safe_path
from portal.kernel.errors import NotAllowedError
from portal.ui.account.frame import account_page
from portal.ui.frame import reader
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.rights import Rights
from portal.web.doors import public
from portal.web.senders import sender

#: Seconds in which the form of somebody who is not signed in has to be sent.
_FORM_SECONDS = 3600
_PROBLEMS = frozenset(str(refusal) for refusal in Refusal)


@dataclass(frozen=True, slots=True)
class Account:
    """The page of the signed-in user.

    Attributes:
        rights: What the caller may do.
        sessions: Where else they are signed in.
        cookies: The names of cookies.
        audit: Records which sessions were ended.
    """

    rights: Rights
    sessions: Sessions
    cookies: Cookies
    audit: AuditLog

    def show(self) -> Response:
        """Return the page: who one is, where one is signed in, and what one may do."""
        browser = gate.signed_in_browser()
        who = gate.principal()
        # All guests are one user: their sessions are of other people.
        is_somebody = who.kind == USER and not who.is_guest
        sessions = self.sessions.of_user(who.subject) if is_somebody else []
        return account_page(
            self.rights,
            "account",
            who=who,
            groups=_groups(who),
            session=browser.session if browser else None,
            until=_moment(browser.session.expires_at) if browser else "",
            sessions=[(one, _moment(one.created_at)) for one in sessions],
            rights=self.rights.all(),
        )

    def end_others(self) -> Response:
        """End all sessions of the caller but the one of this browser.

        Raises:
            NotAllowedError: When the caller is a guest, or has no session here.
        """
        who = gate.principal()
        if gate.signed_in_browser() is None or who.is_guest:
            raise NotAllowedError("only somebody who is signed in here can end other sessions")
        secret = request.cookies.get(self.cookies.session, "")
        ended = self.sessions.end_others(who.subject, secret)
        self.audit.record(AuditAction.SIGN_OUT, details={"sessions": ended})
        return _redirect(reader.reader_of(request).url("/account"))


def account_pages(auth: Auth, sign_in: SignIn, account: Account) -> AddPages:
    """Return the pages of signing in and out.

    Args:
        auth: Signs guests in.
        sign_in: Signs people in with providers.
        account: The page of the signed-in user.
    """

    def add(bp: Blueprint) -> None:
        _add_sign_in(bp, auth, sign_in)
        _add_guest(bp, auth, sign_in, account.audit)
        _add_account(bp, account)
        _add_sign_out(bp, sign_in)

    return add


def _add_sign_in(bp: Blueprint, auth: Auth, sign_in: SignIn) -> None:
    @bp.get("/sign-in")
    @public("signing in")
    def get_sign_in() -> Response:
        """Show with what one can sign in, and why it did not work."""
        reads = reader.reader_of(request)
        problem = request.args.get("problem", "")
        sent = request.cookies.get(sign_in.cookies.form, "")
        secret = sent if sent.isalnum() else new_secret()
        response = page(
            "account/sign-in",
            reads,
            choices=sign_in.choices(),
            has_guests=auth.lets_guests_in,
            problem=problem if problem in _PROBLEMS else "",
            return_to=safe_path(request.args.get("return", "/")),
            token=form_token(secret),
        )
        response.headers["Cache-Control"] = "no-store"
        cookie = sign_in.cookies.header(sign_in.cookies.form, secret, _FORM_SECONDS)
        response.headers.add("Set-Cookie", cookie)
        return response


def _add_guest(bp: Blueprint, auth: Auth, sign_in: SignIn, audit: AuditLog) -> None:
    @bp.post("/sign-in/guest")
    @public("signing in")
    def post_guest() -> Response:
        """Begin a session of the guest user.

        Raises:
            NotAllowedError: When the form is not of this browser.
        """
        cookies = sign_in.cookies
        secret = request.cookies.get(cookies.form, "")
        if not is_form_token(secret, request.form.get(gate.FORM_FIELD, "")):
            raise NotAllowedError("this form is too old: load the sign-in page anew")
        session = auth.begin_guest_session()
        guest = auth.guest_user
        actor = Actor(USER, guest, sender())
        audit.record(AuditAction.SIGN_IN, guest, actor=actor, details={"provider": GUEST})
        sign_in.end(SessionKind.PAGES, request.cookies.get(cookies.session, ""))
        response = _redirect(safe_path(request.form.get("return", "/")))
        lifetime = sign_in.session_seconds
        response.headers.add("Set-Cookie", cookies.header(cookies.session, session, lifetime))
        return response


def _add_account(bp: Blueprint, account: Account) -> None:
    @bp.get("/account")
    @public("tells callers who they are, and what they may do")
    def get_account() -> Response:
        """Show who one is: the user, their groups, and how they signed in."""
        return account.show()

    @bp.post("/account/sessions/end")
    @public("callers' own sessions")
    def post_sessions_end() -> Response:
        """End one's sessions in other browsers."""
        return account.end_others()


def _groups(who: Principal) -> tuple[str, ...]:
    return tuple(ref for ref in who.ownership if ref != who.subject)


def _moment(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")


def _add_sign_out(bp: Blueprint, sign_in: SignIn) -> None:
    @bp.post("/sign-out")
    @public("signing out")
    def post_sign_out() -> Response:
        """End the session, here and at its provider."""
        reads = reader.reader_of(request)
        cookies = sign_in.cookies
        address = sign_in.sign_out(
            SessionKind.PAGES, request.cookies.get(cookies.session, ""), sender()
        )
        response = page("account/signed-out", reads, address=address)
        if address:
            # A redirect of a form's answer to another server is refused by `form-action`.
            response.headers["Refresh"] = f"0; url={address}"
        response.headers["Cache-Control"] = "no-store"
        response.headers["Clear-Site-Data"] = '"cache"'
        response.headers.add("Set-Cookie", cookies.header(cookies.session, "", 0))
        return response

    @bp.get("/signed-out")
    @public("signing out")
    def get_signed_out() -> Response:
        """Say that one is signed out: providers send browsers here."""
        return page("account/signed-out", reader.reader_of(request), address="")


def _redirect(path: str) -> Response:
    return Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})
