"""The filter grammar of query strings and the predicates of bodies, as conditions on rows.

``filter=`` strings are turned into predicates (JSON) and predicates into conditions, so
both have one meaning. Rules: docs/reference/wire-contract.md, "Filter" and
"Predicates".
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from portal.catalog.row_conditions import Begins
from portal.catalog.row_conditions import HasRow
from portal.catalog.row_conditions import Holds
from portal.catalog.row_conditions import OneOf
from portal.catalog.row_conditions import RowCondition
from portal.catalog.row_conditions import Test
from portal.kernel.conditions import AllOf
from portal.kernel.conditions import AnyOf
from portal.kernel.conditions import Not
from portal.kernel.errors import InputError

#: A predicate as clients send it: JSON.
Predicate = Mapping[str, Any]

_INVALID = "Invalid query: Validation error: "
_OPERATORS = ("$all", "$any", "$not")
_PRIMITIVES = ("string", "number", "boolean")
_DEEPEST = 32
#: SQLite takes expressions of 1,000 terms.
_MOST = 800
#: In SQL the character that escapes wildcards; no text filter has it.
_NO_ESCAPE = "\x1f"


def predicate_of_filters(filters: Iterable[str]) -> Predicate | None:
    """Return the predicate of all ``filter=`` values; ``None`` when they are empty.

    Raises:
        InputError: When a statement has no key.
    """
    sets = [found for text in filters if (found := _predicate_of_set(text))]
    if not sets:
        return None
    return sets[0] if len(sets) == 1 else {"$any": sets}


def _predicate_of_set(text: str) -> Predicate | None:
    values: dict[str, list[str]] = {}
    for statement in filter(None, map(str.strip, text.split(","))):
        key, equals, value = statement.partition("=")
        key = key.strip()
        if not key:
            msg = (
                f"Invalid filter, '{statement}' is not a valid statement "
                "(expected a string on the form a=b or a= or a)"
            )
            raise InputError(msg)
        found = values.setdefault(key, [])
        if equals:
            found.append(value.strip())
    nodes: list[Predicate] = [_statement(key, found) for key, found in values.items()]
    if not nodes:
        return None
    return nodes[0] if len(nodes) == 1 else {"$all": nodes}


def _statement(key: str, values: list[str]) -> Predicate:
    if key.startswith("$"):
        return {"$any": []}  # No entity has such a key, and a predicate has operators there.
    if not values:
        return {key: {"$exists": True}}
    return {key: values[0] if len(values) == 1 else {"$in": values}}


def condition_of(predicate: Any) -> RowCondition:
    """Return the condition of a predicate.

    Raises:
        InputError: With Backstage's message, when the predicate is malformed.
    """
    if not isinstance(predicate, Mapping):
        raise InputError("Query must be an object")
    if _size(predicate, 0) > _MOST:
        raise InputError(f"{_INVALID}more than {_MOST} conditions")
    return _node(predicate, 0)


def _size(node: Any, depth: int) -> int:
    """Return the number of conditions in a predicate."""
    if depth > _DEEPEST or not isinstance(node, Mapping):
        return 1
    below = [node[operator] for operator in _OPERATORS if operator in node]
    nodes = [item for value in below for item in (value if isinstance(value, list) else [value])]
    return max(len(node), 1) + sum(_size(item, depth + 1) for item in nodes)


def _node(node: Any, depth: int, place: str = "") -> RowCondition:
    if depth > _DEEPEST:
        raise InputError(f"{_INVALID}nested more than {_DEEPEST} levels deep")
    if not isinstance(node, Mapping):
        raise InputError(f'{_INVALID}Invalid at "{place}"')
    for operator in _OPERATORS:
        if operator in node:
            others = [key for key in node if key != operator]
            if others:
                names = ", ".join(f"'{key}'" for key in others)
                raise InputError(f"{_INVALID}Unrecognized key(s) in object: {names}")
            return _combine(operator, node[operator], depth)
    for key in node:
        if key.startswith("$"):
            raise InputError(f'{_INVALID}Invalid at "{key}"')
    return AllOf(tuple(_field(key, value) for key, value in node.items()))


def _combine(operator: str, value: Any, depth: int) -> RowCondition:
    if operator == "$not":
        return Not(_node(value, depth + 1, operator))
    if not isinstance(value, list):
        raise InputError(f'{_INVALID}Expected array, received {json_type(value)} at "{operator}"')
    places = (f"{operator}[{index}]" for index in range(len(value)))
    nodes = tuple(_node(item, depth + 1, at) for item, at in zip(value, places, strict=True))
    return AllOf(nodes) if operator == "$all" else AnyOf(nodes)


def _field(key: str, value: Any) -> RowCondition:
    if isinstance(value, (str, bool, int, float)):
        return _equals(key, [value])
    if isinstance(value, Mapping):
        for operator, is_valid, make in _CONDITIONS:
            if operator in value and is_valid(value[operator]):
                return make(key, value[operator])
    received = json_type(value)
    wanted = ", or ".join(
        f'Expected {kind}, received {received} at "{key}"' for kind in _PRIMITIVES
    )
    raise InputError(f"{_INVALID}{wanted}")


def json_type(value: Any) -> str:
    """Return the JavaScript name of a JSON value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "number", float: "number", list: "array"}
    return names.get(type(value), "object")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower()


def _row(key: str, test: Test | None) -> HasRow:
    return HasRow((key,), test)


def _equals(key: str, values: list[Any]) -> RowCondition:
    return _row(key, OneOf(frozenset(map(_text, values))))


def _exists(key: str, wanted: bool) -> RowCondition:
    found = _row(key, None)
    return found if wanted else Not(found)


def _has_prefix(key: str, prefix: str) -> RowCondition:
    return _row(key, Begins(prefix.lower()))


def _contains(key: str, value: Any) -> RowCondition:
    if not isinstance(value, Mapping):
        return _equals(key, [value])
    if key.lower() != "relations":
        raise InputError(f'Object form of $contains is not supported for field "{key}"')
    for name in value:
        if name not in {"type", "targetRef"}:
            raise InputError(
                f'Unsupported key "{name}" in $contains for "relations". '
                'Only "type" and "targetRef" are supported'
            )
    if not isinstance(value.get("type"), str):
        raise InputError('The $contains operator for "relations" requires a "type" string property')
    return _relation(value["type"], value.get("targetRef"))


def _relation(kind: str, target: Any) -> RowCondition:
    key = f"relations.{kind}"
    if target is None:
        return _exists(key, True)
    targets = target.get("$in") if isinstance(target, Mapping) else [target]
    if not isinstance(targets, list) or not all(isinstance(item, str) for item in targets):
        raise InputError(f'{_INVALID}Expected string, or {{"$in": string[]}} at "targetRef"')
    if not targets:
        raise InputError('Empty "$in" array for $contains on "relations" is not allowed')
    return _equals(key, targets)


def _is_primitive(value: Any) -> bool:
    return isinstance(value, (str, bool, int, float))


def _is_primitives(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_primitive, value))


#: Operators of a field: name, what is a valid operand, the condition it makes.
_CONDITIONS: tuple[tuple[str, Callable[[Any], bool], Callable[[str, Any], RowCondition]], ...] = (
    ("$exists", lambda value: isinstance(value, bool), _exists),
    ("$in", _is_primitives, _equals),
    ("$contains", lambda value: _is_primitive(value) or isinstance(value, Mapping), _contains),
    ("$hasPrefix", lambda value: isinstance(value, str), _has_prefix),
)


def condition_of_text(term: str, fields: Sequence[str]) -> RowCondition | None:
    """Return the condition of a full-text filter, ``None`` for an empty term.

    As in Backstage, ``%`` and ``_`` of the term stay wildcards.
    """
    needle = term.strip().lower().replace(_NO_ESCAPE, "")
    if not needle:
        return None
    return HasRow(tuple(fields), Holds(needle))
