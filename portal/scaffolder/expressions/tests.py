"""The tests of a template (``value is name``) in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.scaffolder.expressions.filter_call import FilterError
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Function
from portal.scaffolder.expressions.javascript import SafeText
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import less
from portal.scaffolder.expressions.javascript import remainder
from portal.scaffolder.expressions.javascript import strictly_equal
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.expressions.regex import Regex


@dataclass(frozen=True, slots=True)
class ValueTest:
    """A predicate on a value, and how many arguments it needs."""

    call: Callable[..., bool]
    arguments: int = 0


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _not_less(left: Value, right: Value) -> bool:
    return less(left, right) is False


def _compared(question: Callable[[Value, Value], bool | None]) -> ValueTest:
    return ValueTest(lambda value, other=UNDEFINED: bool(question(value, other)), 1)


def _divisible(value: Value, divisor: Value = UNDEFINED) -> bool:
    return remainder(value, divisor) == 0


def _is_text_like(change: Callable[[str], str]) -> ValueTest:
    def is_unchanged(value: Value) -> bool:
        if not isinstance(value, str):
            raise FilterError("Filter input must be a string")
        return change(value) == value and not isinstance(value, SafeText)

    return ValueTest(is_unchanged)


def _is_iterable(value: Value) -> bool:
    if value is None or value is UNDEFINED:
        raise FilterError("iterable requires a value")
    return isinstance(value, (str, list))


_EQUAL = _compared(strictly_equal)
_MORE = _compared(lambda left, right: less(right, left))
_LESS = _compared(less)

TESTS: dict[str, ValueTest] = {
    "callable": ValueTest(lambda value: isinstance(value, Function)),
    "defined": ValueTest(lambda value: value is not UNDEFINED),
    "divisibleby": _compared(_divisible),
    "eq": _EQUAL,
    "equalto": _EQUAL,
    "escaped": ValueTest(lambda value: isinstance(value, SafeText)),
    "even": ValueTest(lambda value: remainder(value, 2) == 0),
    "falsy": ValueTest(lambda value: not truthy(value)),
    "ge": _compared(_not_less),
    "greaterthan": _MORE,
    "gt": _MORE,
    "iterable": ValueTest(_is_iterable),
    "le": _compared(lambda left, right: _not_less(right, left)),
    "lessthan": _LESS,
    "lower": _is_text_like(str.lower),
    "lt": _LESS,
    "mapping": ValueTest(lambda value: isinstance(value, (dict, Regex, SafeText))),
    "ne": _compared(lambda left, right: not strictly_equal(left, right)),
    "none": ValueTest(lambda value: value is None),
    "null": ValueTest(lambda value: value is None),
    "number": ValueTest(_is_number),
    "odd": ValueTest(lambda value: remainder(value, 2) == 1),
    "sameas": _EQUAL,
    "string": ValueTest(lambda value: isinstance(value, str) and not isinstance(value, SafeText)),
    "truthy": ValueTest(truthy),
    "undefined": ValueTest(lambda value: value is UNDEFINED),
    "upper": _is_text_like(str.upper),
}
