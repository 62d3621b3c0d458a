"""The methods of numbers: how a number is written."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP
from decimal import Context
from decimal import Decimal

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Number
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import number_text
from portal.scaffolder.expressions.javascript import to_integer
from portal.scaffolder.expressions.method import Method
from portal.scaffolder.expressions.method import MethodError
from portal.scaffolder.expressions.method import optional

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FRACTION_DIGITS = 52


def _digits(value: Value, low: int, high: int, name: str) -> int:
    count = to_integer(value)
    if not low <= count <= high:
        raise MethodError(f"{name}() argument must be between {low} and {high}")
    return count


def _to_fixed(value: Number, _budget: Budget, *digits: Value) -> Value:
    count = _digits(optional(digits, 0), 0, 100, "toFixed")
    if not math.isfinite(value) or abs(value) >= 1e21:
        return number_text(value)
    exact = Decimal(value).quantize(Decimal(1).scaleb(-count), ROUND_HALF_UP, Context(prec=200))
    text = f"{exact:f}"
    return text.lstrip("-") if not float(value) else text


def _to_exponential(value: Number, _budget: Budget, *digits: Value) -> Value:
    asked = optional(digits, 0)
    count = _digits(asked, 0, 100, "toExponential")
    if not math.isfinite(value):
        return number_text(value)
    exact = Decimal(repr(float(value)) if asked is UNDEFINED else value)
    if asked is UNDEFINED:
        count = len(exact.normalize().as_tuple().digits) - 1
    rounded = Context(prec=count + 1, rounding=ROUND_HALF_UP).create_decimal(exact)
    mantissa, _, exponent = f"{rounded:.{count}e}".partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def _to_precision(value: Number, _budget: Budget, *digits: Value) -> Value:
    if optional(digits, 0) is UNDEFINED or not math.isfinite(value):
        return number_text(value)
    count = _digits(digits[0], 1, 100, "toPrecision")
    exact = Context(prec=count, rounding=ROUND_HALF_UP).create_decimal(Decimal(value))
    exponent = exact.adjusted() if exact else 0
    if exponent < -6 or exponent >= count:
        mantissa, _, power = f"{exact:.{count - 1}e}".partition("e")
        return f"{mantissa}e{int(power):+d}"
    return f"{exact:.{count - 1 - exponent}f}"


def _to_string(value: Number, _budget: Budget, *radix: Value) -> Value:
    base = to_integer(optional(radix, 0), 10)
    if not 2 <= base <= 36:
        raise MethodError("toString() radix argument must be between 2 and 36")
    if base == 10 or not math.isfinite(value):
        return number_text(value)
    whole, fraction = divmod(abs(value), 1)
    text = _in_base(int(whole), base)
    if fraction:
        text += "." + _fraction_in_base(fraction, base)
    return f"-{text}" if value < 0 else text


def _in_base(value: int, base: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, base)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _fraction_in_base(fraction: float, base: int) -> str:
    digits = ""
    while fraction and len(digits) < _FRACTION_DIGITS:
        digit, fraction = divmod(fraction * base, 1)[0], fraction * base % 1
        digits += _DIGITS[int(digit)]
    return digits


NUMBER: dict[str, Method] = {
    "toExponential": Method(_to_exponential, 0, 1),
    "toFixed": Method(_to_fixed, 0, 1),
    "toPrecision": Method(_to_precision, 0, 1),
    "toString": Method(_to_string, 0, 1),
}
