"""Badges: small pictures (SVG) that say a status, for READMEs and pages elsewhere."""

from __future__ import annotations

from html import escape

from portal.links.link import Link
from portal.links.link import LinkStatus

#: The words and the colour of each status.
_SHOWN = {
    LinkStatus.VERIFIED: ("verified", "#2e7d32"),
    LinkStatus.CONFIRMED: ("confirmed", "#2e7d32"),
    LinkStatus.DECLARED: ("declared", "#b26a00"),
    LinkStatus.SUGGESTED: ("suggested", "#1565c0"),
    LinkStatus.TEMPLATE: ("from template", "#5f6368"),
    LinkStatus.REFUTED: ("refuted", "#5f6368"),
}
_NOTHING = ("not linked", "#5f6368")
#: The width of a letter and of a wide one (Korean), and the space at each side, in pixels.
_LETTER, _WIDE, _SPACE = 6.6, 11.0, 6.0
_LAST_NARROW = "\u02ff"


def link_badge(title: str, link: Link | None) -> str:
    """Return the badge of a concept and a service.

    Args:
        title: The title of the concept.
        link: The link; ``None`` when there is none.
    """
    text, colour = _SHOWN[link.status] if link else _NOTHING
    if link is not None and link.level:
        text = f"{text} · level {link.level}"
    return _badge(title, text, colour)


def count_badge(title: str, counted: int, total: int) -> str:
    """Return the badge of how many of some are verified or confirmed.

    Args:
        title: What they are.
        counted: How many are.
        total: How many links there are.
    """
    return _badge(title, f"{counted} of {total} verified", "#2e7d32" if counted else "#5f6368")


def _width(text: str) -> float:
    return 2 * _SPACE + sum(_LETTER if char <= _LAST_NARROW else _WIDE for char in text)


def _badge(title: str, text: str, colour: str) -> str:
    title = title[:60]
    left, right = _width(title), _width(text)
    whole = left + right
    said = escape(f"{title}: {text}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole:.0f}" height="20" role="img" '
        f'aria-label="{said}"><title>{said}</title>'
        f'<rect width="{left:.0f}" height="20" fill="#444"/>'
        f'<rect x="{left:.0f}" width="{right:.0f}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:.0f}" y="14">{escape(title)}</text>'
        f'<text x="{left + right / 2:.0f}" y="14">{escape(text)}</text></g></svg>\n'
    )
