"""Markdown to plain text, cut at its headings, with the anchors MkDocs gives them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: What of a page is read, in characters.
_LONGEST_PAGE = 100_000
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*\n", re.DOTALL)
#: ``{#own-anchor}`` at the end of a heading.
_OWN_ANCHOR = re.compile(r"\s*\{[^{}]*?#([\w:.-]+)[^{}]*\}\s*$")
_ATTRIBUTES = re.compile(r"\s*\{:?[^{}]*\}\s*$")
_NOT_IN_SLUG = re.compile(r"[^\w\s-]")
_BETWEEN = re.compile(r"[-\s]+")
_COUNTED = re.compile(r"^(.*)_([0-9]+)$")
_BLOCKS = frozenset({"fence", "code_block"})

# HTML is read only to be left out.
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and the text down to the next one.

    Attributes:
        title: The heading; empty for what stands before the first one.
        anchor: Where a browser finds it on the page; empty for the top.
        text: What stands below it, in one line.
    """

    title: str
    anchor: str
    text: str


def sections(markdown: str) -> Iterator[Section]:
    """Yield the sections of a page; the first heading of level 1 is the top of it."""
    text = _FRONT_MATTER.sub("", markdown.lstrip("\ufeff"))[:_LONGEST_PAGE]
    known: set[str] = set()
    title, anchor, parts = "", "", list[str]()
    is_top_free = True
    tokens = _MARKDOWN.parse(text)
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            is_top = token.tag == "h1" and is_top_free
            # What stands before the first heading of a page belongs to it.
            if (title or any(parts)) and not (is_top and not title):
                yield Section(title, anchor, _one_line(parts))
                parts, is_top_free = [], is_top_free and bool(title)
            title, own = _heading(tokens[at + 1])
            anchor = _unique(own or _slug(title), known)
            if is_top and is_top_free:
                anchor, is_top_free = "", False
        elif token.type in _BLOCKS:
            parts.append(token.content)
        elif token.type == "inline" and tokens[at - 1].type != "heading_open":
            parts.append(_plain(token.children or ()))
    if title or any(parts):
        yield Section(title, anchor, _one_line(parts))


def _heading(inline: Token) -> tuple[str, str]:
    """Return a heading as plain text, and the anchor it asks for itself."""
    text = _plain([part for part in inline.children or () if part.type != "image"])
    own = _OWN_ANCHOR.search(text)
    return _ATTRIBUTES.sub("", text).strip(), own[1] if own else ""


def _plain(tokens: Sequence[Token]) -> str:
    return "".join(_piece(token) for token in tokens)


def _piece(token: Token) -> str:
    if token.type in {"text", "code_inline"}:
        return token.content
    if token.type == "image":
        return _plain(token.children or ())
    return " " if token.type in {"softbreak", "hardbreak"} else ""


def _one_line(parts: Sequence[str]) -> str:
    return " ".join(" ".join(parts).split())


def _slug(title: str) -> str:
    """Return a heading as Python-Markdown makes an anchor of it: nothing but ASCII."""
    text = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return _BETWEEN.sub("-", _NOT_IN_SLUG.sub("", text).strip().lower())


def _unique(anchor: str, known: set[str]) -> str:
    """Return an anchor with a number when it is taken or empty, as Python-Markdown does."""
    while not anchor or anchor in known:
        counted = _COUNTED.match(anchor)
        anchor = f"{counted[1]}_{int(counted[2]) + 1}" if counted else f"{anchor}_1"
    known.add(anchor)
    return anchor
