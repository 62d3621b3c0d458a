"""Converts plain scalars and keys to JSON by the core schema of YAML 1.2 (YAML 1.2.2, §10.3)."""

from __future__ import annotations

import re
from typing import Any

import yaml

from portal.kernel.json_text import Json
from portal.kernel.yaml12.faults import FaultError
from portal.kernel.yaml12.faults import short

_INTEGER = re.compile(r"[-+]?[0-9]+")
_RADIX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
#: The first characters of plain scalars that may be other values than strings.
_MAYBE_SPECIAL = frozenset("~nNtTfF-+.0123456789")
_CORE = "tag:yaml.org,2002:"
_TAGS = frozenset(_CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))
#: Larger integers are rounded as in JavaScript, so that clients read what is stored:
#: 9007199254740993 becomes 9007199254740992.
_SAFE_INTEGER = 2**53
#: From this number on JavaScript writes an exponent.
_LARGEST_INTEGER = 10**21
_LONGEST_NUMBER = 64


def key_text(value: Json, mark: Any) -> str:
    """Return a key that is not a string as text, the way JavaScript formats it.

    Raises:
        FaultError: For a collection, unless it is an unquoted ``{{ placeholder }}``.
    """
    if value is None:
        return ""
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, dict) and list(value.values()) == [None]:
        # An unquoted ``{{ placeholder }}``; npm ``yaml`` marks a key that is a mapping.
        inner = str(next(iter(value)))
        mark_of_key = "? " if inner.startswith("{ ") else ""
        return f"{{ {mark_of_key}{inner} }}"
    raise FaultError("a key must be a string", mark, "Put the key in quotes.")


def check_tag(event: Any) -> None:
    """Validate an explicit tag: only those of JSON's types are allowed.

    Raises:
        FaultError: For any other, such as ``!!python/object`` and ``!include``.
    """
    if event.tag is not None and event.tag != "!" and event.tag not in _TAGS:
        raise FaultError(f"tag '{short(event.tag)}' is not allowed", event.start_mark)


def drop_tag(event: Any) -> None:
    """Remove a tag that is not allowed from an event; a scalar becomes text, as in ``!ENV name``."""
    if getattr(event, "tag", None) not in {None, "!", *_TAGS}:
        event.tag = "!" if isinstance(event, yaml.ScalarEvent) else None


def scalar(event: Any) -> Json:
    """Return the value of a scalar: ``0x1F`` is 31, ``yes`` and ``1:30`` are strings.

    Raises:
        FaultError: When JSON has no such value (``.inf``, NUL), or a tag is not allowed.
    """
    text: str = event.value
    if event.tag is not None:
        check_tag(event)
        if event.tag in {"!", f"{_CORE}str"}:
            return _string(text, event)
    elif not event.implicit[0] or (text and text[0] not in _MAYBE_SPECIAL):
        return _string(text, event)
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return _number(text, event)


def _string(text: str, event: Any) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise FaultError("text holds half of a surrogate pair", event.start_mark) from None
    if "\0" in text:
        raise FaultError("text holds a NUL character", event.start_mark)
    return text


def _number(text: str, event: Any) -> Json:
    if _INTEGER.fullmatch(text):
        number: int | float = int(_bounded(text, event))
    elif _RADIX.fullmatch(text):
        number = int(_bounded(text, event), 0)
    elif _FLOAT.fullmatch(text):
        number = float(_bounded(text, event))
    elif _NOT_FINITE.fullmatch(text):
        raise FaultError(f"'{text}' is not a JSON number", event.start_mark, "Put it in quotes.")
    else:
        return _string(text, event)
    if abs(number) > _SAFE_INTEGER:
        number = float(number)
        if number in {float("inf"), float("-inf")}:
            raise FaultError("the number is too large", event.start_mark)
        if abs(number) >= _LARGEST_INTEGER:
            return number
    return int(number) if number == int(number) else number


def _bounded(text: str, event: Any) -> str:
    if len(text) > _LONGEST_NUMBER:
        raise FaultError(
            f"a number of {len(text)} digits is too long",
            event.start_mark,
            "Put it in quotes.",
        )
    return text
