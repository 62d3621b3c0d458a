"""Headings: their anchors, and the table of contents of a page.

An anchor is the one Python-Markdown makes, as in MkDocs and in the search index. A heading
can also be linked to by the anchor that forges make of it, with its letters kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from portal.search.indexing.sections import plain_text
from portal.search.indexing.sections import slug
from portal.search.indexing.sections import unique_anchor

_ENV = "headings"
_NOT_IN_FORGE_ANCHOR = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: level (1 to 6), anchor, and text."""

    level: int
    anchor: str
    title: str


def headings_plugin(md: MarkdownIt) -> None:
    """Give every heading an anchor; ``headings_of`` returns them after parsing."""
    md.core.ruler.push("headings", _give_anchors)


def headings_of(env: dict[str, list[Heading]]) -> tuple[Heading, ...]:
    """Return the headings of the page that was parsed with an environment."""
    return tuple(env.get(_ENV, ()))


def forge_anchor(title: str) -> str:
    """Return the anchor a forge makes of a heading: ``Was gilt?`` has ``was-gilt``."""
    return _NOT_IN_FORGE_ANCHOR.sub("", title.strip().lower()).replace(" ", "-")


def _give_anchors(state: StateCore) -> None:
    known: set[str] = set()
    found: list[Heading] = []
    for at, token in enumerate(state.tokens):
        if token.type == "heading_open":
            inline = state.tokens[at + 1]
            title = _title(inline.children or ())
            anchor = unique_anchor(str(token.attrGet("id") or slug(title)), known)
            token.attrSet("id", anchor)
            _add_links(inline, anchor, title, known)
            found.append(Heading(int(token.tag[1]), anchor, title))
    state.env[_ENV] = found


def _title(children: Sequence[Token]) -> str:
    return plain_text([child for child in children if child.type != "image"]).strip()


def _add_links(inline: Token, anchor: str, title: str, known: set[str]) -> None:
    """Add a permanent link to a heading, and the anchor of forges where it is another one."""
    added: list[Token] = []
    other = forge_anchor(title)
    if other and other not in known and other != anchor:
        known.add(other)
        added += [
            Token("anchor_open", "a", 1, attrs={"id": other, "class": "other-anchor"}),
            Token("anchor_close", "a", -1),
        ]
    link = {"class": "headerlink", "href": f"#{anchor}", "aria-label": title or anchor}
    inline.children = [
        *added,
        *(inline.children or ()),
        Token("headerlink_open", "a", 1, attrs=dict(link)),
        Token("text", "", 0, content="#"),
        Token("headerlink_close", "a", -1),
    ]
