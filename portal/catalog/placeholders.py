"""``$text``, ``$json``, ``$yaml``, ``$openapi`` and ``$asyncapi``: parts kept in other files.

Only files of the same repository at the same commit are read. Rules: CONTRACT
of Backstage's PlaceholderProcessor; unknown names and objects with more than one
key stay as they are and are not looked into.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import PurePosixPath
from typing import Any
from typing import NoReturn

from portal.catalog.bundling import bundle
from portal.kernel import yaml12
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import PortalError
from portal.kernel.files import relative_path
from portal.model.entity import JsonPath
from portal.model.refs import path_of_address
from portal.scm.forges import not_allowed
from portal.scm.forges import parse_file_url
from portal.scm.mirror import Blob

#: How many bytes the placeholders of one file may bring in, each use counted.
_MAX_BYTES = 5 * 1024 * 1024
_MAX_DEPTH = 64

#: How a file of the snapshot is read; raises ``PortalError`` when it cannot be.
ReadFile = Callable[[str], Blob]


class PlaceholderError(ValueError):
    """A placeholder that cannot be filled; knows its place in the descriptor."""

    def __init__(self, message: str, path: JsonPath) -> None:
        super().__init__(message)
        self.path = path


def refuse_elsewhere(target: str) -> NoReturn:
    """Refuse to read outside of the repository, in Backstage's words.

    Raises:
        NotAllowedError: When the address is none of a repository.
        ValueError: When it is.
    """
    try:
        parse_file_url(target)
    except InputError:
        raise NotAllowedError(not_allowed(target)) from None
    msg = "Placeholder may only reference files from the same repository as the entity"
    raise ValueError(msg)


@dataclass
class Placeholders:
    """Fills the placeholders of the descriptors of one file.

    Args:
        file: The path of the descriptor file; relative targets start there.
        location: The address (without type) the repository's root is known by;
            absolute targets must begin with it.
        read: Reads another file of the same commit.
        elsewhere: Reads a file at an address outside of the repository.
    """

    file: str
    location: str
    read: ReadFile
    elsewhere: ReadFile = refuse_elsewhere
    #: The files that were read, path to blob id.
    used: dict[str, str] = field(default_factory=dict)
    _left: int = field(default=_MAX_BYTES, init=False)

    def fill(self, value: Any, path: JsonPath = ()) -> Any:
        """Return ``value`` with every placeholder in it replaced.

        Raises:
            PlaceholderError: When a target is no text, is outside of the
                repository, does not exist or cannot be parsed.
        """
        if isinstance(value, list):
            return [self.fill(item, (*path, i)) for i, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        marked = [key for key in value if key.startswith("$")]
        if not marked:
            return {key: self.fill(item, (*path, key)) for key, item in value.items()}
        if len(value) != 1 or marked[0][1:] not in _RESOLVERS:
            return value
        return self._resolve(marked[0], value[marked[0]], (*path, marked[0]))

    def _resolve(self, key: str, target: Any, path: JsonPath) -> Any:
        if not isinstance(target, str):
            msg = (
                f"Placeholder {key} expected a string value parameter, in the form of "
                "an absolute URL or a relative path"
            )
            raise PlaceholderError(msg, path)
        try:
            return _RESOLVERS[key[1:]](self._target(target), self._read)
        except (PortalError, ValueError) as error:
            reason = f"{error.name}: {error}" if isinstance(error, PortalError) else str(error)
            msg = f"Placeholder {key} could not read location {target}, {reason}"
            raise PlaceholderError(msg, path) from None

    def _read(self, path: str) -> Blob:
        """Read a file of the repository."""
        return self._count(self.read(path))

    def _target(self, target: str) -> Blob:
        """Read what a placeholder names: a path, or an address."""
        if "://" not in target:
            return self._read(relative_path(str(PurePosixPath(self.file).parent), target))
        inside = path_of_address(self.location, target)
        if inside is not None:
            return self._read(relative_path("", inside))
        return self._count(self.elsewhere(target))

    def _count(self, blob: Blob) -> Blob:
        """Remember that a file was used and what it weighs."""
        self.used[blob.path] = blob.id
        self._left -= len(blob.data)
        if self._left < 0:
            msg = f"the placeholders of one file bring in more than {_MAX_BYTES:,} bytes"
            raise ValueError(msg)
        return blob


def _text(data: bytes) -> str:
    text = data.decode("utf-8-sig")
    _check_text(text)
    return text


def _json(data: bytes) -> Any:
    try:
        value = json.loads(data)
    except RecursionError:
        msg = f"nested more than {_MAX_DEPTH} levels deep"
        raise ValueError(msg) from None
    _check_json(value)
    return value


def _check_json(value: Any) -> None:
    """Refuse what Python's JSON reader lets through, but no database or client takes."""
    waiting = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            msg = f"nested more than {_MAX_DEPTH} levels deep"
            raise ValueError(msg)
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, float) and not math.isfinite(item):
            msg = f"{item} is not a JSON number"
            raise ValueError(msg)
        elif isinstance(item, dict):
            waiting += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            waiting += [(part, depth + 1) for part in item]


def _check_text(text: str) -> None:
    if "\0" in text:
        msg = "the text holds a NUL character"
        raise ValueError(msg)
    if any("\ud800" <= char <= "\udfff" for char in text):
        msg = "the text holds half of a surrogate pair"
        raise ValueError(msg)


#: What a placeholder makes of its file; the second argument reads further ones.
_RESOLVERS: dict[str, Callable[[Blob, ReadFile], Any]] = {
    "text": lambda blob, _read: _text(blob.data),
    "json": lambda blob, _read: _json(blob.data),
    "yaml": lambda blob, _read: yaml12.read_one(blob.data),
    "openapi": bundle,
    "asyncapi": bundle,
}
