"""The reader of a page: the language, and links that keep it."""

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
from portal.ui.texts.messages.korean import in_korean
from portal.ui.texts.table import name_in
from portal.ui.texts.table import text_in

#: The URL schemes of links in the content; other links are shown as text.
_SCHEMES = frozenset({"http", "https", "mailto"})
#: The cookie with the language that was chosen last.
COOKIE = "portal_language"


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of one page.

    Attributes:
        language: One of ``LANGUAGES``.
        has_chosen: Whether the address names the language; only then links repeat it.
    """

    language: str
    has_chosen: bool = False

    def text(self, key: str, /, **values: object) -> str:
        """Return a text of ``TEXTS`` in the reader's language, filled in with ``values``."""
        return text_in(self.language, key, values)

    def name(self, group: str, key: str) -> str:
        """Return the name of a kind, relation or the like; unknown ones as they are."""
        return name_in(self.language, group, key)

    def message(self, text: str) -> tuple[str, str]:
        """Return a message of the catalog in the reader's language where it can be, and its language."""
        korean = in_korean(text) if self.language == "ko" else ""
        return (korean, "ko") if korean else (text, "en")

    def url(self, path: str, **values: object) -> str:
        """Return the address of a page of the portal, in the chosen language."""
        query = {key: value for key, value in values.items() if value not in ("", None)}
        if self.has_chosen:
            query.setdefault("lang", self.language)
        return f"{path}?{urlencode(query)}" if query else path

    def entity_url(self, ref: str) -> str:
        """Return the address of an entity's page, in the chosen language."""
        return self.url(entity_path(parse_ref(ref)))

    def ref_url(self, text: str) -> str:
        """Return the address of the entity that a text of the content names, else the catalog's."""
        ref = _known(text)
        return self.url("/catalog") if ref is None else self.url(entity_path(ref))


def _known(text: str) -> EntityRef | None:
    try:
        return parse_ref(text, "component", "default")
    except ValueError:
        return None


def reader_of(request: flask.Request) -> Reader:
    """Return the reader of a request: language by ``lang``, by cookie, by ``Accept-Language``."""
    asked = request.args.get("lang", "").lower().partition("-")[0]
    if asked in LANGUAGES:
        return Reader(asked, has_chosen=True)
    if request.cookies.get(COOKIE) in LANGUAGES:
        return Reader(request.cookies[COOKIE])
    return Reader(choose_language(wanted_languages(None), LANGUAGES)[0])


def same_page(request: flask.Request, language: str) -> str:
    """Return the address of the requested page in another language."""
    values = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    path = f"/{request.path.lstrip('/')}"  # two slashes would name another host
    return f"{quote(path)}?{urlencode([*values, ('lang', language)])}"


def entity_path(ref: EntityRef) -> str:
    """Return the path of an entity's page; concepts have pages of their own."""
    if ref.kind.lower() == "concept" and ref.namespace.lower() == "default":
        return f"/glossary/{_part(ref.name)}"
    return f"/catalog/{_part(ref.namespace)}/{_part(ref.kind)}/{_part(ref.name)}"


def _part(text: str) -> str:
    return quote(text.lower(), safe="")


def is_web_address(url: object) -> bool:
    """Return whether a page may link to ``url``."""
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


def public_url() -> str:
    """Return the portal's address for people: the setting ``base_url``, else the request's."""
    configured = flask.current_app.extensions.get("portal_base_url", "")
    return str(configured or flask.request.host_url).rstrip("/")
