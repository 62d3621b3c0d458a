"""Conditions on rules, as Backstage's policies put them, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.kernel.conditions import AllOf
from portal.kernel.conditions import AnyOf
from portal.kernel.conditions import ConditionOn
from portal.kernel.conditions import Not
from portal.permission.rules import RULES
from portal.permission.rules import check_parameters

#: Conditions inside of conditions, and rules in one condition: no policy needs more.
MAX_DEPTH = 16
MAX_RULES = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its parameters; lists are tuples."""

    name: str
    parameters: tuple[tuple[str, Any], ...]

    def get(self, name: str) -> Any:
        """Return a parameter; ``None`` when it is not given."""
        return dict(self.parameters).get(name)


Condition = ConditionOn[Rule]


def any_of(conditions: Iterable[Condition]) -> Condition:
    """Return the condition that at least one of some holds, each named once."""
    parts = tuple(dict.fromkeys(conditions))
    return parts[0] if len(parts) == 1 else AnyOf(parts)


# --- as JSON ------------------------------------------------------------------


def read_condition(value: Any, resource_type: str) -> Condition:
    """Return the condition that a JSON value stands for.

    Raises:
        ValueError: When it is malformed, too large, or names a rule that is none of this type
            of resource.
    """
    condition = _read(value, resource_type, 0)
    if _size(condition) > MAX_RULES:
        msg = f"A condition must not have more than {MAX_RULES} rules"
        raise ValueError(msg)
    return condition


def _read(value: Any, resource_type: str, depth: int) -> Condition:
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        msg = "A condition must be an object, and not nested too deep"
        raise ValueError(msg)
    for name, join in (("allOf", AllOf), ("anyOf", AnyOf)):
        if name in value:
            _check_alone(name, value)
            if not isinstance(value[name], list) or not value[name]:
                msg = f"{name} must be a list of conditions, not empty"
                raise ValueError(msg)
            return join(tuple(_read(part, resource_type, depth + 1) for part in value[name]))
    if "not" in value:
        _check_alone("not", value)
        return Not(_read(value["not"], resource_type, depth + 1))
    rule = RULES.get(value["rule"]) if isinstance(value.get("rule"), str) else None
    if rule is None or rule.resource_type != resource_type:
        msg = f"Unknown permission rule '{value.get('rule')}'"
        raise ValueError(msg)
    given = check_parameters(rule, value.get("params", {}))
    return Rule(rule.name, tuple(sorted((name, _frozen(x)) for name, x in given.items())))


def _check_alone(name: str, value: Mapping[str, Any]) -> None:
    others = [key for key in value if key != name]
    if others:
        msg = f"{name} must be alone in its condition, without {', '.join(map(repr, others))}"
        raise ValueError(msg)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _size(condition: Condition) -> int:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return sum(map(_size, parts))
        case Not(part):
            return _size(part)
        case Rule():
            return 1


def to_json(condition: Condition, resource_type: str) -> dict[str, Any]:
    """Return a condition as Backstage's clients read it."""
    match condition:
        case AllOf(parts):
            return {"allOf": [to_json(part, resource_type) for part in parts]}
        case AnyOf(parts):
            return {"anyOf": [to_json(part, resource_type) for part in parts]}
        case Not(part):
            return {"not": to_json(part, resource_type)}
        case Rule(name, parameters):
            params = {key: list(x) if isinstance(x, tuple) else x for key, x in parameters}
            return {"rule": name, "resourceType": resource_type, "params": params}
