"""What is wrong with content, and how to correct it, in Korean.

The catalog keeps messages and hints in English, with Backstage's words, as clients compare them.
The tables have the form of each, whatever module makes it: the English one is the key, what stands in
braces is a value. A value whose name begins with ``why`` is a message itself.
``tests/ui/test_messages.py`` collects the forms from the modules that make them.
"""

from __future__ import annotations

import re
from functools import cache
from functools import lru_cache

from portal.ui.texts.messages import content
from portal.ui.texts.messages import descriptors
from portal.ui.texts.messages import yaml_syntax

#: The English form of every message and hint, and the Korean one.
MESSAGES = {**descriptors.MESSAGES, **content.MESSAGES, **yaml_syntax.MESSAGES}
_FIELD = re.compile(r"\{(\w+)\}")


#: Longer messages are left as they are: a pattern takes longer than their length to match.
_LONGEST = 800
#: So many messages are one within the other, at most.
_DEEPEST = 2


@lru_cache(maxsize=1_000)
def in_korean(message: str) -> str:
    """Return a message or hint in Korean; empty when it has no form that is known."""
    return _translated(message, _DEEPEST) if len(message) <= _LONGEST else ""


def _translated(message: str, depth: int) -> str:
    for pattern, korean in _patterns():
        found = pattern.fullmatch(message)
        values = _values(found, depth) if found else None
        if values is not None:
            return korean.format_map(values)
    return ""


def _values(found: re.Match[str], depth: int) -> dict[str, str] | None:
    """Return the values of a message; ``None`` when a part that is a message is not known."""
    values = found.groupdict()
    for name, value in values.items():
        if name.startswith("why"):
            values[name] = _translated(value, depth - 1) if depth else ""
            if not values[name]:
                return None
    return values


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return the forms as patterns, those with the most words of their own first."""
    forms = sorted(MESSAGES.items(), key=lambda form: -len(_FIELD.sub("", form[0])))
    return [(_pattern(english), korean) for english, korean in forms]


def _pattern(form: str) -> re.Pattern[str]:
    parts = _FIELD.split(form)
    text = "".join(
        f"(?P<{part}>.{'*' if part == 'where' else '+'}?)" if index % 2 else re.escape(part)
        for index, part in enumerate(parts)
    )
    return re.compile(text, re.DOTALL)
