"""What the rules of the policy's conditions mean for entities.

A rule asks for a search row: a key, and one of some values or any. Filters and facets look at
these rows, so a condition cannot mean one thing in a list and another for a single entity.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping

from portal.catalog.row_conditions import HasRow
from portal.catalog.row_conditions import OneOf
from portal.catalog.row_conditions import RowCondition
from portal.catalog.search_rows import flatten
from portal.kernel.conditions import AnyOf
from portal.kernel.conditions import holds
from portal.kernel.conditions import replaced
from portal.model.entity import Entity
from portal.permission.conditions import Condition
from portal.permission.conditions import Rule
from portal.permission.policy import Decision
from portal.permission.policy import Result

#: The condition that no entity meets.
NOTHING: Condition = AnyOf(())


def _row(key: str, value: str | None) -> HasRow:
    return HasRow((key.lower(),), None if value is None else OneOf(frozenset((value.lower(),))))


def _rows(key: str, values: Collection[str]) -> HasRow:
    return HasRow((key,), OneOf(frozenset(value.lower() for value in values)))


#: The search row that each rule asks for.
_WANTED: Mapping[str, Callable[[Rule], HasRow]] = {
    "HAS_ANNOTATION": lambda rule: _row(
        f"metadata.annotations.{rule.get('annotation')}", rule.get("value")
    ),
    "HAS_LABEL": lambda rule: _row(f"metadata.labels.{rule.get('label')}", rule.get("value")),
    "HAS_METADATA": lambda rule: _row(f"metadata.{rule.get('key')}", rule.get("value")),
    "HAS_SPEC": lambda rule: _row(f"spec.{rule.get('key')}", rule.get("value")),
    "IS_ENTITY_KIND": lambda rule: _rows("kind", rule.get("kinds")),
    "IS_ENTITY_OWNER": lambda rule: _rows("relations.ownedby", rule.get("claims")),
}


def rows_of(condition: Condition) -> RowCondition:
    """Return a condition of the policy as one on search rows."""
    return replaced(condition, lambda rule: _WANTED[rule.name](rule))


def seen_of(decision: Decision) -> Condition | None:
    """Return the condition of the entities a decision allows; ``None`` for all of them."""
    if decision.result is Result.ALLOW:
        return None
    return NOTHING if decision.condition is None else decision.condition


def is_seen(entity: Entity, decision: Decision) -> bool:
    """Return whether a decision allows a final entity."""
    condition = seen_of(decision)
    return condition is None or meets(entity, condition)


def meets(entity: Entity, condition: Condition) -> bool:
    """Return whether a final entity meets a condition, in memory."""
    values: dict[str, set[str | None]] = {}
    for key, value, _original in flatten(entity):
        values.setdefault(key, set()).add(value)

    def judge(wanted: HasRow) -> bool:
        found = [value for key in wanted.row_keys for value in values.get(key, ())]
        test = wanted.test
        if test is None:
            return bool(found)
        return any(value is not None and test.accepts(value) for value in found)

    return holds(rows_of(condition), judge)
