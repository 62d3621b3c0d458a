"""What to look for: the filter grammar of query strings and the predicates of bodies.

``filter=`` strings are turned into predicates (JSON), predicates into a small
tree, and the tree into SQL, so there is one meaning for both. Rules: CONTRACT
§1.2 and §1.6.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portal.catalog import tables as t
from portal.kernel.errors import InputError

#: A predicate as clients send it: JSON.
Predicate = Mapping[str, Any]
Condition = sa.ColumnElement[bool]
#: Judges the value of a search row; ``None`` is content with any.
Test = Callable[[sa.ColumnElement[Any]], Condition] | None
#: Makes the condition that an entity has a search row of one of some keys.
Find = Callable[[Sequence[str], Test], Condition]

_INVALID = "Invalid query: Validation error: "
_OPERATORS = ("$all", "$any", "$not")
_PRIMITIVES = ("string", "number", "boolean")
_DEEPEST = 32
#: SQLite takes expressions of 1,000 terms.
_MOST = 800
_LIKE_ESCAPE = "\\"
#: Left to itself, PostgreSQL takes a backslash for an escape and SQLite does not.
_NO_ESCAPE = "\x1f"


def among(entity_id: sa.ColumnElement[int]) -> Find:
    """Find by listing all entities that match: quick when these are few."""

    def find(keys: Sequence[str], test: Test) -> Condition:
        rows = t.search.alias()
        query = sa.select(rows.c.entity_id).where(*_wanted(rows, keys, test))
        return entity_id.in_(query)

    return find


def beside(entity_id: sa.ColumnElement[int]) -> Find:
    """Find by looking at one entity after the other: quick when nearly all match."""

    def find(keys: Sequence[str], test: Test) -> Condition:
        rows = t.search.alias()
        wanted = _wanted(rows, keys, test)
        return sa.exists().where(rows.c.entity_id == entity_id, *wanted)

    return find


def _wanted(rows: sa.FromClause, keys: Sequence[str], test: Test) -> list[Condition]:
    lower = [key.lower() for key in keys]
    key = rows.c.key == lower[0] if len(lower) == 1 else rows.c.key.in_(lower)
    return [key] if test is None else [key, test(rows.c.value)]


_IN_ENTITIES = among(t.entities.c.id)


def predicate_of_filters(filters: Iterable[str]) -> Predicate | None:
    """Return the predicate of all ``filter=`` values, ``None`` when they say nothing.

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


def condition_of(predicate: Any, find: Find = _IN_ENTITIES) -> Condition:
    """Return the SQL condition of a predicate.

    Raises:
        InputError: With Backstage's message, when the predicate is malformed.
    """
    if not isinstance(predicate, Mapping):
        raise InputError("Query must be an object")
    if _size(predicate, 0) > _MOST:
        raise InputError(f"{_INVALID}more than {_MOST} conditions")
    return _node(predicate, 0, find)


def _size(node: Any, depth: int) -> int:
    """Return how many conditions a predicate has."""
    if depth > _DEEPEST or not isinstance(node, Mapping):
        return 1
    below = [node[operator] for operator in _OPERATORS if operator in node]
    nodes = [item for value in below for item in (value if isinstance(value, list) else [value])]
    return max(len(node), 1) + sum(_size(item, depth + 1) for item in nodes)


def _node(node: Any, depth: int, find: Find) -> Condition:
    if depth > _DEEPEST:
        raise InputError(f"{_INVALID}nested more than {_DEEPEST} levels deep")
    if not isinstance(node, Mapping):
        raise InputError(
            "Invalid filter predicate: top-level primitive values are not supported. "
            'Wrap the value in a field expression, e.g. { "kind": "x" }'
        )
    for operator in _OPERATORS:
        if operator in node:
            others = [key for key in node if key != operator]
            if others:
                names = ", ".join(f"'{key}'" for key in others)
                raise InputError(f"{_INVALID}Unrecognized key(s) in object: {names}")
            return _combine(operator, node[operator], depth, find)
    for key in node:
        if key.startswith("$"):
            raise InputError(f'{_INVALID}Invalid at "{key}"')
    return sa.and_(sa.true(), *(_field(key, value, find) for key, value in node.items()))


def _combine(operator: str, value: Any, depth: int, find: Find) -> Condition:
    if operator == "$not":
        return sa.not_(_node(value, depth + 1, find))
    if not isinstance(value, list):
        raise InputError(f'{_INVALID}Expected array, received {json_type(value)} at "{operator}"')
    nodes = [_node(item, depth + 1, find) for item in value]
    if operator == "$all":
        return sa.and_(sa.true(), *nodes)
    return sa.or_(sa.false(), *nodes)


def _field(key: str, value: Any, find: Find) -> Condition:
    if isinstance(value, (str, bool, int, float)):
        return _equals(key, [value], find)
    if isinstance(value, Mapping):
        for operator, is_valid, make in _CONDITIONS:
            if operator in value and is_valid(value[operator]):
                return make(key, value[operator], find)
    received = json_type(value)
    wanted = ", or ".join(
        f'Expected {kind}, received {received} at "{key}"' for kind in _PRIMITIVES
    )
    raise InputError(f"{_INVALID}{wanted}")


def json_type(value: Any) -> str:
    """Return what JavaScript calls the type of a JSON value."""
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


def _equals(key: str, values: list[Any], find: Find) -> Condition:
    texts = [_text(value) for value in values]
    if len(texts) == 1:
        return find([key], lambda value: value == texts[0])
    return find([key], lambda value: value.in_(texts))


def _exists(key: str, wanted: bool, find: Find) -> Condition:
    found = find([key], None)
    return found if wanted else sa.not_(found)


def _has_prefix(key: str, prefix: str, find: Find) -> Condition:
    pattern = _escape_like(prefix.lower()) + "%"
    return find([key], lambda value: value.like(pattern, escape=_LIKE_ESCAPE))


def _escape_like(text: str) -> str:
    for char in (_LIKE_ESCAPE, "%", "_"):
        text = text.replace(char, _LIKE_ESCAPE + char)
    return text


def _contains(key: str, value: Any, find: Find) -> Condition:
    if not isinstance(value, Mapping):
        return _equals(key, [value], find)
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
    return _relation(value["type"], value.get("targetRef"), find)


def _relation(kind: str, target: Any, find: Find) -> Condition:
    key = f"relations.{kind}"
    if target is None:
        return _exists(key, True, find)
    targets = target.get("$in") if isinstance(target, Mapping) else [target]
    if not isinstance(targets, list) or not all(isinstance(item, str) for item in targets):
        raise InputError(f'{_INVALID}Expected string, or {{"$in": string[]}} at "targetRef"')
    if not targets:
        raise InputError('Empty "$in" array for $contains on "relations" is not allowed')
    return _equals(key, targets, find)


def _is_primitive(value: Any) -> bool:
    return isinstance(value, (str, bool, int, float))


def _is_primitives(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_primitive, value))


#: Operators of a field: name, what is a valid operand, the condition it makes.
_CONDITIONS: tuple[
    tuple[str, Callable[[Any], bool], Callable[[str, Any, Find], Condition]], ...
] = (
    ("$exists", lambda value: isinstance(value, bool), _exists),
    ("$in", _is_primitives, _equals),
    ("$contains", lambda value: _is_primitive(value) or isinstance(value, Mapping), _contains),
    ("$hasPrefix", lambda value: isinstance(value, str), _has_prefix),
)


def condition_of_text(
    term: str, fields: Sequence[str], find: Find = _IN_ENTITIES
) -> Condition | None:
    """Return the condition of a full-text filter, ``None`` for an empty term.

    As in Backstage, ``%`` and ``_`` of the term stay wildcards.
    """
    needle = term.strip().lower().replace(_NO_ESCAPE, "")
    if not needle:
        return None
    return find(fields, lambda value: value.like(f"%{needle}%", escape=_NO_ESCAPE))
