"""The prose of HTML: text outside of tags, code, links, forms and what is not to be translated.

The standard library's parser takes time that grows with the square of some inputs, so tags
are found by one expression, as the HTML standard reads them (13.2.5): every part of the
text is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Elements without mentions in them.
OPAQUE = frozenset(
    "a audio button canvas code dfn head iframe kbd math noembed noframes noscript object "
    "optgroup option pre samp script select style svg template textarea title tt var video "
    "xmp".split()
)
#: Elements whose content is not markup.
_RAW = frozenset("iframe noembed noframes script style textarea title xmp".split())
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_MARKUP = re.compile(r"<(?:!--|[!?]|/?[A-Za-z])")
_TAG = re.compile(
    r"""<(?P<close>/?)(?P<name>[A-Za-z][^\s/>]*+)
    (?P<attributes>(?>=\s*"[^"]*"|=\s*'[^']*'|[^>])*+)>""",
    re.VERBOSE,
)
_LEFT_OUT = re.compile(
    r"""translate\s*=\s*["']?no\b|class\s*=\s*(?:"[^"]*|'[^']*|\S*)\bno(?:translate|-glossary)\b""",
    re.IGNORECASE,
)
#: How much of a tag's attributes is looked at.
_LONGEST_ATTRIBUTES = 2_000


def prose_of_html(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of each piece of prose in HTML."""
    inside = _Inside()
    at = 0
    while at < len(text):
        markup = _MARKUP.search(text, at)
        start = markup.start() if markup else len(text)
        if start > at and not inside.name:
            yield at, start
        at = _after(text, start, inside) if markup else start


class _Inside:
    """The element without mentions that is open, and how many of its name are."""

    name = ""
    depth = 0

    def see(self, tag: re.Match[str]) -> None:
        """Take a tag into account."""
        name = tag["name"].lower()
        if self.name:
            # A link inside of a link ends the outer one.
            step = -1 if tag["close"] else int(name != "a")
            self.depth += step if name == self.name else 0
            self.name = self.name if self.depth > 0 else ""
        elif not tag["close"] and is_left_out(tag):
            self.name, self.depth = name, 1


def is_left_out(tag: re.Match[str]) -> bool:
    """Return whether there are no mentions in the element that a tag opens."""
    name = tag["name"].lower()
    attributes = tag["attributes"][:_LONGEST_ATTRIBUTES]
    return name in OPAQUE or (name not in _VOID and bool(_LEFT_OUT.search(attributes)))


def opened(tag: str) -> re.Match[str] | None:
    """Return a text that is one tag; ``None`` for anything else."""
    return _TAG.fullmatch(tag)


def _after(text: str, start: int, inside: _Inside) -> int:
    """Return where the markup at ``start`` ends; the rest of the text if it does not."""
    if text.startswith("<!--", start):
        end = text.find("-->", start + 4)
        return len(text) if end < 0 else end + 3
    tag = _TAG.match(text, start)
    if tag is None:
        end = text.find(">", start) if text[start + 1] in "!?" else -1
        return len(text) if end < 0 else end + 1
    inside.see(tag)
    name = tag["name"].lower()
    if tag["close"] or name not in _RAW:
        return tag.end()
    end_tag = re.compile(f"</{name}", re.IGNORECASE).search(text, tag.end())
    return end_tag.start() if end_tag else len(text)
