"""The methods of arrays; some of them change the array, as in JavaScript."""

from __future__ import annotations

import math

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import printed
from portal.scaffolder.expressions.javascript import strictly_equal
from portal.scaffolder.expressions.javascript import to_integer
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.javascript import widen
from portal.scaffolder.expressions.method import Method
from portal.scaffolder.expressions.method import clamped
from portal.scaffolder.expressions.method import optional


def _at(items: list[Value], _budget: Budget, index: Value) -> Value:
    position = to_integer(index)
    return items[position] if -len(items) <= position < len(items) else UNDEFINED


def _array_concat(items: list[Value], budget: Budget, *others: Value) -> Value:
    budget.take(len(items))
    found = list(items)
    for other in others:
        found += other if isinstance(other, list) else [other]
        budget.take(len(other) if isinstance(other, list) else 1)
    return found


def _copy_within(items: list[Value], _budget: Budget, target: Value, *rest: Value) -> Value:
    size = len(items)
    to, start = clamped(target, size, 0), clamped(optional(rest, 0), size, 0)
    part = items[start : clamped(optional(rest, 1), size, size)][: size - to]
    items[to : to + len(part)] = part
    return items


def _fill(items: list[Value], _budget: Budget, value: Value, *bounds: Value) -> Value:
    size = len(items)
    start = clamped(optional(bounds, 0), size, 0)
    for index in range(start, clamped(optional(bounds, 1), size, size)):
        items[index] = value
    return items


def _flat(items: list[Value], budget: Budget, *depth: Value) -> Value:
    levels = to_integer(optional(depth, 0), 1)
    budget.take(len(items))
    found: list[Value] = []
    for item in items:
        is_flat = levels < 1 or not isinstance(item, list)
        found += [item] if is_flat else _flat(item, budget, levels - 1)
    return found


def _array_includes(items: list[Value], _budget: Budget, sought: Value, *start: Value) -> Value:
    first = clamped(optional(start, 0), len(items), 0)
    return any(_same(item, sought) for item in items[first:])


def _same(left: Value, right: Value) -> bool:
    both_nan = all(isinstance(value, float) and math.isnan(value) for value in (left, right))
    return both_nan or strictly_equal(left, right)


def index_of(items: list[Value], _budget: Budget, sought: Value, *start: Value) -> int:
    """Return the index of the first item strictly equal to ``sought``, or -1."""
    first = clamped(optional(start, 0), len(items), 0)
    places = range(first, len(items))
    return next((index for index in places if strictly_equal(items[index], sought)), -1)


def _array_last_index_of(
    items: list[Value], _budget: Budget, sought: Value, *start: Value
) -> Value:
    size = len(items)
    last = to_integer(start[0]) if start else size - 1
    last = last + size if last < 0 else min(last, size - 1)
    places = range(last, -1, -1)
    return next((index for index in places if strictly_equal(items[index], sought)), -1)


def _join(items: list[Value], budget: Budget, *separator: Value) -> Value:
    mark = "," if optional(separator, 0) is UNDEFINED else to_text(separator[0])
    parts = [printed(item) for item in items]
    budget.text(sum(map(len, parts)) + len(mark) * len(parts))
    return mark.join(parts)


def _pop(items: list[Value], _budget: Budget) -> Value:
    return items.pop() if items else UNDEFINED


def _shift(items: list[Value], _budget: Budget) -> Value:
    return items.pop(0) if items else UNDEFINED


def push(items: list[Value], budget: Budget, *more: Value) -> Value:
    """Append items in place and return the new length."""
    budget.take(len(more))
    items += more
    return len(items)


def _unshift(items: list[Value], budget: Budget, *more: Value) -> Value:
    budget.take(len(more) + len(items) // 16)
    items[:0] = more
    return len(items)


def _reverse(items: list[Value], _budget: Budget) -> Value:
    items.reverse()
    return items


def _array_slice(items: list[Value], budget: Budget, *bounds: Value) -> Value:
    size = len(items)
    budget.take(size)
    start = clamped(optional(bounds, 0), size, 0)
    return items[start : clamped(optional(bounds, 1), size, size)]


def _sort(items: list[Value], budget: Budget) -> Value:
    budget.take(len(items) * 4)
    missing = [item for item in items if item is UNDEFINED]
    items[:] = sorted((i for i in items if i is not UNDEFINED), key=_sort_key)
    items += missing
    return items


def _sort_key(item: Value) -> str:
    return widen(to_text(item))


def _splice(items: list[Value], budget: Budget, *arguments: Value) -> Value:
    if not arguments:
        return []
    size = len(items)
    budget.take(size + len(arguments))
    start = clamped(arguments[0], size, 0)
    most = size - start
    count = most if len(arguments) < 2 else max(0, min(to_integer(arguments[1]), most))
    removed = items[start : start + count]
    items[start : start + count] = arguments[2:]
    return removed


ARRAY: dict[str, Method] = {
    "at": Method(_at, 1, 1),
    "concat": Method(_array_concat, 0, math.inf),
    "copyWithin": Method(_copy_within, 1, 3, changes=True),
    "fill": Method(_fill, 1, 3, changes=True),
    "flat": Method(_flat, 0, 1),
    "includes": Method(_array_includes, 1, 2),
    "indexOf": Method(index_of, 1, 2),
    "join": Method(_join, 0, 1),
    "lastIndexOf": Method(_array_last_index_of, 1, 2),
    "pop": Method(_pop, 0, 0, changes=True),
    "push": Method(push, 0, math.inf, changes=True),
    "reverse": Method(_reverse, 0, 0, changes=True),
    "shift": Method(_shift, 0, 0, changes=True),
    "slice": Method(_array_slice, 0, 2),
    "sort": Method(_sort, 0, 0, changes=True),
    "splice": Method(_splice, 0, math.inf, changes=True),
    "unshift": Method(_unshift, 0, math.inf, changes=True),
}
