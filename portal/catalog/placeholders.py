"""``$text``, ``$json`` and ``$yaml``: parts of a descriptor kept in other files.

Only files of the same repository at the same commit are read. Rules: CONTRACT
of Backstage's PlaceholderProcessor; unknown names and objects with more than one
key stay as they are and are not looked into.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import PurePosixPath
from typing import Any

from portal.kernel import yaml12
from portal.kernel.errors import PortalError
from portal.kernel.files import relative_path
from portal.model.entity import JsonPath
from portal.scm.mirror import Blob

#: How a file of the snapshot is read; raises ``PortalError`` when it cannot be.
ReadFile = Callable[[str], Blob]


class PlaceholderError(ValueError):
    """A placeholder that cannot be filled; knows its place in the descriptor."""

    def __init__(self, message: str, path: JsonPath) -> None:
        super().__init__(message)
        self.path = path


@dataclass
class Placeholders:
    """Fills the placeholders of the descriptors of one file.

    Args:
        file: The path of the descriptor file; relative targets start there.
        location: The address (without type) the repository's root is known by;
            absolute targets must begin with it.
        read: Reads another file of the same commit.
    """

    file: str
    location: str
    read: ReadFile
    #: The files that were read, path to blob id.
    used: dict[str, str] = field(default_factory=dict)

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
            blob = self.read(self._file_of(target))
            self.used[blob.path] = blob.id
            return _RESOLVERS[key[1:]](blob.data)
        except (PortalError, ValueError) as error:
            msg = f"Placeholder {key} could not read location {target}, {error}"
            raise PlaceholderError(msg, path) from None

    def _file_of(self, target: str) -> str:
        if "://" not in target:
            return relative_path(str(PurePosixPath(self.file).parent), target)
        if not target.startswith(self.location + "/"):
            msg = "Placeholder may only reference files from the same repository as the entity"
            raise ValueError(msg)
        return relative_path("", target.removeprefix(self.location))


_RESOLVERS: dict[str, Callable[[bytes], Any]] = {
    "text": lambda data: data.decode("utf-8-sig"),
    "json": lambda data: json.loads(data),
    "yaml": yaml12.read_one,
}
