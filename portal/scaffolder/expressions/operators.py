"""The binary operators in one table: symbol to function of both values."""

from __future__ import annotations

import math
from collections.abc import Callable

from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import add
from portal.scaffolder.expressions.javascript import divided
from portal.scaffolder.expressions.javascript import less
from portal.scaffolder.expressions.javascript import loosely_equal
from portal.scaffolder.expressions.javascript import number
from portal.scaffolder.expressions.javascript import power
from portal.scaffolder.expressions.javascript import remainder
from portal.scaffolder.expressions.javascript import strictly_equal
from portal.scaffolder.expressions.javascript import to_integer
from portal.scaffolder.expressions.javascript import to_number
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.javascript import widen


def _product(left: Value, right: Value) -> Value:
    return number(float(to_number(left)) * float(to_number(right)))


def _difference(left: Value, right: Value) -> Value:
    return number(float(to_number(left)) - float(to_number(right)))


def _floor_divided(left: Value, right: Value) -> Value:
    quotient = divided(left, right)
    return math.floor(quotient) if math.isfinite(quotient) else quotient


def _contains(left: Value, right: Value) -> bool | None:
    """Return whether ``left in right``; ``None`` when ``right`` is no container."""
    if isinstance(right, list):
        return any(strictly_equal(item, left) for item in right)
    if isinstance(right, dict):
        return to_text(left) in right
    return to_text(left) in right if isinstance(right, str) else None


#: Functions return ``None`` when the operator does not apply to the values.
OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "+": add,
    "-": _difference,
    "*": _product,
    "/": divided,
    "//": _floor_divided,
    "%": remainder,
    "**": power,
    "~": lambda left, right: to_text(left) + to_text(right),
    "==": loosely_equal,
    "!=": lambda left, right: not loosely_equal(left, right),
    "===": strictly_equal,
    "!==": lambda left, right: not strictly_equal(left, right),
    "<": lambda left, right: bool(less(left, right)),
    ">": lambda left, right: bool(less(right, left)),
    "<=": lambda left, right: less(right, left) is False,
    ">=": lambda left, right: less(left, right) is False,
    "in": _contains,
}


def sliced(owner: Value, start: Value, stop: Value, step: Value) -> Value:
    """Return ``owner[start:stop:step]`` with Python's meaning; JavaScript has no slices."""
    if not isinstance(owner, (str, list)):
        return []
    items = list(widen(owner)) if isinstance(owner, str) else owner
    first, last, stride = (
        None if bound in (None, UNDEFINED) else to_integer(bound) for bound in (start, stop, step)
    )
    return [] if stride == 0 else items[first:last:stride]
