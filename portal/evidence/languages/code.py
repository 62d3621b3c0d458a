"""Places of a file that match a syntax pattern."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from portal.evidence.languages.patterns import token_places
from portal.evidence.languages.source import Source
from portal.evidence.languages.syntax import can_parse
from portal.evidence.languages.syntax import places


def matching_lines(source: Source, patterns: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines at which one of some patterns matches, with the pattern; each once."""
    # In Go a call alone parses as a conversion of types: ast-grep wants a whole function.
    find = places if can_parse(source) and source.language.name != "go" else token_places
    known: set[int] = set()
    for pattern in patterns:
        for offset in find(source, pattern):
            line = source.line(offset)
            if line not in known:
                known.add(line)
                yield line, pattern
