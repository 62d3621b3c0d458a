"""Content as pages show it: text cut into runs, never into HTML.

The light Markdown of descriptors (`` `code` ``, ``**bold**``, paragraphs, lists)
becomes values; the templates turn a run into an element and escape its text, so no
markup of the content can reach a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PLAIN, CODE, STRONG, MARK = "", "code", "strong", "mark"

_INLINE = re.compile(r"`(?P<code>[^`\n]+)`|\*\*(?P<strong>[^*\n]+)\*\*")
_ITEM = re.compile(r"[-*] +")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text and the element it stands in; ``PLAIN`` is none."""

    text: str
    style: str = PLAIN


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of one line, or a list of many: lines are tuples of runs."""

    is_list: bool
    lines: tuple[tuple[Run, ...], ...]


def inline(text: str) -> tuple[Run, ...]:
    """Cut one line at its code and bold parts."""
    return tuple(_runs(text))


def _runs(text: str) -> Iterator[Run]:
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            yield Run(text[at : match.start()])
        style = match.lastgroup or PLAIN
        yield Run(match[style], style)
        at = match.end()
    if at < len(text):
        yield Run(text[at:])


def blocks(text: str) -> tuple[Block, ...]:
    """Cut a text into paragraphs and lists; a line break alone is a blank."""
    return tuple(_blocks(text))


def _blocks(text: str) -> Iterator[Block]:
    lines: list[str] = []
    for line in (*map(str.strip, text.splitlines()), ""):
        if lines and (not line or _is_item(line) != _is_item(lines[0])):
            yield _block(lines)
            lines = []
        if line:
            lines.append(line)


def _is_item(line: str) -> bool:
    return _ITEM.match(line) is not None


def _block(lines: list[str]) -> Block:
    if not _is_item(lines[0]):
        return Block(is_list=False, lines=(inline(" ".join(lines)),))
    items = (_ITEM.sub("", line, count=1) for line in lines)
    return Block(is_list=True, lines=tuple(map(inline, items)))


def marked(text: str, term: str) -> tuple[Run, ...]:
    """Cut a text where it holds a word of ``term``, in any letter case."""
    words = sorted({word for word in term.split() if len(word) > 1}, key=len, reverse=True)
    if not words:
        return (Run(text),)
    pieces = re.split(f"({'|'.join(map(re.escape, words))})", text, flags=re.IGNORECASE)
    return tuple(
        Run(piece, MARK if index % 2 else PLAIN) for index, piece in enumerate(pieces) if piece
    )


def written_in(text: str) -> str:
    """Return the language a text seems to be in: Korean when it has Hangul."""
    return "ko" if _HANGUL.search(text) else "en"
