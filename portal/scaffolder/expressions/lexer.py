"""Template text to pieces (text, expression, statement), and a piece's inside to tokens.

Blanks are trimmed here (``{%-``, ``trim_blocks``), and comments are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from portal.scaffolder.expressions.javascript import WHITESPACE
from portal.scaffolder.expressions.syntax import BACKSTAGE
from portal.scaffolder.expressions.syntax import Delimiters
from portal.scaffolder.expressions.syntax import TemplateError

PieceKind = Literal["text", "output", "block"]
TokenKind = Literal["name", "number", "word", "string", "regex", "operator", "end"]

_ENDS = {"{%": "%}", "{#": "#}"}
_UNTERMINATED = {"{%": "block", "{#": "comment"}
_RAW = re.compile(r"(raw|verbatim)(?![A-Za-z0-9_])")
_LINE_INDENT = re.compile(r"(?:^|(?<=\n))[ \t]+\Z")
_SKIPPED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|r/(?:[^/\\\n]|\\.)*/", re.DOTALL)
_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\n\v\f\xa0\ufeff]+)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<regex>r/(?:[^/\\\n]|\\.)*/[A-Za-z]*)
  | (?P<number>[0-9]+(?:\.[0-9]*)?(?P<wrong>[A-Za-z_][A-Za-z0-9_]*)?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<operator>===|!==|==|!=|<=|>=|//|\*\*|[-+*/%~<>=|.,:()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a template.

    ``text`` is what stands inside; ``start`` and ``inside`` are the offsets of the
    piece and of its inside.
    """

    kind: PieceKind
    text: str
    start: int
    inside: int


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an expression; the ``text`` of a string is its unescaped value.

    A ``word`` begins with a digit and goes on like a name (``3d``): valid as a key only.
    """

    kind: TokenKind
    text: str
    at: int


def split(source: str, delimiters: Delimiters = BACKSTAGE) -> Iterator[Piece]:
    """Yield the pieces of a template.

    Raises:
        TemplateError: When a tag, comment or raw block is not closed.
    """
    return _Splitter(source, delimiters).pieces()


class _Splitter:
    """Splits one template, in one pass."""

    def __init__(self, source: str, delimiters: Delimiters) -> None:
        self._source = source
        self._delimiters = delimiters
        openings = sorted((delimiters.opening, "{%", "{#", "#}"), key=len, reverse=True)
        self._opening = re.compile("|".join(map(re.escape, openings)))
        self._at = 0
        self._trim_next = False
        #: What a raw block held, until the text behind it is known.
        self._verbatim: Piece | None = None

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces in order.

        Raises:
            TemplateError: When a tag, comment or raw block is not closed.
        """
        source = self._source
        while found := self._opening.search(source, self._at):
            start, opening = found.start(), found[0]
            if opening == "#}":
                msg = "Unexpected end of comment"
                raise TemplateError(msg, source, start)
            dashed = source.startswith("-", found.end())
            yield from self._text(start, opening, dashed=dashed)
            inside = found.end() + dashed
            yield from self._tag(opening, start, inside)
        yield from self._text(len(source), "", dashed=False)

    def _text(self, end: int, opening: str, *, dashed: bool) -> Iterator[Piece]:
        start = self._at
        text = self._source[start:end]
        if self._trim_next:
            text = text.lstrip(WHITESPACE)
        if dashed:
            text = text.rstrip(WHITESPACE)
        elif self._delimiters.lstrip_blocks and opening == "{%":
            text = self._without_indent(text, end)
        held, self._verbatim = self._verbatim, None
        if held:
            # It and the text behind it are one to the ``-`` of the next tag.
            kept = held.text.rstrip(WHITESPACE) if dashed and not text else held.text
            if kept:
                yield Piece("text", kept, held.start, held.inside)
        if text:
            yield Piece("text", text, start, start)

    def _without_indent(self, text: str, end: int) -> str:
        line = self._source[self._source.rfind("\n", 0, end) + 1 : end]
        if not line or line.strip(" \t") or not text.endswith(line):
            return text
        return text[: -len(line)]

    def _tag(self, opening: str, start: int, inside: int) -> Iterator[Piece]:
        end = self._end(opening, inside)
        if end is None:
            what = _UNTERMINATED.get(opening, "variable")
            raise TemplateError(f"Unterminated {what} tag", self._source, start)
        closing = _ENDS.get(opening, "}}")
        dashed = end > inside and self._source[end - 1] == "-"
        text = self._source[inside : end - dashed]
        self._at, self._trim_next = end + len(closing), dashed
        if opening == "{%":
            yield from self._block(text, start, inside)
        elif opening != "{#":
            yield Piece("output", text, start, inside)

    def _end(self, opening: str, at: int) -> int | None:
        closing = _ENDS.get(opening, "}}")
        if opening == "{#":
            end = self._source.find(closing, at)
            return None if end < 0 else end
        stop = re.compile(f"[\"']|(?<![A-Za-z0-9_])r/|{re.escape(closing)}")
        while found := stop.search(self._source, at):
            if found[0] == closing:
                return found.start()
            quoted = _SKIPPED.match(self._source, found.start())
            if quoted is None and found[0] != "r/":
                return None
            at = quoted.end() if quoted else found.end()
        return None

    def _block(self, text: str, start: int, inside: int) -> Iterator[Piece]:
        if self._delimiters.trim_blocks:
            newline = re.compile(r"\r?\n").match(self._source, self._at)
            self._at = newline.end() if newline else self._at
        stripped = text.strip(WHITESPACE)
        inside += len(text) - len(text.lstrip(WHITESPACE))
        if not stripped:
            msg = "Template block tag cannot be empty"
            raise TemplateError(msg, self._source, start)
        raw = _RAW.match(stripped)
        if raw is None:
            yield Piece("block", stripped, start, inside)
            return
        if raw[0] != stripped:
            msg = f"{raw[0]} tag does not accept trailing content"
            raise TemplateError(msg, self._source, start)
        self._raw(raw[0], start)

    def _raw(self, name: str, start: int) -> None:
        mark = re.compile(rf"\{{%\s*(end)?{name}\s*%\}}")
        depth, at = 1, self._at
        while found := mark.search(self._source, at):
            depth += -1 if found[1] else 1
            at = found.end()
            if depth == 0:
                if self._at < found.start():
                    inside = self._source[self._at : found.start()]
                    self._verbatim = Piece("text", inside, start, self._at)
                self._at = at
                return
        raise TemplateError(f'Missing "end{name}" tag', self._source, start)


def tokens(source: str, start: int, end: int) -> list[Token]:
    """Return the tokens between two offsets, an ``end`` token last.

    Raises:
        TemplateError: When a character begins no token.
    """
    found = []
    at = start
    while at < end:
        match = _TOKEN.match(source, at, end)
        if match is None:
            raise TemplateError(f'Unexpected character "{source[at]}"', source, at)
        kind = _kind(match)
        if kind is not None:
            found.append(Token(kind, _meaning(kind, match[0]), at))
        at = match.end()
    return [*found, Token("end", "", end)]


def _kind(match: re.Match[str]) -> TokenKind | None:
    if match["wrong"]:
        return "word"
    kinds: tuple[TokenKind, ...] = ("name", "number", "string", "regex", "operator")
    return next((kind for kind in kinds if match[kind] is not None), None)


def _meaning(kind: TokenKind, text: str) -> str:
    if kind != "string":
        return text
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL)
