"""Secrets do not leave: texts for the log, with every secret in them taken out."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

MASK = "***"
#: A single character is in every text; hiding it would hide everything.
_SHORTEST = 2


class Redactor:
    """Knows what must not be shown, and replaces it wherever it stands."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._hidden: set[str] = set()
        self.hide(*secrets.values())

    def hide(self, *texts: str) -> None:
        """Take texts for secrets from now on; a secret's own lines are secrets, too."""
        for text in texts:
            self._hidden |= {part for part in (text, text.strip()) if len(part) >= _SHORTEST}

    def hidden(self) -> list[str]:
        """Return all that is taken for a secret, so that another one can know it, too."""
        return sorted(self._hidden)

    def hide_differences(self, shown: Any, masked: Any) -> None:
        """Take every text for a secret that is another one without the secrets."""
        for text, other in _pairs(shown, masked):
            if text != other:
                self.hide(text)

    def shown(self, text: str) -> str:
        """Return a text without secrets."""
        for hidden in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(hidden, MASK)
        return text

    def shown_value(self, value: Any) -> Any:
        """Return a JSON value without secrets in any of its texts; keys stay."""
        if isinstance(value, str):
            return self.shown(value)
        if isinstance(value, list):
            return [self.shown_value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.shown_value(item) for key, item in value.items()}
        return value


def masked(secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets' names, each with a mask for its value."""
    return dict.fromkeys(secrets, MASK)


def _pairs(value: Any, other: Any) -> Iterator[tuple[str, Any]]:
    """Yield the texts of a value, each with what stands in its place in another."""
    if isinstance(value, str):
        yield value, other
    elif isinstance(value, list):
        others = other if isinstance(other, list) else []
        for index, item in enumerate(value):
            yield from _pairs(item, others[index] if index < len(others) else None)
    elif isinstance(value, dict):
        members = other if isinstance(other, dict) else {}
        for key, item in value.items():
            yield from _pairs(item, members.get(key))
