"""Every built-in filter in one table; semantics of Nunjucks 3.2."""

from __future__ import annotations

import math
import re
import secrets
from functools import cmp_to_key

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.filter_call import FilterCall
from portal.scaffolder.expressions.filter_call import FilterError
from portal.scaffolder.expressions.javascript import INDEX
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import add
from portal.scaffolder.expressions.javascript import keys_of
from portal.scaffolder.expressions.javascript import less
from portal.scaffolder.expressions.javascript import narrow
from portal.scaffolder.expressions.javascript import number
from portal.scaffolder.expressions.javascript import printed
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.expressions.javascript import to_integer
from portal.scaffolder.expressions.javascript import to_number
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.expressions.javascript import widen
from portal.scaffolder.expressions.tests import TESTS
from portal.scaffolder.expressions.text_filters import TEXT_FILTERS
from portal.scaffolder.expressions.text_filters import Filter

_LEADING_FLOAT = re.compile(r"[-+]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)")
_SPACES = " \t\n\v\f\r\xa0\ufeff"
_LARGEST_RANGE = 1_000_000


# --- numbers ------------------------------------------------------------------


def _abs(value: Value, _call: FilterCall) -> Value:
    return abs(to_number(value))


def _float(value: Value, call: FilterCall) -> Value:
    found = _LEADING_FLOAT.match(to_text(value).lstrip(_SPACES))
    return number(float(found[0].replace("Infinity", "inf"))) if found else call.at(0)


def _int(value: Value, call: FilterCall) -> Value:
    base = to_integer(call.at(1), 10)
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"[:base]
    text = to_text(value).lstrip(_SPACES)
    found = re.match(rf"([-+]?)([{digits}]+)", text, re.IGNORECASE) if 2 <= base <= 36 else None
    if found is None:
        return call.at(0)
    return number(int(found[1] + found[2][:400], base))


def _round(value: Value, call: FilterCall) -> Value:
    factor = 10.0 ** max(-300, min(300, to_integer(call.at(0))))
    scaled = float(to_number(value)) * factor
    if not math.isfinite(scaled):
        return scaled
    way = call.at(1)
    rounded = (
        math.ceil(scaled)
        if way == "ceil"
        else math.floor(scaled)
        if way == "floor"
        else math.floor(scaled + 0.5)
    )
    return number(rounded / factor)


# --- anything -----------------------------------------------------------------


def _default(value: Value, call: FilterCall) -> Value:
    if truthy(call.at(1)):
        return value if truthy(value) else call.at(0)
    return call.at(0) if value is UNDEFINED else value


def _dump(value: Value, call: FilterCall) -> Value:
    spaces = call.at(0, "")
    indent = spaces if isinstance(spaces, str) else " " * max(0, min(10, to_integer(spaces)))
    call.budget.take(_size(value, call.budget))
    text = stringify(value, indent)
    call.budget.text(len(text) if isinstance(text, str) else 0)
    return text


def _size(value: Value, budget: Budget) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    budget.enter()
    size = 1 + sum(_size(item, budget) for item in items)
    budget.leave()
    return size


# --- arrays and objects -------------------------------------------------------


def _array(value: Value, name: str) -> list[Value]:
    if not isinstance(value, list):
        raise FilterError(f"{name} requires an array")
    return value


def _items(value: Value, name: str) -> list[Value]:
    """Return the items a filter iterates over; numbers, booleans and objects have none.

    Raises:
        FilterError: When the value is null or undefined.
    """
    if value is None or value is UNDEFINED:
        raise FilterError(f"{name} requires a sequence")
    return value if isinstance(value, list) else _letters(value)


def _letters(value: Value) -> list[Value]:
    return list(widen(value)) if isinstance(value, str) else []


def _owned(value: Value, path: Value) -> Value:
    """Return the member at a path.

    Raises:
        FilterError: When the owner is null or undefined.
    """
    if value is None or value is UNDEFINED:
        raise FilterError("Cannot read an attribute of nothing")
    return _member(value, path)


def _member(value: Value, path: Value) -> Value:
    """Return ``value.a.b`` for the path ``a.b``."""
    for key in to_text(path).split("."):
        if isinstance(value, list) and INDEX.fullmatch(key):
            value = value[int(key)] if int(key) < len(value) else UNDEFINED
        elif key == "length" and isinstance(value, (str, list)):
            value = len(widen(value) if isinstance(value, str) else value)
        else:
            value = value.get(key, UNDEFINED) if isinstance(value, dict) else UNDEFINED
    return value


def _batch(value: Value, call: FilterCall) -> Value:
    items, fill = _items(value, "batch"), call.at(1)
    size = _count(call, "batch")
    if size < 1:
        return [items] if items else []
    call.budget.take(len(items) + size)
    rows = [items[start : start + size] for start in range(0, len(items), size)]
    if rows and truthy(fill):
        rows[-1] += [fill] * (size - len(rows[-1]))
    return rows


def _count(call: FilterCall, name: str) -> int:
    if call.at(0) is UNDEFINED:
        raise FilterError(f"{name} requires a size")
    return to_integer(call.at(0))


def _slice(value: Value, call: FilterCall) -> Value:
    if not isinstance(value, (str, list)):
        raise FilterError("slice requires a sequence")
    items, count, fill = value, _count(call, "slice"), call.at(1)
    if count < 1:
        return []
    call.budget.take(len(items) + count)
    size, longer = divmod(len(items), count)
    columns, start = [], 0
    for index in range(count):
        end = start + size + (index < longer)
        column = items[start:end]
        if truthy(fill) and index >= longer and isinstance(column, list):
            column.append(fill)
        columns.append(column)
        start = end
    return columns


def _dict_sort(value: Value, call: FilterCall) -> Value:
    if not isinstance(value, dict):
        raise FilterError("dictsort requires a record")
    way = to_text(call.at(1, "key"))
    if way not in ("key", "value"):
        raise FilterError('dictsort can sort only by "key" or "value"')
    call.budget.take(4 * len(value))
    pairs = [[key, value[key]] for key in keys_of(value)]
    matters, by = truthy(call.at(0, False)), int(way == "value")
    return sorted(pairs, key=cmp_to_key(lambda a, b: _order(a[by], b[by], case=matters)))  # type: ignore[index]


def _order(left: Value, right: Value, *, case: bool) -> int:
    if not case:
        left, right = (v.upper() if isinstance(v, str) else v for v in (left, right))
    if less(right, left):
        return 1
    return -1 if less(left, right) else 0


def _first(value: Value, _call: FilterCall) -> Value:
    _items(value, "first")
    return value[0] if isinstance(value, (str, list)) and value else UNDEFINED


def _last(value: Value, _call: FilterCall) -> Value:
    _items(value, "last")
    return value[-1] if isinstance(value, (str, list)) and value else UNDEFINED


def _group_by(value: Value, call: FilterCall) -> Value:
    groups: dict[str, Value] = {}
    items, attribute = _items(value, "groupby"), call.at(0)
    call.budget.take(len(items))
    for item in items:
        key = item if attribute is UNDEFINED else _owned(item, attribute)
        groups.setdefault(to_text(key), []).append(item)
    return groups


def _join(value: Value, call: FilterCall) -> Value:
    if truthy(call.at(1)):
        source = value if isinstance(value, list) else _letters(value)
        items = [_owned(item, call.at(1)) for item in source]
    else:
        items = _array(value, "join")
    mark = to_text(call.at(0, ""))
    parts = [printed(item) for item in items]
    call.budget.text(sum(map(len, parts)) + len(mark) * len(parts))
    return mark.join(parts)


def _length(value: Value, _call: FilterCall) -> Value:
    if isinstance(value, str):
        return len(widen(value))
    if isinstance(value, (list, dict)):
        return len(value)
    return UNDEFINED if truthy(value) else 0


def _list(value: Value, call: FilterCall) -> Value:
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        call.budget.take(len(value))
        return list(widen(value))
    if isinstance(value, dict):
        call.budget.take(len(value))
        return [{"key": key, "value": value[key]} for key in keys_of(value)]
    raise FilterError("list requires an iterable value")


def _random(value: Value, _call: FilterCall) -> Value:
    return secrets.choice(value) if isinstance(value, (str, list)) and value else UNDEFINED


def _reverse(value: Value, call: FilterCall) -> Value:
    if isinstance(value, str):
        call.budget.text(len(value))
        return narrow("".join(reversed(widen(value))))
    call.budget.take(len(value) if isinstance(value, list) else 1)
    return value[::-1] if isinstance(value, list) else []


def _chosen(*, wanted: bool) -> Filter:
    def choose(value: Value, call: FilterCall) -> Value:
        name = to_text(call.at(0, "truthy"))
        if name not in TESTS:
            raise FilterError(f"Unknown template test {name}")
        test, extra = TESTS[name].call, call.positional[1:2]
        items = _items(value, "select" if wanted else "reject")
        call.budget.take(len(items))
        return [item for item in items if test(item, *extra) == wanted]

    return choose


def _with_attribute(*, wanted: bool) -> Filter:
    def choose(value: Value, call: FilterCall) -> Value:
        items = _array(value, "selectattr" if wanted else "rejectattr")
        call.budget.take(len(items))
        return [item for item in items if truthy(_owned(item, call.at(0))) == wanted]

    return choose


def _sort(value: Value, call: FilterCall) -> Value:
    names = ("reverse", "case_sensitive", "attribute")
    given = [call.named.get(name, call.at(index)) for index, name in enumerate(names)]
    reverse, case, attribute = truthy(given[0]), truthy(given[1]), given[2]
    items = value if isinstance(value, list) else _letters(value)
    call.budget.take(8 * len(items))

    def compare(left: Value, right: Value) -> int:
        if truthy(attribute):
            left, right = _owned(left, attribute), _owned(right, attribute)
            if left is UNDEFINED or right is UNDEFINED:
                return 0
        order = _order(left, right, case=case)
        return -order if reverse else order

    return sorted(items, key=cmp_to_key(compare))


def _sum(value: Value, call: FilterCall) -> Value:
    if truthy(call.at(0)):
        source = value if isinstance(value, list) else _letters(value)
        items = [_owned(item, call.at(0)) for item in source]
    else:
        items = _array(value, "sum")
    call.budget.take(len(items))
    total: Value = 0
    for item in items:
        total = add(total, item)
        call.budget.text(len(total) if isinstance(total, str) else 0)
    return add(call.at(1, 0), total)


FILTERS: dict[str, Filter] = {
    **TEXT_FILTERS,
    "abs": _abs,
    "batch": _batch,
    "d": _default,
    "default": _default,
    "dictsort": _dict_sort,
    "dump": _dump,
    "first": _first,
    "float": _float,
    "groupby": _group_by,
    "int": _int,
    "join": _join,
    "last": _last,
    "length": _length,
    "list": _list,
    "random": _random,
    "reject": _chosen(wanted=False),
    "rejectattr": _with_attribute(wanted=False),
    "reverse": _reverse,
    "round": _round,
    "select": _chosen(wanted=True),
    "selectattr": _with_attribute(wanted=True),
    "slice": _slice,
    "sort": _sort,
    "sum": _sum,
}
#: Filters that take named arguments; see ``FilterCall``.
NAMED = frozenset({"sort"})
