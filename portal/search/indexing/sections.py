"""Markdown to sections of plain text, one per heading, with the anchors MkDocs makes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: The number of characters of a page that are read.
_LONGEST_PAGE = 100_000
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LINE_END = re.compile(r"\r\n?")
#: ``{#own-anchor}`` at the end of a heading.
_OWN_ANCHOR = re.compile(r"\s*\{[^{}]*?#([\w:.-]+)[^{}]*\}\s*$")
_ATTRIBUTES = re.compile(r"\s*\{:?[^{}]*\}\s*$")
_NOT_IN_SLUG = re.compile(r"[^\w\s-]")
_BETWEEN = re.compile(r"[-\s]+")
_COUNTED = re.compile(r"^(.*)_([0-9]+)$")
_BLOCKS = frozenset({"fence", "code_block"})

# HTML is parsed only to be left out.
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and the text up to the next one.

    Attributes:
        title: The heading; empty for text before the first one.
        anchor: The fragment of its address; empty for the top of the page.
        text: The text below it, on one line.
    """

    title: str
    anchor: str
    text: str


def sections(markdown: str) -> Iterator[Section]:
    """Yield the sections of a page; the first heading of level 1 is the top of it."""
    lines = _LINE_END.sub("\n", markdown.lstrip("\ufeff"))
    text = _FRONT_MATTER.sub("", lines)[:_LONGEST_PAGE]
    known: set[str] = set()
    title, anchor, parts = "", "", list[str]()
    is_top_free = True
    tokens = _MARKDOWN.parse(text)
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            is_top = token.tag == "h1" and is_top_free
            # Text before the first heading belongs to the first heading.
            if (title or any(parts)) and not (is_top and not title):
                yield Section(title, anchor, _one_line(parts))
                parts, is_top_free = [], is_top_free and bool(title)
            title, own = _heading(tokens[at + 1])
            anchor = unique_anchor(own or slug(title), known)
            if is_top and is_top_free:
                anchor, is_top_free = "", False
        elif token.type in _BLOCKS:
            parts.append(token.content)
        elif token.type == "inline" and tokens[at - 1].type != "heading_open":
            parts.append(plain_text(token.children or ()))
    if title or any(parts):
        yield Section(title, anchor, _one_line(parts))


def _heading(inline: Token) -> tuple[str, str]:
    """Return a heading as plain text, and its explicit anchor (``{#name}``)."""
    text = plain_text([part for part in inline.children or () if part.type != "image"])
    own = _OWN_ANCHOR.search(text)
    return _ATTRIBUTES.sub("", text).strip(), own[1] if own else ""


def plain_text(tokens: Sequence[Token]) -> str:
    """Return the text of inline tokens, without their markup."""
    return "".join(_piece(token) for token in tokens)


def _piece(token: Token) -> str:
    if token.type in {"text", "code_inline"}:
        return token.content
    if token.type == "image":
        return plain_text(token.children or ())
    return " " if token.type in {"softbreak", "hardbreak"} else ""


def _one_line(parts: Sequence[str]) -> str:
    return " ".join(" ".join(parts).split())


def slug(title: str) -> str:
    """Return the anchor Python-Markdown makes of a heading: ASCII only."""
    text = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return _BETWEEN.sub("-", _NOT_IN_SLUG.sub("", text).strip().lower())


def unique_anchor(anchor: str, known: set[str]) -> str:
    """Return an anchor, numbered if it is taken or empty, as Python-Markdown does."""
    while not anchor or anchor in known:
        counted = _COUNTED.match(anchor)
        anchor = f"{counted[1]}_{int(counted[2]) + 1}" if counted else f"{anchor}_1"
    known.add(anchor)
    return anchor
