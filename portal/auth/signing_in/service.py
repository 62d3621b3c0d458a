"""Signing in with a provider, and out again."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass

from portal.audit.events import Actor
from portal.audit.events import AuditAction
from portal.audit.events import Outcome
from portal.audit.log import AuditLog
from portal.auth.identity import NONE
from portal.auth.identity import USER
from portal.auth.people.cookies import Cookies
from portal.auth.people.oidc import Oidc
from portal.auth.people.pending import Begun
from portal.auth.people.pending import Flow
from portal.auth.people.pending import PendingSignIns
from portal.auth.people.pending import new_secret
from portal.auth.people.people import People
from portal.auth.people.resolvers import Refusal
from portal.auth.people.resolvers import SignInRefusedError
from portal.auth.people.resolvers import resolve
from portal.auth.people.sessions import Session
from portal.auth.people.sessions import SessionKind
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError

_LOG = logging.getLogger(__name__)
#: The greatest length of an address that somebody is sent back to.
_MOST_CHARACTERS = 2_000
#: The error a provider answers with when somebody does not want to (RFC 6749, 4.1.2.1).
_DENIED = "access_denied"


@dataclass(frozen=True, slots=True)
class Choice:
    """A provider on the sign-in page; ``failure`` is what was wrong at the last attempt."""

    name: str
    title: str
    failure: str


def safe_path(text: str) -> str:
    """Return a path of the portal to send somebody to; ``/`` for anything else."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    is_plain = text.isprintable() and "\\" not in text and len(text) <= _MOST_CHARACTERS
    return text if is_path and is_plain else "/"


class SignIn:
    """Signs people in with providers of OpenID Connect.

    Args:
        providers: The clients of the providers, in the order of the sign-in page.
        pending: Keeps what has begun.
        people: Stores sessions, and knows the users of the catalog.
        cookies: The names of cookies.
        public_url: The address of the portal.
        audit: Records who signed in and out.
    """

    def __init__(
        self,
        providers: Iterable[Oidc],
        pending: PendingSignIns,
        people: People,
        cookies: Cookies,
        public_url: str,
        audit: AuditLog,
    ) -> None:
        self._providers = {one.provider.name: one for one in providers}
        self._pending = pending
        self._people = people
        self.cookies = cookies
        self.public_url = public_url
        self._audit = audit

    def choices(self) -> list[Choice]:
        """Return the providers for the sign-in page."""
        return [
            Choice(name, one.provider.title or name, one.failure)
            for name, one in self._providers.items()
        ]

    @property
    def session_seconds(self) -> int:
        """Seconds a session lasts."""
        return self._people.sessions.lifetime

    def has(self, provider: str) -> bool:
        """Return whether there is a provider of a name."""
        return provider in self._providers

    def begin(self, provider: str, flow: Flow, return_to: str, browser: str) -> str:
        """Return the address of the provider where somebody signs in.

        Args:
            provider: The name of the provider.
            flow: How the sign-in ends.
            return_to: Where: a path, or the origin or address of a frontend, already judged.
            browser: The secret in a cookie of the browser.

        Raises:
            NotFoundError: When there is no such provider.
            ServiceUnavailableError: When it does not answer.
        """
        client = self._client(provider)
        client.metadata()  # nothing is stored for a provider that is away
        begun = Begun(provider, flow, return_to, new_secret(), new_secret())
        state = self._pending.add(begun, browser)
        return client.address(state, begun.nonce, begun.verifier)

    def come_back(self, provider: str, state: str, browser: str) -> Begun:
        """Return the sign-in somebody comes back to; it can be done once.

        Raises:
            SignInRefusedError: When there is none, or it was begun elsewhere.
        """
        begun = self._pending.take(state, browser)
        if begun.provider != provider:
            raise SignInRefusedError(
                Refusal.TOO_LATE, "this sign-in was begun with another provider"
            )
        return begun

    def finish(self, begun: Begun, answer: Mapping[str, str], address: str) -> tuple[str, Session]:
        """Begin the session of somebody who came back; return its secret, and it.

        Args:
            begun: The sign-in that ends.
            answer: What the provider says, in the query.
            address: The network address of the browser.

        Raises:
            PortalError: ``SignInRefusedError`` when the provider, or the portal, refuses them,
                ``ServiceUnavailableError`` when the provider does not answer.
        """
        details = {"provider": begun.provider, "flow": str(begun.flow)}
        try:
            secret, session = self._finish(begun, answer)
        except PortalError as error:
            self._audit.record(
                AuditAction.SIGN_IN,
                outcome=Outcome.REFUSED,
                actor=Actor(NONE, address=address),
                details={**details, "reason": error.message},
            )
            raise
        who = Actor(USER, session.user_ref, address)
        self._audit.record(AuditAction.SIGN_IN, session.user_ref, actor=who, details=details)
        return secret, session

    def _finish(self, begun: Begun, answer: Mapping[str, str]) -> tuple[str, Session]:
        client = self._client(begun.provider)
        _check_answer(client, answer)
        found = client.redeem(answer["code"], begun.nonce, begun.verifier)
        settings = client.provider
        user_ref = resolve(
            found.profile,
            settings.resolvers,
            self._people.find_users,
            domains=settings.email_domains,
            unlisted=self._people.unlisted,
        )
        kind = SessionKind.PAGES if begun.flow is Flow.PAGE else SessionKind.FRONTEND
        return self._people.sessions.begin(
            kind, user_ref, begun.provider, found.profile.to_json(), found.scope, found.id_token
        )

    def frontend_session(self, provider: str, secret: str) -> Session | None:
        """Return the session of a frontend's cookie; ``None`` without one."""
        session = self._people.sessions.find(SessionKind.FRONTEND, secret)
        return session if session and session.provider == provider else None

    def sign_out(self, kind: SessionKind, secret: str, address: str) -> str:
        """End a session; return the address where its provider ends its own, or nothing.

        Args:
            kind: What the session is for.
            secret: That of its cookie.
            address: The network address of the browser.
        """
        session = self._people.sessions.end(kind, secret)
        if session is None:
            return ""
        details = {"provider": session.provider}
        who = Actor(USER, session.user_ref, address)
        self._audit.record(AuditAction.SIGN_OUT, session.user_ref, actor=who, details=details)
        client = self._providers.get(session.provider)
        if client is None:
            return ""
        return client.end_address(session.id_token, f"{self.public_url}/signed-out")

    def end(self, kind: SessionKind, secret: str) -> None:
        """End a session whose browser signs in anew: its secret must not live on."""
        self._people.sessions.end(kind, secret)

    def _client(self, provider: str) -> Oidc:
        client = self._providers.get(provider)
        if client is None:
            raise NotFoundError(f"Unknown auth provider '{provider}'")
        return client


def _check_answer(client: Oidc, answer: Mapping[str, str]) -> None:
    """Refuse an answer without a code, or of another issuer (RFC 9207).

    Raises:
        SignInRefusedError: When it is one.
    """
    issuer = answer.get("iss")
    is_ours = issuer == client.provider.issuer
    if not is_ours and (issuer is not None or client.metadata().names_itself):
        raise SignInRefusedError(Refusal.INVALID_TOKEN, "the answer is of another provider")
    error = answer.get("error")
    if error == _DENIED:
        raise SignInRefusedError(Refusal.CANCELLED, "the sign-in was cancelled")
    if error or not answer.get("code"):
        _LOG.warning("%s answers with an error: %.100r", client.provider.name, error)
        raise SignInRefusedError(Refusal.INVALID_TOKEN, "the provider refuses the sign-in")
