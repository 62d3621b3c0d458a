"""JavaScript's values and conversions, after ECMA-262: no code is run.

Templates see JSON, ``UNDEFINED``, regular expressions and functions of the tables;
this module converts them to text and numbers, compares and adds them. Numbers are
doubles, texts are measured in UTF-16 code units.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from decimal import Decimal
from typing import Any
from typing import Final

#: Any value of a template: JSON, ``UNDEFINED``, a ``Regex`` or a ``Function``.
Value = Any
Number = int | float

_SAFE = 2**53
#: From here on numbers are written with an exponent.
_EXPONENT = 1e21
#: What ``String.prototype.trim`` takes away.
WHITESPACE: Final = (
    " \t\n\v\f\r\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_DECIMAL = re.compile(r"[-+]?(Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?)")
INDEX = re.compile("0|[1-9][0-9]{0,9}")
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


#: The value of every missing member and variable.
UNDEFINED: Final = _Undefined()


class SafeText(str):
    """A text that was escaped or marked ``safe``, so it is not escaped again."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function a template may call.

    ``least`` and ``most`` bound its positional arguments; one that ``takes_names``
    (a macro) is given a tuple and the named arguments. ``members`` are its own.
    """

    name: str
    call: Callable[..., Value]
    least: int = 0
    most: float = math.inf
    takes_names: bool = False
    members: Mapping[str, Value] = field(default_factory=dict)

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
    """Undo ``widen``; a lone surrogate stays."""
    if text.isascii():
        return text
    return _PAIR.sub(
        lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text
    )


def printable(text: str) -> str:
    """Return the text with every lone surrogate as U+FFFD, so that UTF-8 can encode it."""
    return text if text.isascii() else _LONE.sub("\ufffd", narrow(text))


def _pair(match: re.Match[str]) -> str:
    return "".join(map(chr, struct.unpack("<HH", match[0].encode("utf-16-le"))))


# --- numbers ------------------------------------------------------------------


def number(value: float) -> Number:
    """Return a double as an ``int`` when it is whole, as JSON writes it."""
    if isinstance(value, int) and abs(value) < _SAFE:
        return value
    try:
        double = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return int(double) if double.is_integer() and abs(double) < _EXPONENT else double


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
    _, digit_list, exponent = Decimal(repr(abs(value))).as_tuple()
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
    """Return ``ToIntegerOrInfinity(value)``, bounded; ``missing`` for undefined."""
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
    """Return what ``String(value)`` gives.

    Raises:
        CoercionError: When the value is a function.
    """
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


def keys_of(mapping: dict[str, Value]) -> list[str]:
    """Return the keys as JavaScript orders them: whole numbers first, by size."""
    whole = [key for key in mapping if INDEX.fullmatch(key)]
    if not whole:
        return list(mapping)
    return sorted(whole, key=int) + [key for key in mapping if not INDEX.fullmatch(key)]


def to_json(value: Value) -> Value:
    """Return a value as it is after ``JSON.parse(JSON.stringify(value))``."""
    if isinstance(value, list):
        items = (to_json(item) for item in value)
        return [None if item is UNDEFINED else item for item in items]
    if isinstance(value, dict):
        members = {key: to_json(value[key]) for key in keys_of(value)}
        return {key: item for key, item in members.items() if item is not UNDEFINED}
    if isinstance(value, Function):
        return UNDEFINED
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    plain = value is None or value is UNDEFINED or isinstance(value, (bool, int, float))
    return value if plain else {}


def stringify(value: Value, indent: str = "") -> Value:
    """Return what ``JSON.stringify`` gives: a text, or undefined."""
    plain = to_json(value)
    return UNDEFINED if plain is UNDEFINED else _written(plain, indent[:10], "\n")


def _written(value: Value, indent: str, newline: str) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (list, dict)):
        return to_text(value)
    inner = newline + indent
    opening, closing = ("[", "]") if isinstance(value, list) else ("{", "}")
    if isinstance(value, list):
        parts = [_written(item, indent, inner) for item in value]
    else:
        colon = ": " if indent else ":"
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}{colon}{_written(item, indent, inner)}"
            for key, item in value.items()
        ]
    if not indent or not parts:
        return f"{opening}{','.join(parts)}{closing}"
    return f"{opening}{inner}{(',' + inner).join(parts)}{newline}{closing}"


# --- comparing and adding -----------------------------------------------------


def truthy(value: Value) -> bool:
    """Return whether JavaScript treats the value as true: empty arrays are true."""
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value) or isinstance(value, (list, dict))


def loosely_equal(left: Value, right: Value) -> bool:
    """Return what ``left == right`` gives."""
    if _kind(left) == _kind(right):
        return strictly_equal(left, right)
    missing = (None, UNDEFINED)
    if any(left is one for one in missing) or any(right is one for one in missing):
        return any(left is one for one in missing) and any(right is one for one in missing)
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        return loosely_equal(_primitive(left), _primitive(right))
    return to_number(left) == to_number(right)


def strictly_equal(left: Value, right: Value) -> bool:
    """Return what ``left === right`` gives: arrays and objects only equal themselves."""
    if _kind(left) != _kind(right):
        return False
    return bool(left == right) if isinstance(left, (str, int, float)) else left is right


def _kind(value: Value) -> str:
    if value is None or value is UNDEFINED:
        return "null" if value is None else "undefined"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "object"


def type_name(value: Value) -> str:
    """Return the JavaScript name of a value's type, for messages."""
    names = ((Function, "function"), (list, "array"), (dict, "record"))
    found = next((name for kind, name in names if isinstance(value, kind)), None)
    return found or _kind(value)


def _primitive(value: Value) -> Value:
    return to_text(value) if _kind(value) == "object" else value


def add(left: Value, right: Value) -> Value:
    """Return what ``left + right`` gives: a text when either side becomes one."""
    left, right = _primitive(left), _primitive(right)
    if isinstance(left, str) or isinstance(right, str):
        return to_text(left) + to_text(right)
    return number(float(to_number(left)) + float(to_number(right)))


def less(left: Value, right: Value) -> bool | None:
    """Return whether ``left < right``; ``None`` when they do not compare."""
    left, right = _primitive(left), _primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return widen(left) < widen(right)
    first, second = to_number(left), to_number(right)
    return None if math.isnan(first) or math.isnan(second) else first < second


def divided(left: Value, right: Value) -> Number:
    """Return what ``left / right`` gives; there is no division by zero."""
    above, below = float(to_number(left)), float(to_number(right))
    if below:
        return number(above / below)
    if not above or math.isnan(above) or math.isnan(below):
        return math.nan
    return math.copysign(math.inf, above) * math.copysign(1, below)


def remainder(left: Value, right: Value) -> Number:
    """Return what ``left % right`` gives: with the sign of the left side."""
    above, below = float(to_number(left)), float(to_number(right))
    if not below or math.isinf(above) or math.isnan(above) or math.isnan(below):
        return math.nan
    return number(math.fmod(above, below))


def power(left: Value, right: Value) -> Number:
    """Return what ``left ** right`` gives."""
    base, exponent = float(to_number(left)), float(to_number(right))
    if math.isnan(exponent) or (abs(base) == 1 and math.isinf(exponent)):
        return math.nan
    try:
        return number(math.pow(base, exponent))
    except OverflowError:
        return math.inf if base > 0 or math.fmod(exponent, 2) == 0 else -math.inf
    except ValueError:
        return math.inf if base == 0 else math.nan
