"""Every method a template may call: one table per type of value.

A name that is not in a table is undefined, whatever JavaScript or Python has.
"""

from __future__ import annotations

from portal.scaffolder.expressions.array_methods import ARRAY
from portal.scaffolder.expressions.array_methods import index_of
from portal.scaffolder.expressions.array_methods import push
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import keys_of
from portal.scaffolder.expressions.javascript import strictly_equal
from portal.scaffolder.expressions.javascript import to_integer
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.javascript import widen
from portal.scaffolder.expressions.method import Method
from portal.scaffolder.expressions.method import optional
from portal.scaffolder.expressions.number_methods import NUMBER
from portal.scaffolder.expressions.regex import Regex
from portal.scaffolder.expressions.text_methods import TEXT


def _test(regex: Regex, budget: Budget, *text: Value) -> Value:
    return regex.search(widen(to_text(optional(text, 0))), 0, budget.take) is not None


PATTERN: dict[str, Method] = {"test": Method(_test, 0, 1)}


# --- what templates written for cookiecutter may use besides -------------------


def _get(record: dict[str, Value], _budget: Budget, key: Value, *default: Value) -> Value:
    return record.get(to_text(key), optional(default, 0))


def _has_key(record: dict[str, Value], _budget: Budget, key: Value) -> Value:
    return to_text(key) in record


def _items(record: dict[str, Value], budget: Budget) -> Value:
    budget.take(len(record))
    return [[key, record[key]] for key in keys_of(record)]


def _keys(record: dict[str, Value], budget: Budget) -> Value:
    budget.take(len(record))
    return list(keys_of(record))


def _values(record: dict[str, Value], budget: Budget) -> Value:
    budget.take(len(record))
    return [record[key] for key in keys_of(record)]


def _count(items: list[Value], _budget: Budget, sought: Value) -> Value:
    return sum(strictly_equal(item, sought) for item in items)


def _insert(items: list[Value], _budget: Budget, index: Value, item: Value) -> Value:
    items.insert(to_integer(index), item)
    return UNDEFINED


def _pop(items: list[Value], _budget: Budget, *index: Value) -> Value:
    if index and not isinstance(index[0], (str, int)):
        return UNDEFINED
    position = to_integer(optional(index, 0), len(items) - 1)
    return items.pop(position) if -len(items) <= position < len(items) else UNDEFINED


def _remove(items: list[Value], budget: Budget, sought: Value) -> Value:
    position = index_of(items, budget, sought)
    return items.pop(position) if position >= 0 else UNDEFINED


_COOKIECUTTER_RECORD: dict[str, Method] = {
    "get": Method(_get, 1, 2),
    "has_key": Method(_has_key, 1, 1),
    "items": Method(_items, 0, 0),
    "keys": Method(_keys, 0, 0),
    "values": Method(_values, 0, 0),
}
_COOKIECUTTER_ARRAY: dict[str, Method] = {
    "append": Method(push, 1, 1, changes=True),
    "count": Method(_count, 1, 1),
    "find": Method(index_of, 1, 1),
    "index": Method(index_of, 1, 1),
    "insert": Method(_insert, 2, 2, changes=True),
    "pop": Method(_pop, 0, 1, changes=True),
    "remove": Method(_remove, 1, 1, changes=True),
}

#: The methods of each type.
METHODS: dict[type, dict[str, Method]] = {
    str: TEXT,
    list: ARRAY,
    int: NUMBER,
    float: NUMBER,
    Regex: PATTERN,
    dict: {},
}
#: The same, in a template that is compatible with cookiecutter.
COOKIECUTTER_METHODS: dict[type, dict[str, Method]] = {
    **METHODS,
    list: {**ARRAY, **_COOKIECUTTER_ARRAY},
    dict: _COOKIECUTTER_RECORD,
}
