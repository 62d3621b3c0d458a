"""Globs over the paths of a repository, matched in bounded time.

``*`` and ``?`` stay inside one folder, ``**`` as a folder's name crosses any number
of them. Patterns and file names both come from untrusted repositories, so matching must
not backtrack: ``*a*a*a*b`` as an ordinary regular expression takes hours on a file name
of many a.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence

_TOKEN = re.compile(r"\*+|\?|\[[^]/]+\]|.", re.DOTALL)
_ANY = "**"
#: Matches the name of one file or folder; ``None`` stands for any number of folders.
_Part = Callable[[str], object] | None


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether a path matches a glob."""
    parts = [None if part == _ANY else _name(part) for part in pattern.split("/")]
    return lambda path: _matches(parts, path.split("/"))


def _matches(parts: Sequence[_Part], names: Sequence[str]) -> bool:
    """Match from the left; on a mismatch, extend the last ``**`` by one name."""
    at = name = 0
    retry: tuple[int, int] | None = None
    while name < len(names):
        part = parts[at] if at < len(parts) else _nothing
        if part is None:
            if at == len(parts) - 1:
                return True
            retry = (at + 1, name)
            at += 1
        elif part(names[name]):
            at, name = at + 1, name + 1
        elif retry is None:
            return False
        else:
            retry = (retry[0], retry[1] + 1)
            at, name = retry
    return at == len(parts)


def _nothing(_name: str) -> None:
    """Match no name: stands for the end of the pattern."""


def _name(part: str) -> _Part:
    """Return the matcher of one name."""
    try:
        return re.compile(_expression(part), re.DOTALL).fullmatch
    except re.error:  # a set such as [z-a]
        return re.compile(re.escape(part)).fullmatch


def _expression(part: str) -> str:
    """Return the regular expression of a name; matches after a ``*`` are atomic."""
    pieces = [""]
    for token in _TOKEN.findall(part):
        if token[0] == "*":
            pieces.append("")
        else:
            pieces[-1] += _literal_or_set(token)
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    found = "".join(f"(?>.*?{piece})" for piece in middle if piece)
    return f"{first}{found}.*{last}"


def _literal_or_set(token: str) -> str:
    if token == "?":
        return "."
    if len(token) > 1 and token[0] == "[":
        inner = re.escape(token[1:-1].removeprefix("!")).replace(r"\-", "-")
        return f"[{'^' if token[1] == '!' else ''}{inner}]" if inner else re.escape(token)
    return re.escape(token)
