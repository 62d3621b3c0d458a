"""Finds import statements without a parser: the careful reader of lines.

A statement must begin where code can: not in a comment and not in a string. What this reader
cannot know is grammar; with the extra ``evidence`` the parser of ``syntax`` finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.evidence.languages.source import Source


@dataclass(frozen=True, slots=True)
class Statement:
    """An import statement: its text without comments, and its offsets."""

    text: str
    start: int
    end: int


_STRING = r"(?:\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`)"
#: What begins a statement, by the name of the language; searched in code without strings.
_STATEMENTS = {
    "python": re.compile(
        r"^[ \t]*(?:from[ \t]+[.\w]+[ \t]+import[ \t]*(?:\([^)]*\)|(?:[^\n;\\]|\\\n)*)"
        r"|import[ \t]+(?:[^\n;\\]|\\\n)+)",
        re.MULTILINE,
    ),
    "javascript": re.compile(
        rf"""(?x)(?m: ^[ \t]*|(?<=[;}}])[ \t]*) (?: import | export ) \b
             (?: [\s\w$*{{}},]*? \bfrom\s* | \s* ) {_STRING}
          |  (?m:^)[ \t]* (?:export\s+)? (?: const | let | var | import )\s+
             (?: [\w$]+ | \{{[^}}]*\}} ) \s* (?::[^=\n]+)? = \s* (?:await\s+)?
             \(?\s*(?: require | import )\s*\(\s*{_STRING}\s*\)
          |  (?<![\w$.]) (?: require | import )\s*\(\s*{_STRING}\s*\)"""
    ),
    "java": re.compile(r"^[ \t]*import[ \t]+(?:static[ \t]+)?[\w.*`{}, =>]+", re.MULTILINE),
    "go": re.compile(r"^import[ \t]*(?:\([^)]*\)|[\w.]*[ \t]*\"[^\"\n]*\")", re.MULTILINE),
    "csharp": re.compile(
        r"^[ \t]*(?:global[ \t]+)?using[ \t]+(?:static[ \t]+)?(?:\w+[ \t]*=[ \t]*)?[\w.]+[ \t]*;",
        re.MULTILINE,
    ),
    "rust": re.compile(
        r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?(?:use|extern[ \t]+crate)[ \t]+[^;]+;", re.MULTILINE
    ),
    "ruby": re.compile(rf"^[ \t]*require(?:_relative)?[ \t(]+{_STRING}", re.MULTILINE),
    "php": re.compile(r"^[ \t]*use[ \t]+[^;(]+;", re.MULTILINE),
}


def statements(source: Source) -> Iterator[Statement]:
    """Yield the import statements of a file, as far as its lines tell."""
    for match in _STATEMENTS[source.language.name].finditer(source.bare):
        start, end = match.span()
        yield Statement(source.text[start:end], start, end)
