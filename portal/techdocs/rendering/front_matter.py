"""The YAML between ``---`` lines at the beginning of a page."""

from __future__ import annotations

import re
from typing import Any

from portal.kernel import yaml12

#: Larger ones, in characters, are left out and not read.
_LONGEST = 20_000
_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n(?P<yaml>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE
)


def without_front_matter(text: str) -> tuple[str, dict[str, Any]]:
    """Return a page without its front matter, and that as a mapping.

    Lines of the page keep their numbers: the front matter becomes empty lines. One that is
    no YAML, or no mapping, counts as empty.
    """
    found = _FRONT_MATTER.match(text)
    if found is None:
        return text, {}
    blank = "\n" * found[0].count("\n")
    return blank + text[found.end() :], _values(found["yaml"])


def _values(text: str) -> dict[str, Any]:
    if len(text) > _LONGEST:
        return {}
    for one in yaml12.read(text.encode(), ignore_tags=True):
        if isinstance(one, yaml12.Document) and isinstance(one.value, dict):
            return one.value
    return {}
