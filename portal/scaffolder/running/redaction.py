"""Redaction: replaces every secret in texts for logs, events and errors by ``***``."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from urllib.parse import quote_plus

MASK = "***"
#: Shorter texts are found as they are only: as parts, or in another form, they are too common.
_SHORTEST_FORM = 4
_LINE_OR_FOLDER = re.compile(r"[/\\\r\n\t]+")


class Redactor:
    """Replaces registered secrets wherever they occur in a text, in whatever form and case."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._hidden: set[str] = set()
        self._forms: set[str] = set()
        #: Single characters occur in every text: they are redacted where they stand alone.
        self._alone: set[str] = set()
        for text in secrets.values():
            self._add(text, _parts(text))
        self._sort()

    def hide(self, *texts: str) -> None:
        """Register texts as secrets; the parts of one that holds no other secret as well."""
        new = {part for text in texts for part in (text, text.strip()) if part} - self._hidden
        for text in sorted(new, key=len):
            holds_another = self.shown(text) != text
            self._add(text, () if holds_another else _parts(text))
            self._sort()

    def _add(self, text: str, parts: Iterable[str]) -> None:
        self._hidden.add(text)
        if len(text) == 1:
            self._alone.add(text)
        self._forms.update(form for part in (text, *parts) for form in _forms(part))

    def _sort(self) -> None:
        self._longest_first = sorted(self._forms, key=len, reverse=True)

    def hidden(self) -> list[str]:
        """Return all registered texts, to restore another redactor from them."""
        return sorted(self._hidden)

    def hide_differences(self, shown: Any, masked: Any) -> None:
        """Register every text of ``shown`` that differs from its counterpart in ``masked``."""
        for text, other in _pairs(shown, masked):
            if text != other:
                self.hide(text)

    def shown(self, text: str) -> str:
        """Return a text with its secrets replaced."""
        if text in self._alone:
            return MASK
        folded = text.lower()
        for form in self._longest_first:
            if form in text:
                text = text.replace(form, MASK)
            elif len(form) >= _SHORTEST_FORM and form.lower() in folded:
                text = re.sub(re.escape(form), MASK, text, flags=re.IGNORECASE)
        return text

    def shown_value(self, value: Any) -> Any:
        """Return a JSON value with the secrets in its texts replaced, those of keys as well."""
        if isinstance(value, str):
            return self.shown(value)
        if isinstance(value, list):
            return [self.shown_value(item) for item in value]
        if isinstance(value, dict):
            return {self._shown_key(key): self.shown_value(item) for key, item in value.items()}
        return value

    def _shown_key(self, key: str) -> str:
        return key if key in self._alone else self.shown(key)


def masked(secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets with every value replaced by a mask."""
    return dict.fromkeys(secrets, MASK)


def _parts(text: str) -> Iterator[str]:
    """Yield the lines of a text and, as paths are shortened, what stands between slashes."""
    parts = (text.strip(), *_LINE_OR_FOLDER.split(text), *text.splitlines())
    return (part.strip() for part in parts if len(part) >= _SHORTEST_FORM)


def _forms(text: str) -> Iterator[str]:
    """Yield a text as it is, and as documents, addresses and shells write it."""
    if len(text) >= _SHORTEST_FORM:
        yield from filter(None, _written(text))
    elif text:
        yield text if len(text) > 1 else f'"{text}"'


def _written(text: str) -> Iterator[str]:
    yield text
    for escaped in (_in_json(text), _in_json(text, ensure_ascii=False)):
        yield escaped
        yield _in_json(escaped)  # JSON in a text of JSON
    yield repr(text)[1:-1]
    data = text.encode("utf-8", "replace")
    yield from (quote(data, ""), quote(data), quote_plus(data))
    in_html = html.escape(text)
    yield from (in_html, in_html.replace("&#x27;", "&#39;").replace("&quot;", "&#34;"))
    yield from (text.replace("'", other) for other in ("'\"'\"'", "'\\''", "\\'"))
    for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        yield encoded.decode().rstrip("=")


def _in_json(text: str, *, ensure_ascii: bool = True) -> str:
    return json.dumps(text, ensure_ascii=ensure_ascii)[1:-1]


def _pairs(value: Any, other: Any) -> Iterator[tuple[str, Any]]:
    """Yield the texts of a value, keys among them, each with its counterpart in ``other``."""
    if isinstance(value, str):
        yield value, other
    elif isinstance(value, list):
        others = other if isinstance(other, list) else []
        for index, item in enumerate(value):
            yield from _pairs(item, others[index] if index < len(others) else None)
    elif isinstance(value, dict):
        members = other if isinstance(other, dict) else {}
        for key, item in value.items():
            yield key, key if key in members else None
            yield from _pairs(item, members.get(key))
