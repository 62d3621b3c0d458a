"""Glob patterns for files: ``*``, ``**``, ``?``, sets, ``{a,b}`` and ``!`` to exclude."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator

from portal.kernel.errors import InputError
from portal.scm import globs

_MOST_ALTERNATIVES = 64


def matching(patterns: Iterable[str], names: Collection[str]) -> set[str]:
    """Return the names that match; the name of a folder ends with a slash.

    A pattern that names a folder matches everything in it; one that begins with
    ``!`` excludes names from the matches of all others.

    Raises:
        InputError: When a pattern has too many alternatives.
    """
    chosen: set[str] = set()
    refused: set[str] = set()
    for pattern in patterns:
        found = refused if pattern.startswith("!") else chosen
        for alternative in _alternatives(pattern.removeprefix("!").removeprefix("./")):
            found |= _matched(alternative, names)
    return chosen - refused


def _matched(pattern: str, names: Collection[str]) -> set[str]:
    pattern = pattern.rstrip("/")
    if not pattern:
        return set(names)
    if not any(character in pattern for character in "*?["):
        start = f"{pattern}/"
        return {name for name in names if name == pattern or name.startswith(start)}
    is_match = globs.matcher(pattern)
    itself = f"{pattern.removesuffix('/**')}/"
    return {name for name in names if name != itself and is_match(name.rstrip("/"))}


def _alternatives(pattern: str) -> Iterator[str]:
    """Yield the patterns that the alternatives ``{a,b}`` expand to.

    Raises:
        InputError: When there are too many.
    """
    todo = [pattern]
    made = 0
    while todo:
        current = todo.pop()
        start = current.find("{")
        end = current.find("}", start)
        if start < 0 or end < 0:
            yield current
            continue
        made += 1
        if made > _MOST_ALTERNATIVES:
            raise InputError("a pattern has too many alternatives")
        options = current[start + 1 : end].split(",")
        todo += [current[:start] + option + current[end + 1 :] for option in options]
