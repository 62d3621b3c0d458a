"""What the reader of a page may do, and whom to ask for more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flask
from flask import request

from portal.permission.access import Access
from portal.permission.permissions import PERMISSIONS
from portal.permission.policy import Result
from portal.web.doors import door_of


@dataclass(frozen=True, slots=True)
class Rights:
    """What callers may do.

    Attributes:
        access: Asks the policy for the present caller.
        admins: The refs of administrators, who can be asked for more.
    """

    access: Access
    admins: tuple[str, ...] = ()

    def may(self, permission: str) -> bool:
        """Return whether the caller may do something, to some resource at least."""
        return self.access.may(permission)

    def all(self) -> list[tuple[str, Result]]:
        """Return the decision on every permission, in the order they are declared."""
        return [(name, self.access.decision(name).result) for name in PERMISSIONS]

    def missing(self) -> Sequence[str]:
        """Return what the requested page asks and the caller is refused.

        Where a condition decides, and the resource does not meet it, that is all it asks.
        """
        endpoint = request.endpoint or ""
        view = flask.current_app.view_functions.get(endpoint)
        door = door_of(endpoint, view) if view else None
        asked = door.permissions if door else ()
        return [name for name in asked if not self.may(name)] or asked
