"""``$text``, ``$json``, ``$yaml``, ``$openapi`` and ``$asyncapi``: parts kept in other files.

Only files of the same repository at the same commit are read. Unknown names and
objects with more than one key stay as they are and are not looked into. Rules:
docs/reference/wire-contract.md, "Placeholders" (Backstage's PlaceholderProcessor).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field
from pathlib import PurePosixPath
from typing import Any
from typing import NoReturn

from portal.catalog.ingestion.bundling import bundle
from portal.forges import PUBLIC_HOSTS
from portal.integrations.addresses import not_allowed
from portal.kernel import yaml12
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import PortalError
from portal.kernel.files import relative_path
from portal.kernel.json_text import parse_json
from portal.model.entity import JsonPath
from portal.model.refs import path_of_address
from portal.scm.snapshot import Blob
from portal.scm.snapshot import is_pointer
from portal.scm.urls import host_of

#: The greatest number of bytes that the placeholders of one file insert, each use counted.
_MAX_BYTES = 5 * 1024 * 1024
_MAX_DEPTH = 64

#: Reads a file of the snapshot; raises ``PortalError`` when it cannot be read.
ReadFile = Callable[[str], Blob]


#: The hint where there is no better one.
SAME_COMMIT = "Placeholders read files of the same repository and commit."


class PlaceholderError(ValueError):
    """A placeholder that cannot be filled.

    Args:
        message: What is wrong.
        path: The path of the placeholder in the descriptor.
        hint: How to fix it.
    """

    def __init__(self, message: str, path: JsonPath, hint: str = SAME_COMMIT) -> None:
        super().__init__(message)
        self.path = path
        self.hint = hint


class _ContentError(ValueError):
    """The content of a file cannot be used; ``hint`` says how to fix it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


#: What Backstage says of a target that is in another repository.
_OTHER_REPOSITORY = (
    "Error: Placeholder may only reference files from the same repository as the entity"
)


def refuse_elsewhere(target: str) -> NoReturn:
    """Refuse to read outside of the repository, in Backstage's words.

    Raises:
        NotAllowedError: Always.
    """
    raise NotAllowedError(not_allowed(target))


@dataclass
class Placeholders:
    """Fills the placeholders of the descriptors of one file.

    Args:
        file: The path of the descriptor file; relative targets are resolved against it.
        location: The address (without type) of the repository's root; absolute targets
            have to begin with it.
        read: Reads another file of the same commit.
        elsewhere: Reads a file at an address outside of the repository, which is at no forge.
        forges: The hosts of forges: what is there is in a repository, and so in another one.
    """

    file: str
    location: str
    read: ReadFile
    elsewhere: ReadFile = refuse_elsewhere
    forges: Collection[str] = frozenset(PUBLIC_HOSTS)
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
            hint = error.hint if isinstance(error, _ContentError) else SAME_COMMIT
            raise PlaceholderError(msg, path, hint) from None

    def _read(self, path: str) -> Blob:
        """Read a file of the repository."""
        return self._count(self.read(path))

    def _target(self, target: str) -> Blob:
        """Read the target of a placeholder: a path, or an address.

        Raises:
            ValueError: When it leads to another repository; nothing is asked for it.
        """
        if "://" not in target:
            return self._read(_resolved(str(PurePosixPath(self.file).parent), target))
        inside = path_of_address(self.location, target)
        if inside is not None:
            return self._read(_resolved("", inside))
        if host_of(target) in self.forges:
            raise ValueError(_OTHER_REPOSITORY)
        return self._count(self.elsewhere(target))

    def _count(self, blob: Blob) -> Blob:
        """Record a used file and count its bytes.

        Raises:
            ValueError: When it is too much, is no UTF-8 or is not in the repository itself.
        """
        _check_content(blob)
        self.used[blob.path] = blob.id
        self._left -= len(blob.data)
        if self._left < 0:
            msg = f"the placeholders of one file bring in more than {_MAX_BYTES:,} bytes"
            raise ValueError(msg)
        return blob


def _resolved(folder: str, target: str) -> str:
    """Return the path of a target in the repository.

    Raises:
        ValueError: When it leads out of the repository.
    """
    try:
        return relative_path(folder, target)
    except InputError:
        raise ValueError(_OTHER_REPOSITORY) from None


def _check_content(blob: Blob) -> None:
    """Refuse what no placeholder can make use of.

    Raises:
        _ContentError: Naming the file, what it is and how to mend that.
    """
    if is_pointer(blob.data):
        msg = f"{blob.path} is kept in Git LFS, which is not read"
        raise _ContentError(msg, f"Keep {blob.path} in the repository itself (.gitattributes).")
    try:
        blob.data.decode()
    except UnicodeDecodeError as error:
        msg = f"{blob.path} is not UTF-8 (byte {error.start + 1:,} is none of a character)"
        raise _ContentError(msg, f"Save {blob.path} as UTF-8.") from None


def _text(data: bytes) -> str:
    text = data.decode("utf-8-sig")
    _check_text(text)
    return text


def _json(data: bytes) -> Any:
    value = parse_json(data, _MAX_DEPTH)
    _check_json(value)
    return value


def _check_json(value: Any) -> None:
    """Refuse values that Python's JSON reader accepts, but no database or client does.

    Raises:
        ValueError: For NaN, infinity, NUL and lone surrogates.
    """
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, float) and not math.isfinite(item):
            msg = f"{item} is not a JSON number"
            raise ValueError(msg)
        elif isinstance(item, dict):
            waiting += [part for pair in item.items() for part in pair]
        elif isinstance(item, list):
            waiting += item


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
