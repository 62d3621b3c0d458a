"""What HTML of a page may hold: judged after rendering, whatever the page was made of.

A page can neither run a script nor style itself, send a form, embed another page, or lead
to an address that is not of the web.
"""

from __future__ import annotations

from collections.abc import Callable

import nh3

from portal.techdocs.rendering.references import SCHEMES

_TAGS = frozenset(
    "a abbr b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt"
    " em figcaption figure h1 h2 h3 h4 h5 h6 hr i img input ins kbd label li mark ol p picture pre"
    " q rp rt ruby s samp section small source span strike strong sub summary sup table tbody td"
    " tfoot th thead time tr u ul var wbr".split()
)
_EVERYWHERE = frozenset({"class", "id", "lang", "dir", "title", "align", "aria-label", "role"})
_ATTRIBUTES = {
    "a": {"href", "download", "aria-hidden"},
    "col": {"span"},
    "details": {"open"},
    "div": {"tabindex"},
    "img": {"src", "alt", "width", "height", "loading"},
    "input": {"type", "checked", "disabled", "name"},
    "label": {"for"},
    "li": {"value"},
    "ol": {"start", "type", "reversed"},
    "pre": {"tabindex"},
    "source": {"src", "media", "type"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope"},
    "time": {"datetime"},
}
#: Attributes of which only these values remain.
_VALUES = {
    ("input", "type"): frozenset({"checkbox", "radio"}),
    ("div", "tabindex"): frozenset({"0"}),
    ("pre", "tabindex"): frozenset({"0"}),
    ("img", "loading"): frozenset({"lazy", "eager"}),
}
_URLS = frozenset({"href", "src"})
_WEB = frozenset({"http", "https", "mailto", "tel"})


def sanitized(html: str, resolve: Callable[[str], str]) -> str:
    """Return HTML without what is not allowed.

    Args:
        html: The HTML of a page.
        resolve: Given the target of a link in HTML, returns what to write instead.
    """

    def judge(tag: str, name: str, value: str) -> str | None:
        allowed = _VALUES.get((tag, name))
        if allowed is not None:
            return value if value in allowed else None
        return resolve(value) if name in _URLS else value

    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()}
        | {"*": set(_EVERYWHERE)},
        attribute_filter=judge,
        url_schemes=set(_WEB | SCHEMES),
        link_rel=None,
    )
