"""JSON values to YAML 1.2 text, for descriptors that templates write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from portal.scaffolder.expressions.javascript import to_text

_WIDTH = 80
#: Texts that YAML would read as another type; they are quoted.
_SPECIAL = re.compile(
    r"~?|null|Null|NULL|true|True|TRUE|false|False|FALSE|"
    r"[-+]?(0o[0-7]+|0x[0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)|"
    r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_INDICATOR = re.compile(r"[\s,\[\]{}#&*!|>'\"%@`]|[-?:](\s|$)|---|\.\.\.")
_INNER = re.compile(r":(\s|$)|\s#|\s$|[\n\r\t\x00-\x1f\x7f]")
#: What YAML takes for the end of a line or does not allow; written as an escape.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_SURROGATES = range(0xD800, 0xE000)
_REPLACEMENT = 0xFFFD


def to_yaml(value: Any) -> str:
    """Return a value as a YAML document in block style, indented by two spaces."""
    if isinstance(value, (dict, list)) and value:
        return "\n".join(_lines(value, "")) + "\n"
    return _scalar(value, "", 0) + "\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(f"{indent}{_key(str(key))}:", item, indent)
        return
    for item in value:
        if isinstance(item, (dict, list)) and item:
            first, *rest = _lines(item, f"{indent}  ")
            yield f"{indent}- {first.lstrip(' ')}"
            yield from rest
        else:
            yield f"{indent}- {_scalar(item, f'{indent}  ', len(indent) + 2)}"


def _entry(key: str, item: Any, indent: str) -> Iterator[str]:
    if isinstance(item, (dict, list)) and item:
        yield key
        yield from _lines(item, f"{indent}  ")
        return
    yield f"{key} {_scalar(item, f'{indent}  ', len(key) + 1)}"


def _scalar(value: Any, indent: str, used: int) -> str:
    if isinstance(value, str):
        return _text(value, indent, used)
    if isinstance(value, (dict, list)):
        return "{}" if isinstance(value, dict) else "[]"
    return to_text(value)


def _key(text: str) -> str:
    return text if _is_plain(text) else _in_quotes(text)


def _is_plain(text: str) -> bool:
    needs_quotes = _SPECIAL.fullmatch(text) or _INDICATOR.match(text)
    return not (needs_quotes or _INNER.search(text) or _ESCAPED.search(text))


def _in_quotes(text: str) -> str:
    def escape(found: re.Match[str]) -> str:
        code = ord(found[0])
        # Half a character is none: no file can hold it.
        return f"\\u{_REPLACEMENT if code in _SURROGATES else code:04x}"

    return _ESCAPED.sub(escape, json.dumps(text, ensure_ascii=False))


def _text(text: str, indent: str, used: int) -> str:
    is_block = "\n" in text and not re.search(r"[^\S\n]\n|[\x00-\x09\x0b-\x1f\x7f]", text)
    if is_block and not _ESCAPED.search(text):
        return _block(text, indent)
    if not _is_plain(text):
        return _quoted(text, indent, used)
    return _folded(text, indent, used)


def _block(text: str, indent: str) -> str:
    body = text.rstrip("\n")
    trailing = len(text) - len(body)
    if not body:
        return json.dumps(text)
    mark = "2" if body.startswith((" ", "\n")) else ""
    keep = "-" if trailing == 0 else "" if trailing == 1 else "+"
    lines = [f"{indent}{line}" if line else "" for line in body.split("\n")]
    return "\n".join([f"|{mark}{keep}", *lines, *([""] * (trailing - 1))])


def _quoted(text: str, indent: str, used: int) -> str:
    if '"' in text and "'" not in text and text.isprintable():
        return _folded(f"'{text}'", indent, used)
    return _folded(_in_quotes(text), indent, used)


def _folded(text: str, indent: str, used: int) -> str:
    """Break a long line at single spaces, which YAML joins again."""
    lines, start, space = [], 0, -1
    room = max(20, _WIDTH - used)
    for index in range(len(text)):
        if _is_gap(text, index) and index - start <= room:
            space = index
        if index - start >= room and space > start:
            lines.append(text[start:space])
            start, room = space + 1, max(20, _WIDTH - len(indent))
            space = -1
    return f"\n{indent}".join([*lines, text[start:]])


def _is_gap(text: str, index: int) -> bool:
    """Return whether a line may break at a character: a single space between words."""
    if text[index] != " " or not 0 < index < len(text) - 1:
        return False
    return text[index - 1] != " " and text[index + 1] not in " #-?:"
