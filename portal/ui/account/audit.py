"""The page of the audit log, for administrators: filtered, and paged by its cursor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint
from flask import Response
from flask import request

from portal.audit.api import microseconds
from portal.audit.events import AuditAction
from portal.audit.events import Outcome
from portal.audit.log import AuditLog
from portal.audit.log import to_json
from portal.audit.store import AuditQuery
from portal.kernel.errors import InputError
from portal.ui.account.frame import account_page
from portal.ui.frame.page import AddPages
from portal.ui.frame.rights import Rights
from portal.web.doors import asks

PAGE_SIZE = 50
_FILTERS = ("actor", "action", "outcome", "resource", "since", "until")
_GREATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody wants to see of the log.

    Attributes:
        chosen: The filters, as typed.
        query: The query they stand for.
        fault: The name of a filter that is wrong; it is left out.
    """

    chosen: Mapping[str, str]
    query: AuditQuery
    fault: str = ""


def audit_pages(audit: AuditLog, rights: Rights) -> AddPages:
    """Return the page of the audit log."""

    def add(bp: Blueprint) -> None:
        @bp.get("/account/audit")
        @asks("portal.audit.read")
        def get_audit_page() -> Response:
            """Show who did what, the newest first."""
            asked = _asked()
            events = audit.find(asked.query)
            is_more = len(events) > PAGE_SIZE
            shown = events[:PAGE_SIZE]
            return account_page(
                rights,
                "audit",
                rows=[to_json(event) for event in shown],
                older=str(shown[-1].id) if is_more else "",
                cursor=asked.query.before,
                chosen=asked.chosen,
                fault=asked.fault,
                actions=[str(action) for action in AuditAction],
                outcomes=[str(outcome) for outcome in Outcome],
            )

    return add


def _asked() -> _Asked:
    chosen = {name: request.args.get(name, "").strip() for name in _FILTERS}
    cursor = request.args.get("cursor", "")
    before = int(cursor) if cursor.isascii() and cursor.isdigit() else 0
    fault, times = "", {"since": 0, "until": 0}
    for name in times:
        try:
            times[name] = microseconds(name, chosen[name])
        except InputError:
            fault = name
    if times["until"] and _is_day(chosen["until"]):  # that day, too
        times["until"] += int(dt.timedelta(days=1).total_seconds()) * 1_000_000
    query = AuditQuery(
        chosen["actor"],
        chosen["action"],
        chosen["outcome"],
        chosen["resource"],
        times["since"],
        times["until"],
        before if before <= _GREATEST else 0,
        PAGE_SIZE + 1,
    )
    return _Asked(chosen, query, fault)


def _is_day(text: str) -> bool:
    return len(text) == len("2026-11-30")
