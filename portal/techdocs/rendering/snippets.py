"""Snippets: ``--8<-- "file.md"`` puts another file of the documentation in its place.

Rule: the extension *Snippets* of PyMdown Extensions; lines ``file.md:2:5`` and sections
``file.md:name`` can be named. Files are found below the documentation's folder only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass

#: How deep files may lie in files.
_DEEPEST = 4
#: The greatest number of lines of a page with all its snippets.
_MOST_LINES = 20_000
_ONE = re.compile(
    r'^(?P<indent>[ \t]*)-+8<-+[ \t]+(?P<quote>["\'])(?P<path>[^"\']+)(?P=quote)[ \t]*$'
)
_FENCE = re.compile(r"^[ \t]*-+8<-+[ \t]*$")
_PART = re.compile(r"^(?P<path>.*?)(?::(?P<first>\d*):(?P<last>\d*)|:(?P<name>[A-Za-z][\w-]*))?$")
_MARK = re.compile(r"-+8<-+[ \t]*\[[ \t]*(?P<end>start|end)[ \t]*:[ \t]*(?P<name>[\w-]+)[ \t]*\]")

#: Given a path as written, returns the lines of that file; ``None`` when there is none.
ReadSnippet = Callable[[str], "list[str] | None"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page.

    Attributes:
        text: The text, without the end of the line.
        number: The line of the page itself that it comes from, from 1.
    """

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class MissingSnippet:
    """A snippet that is not there: its path as written, and the line that names it."""

    path: str
    number: int


def with_snippets(text: str, read: ReadSnippet) -> tuple[list[Line], list[MissingSnippet]]:
    """Return the lines of a page with its snippets, and what is missing."""
    missing: list[MissingSnippet] = []
    numbered = [Line(line, number) for number, line in enumerate(text.split("\n"), 1)]
    if "8<-" not in text:
        return numbered, missing
    found: list[Line] = []
    for line in _filled(numbered, read, missing, 0):
        found.append(line)
        if len(found) >= _MOST_LINES:
            break
    return found, missing


def _filled(
    lines: list[Line], read: ReadSnippet, missing: list[MissingSnippet], depth: int
) -> Iterator[Line]:
    is_inside = False
    for line in lines:
        if _FENCE.match(line.text):
            is_inside = not is_inside
            continue
        one = _ONE.match(line.text)
        named = one["path"] if one else line.text.strip() if is_inside else ""
        if not named:
            if not is_inside and not _MARK.search(line.text):
                yield line
            continue
        if named.startswith(";"):
            continue
        part = _part(named, read) if depth < _DEEPEST else None
        if part is None:
            missing.append(MissingSnippet(named, line.number))
            continue
        indent = one["indent"] if one else ""
        inner = [Line(indent + text if text else "", line.number) for text in part]
        yield from _filled(inner, read, missing, depth + 1)


def _part(named: str, read: ReadSnippet) -> list[str] | None:
    """Return the named lines of a file; ``None`` when there are none."""
    found = _PART.match(named)
    lines = read(found["path"]) if found else None
    if found is None or lines is None:
        return None
    if found["name"]:
        return _section(lines, found["name"])
    if found["first"] is not None:
        return lines[max(int(found["first"] or 1) - 1, 0) : int(found["last"] or len(lines))]
    return lines


def _section(lines: list[str], name: str) -> list[str] | None:
    marks = {
        (mark["end"], mark["name"]): at
        for at, line in enumerate(lines)
        if (mark := _MARK.search(line))
    }
    start = marks.get(("start", name))
    return None if start is None else lines[start + 1 : marks.get(("end", name), len(lines))]
