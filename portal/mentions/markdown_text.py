"""The prose of Markdown: text outside of code, links, images, HTML, attributes and metadata.

markdown-it parses blocks and inline markup; the offsets that it does not tell are found
again in the lines that a block is of.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it import rules_inline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from portal.mentions.html_text import is_left_out
from portal.mentions.html_text import opened

_HOLES, _CONTENT = "portal.holes", "portal.content"
_LINE_END = re.compile(r"\r\n?|\n")
_FRONT_MATTER = re.compile(
    r"\A\ufeff?---[ \t]*(?:\r\n?|\n)(?:.*(?:\r\n?|\n))*?(?:---|\.\.\.)[ \t]*(?=\r|\n|\Z)"
)
#: ``{#own-id}``, ``{: .class }``, ``{{ variable }}``, ``{% tag %}``.
_ATTRIBUTES = re.compile(r"\{\{[^{}\n]{0,300}\}\}|\{%[^{}\n]{0,300}%\}|\{[:#.][^{}\n]{0,300}\}")
_ONE_BREAK = re.compile(r"[^\S\r\n]*(?:\r\n?|\n)[^\S\r\n]*")

_Range = tuple[int, int]
_Rule = Callable[[StateInline, bool], bool]


def _noted(rule: _Rule) -> _Rule:
    """Return a rule that notes where the markup is that it finds."""

    def apply(state: StateInline, silent: bool) -> bool:
        start = state.pos
        is_found = rule(state, silent)
        # The alternative text of an image is a text of its own.
        if is_found and not silent and state.src is state.env.get(_CONTENT):
            state.env[_HOLES].append((start, state.pos))
        return is_found

    return apply


_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
for _name, _rule in (
    ("escape", rules_inline.escape),
    ("backticks", rules_inline.backtick),
    ("link", rules_inline.link),
    ("image", rules_inline.image),
    ("autolink", rules_inline.autolink),
    ("html_inline", rules_inline.html_inline),
    ("entity", rules_inline.entity),
):
    _MARKDOWN.inline.ruler.at(_name, _noted(_rule))
# Only blocks are parsed at once: inline markup is, block by block, where its offsets are known.
_MARKDOWN.core.ruler.enableOnly(["normalize", "block"])


class _Line(NamedTuple):
    """A line of a block: its offsets in the block's content and in the whole text."""

    content: int
    source: int
    length: int


def prose_of_markdown(text: str) -> Iterator[_Range]:
    """Yield the offsets of each piece of prose in Markdown (CommonMark and tables)."""
    env: dict[str, object] = {}
    finder = _Finder(text)
    for token in _MARKDOWN.parse(_without_metadata(text), env):
        if token.type == "inline" and token.content and token.map:
            lines = finder.lines_of(token)
            for start, end in _prose(token.content, env):
                yield from _joined(text, _located(start, end, lines))


def _without_metadata(text: str) -> str:
    """Return a text whose metadata at the top is as many empty lines."""
    found = _FRONT_MATTER.match(text)
    if found is None:
        return text
    return "\n" * len(_LINE_END.findall(found[0])) + text[found.end() :]


class _Finder:
    """Finds the content of blocks in the text they are of, block after block."""

    def __init__(self, text: str) -> None:
        self._text = text
        ends = [match.end() for match in _LINE_END.finditer(text)]
        self._starts = [0, *ends, len(text)]
        self._line, self._column = 0, 0

    def lines_of(self, token: Token) -> list[_Line]:
        """Return where each line of a block is; lines that are not found are left out."""
        assert token.map is not None
        found, at = [], 0
        for line in token.content.split("\n"):
            start = self._place(line.strip(), *token.map)
            if start is not None:
                indent = len(line) - len(line.lstrip())
                found.append(_Line(at + indent, start, len(line.strip())))
            at += len(line) + 1
        return found

    def _place(self, line: str, first: int, last: int) -> int | None:
        if not line:
            return None
        if self._line < first:
            self._line, self._column = first, 0
        for number in range(self._line, min(last, len(self._starts) - 1)):
            begin = self._starts[number] + (self._column if number == self._line else 0)
            start = self._text.find(line, begin, self._starts[number + 1])
            if start >= 0:
                self._line = number
                self._column = start + len(line) - self._starts[number]
                return start
        return None


def _prose(content: str, env: dict[str, object]) -> Iterator[_Range]:
    """Yield the offsets between the markup of a block's content."""
    holes: list[_Range] = []
    env[_HOLES], env[_CONTENT] = holes, content
    _MARKDOWN.inline.parse(content, _MARKDOWN, env, [])
    holes += [match.span() for match in _ATTRIBUTES.finditer(content)]
    at = 0
    for start, end in _without_elements(content, sorted(holes)):
        if start > at:
            yield at, start
        at = max(at, end)
    yield at, len(content)


def _without_elements(content: str, holes: list[_Range]) -> Iterator[_Range]:
    """Yield the holes, those of elements such as ``<code>`` up to their end tags."""
    name, begin = "", 0
    for start, end in holes:
        tag = opened(content[start:end])
        if not name and tag and not tag["close"] and is_left_out(tag):
            name, begin = tag["name"].lower(), start
        elif name and tag and tag["close"] and tag["name"].lower() == name:
            yield begin, end
            name = ""
        else:
            yield start, end
    if name:
        yield begin, len(content)


def _located(start: int, end: int, lines: list[_Line]) -> Iterator[_Range]:
    first = max(bisect_right(lines, start, key=lambda line: line.content) - 1, 0)
    for at in range(first, len(lines)):
        line = lines[at]
        if line.content >= end:
            return
        begin, stop = max(start, line.content), min(end, line.content + line.length)
        if begin < stop:
            yield line.source + begin - line.content, line.source + stop - line.content


def _joined(text: str, ranges: Iterator[_Range]) -> Iterator[_Range]:
    """Yield ranges, those that only a line break separates as one."""
    last: _Range | None = None
    for start, end in ranges:
        if last and _ONE_BREAK.fullmatch(text, last[1], start):
            last = last[0], end
            continue
        if last:
            yield last
        last = start, end
    if last:
        yield last
