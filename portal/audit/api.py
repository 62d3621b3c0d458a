"""The audit log for administrators, under ``/api/audit``."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response

from portal.audit import schemas as s
from portal.audit.log import AuditLog
from portal.audit.log import to_json
from portal.audit.store import AuditQuery
from portal.kernel.errors import InputError
from portal.web.doors import asks
from portal.web.openapi import Blueprint
from portal.web.responses import json_response

#: The greatest number of entries of a page.
MOST = 1_000
_GREATEST = 2**63 - 1


def audit_blueprint(audit: AuditLog) -> Blueprint:
    """Return the routes of the audit log."""
    bp = Blueprint("audit", __name__, url_prefix="/api/audit", description=__doc__)

    @bp.get("")
    @bp.arguments(s.AuditParameters(), location="query")
    @bp.response(200, s.AuditAnswer)
    @asks("portal.audit.read")
    def get_audit(args: dict[str, Any]) -> Response:
        """Return who did what, the newest first.

        ``action`` may be the beginning of actions, with a dot at its end; ``since`` and
        ``until`` are times in ISO 8601.
        """
        query = _query(args)
        found = audit.find(query)
        answer: dict[str, Any] = {"items": [to_json(event) for event in found]}
        if len(found) == query.limit:
            answer["nextCursor"] = str(found[-1].id)
        response = json_response(answer)
        response.headers["Cache-Control"] = "no-store"
        return response

    return bp


def _query(args: dict[str, Any]) -> AuditQuery:
    limit, cursor = args["limit"], args["cursor"]
    if not 1 <= limit <= MOST:
        raise InputError(f"request/query/limit must be between 1 and {MOST}")
    if not 0 <= cursor <= _GREATEST:
        raise InputError("request/query/cursor must be that of an answer")
    return AuditQuery(
        args["actor"],
        args["action"],
        args["outcome"],
        args["resource"],
        microseconds("since", args["since"]),
        microseconds("until", args["until"]),
        cursor,
        limit,
    )


def microseconds(name: str, text: str) -> int:
    """Return a time in microseconds since the epoch; 0 for an empty text.

    Args:
        name: The parameter, for the message.
        text: A time in ISO 8601; without an offset it is UTC.

    Raises:
        InputError: When it is none.
    """
    if not text:
        return 0
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        return int(moment.timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        msg = f"request/query/{name} must be a time in ISO 8601, such as 2026-11-30T12:00:00Z"
        raise InputError(msg) from None
