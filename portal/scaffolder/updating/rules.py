"""What a template says of updates, in ``spec.updates``: files by rule, migrations as data.

::

    updates:
      managed: [".github/workflows/*"]   # made anew, whatever the project did with them
      once: ["src/**"]                   # made with the project, never touched again
      migrations:
        - before: "2.0.0"                # for projects from an older version
          renamed: {component_id: name}  # answers
          moved: {docs/api.md: docs/reference/api.md}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.kernel.errors import InputError
from portal.kernel.json_text import Json
from portal.scaffolder.workspace.tree import inside

_KEYS = ("managed", "once", "migrations")
_MIGRATION_KEYS = ("before", "renamed", "moved")


@dataclass(frozen=True, slots=True)
class Migration:
    """What changed with a version: names of answers, and paths of files or folders."""

    before: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UpdateRules:
    """The rules of a template.

    Attributes:
        managed: Globs of files that are always those of the template.
        once: Globs of files that an update never changes.
        migrations: From the oldest to the newest version.
    """

    managed: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    migrations: tuple[Migration, ...] = ()

    def since(self, version: str) -> tuple[Migration, ...]:
        """Return the migrations for a project of a version; all of them for an unknown one."""
        return tuple(
            one for one in self.migrations if not version or _order(version) < _order(one.before)
        )


def read_rules(entity: Mapping[str, Json]) -> UpdateRules:
    """Parse the rules of a template entity; without any, a project's changes are merged.

    Raises:
        InputError: Naming the member that is wrong, and what it should be.
    """
    found = (entity.get("spec") or {}).get("updates")
    if found is None:
        return UpdateRules()
    members = _members(found, "spec.updates", _KEYS)
    migrations = members.get("migrations") or []
    if not isinstance(migrations, list):
        raise InputError("the template's spec.updates.migrations must be a list")
    return UpdateRules(
        _texts(members.get("managed"), "spec.updates.managed"),
        _texts(members.get("once"), "spec.updates.once"),
        tuple(sorted(_migrations(migrations), key=lambda one: _order(one.before))),
    )


def _migrations(items: list[Json]) -> Iterator[Migration]:
    for index, item in enumerate(items):
        where = f"spec.updates.migrations[{index}]"
        members = _members(item, where, _MIGRATION_KEYS)
        before = members.get("before")
        if not isinstance(before, str) or not before:
            raise _wrong(f"{where}.before", "a version, as a text")
        moved = _names(members.get("moved"), f"{where}.moved")
        yield Migration(
            before,
            _names(members.get("renamed"), f"{where}.renamed"),
            {inside(one): inside(other) for one, other in moved.items()},
        )


def _members(value: Json, where: str, known: tuple[str, ...]) -> Mapping[str, Json]:
    if not isinstance(value, dict) or not set(value).issubset(known):
        raise _wrong(where, f"a mapping with {', '.join(known)}")
    return value


def _texts(value: Json, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise _wrong(where, "a list of globs")
    return tuple(value)


def _names(value: Json, where: str) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(
        isinstance(one, str) and one for pair in value.items() for one in pair
    ):
        raise _wrong(where, "a mapping from the old name to the new one")
    return value


def _wrong(where: str, allowed: str) -> InputError:
    return InputError(f"the template's {where} must be {allowed}")


def _order(version: str) -> tuple[tuple[int, str], ...]:
    """Return what versions are ordered by: their numbers, then what is no number."""
    parts = re.split(r"[.+-]", version.lower().removeprefix("v"))
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def renamed(answers: Mapping[str, Json], migrations: tuple[Migration, ...]) -> dict[str, Json]:
    """Return answers under the names that the form has now."""
    found = dict(answers)
    for migration in migrations:
        for before, after in migration.renamed.items():
            if before in found:
                found.setdefault(after, found.pop(before))
    return found
