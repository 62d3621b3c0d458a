"""Offsets in the text of a file: lines, documents, and characters that libyaml refuses."""

from __future__ import annotations

import re
from bisect import bisect_right

import yaml

LOADER = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
DOCUMENT_MARKER = re.compile(r"^---(?=\s|$)", re.MULTILINE)
#: A byte order mark that begins a document (YAML 1.2.2, §9.1), as in concatenated files.
_MARK = re.compile(r"^\ufeff(?=(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:%|---(?:\s|$)))", re.MULTILINE)
#: Characters that libyaml refuses without a position; U+FFFD replaces them while it parses.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")


class Lines:
    """The offsets of a text's lines; only a line feed ends a line, as in editors."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def offset(self, line: int) -> int:
        """Return the offset of line ``line`` (from 1); that of the last line if it is greater."""
        return self._starts[min(line, len(self._starts)) - 1]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1, of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def document_at(text: str, start: int) -> tuple[int, int]:
    """Return the offsets of a document's begin and end; its byte order mark is excluded."""
    start += text.startswith("\ufeff", start)
    ends = (pattern.search(text, start + 1) for pattern in (DOCUMENT_MARKER, _MARK))
    return start, min((end.start() for end in ends if end), default=len(text))


def parts(text: str) -> list[tuple[int, int]]:
    """Return the offsets of begin and end of the parts between byte order marks."""
    marks = [match.start() for match in _MARK.finditer(text)]
    begins = [0, *(mark + 1 for mark in marks)]
    return list(zip(begins, [*marks, len(text)], strict=True))
