"""Writes JSON values as YAML text."""

from __future__ import annotations

import yaml

from portal.kernel.json_text import Json


def write(value: Json) -> str:
    """Return a JSON value as a YAML document; keys keep their order, text is not escaped."""
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    return text
