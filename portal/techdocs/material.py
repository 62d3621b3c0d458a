"""A page as Backstage's reader expects it: the mark-up of the theme Material for MkDocs.

Rules: those of Backstage's ``plugins/techdocs/src/reader``. It looks for ``.md-header``,
``.md-sidebar--primary`` and ``--secondary``, ``.md-nav``, ``.md-content``, ``article`` and
the link ``Edit this page``; links between pages are relative to the folder of a page.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterator
from collections.abc import Sequence
from html import escape
from importlib import resources
from urllib.parse import quote

from portal.techdocs.page_store import DocsPage
from portal.techdocs.rendering.headings import Heading
from portal.techdocs.rendering.references import PAGE
from portal.techdocs.rendering.references import with_addresses
from portal.techdocs.sites.site import NavItem
from portal.techdocs.sites.site import Site
from portal.techdocs.sites.site import address_of

#: The style sheet in the package.
_CSS = resources.files("portal.techdocs") / "static" / "techdocs.css"
STYLES = _CSS.read_bytes()
#: Where it is in a site. Backstage's reader removes every other style sheet from a page:
#: the name has to be that of the theme's, ``main.<8 hexadecimal digits>.min.css``.
STYLESHEET = f"assets/stylesheets/main.{hashlib.sha256(STYLES).hexdigest()[:8]}.min.css"
_DEEPEST_HEADING = 4


def material_page(site: Site, page: DocsPage) -> str:
    """Return a whole HTML document."""
    return "".join(_document(site, page, address_of(page.path)))


def _document(site: Site, page: DocsPage, here: str) -> Iterator[str]:
    name = escape(site.title)
    title = page.title if page.title == site.title else f"{page.title} - {site.title}"
    description = escape(page.description or site.description)
    yield '<!doctype html>\n<html lang="en" class="no-js">\n<head>\n<meta charset="utf-8">\n'
    yield f"<title>{escape(title)}</title>\n"
    yield f'<meta name="description" content="{description}">\n'
    yield f'<link rel="stylesheet" href="{escape(_relative(here, STYLESHEET))}">\n'
    yield '</head>\n<body dir="ltr">\n'
    yield '<input class="md-toggle" data-md-toggle="drawer" type="checkbox" id="__drawer">\n'
    yield '<label class="md-overlay" for="__drawer"></label>\n'
    yield '<header class="md-header"><nav class="md-header__inner" aria-label="Header">'
    yield f'<a href="{_relative(here, "")}" class="md-logo" title="{name}">{name}</a>'
    yield '<label class="md-header__button" for="__drawer">☰</label></nav></header>\n'
    yield '<div class="md-container"><main class="md-main"><div class="md-main__inner md-grid">\n'
    yield from _navigation(site, page, here)
    yield from _contents(page)
    yield from _article(site, page, here)
    yield "</div></main>\n"
    yield from _footer(site, page, here)
    yield "</div>\n</body>\n</html>\n"


def _relative(here: str, target: str) -> str:
    """Return the address of a page or file, relative to the folder of a page."""
    path = posixpath.relpath(target or ".", here or ".")
    slash = "/" if (target.endswith("/") or not target) and path != "." else ""
    return quote(path) + slash


def _addressed(html: str, here: str) -> str:
    def address(scheme: str, path: str, fragment: str) -> str:
        target = address_of(path) if scheme == PAGE else path
        return _relative(here, target) + fragment

    return with_addresses(html, address)


def _navigation(site: Site, page: DocsPage, here: str) -> Iterator[str]:
    if "navigation" in page.hidden:
        return
    yield '<div class="md-sidebar md-sidebar--primary" data-md-component="sidebar" '
    yield 'data-md-type="navigation"><div class="md-sidebar__scrollwrap">'
    yield '<div class="md-sidebar__inner">\n'
    yield '<nav class="md-nav md-nav--primary" aria-label="Navigation" data-md-level="0">\n'
    yield f'<label class="md-nav__title" for="__drawer">{escape(site.title)}</label>\n'
    yield from _items(site.nav, page.path, here, 1, "__nav")
    yield "</nav></div></div></div>\n"


def _items(
    items: Sequence[NavItem], current: str, here: str, level: int, name: str
) -> Iterator[str]:
    yield '<ul class="md-nav__list">\n'
    for number, item in enumerate(items, 1):
        own = f"{name}_{number}"
        if item.children:
            yield from _section(item, current, here, level, own)
            continue
        href = item.url or _relative(here, address_of(item.path))
        is_here = item.path == current and not item.url
        active = " md-nav__item--active" if is_here else ""
        link = " md-nav__link--active" if is_here else ""
        yield f'<li class="md-nav__item{active}"><a href="{escape(href)}" class="md-nav__link{link}">'
        yield f'<span class="md-ellipsis">{escape(item.title)}</span></a></li>\n'
    yield "</ul>\n"


def _section(item: NavItem, current: str, here: str, level: int, name: str) -> Iterator[str]:
    is_open = any(page.path == current for page in item.pages())
    active = " md-nav__item--active" if is_open else ""
    checked = " checked" if is_open else ""
    yield f'<li class="md-nav__item{active} md-nav__item--nested">'
    yield f'<input class="md-nav__toggle md-toggle" type="checkbox" id="{name}"{checked}>'
    yield f'<label class="md-nav__link" for="{name}" tabindex="0">{escape(item.title)}'
    yield '<span class="md-nav__icon md-icon"></span></label>\n'
    yield f'<nav class="md-nav" data-md-level="{level}" aria-label="{escape(item.title)}">'
    yield f'<label class="md-nav__title" for="{name}">{escape(item.title)}</label>\n'
    yield from _items(item.children, current, here, level + 1, name)
    yield "</nav></li>\n"


def _contents(page: DocsPage) -> Iterator[str]:
    yield '<div class="md-sidebar md-sidebar--secondary" data-md-component="sidebar" '
    yield 'data-md-type="toc"><div class="md-sidebar__scrollwrap"><div class="md-sidebar__inner">\n'
    yield '<nav class="md-nav md-nav--secondary" aria-label="Table of contents">\n'
    shown = [one for one in page.headings if 1 < one.level <= _DEEPEST_HEADING]
    if shown and "toc" not in page.hidden:
        yield '<label class="md-nav__title" for="__toc">Table of contents</label>\n'
        yield '<ul class="md-nav__list" data-md-component="toc">\n'
        yield from (_heading(one) for one in shown)
        yield "</ul>\n"
    yield "</nav></div></div></div>\n"


def _heading(heading: Heading) -> str:
    return (
        f'<li class="md-nav__item md-nav__item--level-{heading.level}">'
        f'<a href="#{escape(quote(heading.anchor))}" class="md-nav__link">'
        f'<span class="md-ellipsis">{escape(heading.title)}</span></a></li>\n'
    )


def _article(site: Site, page: DocsPage, here: str) -> Iterator[str]:
    yield '<div class="md-content" data-md-component="content">'
    yield '<article class="md-content__inner md-typeset">\n'
    if edit := escape(site.edit_address(page.path)):
        yield f'<a href="{edit}" title="Edit this page" class="md-content__button md-icon" rel="edit">'
        # A pencil.
        yield '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="20" height="20">'
        yield '<path d="M3 17.5V21h3.5L17.8 9.7l-3.5-3.5zM20.7 6.8a1 1 0 0 0 0-1.4l-2.1-2.1a1 1 0 0 0'
        yield '-1.4 0l-1.7 1.7L19 8.5z"/></svg></a>\n'
    if not page.has_title:
        yield f"<h1>{escape(page.title)}</h1>\n"
    yield _addressed(page.html, here)
    if page.change:
        yield '<aside class="md-source-file"><span class="git-revision-date-localized-plugin">'
        yield f"Last changed {escape(page.change.time[:10])} by {escape(page.change.author)}"
        yield "</span></aside>\n"
    yield "</article></div>\n"


def _footer(site: Site, page: DocsPage, here: str) -> Iterator[str]:
    order = site.reading_order()
    at = next((number for number, one in enumerate(order) if one.path == page.path), None)
    if at is None:
        return
    yield '<footer class="md-footer"><nav class="md-footer__inner md-grid" aria-label="Footer">\n'
    for name, index in (("prev", at - 1), ("next", at + 1)):
        if 0 <= index < len(order):
            href = escape(_relative(here, address_of(order[index].path)))
            word = "Previous" if name == "prev" else "Next"
            yield f'<a href="{href}" class="md-footer__link md-footer__link--{name}" rel="{name}">'
            yield f'<div class="md-footer__title"><span class="md-footer__direction">{word}</span>'
            yield f'<div class="md-ellipsis">{escape(order[index].title)}</div></div></a>\n'
    yield "</nav></footer>\n"
