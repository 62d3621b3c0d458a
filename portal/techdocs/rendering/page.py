"""One page: its text to HTML, and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt

from portal.techdocs.rendering.front_matter import without_front_matter
from portal.techdocs.rendering.headings import Heading
from portal.techdocs.rendering.headings import headings_of
from portal.techdocs.rendering.links import environment
from portal.techdocs.rendering.links import links_of
from portal.techdocs.rendering.markdown import DIAGRAM
from portal.techdocs.rendering.markdown import FORMULA
from portal.techdocs.rendering.markdown import parser
from portal.techdocs.rendering.sanitizing import sanitized
from portal.techdocs.rendering.snippets import ReadSnippet
from portal.techdocs.rendering.snippets import with_snippets

#: Raised whenever the same page gives other HTML; a part of the keys of caches.
VERSION = "1"
_PARSER: MarkdownIt = parser()


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link of a page: its target as written, and the line of the page, from 1."""

    target: str
    line: int


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page as HTML.

    Attributes:
        html: Safe HTML, with references instead of links inside of the documentation.
        title: The title: of the front matter, else the first heading of level 1.
        description: The description of the front matter; may be empty.
        headings: Every heading, in order.
        has_title: Whether the HTML begins its headings with one of level 1.
        has_diagrams: Whether a script has to draw diagrams.
        has_formulas: Whether a script has to set formulas.
        hidden: What the front matter hides: ``navigation``, ``toc``.
        links: Every link and image of the text.
        missing: Snippets that are not there, as links.
    """

    html: str
    title: str
    description: str
    headings: tuple[Heading, ...]
    has_title: bool
    has_diagrams: bool
    has_formulas: bool
    hidden: frozenset[str]
    links: tuple[PageLink, ...]
    missing: tuple[PageLink, ...]


def render_page(
    text: str, read_snippet: ReadSnippet, resolve: Callable[[str], str]
) -> RenderedPage:
    """Return a page as HTML.

    Args:
        text: The Markdown.
        read_snippet: Reads the files of snippets.
        resolve: Given a link's target as written, returns what to write instead; leaves
            what has a scheme as it is.
    """
    body, values = without_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
    lines, missing = with_snippets(body, read_snippet)
    env: dict[str, Any] = environment(resolve)
    html = _PARSER.render("\n".join(line.text for line in lines), env)
    headings = headings_of(env)
    first = next((one for one in headings if one.level == 1), None)
    clean = sanitized(html, resolve)
    return RenderedPage(
        clean,
        _text(values.get("title")) or (first.title if first else ""),
        _text(values.get("description")),
        headings,
        first is not None,
        f'class="{DIAGRAM}"' in clean,
        f'class="{FORMULA}"' in clean,
        _hidden(values.get("hide")),
        tuple(PageLink(one.target, lines[one.line].number) for one in links_of(env)),
        tuple(PageLink(one.path, one.number) for one in missing),
    )


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _hidden(value: object) -> frozenset[str]:
    values = value if isinstance(value, list) else [value]
    return frozenset(one for one in values if isinstance(one, str))
