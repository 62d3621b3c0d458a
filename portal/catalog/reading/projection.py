"""What lists show of an entity: ``fields=``, and the beginning of a long description.

Rules: docs/reference/wire-contract.md, "Fields".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from portal.kernel.errors import InputError
from portal.model.entity import json_text

_ABSENT = object()
#: How the member begins; inside of a text its quotes would have backslashes.
_DESCRIPTION = '"description":"'
_TEXT_END = re.compile(r'(?<!\\)(?:\\\\)*"')
#: The greatest number of paths: each is searched in every entity of the response.
_MOST = 500


def parse_fields(values: Iterable[str]) -> tuple[str, ...]:
    """Return the paths of ``fields`` parameters: comma-separated and repeated.

    Raises:
        InputError: When a path names an array item, or there are too many.
    """
    split = (path.strip() for value in values for path in value.split(","))
    paths = tuple(dict.fromkeys(filter(None, split)))
    for path in paths:
        if "[" in path:
            raise InputError(f'Invalid field "{path}", array type fields are not supported')
    if len(paths) > _MOST:
        raise InputError(f"More than {_MOST} different fields")
    return paths


def project(text: str, paths: Iterable[str]) -> str:
    """Return the JSON text of an entity reduced to ``paths``."""
    entity = json.loads(text)
    result: dict[str, Any] = {}
    for path in paths:
        keys, value = _find(entity, path)
        if value is not _ABSENT:
            _place(result, keys, value)
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


def shortened(text: str, most: int) -> str:
    """Return the JSON text of an entity with so many characters of its description; 0 is all.

    Most entities are not parsed: only what may hold a long description.
    """
    if not most or len(text) <= most or not _may_be_longer(text, most):
        return text
    entity = json.loads(text)
    description = entity["metadata"].get("description", "")
    if len(description) <= most:
        return text
    entity["metadata"]["description"] = f"{description[: most - 1]}…"
    return json_text(entity)


def _may_be_longer(text: str, most: int) -> bool:
    """Return whether a member of that name, wherever it is, may have more characters."""
    start = text.find(_DESCRIPTION)
    while start != -1:
        start += len(_DESCRIPTION)
        end = _TEXT_END.search(text, start)
        if end is None or end.start() - start > most:
            return True
        start = text.find(_DESCRIPTION, end.end())
    return False


def _find(value: Any, path: str) -> tuple[list[str], Any]:
    """Return keys and value of a dotted path; keys may contain dots, the shortest wins."""
    keys: list[str] = []
    rest = f"{path}."
    while rest:
        if not isinstance(value, dict):
            return keys, _ABSENT
        key = min((key for key in value if rest.startswith(f"{key}.")), key=len, default=None)
        if key is None:
            return keys, _ABSENT
        keys.append(key)
        value = value[key]
        rest = rest[len(key) + 1 :]
    return keys, value


def _place(result: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        below = result.setdefault(key, {})
        if not isinstance(below, dict):
            return
        result = below
    result[keys[-1]] = value
