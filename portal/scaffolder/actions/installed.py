"""Actions of other packages, found by entry points in the group ``GROUP``.

A package that cannot be loaded, or whose action id is taken, loses its own actions
only; the reason is a problem of ``Installed`` and is logged at start-up.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from portal.scaffolder.actions.table import ACTIONS
from portal.scaffolder.running.action import Action

#: The group of entry points by which packages offer actions.
GROUP = "portal.scaffolder.actions"
_ID = re.compile(r"[A-Za-z][\w.-]*(:[A-Za-z][\w.-]*)+")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Installed:
    """Every action by its id, and the problems of packages that offer actions."""

    actions: Mapping[str, Action]
    problems: tuple[str, ...]


def installed_actions(found: Iterable[EntryPoint] | None = None) -> Installed:
    """Return the built-in actions and those of installed packages.

    Args:
        found: The entry points; those of the environment when ``None``.
    """
    actions, problems = dict(ACTIONS), []
    points = entry_points(group=GROUP) if found is None else found
    for point in sorted(points, key=lambda point: (_package(point), point.name)):
        where = f"entry point {point.name} of package {_package(point)}"
        try:
            for action in _actions(point):
                if action.id in actions:
                    problems.append(f"{where}: there is an action {action.id} already")
                else:
                    actions[action.id] = action
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            problems.append(f"{where}: {_reason(error)}")
    for problem in problems:
        _log.warning("actions: %s; it is left out", problem)
    return Installed(dict(sorted(actions.items())), tuple(problems))


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "unknown"


class _UnusableError(Exception):
    """The object of an entry point is no action."""


def _actions(point: EntryPoint) -> Iterator[Action]:
    loaded = point.load()
    rows = [loaded] if isinstance(loaded, Action) else loaded
    if not isinstance(rows, Iterable) or isinstance(rows, (str, bytes, Mapping)):
        raise _UnusableError("it leads to neither an Action nor several of them")
    # All are checked before the first is used: a package counts whole or not at all.
    yield from [_checked(row) for row in rows]


def _checked(row: object) -> Action:
    if not isinstance(row, Action):
        raise _UnusableError("it leads to neither an Action nor several of them")
    if not isinstance(row.id, str) or not _ID.fullmatch(row.id):
        raise _UnusableError("an action's id must look like 'family:name'")
    for schema in (row.input, row.output or {}):
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError:
            raise _UnusableError(f"a schema of {row.id} is no JSON Schema") from None
    return row


def _reason(error: Exception) -> str:
    """Return a message for an error; foreign texts may contain paths of the host."""
    if isinstance(error, _UnusableError):
        return str(error)
    return f"it cannot be loaded ({type(error).__name__})"
