"""Source code without its comments, and with its strings told apart.

Comments are blanked in place, so that offsets and lines stay those of the file. No grammar
is needed for that: comments and strings of a language are regular, but for a regular
expression of JavaScript that holds a quote, which is misread up to the end of its line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from portal.evidence.languages.language import Language

_DOUBLE = r'"(?:\\.|[^"\\\n])*"?'
_SINGLE = r"'(?:\\.|[^'\\\n])*'?"
_CHARACTER = r"'(?:\\[^\n]{1,10}|[^'\\\n])'"
_LONG = r'"""(?s:.*?)(?:"""|\Z)'
_LINE = r"//[^\n]*"
_BLOCK = r"/\*(?s:.*?)(?:\*/|\Z)"
_HASH = r"\#[^\n]*"
_BACKTICK = r"`(?:\\.|[^`\\])*`?"
#: A triple-quoted text that stands alone in its line documents; it is no value.
_DOCSTRING = (
    r'(?m:^)[ \t]*[rRuU]?(?:"""(?s:.*?)(?:"""|\Z)|\'\'\'(?s:.*?)(?:\'\'\'|\Z))[ \t]*(?=\n|\Z)'
)
_LONG_PYTHON = r"\"\"\"(?s:.*?)(?:\"\"\"|\Z)|'''(?s:.*?)(?:'''|\Z)"

#: By family: what is a comment, and what is a string.
_FAMILIES = {
    "python": (f"{_DOCSTRING}|{_HASH}", f"{_LONG_PYTHON}|{_DOUBLE}|{_SINGLE}"),
    "javascript": (f"{_LINE}|{_BLOCK}", f"{_DOUBLE}|{_SINGLE}|{_BACKTICK}"),
    "c": (f"{_LINE}|{_BLOCK}", f"{_LONG}|{_DOUBLE}|{_CHARACTER}"),
    "go": (f"{_LINE}|{_BLOCK}", f"{_DOUBLE}|{_CHARACTER}|`[^`]*`?"),
    "csharp": (
        f"{_LINE}|{_BLOCK}",
        rf'\$?@\$?"(?:""|[^"])*"?|{_LONG}|{_DOUBLE}|{_CHARACTER}',
    ),
    "rust": (f"{_LINE}|{_BLOCK}", f"{_DOUBLE}|{_CHARACTER}"),
    "hash": (_HASH, f"{_DOUBLE}|{_SINGLE}"),
    "php": (rf"{_LINE}|{_BLOCK}|\#(?!\[)[^\n]*", f"{_DOUBLE}|{_SINGLE}"),
    "sql": (rf"--[^\n]*|{_BLOCK}", _SINGLE),
    "hcl": (f"{_LINE}|{_BLOCK}|{_HASH}", _DOUBLE),
    "xml": (r"<!--(?s:.*?)(?:-->|\Z)", r"(?!)"),
    "none": (r"(?!)", r"(?!)"),
}
_EXPRESSIONS = {
    family: re.compile(rf"(?P<comment>{comment})|(?P<string>{string})")
    for family, (comment, string) in _FAMILIES.items()
}
_VISIBLE = re.compile(r"[^\n]")


@dataclass(frozen=True)
class Source:
    """One file of source code.

    Attributes:
        path: Where it is.
        written: Its text as it stands.
        language: What it is written in.
    """

    path: str
    written: str
    language: Language

    @cached_property
    def text(self) -> str:
        """The text, comments blanked."""
        return without_comments(self.written, self.language.comments)

    @cached_property
    def bare(self) -> str:
        """The text, comments blanked and the content of strings too."""
        return _EXPRESSIONS[self.language.comments].sub(_blank_string, self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.written))]

    def line(self, offset: int) -> int:
        """Return the line of an offset, from 1."""
        return bisect_right(self._starts, offset)


def without_comments(text: str, family: str) -> str:
    """Return a text with its comments blanked; offsets stay the same.

    Args:
        text: The text.
        family: A name of ``_FAMILIES``; an unknown one is taken to have no comments.
    """
    expression = _EXPRESSIONS.get(family, _EXPRESSIONS["none"])
    return expression.sub(_blank_comment, text)


def _blank_comment(match: re.Match[str]) -> str:
    return _VISIBLE.sub(" ", match[0]) if match.lastgroup == "comment" else match[0]


def _blank_string(match: re.Match[str]) -> str:
    found = match[0]
    if match.lastgroup == "comment" or len(found) < 2:
        return found
    return found[0] + _VISIBLE.sub(" ", found[1:-1]) + found[-1]
