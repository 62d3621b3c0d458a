"""A text with links around its mentions, in its own format; plain text becomes HTML."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from portal.mentions.formats import HTML
from portal.mentions.formats import MARKDOWN
from portal.mentions.formats import PLAIN
from portal.mentions.matching import Match

#: The class of links in HTML.
LINK_CLASS = "glossary-term"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a mention leads: the concept's name, the address of its page, its definition."""

    name: str
    url: str
    summary: str


def linked(
    text: str, format_: str, mentions: Iterable[Match], targets: Mapping[str, Target]
) -> str:
    """Return a text with links.

    What is added is escaped for its format. What was there stays byte for byte, but for plain
    text, which is escaped as a whole: HTML that came in is not made safe by this.

    Args:
        text: The text.
        format_: One of the formats of ``PROSE``.
        mentions: The mentions in it, in order.
        targets: Where each concept leads, by its ref.
    """
    link, keep = _LINKS[format_], escape if format_ == PLAIN else str
    parts, at = [], 0
    for mention in mentions:
        written = text[mention.start : mention.end]
        parts += [keep(text[at : mention.start]), link(written, targets[mention.term.ref])]
        at = mention.end
    return "".join([*parts, keep(text[at:])])


def _html_link(written: str, target: Target) -> str:
    return _anchor(written, target)


def _plain_link(written: str, target: Target) -> str:
    return _anchor(escape(written), target)


def _anchor(content: str, target: Target) -> str:
    return (
        f'<a class="{LINK_CLASS}" href="{escape(target.url)}" title="{escape(target.summary)}" '
        f'data-concept="{escape(target.name)}">{content}</a>'
    )


def _markdown_link(written: str, target: Target) -> str:
    # The page's address holds no blanks and no parentheses, a term no brackets.
    return f"[{written}]({target.url})"


_LINKS: Mapping[str, Callable[[str, Target], str]] = {
    PLAIN: _plain_link,
    MARKDOWN: _markdown_link,
    HTML: _html_link,
}
