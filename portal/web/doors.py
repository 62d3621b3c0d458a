"""What every route declares: the permission it asks, or why it asks none.

A route without a declaration is refused when the application is made, so nobody can forget
one. The decorators stand directly above the function, or anywhere below its route::

    @bp.get("/entities")
    @asks("catalog.entity.read")
    def get_entities() -> Response: ...

    @bp.get("/health")
    @public("whether the process answers is no secret")
    def get_health() -> Response: ...

Permissions are named as in ``portal.permission.permissions``. Those without a resource are
asked before the route runs (``portal.permission.gatekeeper``); for those with one, the service
that reads asks, because the answer may be a condition on what it reads.

A route whose requests are costly also says of which kind they are::

    @asks("scaffolder.template.dry-run")
    @counts(Quota.DRY_RUNS)
    def post_dry_run() -> Response: ...
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import TypeVar

from portal.config.quotas import Quota

_View = TypeVar("_View", bound=Callable[..., Any])
_ATTRIBUTE = "portal_door"
_COUNTED = "portal_quota"
#: The ends of endpoints that Flask adds, and why they ask nothing.
_OF_FLASK = {".static": "files of the portal itself: styles, scripts and icons"}


@dataclass(frozen=True, slots=True)
class Door:
    """The declaration of a route.

    Attributes:
        permissions: The names of the permissions it asks; all are needed.
        reason: Why it asks none; empty when it asks some.
    """

    permissions: tuple[str, ...] = ()
    reason: str = ""


def asks(*permissions: str) -> Callable[[_View], _View]:
    """Declare which permissions a route asks; all of them are needed."""
    return _declare(Door(permissions))


def public(reason: str) -> Callable[[_View], _View]:
    """Declare that a route asks no permission, and why; credentials may still be needed."""
    return _declare(Door(reason=reason))


def _declare(door: Door) -> Callable[[_View], _View]:
    def declare(view: _View) -> _View:
        setattr(view, _ATTRIBUTE, door)
        return view

    return declare


def counts(quota: Quota) -> Callable[[_View], _View]:
    """Declare that the requests of a route are counted as of a kind, beside ``REQUESTS``."""

    def declare(view: _View) -> _View:
        setattr(view, _COUNTED, quota)
        return view

    return declare


def quota_of(view: Callable[..., Any]) -> Quota | None:
    """Return the kind that the requests of a route's function are counted as, if any."""
    found: Quota | None = getattr(view, _COUNTED, None)
    return found


def door_of(endpoint: str, view: Callable[..., Any]) -> Door | None:
    """Return the declaration of a route's function; ``None`` without one."""
    found: Door | None = getattr(view, _ATTRIBUTE, None)
    if found is None:
        for end, reason in _OF_FLASK.items():
            if endpoint.endswith(end):
                return Door(reason=reason)
    return found


def doors_of(views: Mapping[str, Callable[..., Any]], known: Collection[str]) -> dict[str, Door]:
    """Return the declaration of every route, by endpoint.

    Args:
        views: The functions of an application's routes, by endpoint.
        known: The names of all permissions.

    Raises:
        RuntimeError: When a route declares nothing, or a permission there is not.
    """
    doors: dict[str, Door] = {}
    for endpoint, view in views.items():
        door = door_of(endpoint, view)
        if door is None or not (door.permissions or door.reason):
            msg = (
                f"the route {endpoint!r} declares no permission: put "
                '@asks("catalog.entity.read") or @public("why it asks nothing") of '
                "portal.web.doors above its function (docs/contributors/contributing.md)"
            )
            raise RuntimeError(msg)
        if unknown := [name for name in door.permissions if name not in known]:
            msg = (
                f"the route {endpoint!r} asks {unknown[0]!r}, which is no permission of "
                "portal.permission.permissions"
            )
            raise RuntimeError(msg)
        doors[endpoint] = door
    return doors
