"""``fields=``: parts of an entity, copied to the same nested place (CONTRACT §1.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from portal.kernel.errors import InputError

_ABSENT = object()
#: Every field is looked for in every entity of the answer.
_MOST = 500


def parse_fields(values: Iterable[str]) -> tuple[str, ...]:
    """Return the paths of ``fields`` parameters: comma-separated and repeated.

    Raises:
        InputError: When a path asks for an array's item.
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


def _find(value: Any, path: str) -> tuple[list[str], Any]:
    """Follow a dotted path; a key may itself hold dots, the shortest match wins."""
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
