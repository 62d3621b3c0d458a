"""Who reads a page: the language, and links that keep it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import quote
from urllib.parse import urlencode
from urllib.parse import urlsplit

import flask

from portal.glossary.api import wanted_languages
from portal.glossary.concepts import LANGUAGES
from portal.glossary.concepts import choose_language
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.ui.texts import name_in
from portal.ui.texts import text_in

#: What a link of the content may lead to; anything else is shown as text.
_SCHEMES = frozenset({"http", "https", "mailto"})


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of one page.

    Attributes:
        language: One of ``LANGUAGES``.
        has_chosen: Whether the address says so; links repeat it only then.
    """

    language: str
    has_chosen: bool = False

    def text(self, key: str, /, **values: object) -> str:
        """Return a text of the pages."""
        return text_in(self.language, key, values)

    def name(self, group: str, key: str) -> str:
        """Return the name of a kind, relation or the like; unknown ones name themselves."""
        return name_in(self.language, group, key)

    def url(self, path: str, **values: object) -> str:
        """Return the address of a page of the portal, in the chosen language."""
        query = {key: value for key, value in values.items() if value not in ("", None)}
        if self.has_chosen:
            query.setdefault("lang", self.language)
        return f"{path}?{urlencode(query)}" if query else path

    def entity_url(self, ref: str) -> str:
        """Return the address of the page about an entity."""
        return self.url(entity_path(parse_ref(ref)))


def reader_of(request: flask.Request) -> Reader:
    """Return who reads: ``lang`` of the address first, else ``Accept-Language``."""
    asked = request.args.get("lang", "").lower().partition("-")[0]
    if asked in LANGUAGES:
        return Reader(asked, has_chosen=True)
    return Reader(choose_language(wanted_languages(None), LANGUAGES)[0])


def same_page(request: flask.Request, language: str) -> str:
    """Return the address of this very page in another language."""
    values = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    path = f"/{request.path.lstrip('/')}"  # two slashes would name another host
    return f"{quote(path)}?{urlencode([*values, ('lang', language)])}"


def entity_path(ref: EntityRef) -> str:
    """Return the path of the page about an entity; concepts have their own."""
    if ref.kind.lower() == "concept" and ref.namespace.lower() == "default":
        return f"/glossary/{_part(ref.name)}"
    return f"/catalog/{_part(ref.namespace)}/{_part(ref.kind)}/{_part(ref.name)}"


def _part(text: str) -> str:
    return quote(text.lower(), safe="")


def is_web_address(url: object) -> bool:
    """Whether a page may link there."""
    try:
        return urlsplit(str(url).strip()).scheme.lower() in _SCHEMES
    except ValueError:
        return False


def moment(text: str) -> str:
    """Return an ISO time as people read it, in UTC; other texts stay as they are."""
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
