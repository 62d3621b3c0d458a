"""The texts of all pages in one table: key to Korean and English.

Content is not here; it comes from the glossary and the catalog. A room of pages adds a module
of its own, and its table here.
"""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from portal.ui.texts import account
from portal.ui.texts import administering
from portal.ui.texts import browsing
from portal.ui.texts import coverage
from portal.ui.texts import creating
from portal.ui.texts import documentation
from portal.ui.texts import finding
from portal.ui.texts import frame
from portal.ui.texts import names
from portal.ui.texts import reference
from portal.ui.texts import watching

_LANGUAGES = ("ko", "en")
_TABLES = (
    frame,
    finding,
    browsing,
    coverage,
    creating,
    documentation,
    watching,
    reference,
    account,
    administering,
    names,
)

#: Korean, English. ``{name}`` is filled in by the page.
TEXTS: Mapping[str, tuple[str, str]] = {
    key: text for table in _TABLES for key, text in table.TEXTS.items()
}


def text_in(language: str, key: str, values: Mapping[str, object]) -> str:
    """Return a text of the table with its placeholders filled in.

    Args:
        language: ``ko`` or ``en``.
        key: The key; with a ``total`` of 1, ``key`` + ``.one`` if there is such a text.
        values: The values of placeholders such as ``{name}``.
    """
    if values.get("total") == 1 and f"{key}.one" in TEXTS:
        key = f"{key}.one"
    text = TEXTS[key][_LANGUAGES.index(language)]
    if any(isinstance(value, Markup) for value in values.values()):
        return Markup(text).format(**values)  # noqa: S704 - the table's own text  # nosec B704
    return text.format_map(values) if values else text


def name_in(language: str, group: str, value: str) -> str:
    """Return the name of a value of the content; unknown values as they are."""
    texts = TEXTS.get(f"{group}.{value}")
    return texts[_LANGUAGES.index(language)] if texts else value
