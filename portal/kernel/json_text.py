"""JSON: what its values are called, and the only reader of JSON that others wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

#: A JSON value: ``None``, ``bool``, ``int``, ``float``, ``str``, ``list`` or ``dict``.
Json = Any

#: How deep JSON may nest: a file's 64 levels, and what a request has around them.
MOST_LEVELS = 100
#: Texts are skipped: a bracket in one opens nothing.
_BRACKET_OR_TEXT = re.compile(r'[\[\]{}]|"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


class NestedTooDeepError(ValueError):
    """JSON has more levels than anything that reads it could bear."""

    def __init__(self, levels: int) -> None:
        super().__init__(f"nested more than {levels} levels deep")


def parse_json(
    data: bytes | str,
    levels: int = MOST_LEVELS,
    parse_constant: Callable[[str], Json] | None = None,
) -> Json:
    """Return the value of an untrusted JSON text.

    Args:
        data: The text; bytes are UTF-8, or what their first ones say.
        levels: How deep it may nest.
        parse_constant: Given ``NaN``, ``Infinity`` or ``-Infinity``, which are no JSON.

    Raises:
        ValueError: For everything that can be wrong with it: no JSON (``JSONDecodeError``),
            nested too deep (``NestedTooDeepError``), no text, a number of thousands of digits.
    """
    text = data if isinstance(data, str) else data.decode(json.detect_encoding(data))
    if text.count("[") + text.count("{") > levels:
        _check_levels(text, levels)
    return json.loads(text, parse_constant=parse_constant)


def _check_levels(text: str, levels: int) -> None:
    level = 0
    for found in _BRACKET_OR_TEXT.finditer(text):
        first = text[found.start()]
        if first in "[{":
            level += 1
            if level > levels:
                raise NestedTooDeepError(levels)
        elif first in "]}":
            level -= 1
