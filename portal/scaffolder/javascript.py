"""The part of JavaScript that templates are written against: values, no code.

Templates see JSON, ``UNDEFINED``, regular expressions and functions of ours,
nothing else; how these turn into text and numbers, compare and add is decided
here, after ECMA-262. Numbers are doubles, texts are counted in UTF-16 units.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from typing import Final

#: JSON, ``UNDEFINED``, a ``Regex``, a ``Function``: all a template can hold.
Value = Any
Number = int | float

_SAFE = 2**53
_SPACE = " \t\n\v\f\r\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
#: What ``String.prototype.trim`` takes away.
WHITESPACE: Final = "".join(
    character for character in map(chr, range(0x10000)) if re.match(f"[{_SPACE}]", character)
)
_DECIMAL = re.compile(r"[-+]?(Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?)")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE = re.compile("[\ud800-\udfff]")


class _Undefined:
    """JavaScript's ``undefined``."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"

    def __deepcopy__(self, _memo: Any) -> _Undefined:
        return self


#: The value of everything that is not there.
UNDEFINED: Final = _Undefined()


class SafeText(str):
    """A text that was escaped, or declared not to need it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Function:
    """Something a template may call: one of ours, by name.

    ``least`` and ``most`` bound its positional arguments.
    """

    name: str
    call: Callable[..., Value]
    least: int = 0
    most: float = math.inf
    changes: bool = False
    members: tuple[tuple[str, Value], ...] = ()

    def __deepcopy__(self, _memo: Any) -> Function:
        return self


class CoercionError(Exception):
    """A function was used as a text or a number."""

    def __init__(self) -> None:
        super().__init__("Callable values cannot be coerced")


# --- texts in UTF-16 units ---------------------------------------------------


def widen(text: str) -> str:
    """Return the text with a surrogate pair for each character beyond U+FFFF."""
    return _ASTRAL.sub(_pair, text) if not text.isascii() else text


def narrow(text: str) -> str:
    """Undo ``widen``; a half pair that was cut off stays one."""
    if text.isascii():
        return text
    return _PAIR.sub(
        lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text
    )


def printable(text: str) -> str:
    """Return the text as UTF-8 can hold it: a half pair becomes U+FFFD."""
    return text if text.isascii() else _LONE.sub("\ufffd", narrow(text))


def _pair(match: re.Match[str]) -> str:
    return "".join(map(chr, struct.unpack("<HH", match[0].encode("utf-16-le"))))


# --- numbers ------------------------------------------------------------------


def number(value: float) -> Number:
    """Return a double the way JSON writes it: whole ones as integers."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _SAFE:
        return int(value)
    if isinstance(value, int) and abs(value) >= _SAFE:
        return _double(value)
    return value


def _double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def number_text(value: Number) -> str:
    """Return what ``String(value)`` gives."""
    if isinstance(value, int) and abs(value) < _SAFE:
        return str(value)
    value = float(number(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign, digit_list, exponent = Decimal(repr(abs(value))).as_tuple()
    digits = "".join(map(str, digit_list)).rstrip("0")
    point = len(digit_list) + int(exponent)
    return ("-" if value < 0 else "") + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Put the decimal point after the ``point``-th digit, or use an exponent."""
    size = len(digits)
    if size <= point <= 21:
        return digits + "0" * (point - size)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if size > 1 else ""
    return f"{digits[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def to_number(value: Value) -> Number:
    """Return what ``Number(value)`` gives."""
    if isinstance(value, (bool, int, float)):
        return number(value + 0)
    if value is None:
        return 0
    if value is UNDEFINED:
        return math.nan
    return _parsed(to_text(value).strip(WHITESPACE))


def _parsed(text: str) -> Number:
    if not text:
        return 0
    if _RADIX.fullmatch(text):
        return number(int(text, 0))
    if not _DECIMAL.fullmatch(text):
        return math.nan
    return number(float(text.replace("Infinity", "inf")))


def to_integer(value: Value, missing: int = 0) -> int:
    """Return a value as a whole number, as methods of texts and arrays take it."""
    if value is UNDEFINED:
        return missing
    found = to_number(value)
    if math.isnan(found):
        return 0
    if math.isinf(found):
        return _SAFE if found > 0 else -_SAFE
    return math.trunc(found)


# --- texts --------------------------------------------------------------------


def to_text(value: Value) -> str:
    """Return what ``String(value)`` gives."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, list):
        return joined(value, ",")
    if isinstance(value, Function):
        raise CoercionError
    return "[object Object]" if isinstance(value, dict) else str(value)


def joined(items: Iterable[Value], separator: str) -> str:
    """Return what ``items.join(separator)`` gives."""
    return separator.join(printed(item) for item in items)


def printed(value: Value) -> str:
    """Return a value as a template prints it: nothing for null and undefined."""
    return "" if value is None or value is UNDEFINED else to_text(value)


def _jsonable(value: Value, *, inside: bool) -> Value:
    if isinstance(value, list):
        return [_jsonable(item, inside=True) for item in value]
    if isinstance(value, dict):
        return {
            key: _jsonable(item, inside=True)
            for key, item in value.items()
            if item is not UNDEFINED and not isinstance(item, Function)
        }
    if value is UNDEFINED or isinstance(value, Function):
        return None if inside else UNDEFINED
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return {}


def to_json(value: Value) -> Value:
    """Return a value as it is after ``JSON.parse(JSON.stringify(value))``."""
    return _jsonable(value, inside=False)


class _Encoder(json.JSONEncoder):
    """Writes doubles as JavaScript does."""

    def iterencode(self, o: Any, _one_shot: bool = False) -> Any:
        return super().iterencode(_with_js_numbers(o), _one_shot)


class _Literal(float):
    """A double that knows how JavaScript writes it."""

    def __repr__(self) -> str:
        return number_text(float(self))


def _with_js_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_js_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_js_numbers(item) for item in value]
    return _Literal(value) if isinstance(value, float) else value


def stringify(value: Value, indent: str = "") -> Value:
    """Return what ``JSON.stringify`` gives: a text, or undefined."""
    plain = to_json(value)
    if plain is UNDEFINED:
        return UNDEFINED
    plain = _with_floats_as_text(plain)
    if not indent:
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), cls=_Numbers)
    text = json.dumps(plain, ensure_ascii=False, indent=indent[:10], cls=_Numbers)
    return text


# --- comparing and adding -----------------------------------------------------


def truthy(value: Value) -> bool:
    """Say whether JavaScript takes the value for true: empty arrays are."""
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value) or isinstance(value, (list, dict))
