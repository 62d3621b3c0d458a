"""Asks the policy before every route, by what the route declares (``portal.web.doors``).

It runs after the gate, which knows who calls, and before the route reads the body. Refusals
are recorded in the audit log.
"""

from __future__ import annotations

from typing import cast

import flask
from flask import Response
from flask import request

from portal.audit.events import PORTAL
from portal.audit.events import Actor
from portal.audit.events import AuditAction
from portal.audit.events import Outcome
from portal.audit.log import AuditLog
from portal.auth.identity import NOBODY
from portal.auth.identity import Principal
from portal.kernel.errors import NotAllowedError
from portal.permission.access import Access
from portal.permission.access import acting
from portal.permission.permissions import PERMISSIONS
from portal.web.doors import doors_of
from portal.web.senders import sender

#: The statuses of refusals.
_REFUSED = frozenset({401, 403})


def caller() -> Principal | None:
    """Return the principal of the current request; on routes without credentials, nobody.

    Outside of requests it is whoever work is done for, ``None`` for the portal's own.
    """
    if not flask.has_request_context():
        return acting()
    return cast("Principal", flask.g.get("principal", NOBODY))


def actor() -> Actor:
    """Return who is acting now, as the audit log names them."""
    principal = caller()
    if principal is None:
        return PORTAL
    address = sender() if flask.has_request_context() else ""
    return Actor(principal.kind, principal.subject, address)


def guard_doors(app: flask.Flask, access: Access, audit: AuditLog) -> None:
    """Ask the policy before every route of an application; to be called when all are added.

    Permissions on resources are asked by the services that read these.

    Raises:
        RuntimeError: When a route does not declare what it asks.
        NotAllowedError: In a request, when the token of a program is not good for it.
    """
    doors = doors_of(app.view_functions, PERMISSIONS)
    asked = {
        endpoint: tuple(name for name in door.permissions if not PERMISSIONS[name].resource_type)
        for endpoint, door in doors.items()
    }

    @app.before_request
    def ask_the_token() -> None:
        principal = caller()
        limits = principal.access if principal else None
        door = doors.get(request.endpoint or "")
        for name in door.permissions if limits and door else ():
            # Whatever the resource is, and whoever asks for it later.
            if limits and not limits.allows(name, PERMISSIONS[name].action):
                raise NotAllowedError

    @app.before_request
    def ask() -> None:
        for permission in asked.get(request.endpoint or "", ()):
            access.require(permission)

    @app.after_request
    def note_refusal(response: Response) -> Response:
        if response.status_code in _REFUSED:
            rule = request.url_rule.rule if request.url_rule else ""
            # Of strangers, who send any path, only the route is told.
            place = request.path if response.status_code == 403 else rule
            details = {"method": request.method, "status": response.status_code}
            refused = Outcome.REFUSED
            audit.record(AuditAction.REQUEST, place, outcome=refused, details=details)
        return response
