"""``$openapi`` and ``$asyncapi``: bundles an API description of several files into one.

References to other files of the same repository are replaced by what they name;
those inside the first file stay. Rule: Backstage's JsonSchemaRefPlaceholderResolver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from portal.kernel import yaml12
from portal.kernel.files import relative_path
from portal.scm.snapshot import Blob

_MAX_VALUES = 200_000
_MAX_DEPTH = 200


def bundle(blob: Blob, read: Callable[[str], Blob]) -> str:
    """Return the description as one YAML document.

    Args:
        blob: The first file.
        read: Reads another file of the same commit.

    Raises:
        ValueError: When a file is no YAML, a reference names nothing, leads to
            another host or goes round in a circle.
        PortalError: When a file cannot be read.
    """
    bundler = _Bundler(read, {blob.path: yaml12.read_one(blob.data)}, blob.path)
    return yaml12.write(bundler.expand(bundler.documents[blob.path], blob.path, ()))


@dataclass
class _Bundler:
    """The files of one description; each is read once."""

    read: Callable[[str], Blob]
    documents: dict[str, Any]
    root: str
    _left: int = field(default=_MAX_VALUES, init=False)

    def expand(self, value: Any, file: str, way: tuple[str, ...]) -> Any:
        """Return a value of a file with its references to other files replaced.

        Args:
            value: The value.
            file: The path of the file it is in.
            way: The references that led here, to find circles.

        Raises:
            ValueError: When a reference is circular or names nothing, or the result is too
                large.
        """
        self._left -= 1
        if self._left < 0 or len(way) > _MAX_DEPTH:
            msg = "the references expand to too much"
            raise ValueError(msg)
        if isinstance(value, list):
            return [self.expand(item, file, way) for item in value]
        if not isinstance(value, dict):
            return value
        target = value.get("$ref")
        if not isinstance(target, str) or (target.startswith("#") and file == self.root):
            return {key: self.expand(item, file, way) for key, item in value.items()}
        return self._follow(target, file, way)

    def _follow(self, target: str, file: str, way: tuple[str, ...]) -> Any:
        if "://" in target:
            msg = f"$ref {target} leads to another host"
            raise ValueError(msg)
        name, _, pointer = target.partition("#")
        path = relative_path(str(PurePosixPath(file).parent), unquote(name)) if name else file
        place = f"{path}#{pointer}"
        if place in way:
            msg = f"$ref goes round in a circle: {' > '.join([*way, place])}"
            raise ValueError(msg)
        return self.expand(_at(self._document(path), pointer, place), path, (*way, place))

    def _document(self, path: str) -> Any:
        if path not in self.documents:
            self.documents[path] = yaml12.read_one(self.read(path).data)
        return self.documents[path]


def _at(document: Any, pointer: str, place: str) -> Any:
    """Return the value that a JSON pointer (RFC 6901) names.

    Raises:
        ValueError: When there is none; ``place`` is the reference in the message.
    """
    for part in filter(None, pointer.split("/")):
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            msg = f"$ref {place} names nothing"
            raise ValueError(msg)
    return document
