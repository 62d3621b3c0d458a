"""The page of the tokens of programs: listed, made, revoked."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask import Response
from flask import request

from portal.audit.events import AuditAction
from portal.audit.log import AuditLog
from portal.auth import gate
from portal.auth.identity import USER
from portal.auth.identity import AccessRestriction
from portal.auth.identity import Scope
from portal.auth.programs.store import ProgramTokens
from portal.auth.programs.tokens import ProgramToken
from portal.auth.programs.tokens import access_of
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import PortalError
from portal.ui.account.frame import account_page
from portal.ui.frame import reader
from portal.ui.frame.page import AddPages
from portal.ui.frame.rights import Rights
from portal.web.doors import asks
from portal.web.errors import outcome_of

_PERMISSION = "portal.token.manage"
_DAY = 86_400
#: Days after which tokens may end; the last stands for never.
DAYS = (30, 90, 180, 365, 0)
_USUAL = 90


@dataclass(frozen=True, slots=True)
class TokenPages:
    """The page of tokens.

    Attributes:
        programs: The tokens there are.
        audit: Records what was made and revoked.
        rights: What the caller may do.
    """

    programs: ProgramTokens
    audit: AuditLog
    rights: Rights

    def show(self, status: int = 200, **values: Any) -> Response:
        """Return the page; ``made`` is a new token, which is shown this once."""
        now = time.time()
        rows = [_row(token, now) for token in self.programs.all()]
        shown = {"made": "", "fault": "", "form": {"days": str(_USUAL), "scopes": ["read"]}}
        return account_page(
            self.rights,
            "tokens",
            status,
            rows=sorted(rows, key=lambda row: not row["is_good"]),
            scopes=[scope.value for scope in Scope],
            days=DAYS,
            is_somebody=_is_somebody(),
            **(shown | values),
        )

    def create(self) -> Response:
        """Make the token that the form describes.

        Raises:
            NotAllowedError: When nobody knows who would have made it.
        """
        _require_somebody()
        name = request.form.get("name", "").strip()
        scopes = request.form.getlist("scopes")
        restrictions = request.form.get("restrictions", "").split()
        ends = request.form.get("days", "")
        form = {
            "name": name,
            "scopes": scopes,
            "restrictions": " ".join(restrictions),
            "days": ends,
        }
        try:
            access = access_of(scopes, restrictions)
            days = _days(ends)
            expires_at = int(time.time()) + days * _DAY if days else 0
            made = self.programs.create(name, access, expires_at)
        except PortalError as error:
            return self.show(outcome_of(error)[0], fault=error.message, form=form)
        details = {"scopes": sorted(scopes), "restrictions": restrictions}
        self.audit.record(AuditAction.TOKEN_CREATE, name, details=details)
        return self.show(made=made, made_name=name)

    def revoke(self, name: str) -> Response:
        """Revoke a token.

        Raises:
            NotAllowedError: When nobody knows who does it.
        """
        _require_somebody()
        self.programs.revoke(name)
        self.audit.record(AuditAction.TOKEN_REVOKE, name)
        address = reader.reader_of(request).url("/account/tokens")
        return Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})


def token_pages(pages: TokenPages) -> AddPages:
    """Return the page of the tokens of programs."""

    def add(bp: Blueprint) -> None:
        @bp.get("/account/tokens")
        @asks(_PERMISSION)
        def get_tokens() -> Response:
            """Show the tokens: what each is good for, when it ends, when it was used."""
            return pages.show()

        @bp.post("/account/tokens")
        @asks(_PERMISSION)
        def post_token() -> Response:
            """Make a token, and show it this once."""
            return pages.create()

        @bp.post("/account/tokens/<name>/revoke")
        @asks(_PERMISSION)
        def post_token_revoke(name: str) -> Response:
            """Revoke a token, at once and for good."""
            return pages.revoke(name)

    return add


def _is_somebody() -> bool:
    """Return whether the caller is a person with a name: a token outlives their session."""
    who = gate.principal()
    return who.kind == USER and not who.is_guest


def _require_somebody() -> None:
    if not _is_somebody():
        raise NotAllowedError(
            "a token is made and revoked by somebody who is signed in, not by a guest or a "
            "program; on the machine of the portal there is 'portal token'"
        )


def _days(text: str) -> int:
    if text not in map(str, DAYS):
        raise InputError(f"a token ends after {', '.join(map(str, DAYS))} days (0: never)")
    return int(text)


def _row(token: ProgramToken, now: float) -> dict[str, Any]:
    state = "good" if token.is_good(now) else "revoked" if token.revoked_at else "ended"
    return {
        "name": token.name,
        "scopes": sorted(scope.value for scope in token.access.scopes),
        "restrictions": [_restriction(one) for one in token.access.restrictions],
        "created": _moment(token.created_at),
        "used": _moment(token.used_at),
        "ends": _moment(token.revoked_at or token.expires_at),
        "state": state,
        "is_good": state == "good",
    }


def _restriction(restriction: AccessRestriction) -> str:
    """Return a restriction as it is typed."""
    names = ",".join((*restriction.permissions, *restriction.actions))
    return f"{restriction.plugin}:{names}" if names else restriction.plugin


def _moment(seconds: int) -> str:
    """Return a time in ISO 8601; empty for none."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat() if seconds else ""
