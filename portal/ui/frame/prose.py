"""Light Markdown of the content to runs of text, never to HTML.

`` `code` ``, ``**bold**``, ``*emphasis*``, links, paragraphs, headings, lists and fenced code
become values; page templates turn a run
into an element and escape its text, so no markup of the content reaches a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.search.analysis.words import stem

PLAIN, CODE, STRONG, MARK, TERM = "", "code", "strong", "mark", "term"
EM, LINK = "em", "link"

_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<strong>[^*\n]+)\*\*"
    r"|(?<![*\w])\*(?P<em>[^*\s][^*\n]*(?<!\s))\*(?![*\w])"
    r"|(?<!!)\[(?P<link>[^\[\]\n]+)\]\((?P<href>[^()\s]+)\)"
    r"|<(?P<bare>https?://[^<>\s]+)>"
)
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)]) +")
_NUMBERED = re.compile(r"\d")
_HEADING = re.compile(r"#{1,6} +")
_FENCE = re.compile(r"```|~~~")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text and its style: the element around it, ``PLAIN`` for none.

    Attributes:
        text: The text.
        style: ``PLAIN``, ``CODE``, ``STRONG``, ``MARK``, ``TERM``, ``EM`` or ``LINK``.
        address: The target of a link; the page of the concept that a term stands for.
        definition: The definition of that concept.
    """

    text: str
    style: str = PLAIN
    address: str = ""
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (one line) or a list (a line per item); a line is a tuple of runs.

    ``kind`` tells a numbered list (``ol``), a heading (``heading``) and code (``pre``) apart.
    """

    is_list: bool
    lines: tuple[tuple[Run, ...], ...]
    kind: str = ""


def inline(text: str) -> tuple[Run, ...]:
    """Return one line as runs of plain, code and bold text."""
    return tuple(_runs(text))


def _runs(text: str) -> Iterator[Run]:
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            yield Run(text[at : match.start()])
        yield _run(match)
        at = match.end()
    if at < len(text):
        yield Run(text[at:])


def _run(match: re.Match[str]) -> Run:
    if match["link"] is not None:
        return Run(match["link"], LINK, match["href"])
    if match["bare"] is not None:
        return Run(match["bare"], LINK, match["bare"])
    style = next(name for name in (CODE, STRONG, EM) if match[name] is not None)
    return Run(match[style], style)


def blocks(text: str) -> tuple[Block, ...]:
    """Return a text as paragraphs and lists; a single line break counts as a blank."""
    return tuple(_blocks(text))


def _blocks(text: str) -> Iterator[Block]:
    lines: list[str] = []
    code: list[str] | None = None
    for raw in (*text.splitlines(), ""):
        line = raw.strip()
        is_fence = _FENCE.match(line) is not None
        if lines and (not line or is_fence or _kind(line) != _kind(lines[0])):
            yield _block(lines)
            lines = []
        if is_fence:
            if code is not None:
                yield _code(code)
            code = [] if code is None else None
        elif code is not None:
            code.append(raw)
        elif line:
            lines.append(line)
    if code:
        yield _code(code)


def _code(lines: list[str]) -> Block:
    return Block(is_list=False, lines=((Run("\n".join(lines)),),), kind="pre")


def _kind(line: str) -> str:
    if _ITEM.match(line):
        return "ol" if _NUMBERED.match(line) else "ul"
    return "heading" if _HEADING.match(line) else ""


def _block(lines: list[str]) -> Block:
    kind = _kind(lines[0])
    if kind in {"ol", "ul"}:
        items = (_ITEM.sub("", line, count=1) for line in lines)
        return Block(
            is_list=True, lines=tuple(map(inline, items)), kind="ol" if kind == "ol" else ""
        )
    if kind == "heading":
        return Block(is_list=False, lines=(inline(_HEADING.sub("", lines[0], count=1)),), kind=kind)
    return Block(is_list=False, lines=(inline(" ".join(lines)),))


def marked(text: str, term: str) -> tuple[Run, ...]:
    """Return a text as runs, with the words of ``term`` highlighted, ignoring letter case.

    Words of mere grammar are left out, and those of Latin letters count at the begin of a word.
    """
    asked = {word for word in term.split() if len(word) > 1 and stem(word.lower())}
    words = sorted(asked, key=len, reverse=True)
    if not words:
        return (Run(text),)
    found = "|".join(map(re.escape, words))
    pieces = re.split(f"(?<![0-9A-Za-z])({found})", text, flags=re.IGNORECASE)
    return tuple(
        Run(piece, MARK if index % 2 else PLAIN) for index, piece in enumerate(pieces) if piece
    )


def written_in(text: str) -> str:
    """Return the language of a text: ``ko`` if it has Hangul, else ``en``."""
    return "ko" if _HANGUL.search(text) else "en"
