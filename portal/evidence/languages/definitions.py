"""What a file defines: classes and functions, and where their bodies end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.evidence.languages.source import Source

_DEFINITION = re.compile(
    r"""(?x) (?<![\w$.@]) (?:
        (?: class | struct | object | record | trait | def | func | fn | function\s*\*? )\s+
          (?:\([^)\n]*\)\s*)? (?P<name>[A-Za-z_$][\w$]*)
      | type\s+(?P<type>[A-Za-z_]\w*)\s+struct\b
      | (?: const | let | var )\s+(?P<value>[A-Za-z_$][\w$]*)\s*(?::[^=\n]+)?=\s*
          (?: async\s* )? (?: function\b | \([^)]*\)\s*(?::[^={\n]+)?=> | [\w$]+\s*=> | class\b )
      | fun\s+(?:<[^>\n]*>\s*)?(?:[\w.]+\.)?(?P<fun>[A-Za-z_]\w*)\s*\( )"""
)
_NOT_A_NAME = re.compile(r"[_.\-$ ]")


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function: its name, its line, and the offsets of its text."""

    name: str
    line: int
    start: int
    end: int


def definitions_of(source: Source) -> Iterator[Definition]:
    """Yield what a file defines, methods too."""
    for match in _DEFINITION.finditer(source.bare):
        name = match["name"] or match["type"] or match["value"] or match["fun"]
        end = _end(source, match.start(), match.end())
        yield Definition(name, source.line(match.start()), match.start(), end)


def _end(source: Source, start: int, end: int) -> int:
    text = source.bare
    if source.language.name in {"python", "ruby"}:
        line_start = text.rfind("\n", 0, start) + 1
        indent = start - line_start
        # The next line that is not indented deeper, and no closing bracket of the header.
        after = re.compile(rf"^[ \t]{{0,{indent}}}[^\s)\]}}#]", re.MULTILINE).search(
            text, text.find("\n", end) + 1 or len(text)
        )
        return after.start() if after else len(text)
    depth = 0
    for match in re.compile(r"[{};]").finditer(text, end):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth <= 0:
                return match.end()
        elif depth == 0:
            return match.end()
    return len(text)


def folded(name: str) -> str:
    """Return a name as rules compare it: ``circuit_breaker`` is ``CircuitBreaker``."""
    return _NOT_A_NAME.sub("", name).casefold()
