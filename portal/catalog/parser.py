"""A blob becomes descriptors; what cannot be read becomes a value, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.kernel import yaml12
from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.scm.mirror import Blob


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One document of a descriptor file, not yet judged.

    Attributes:
        document: The document's value; a JSON object.
        blob: The file it stands in.
        line: The line, from 1, the document begins at.
    """

    document: Entity
    blob: Blob
    line: int

    def position(self, path: JsonPath = ()) -> Position:
        """Return where ``path`` stands; costs a second reading of the document."""
        if not path:
            return Position(self.blob.path, self.line)
        line, column = yaml12.position(self.blob.data, self.line, path)
        return Position(self.blob.path, line, column)


def parse(blob: Blob) -> Iterator[Descriptor | StatusItem]:
    """Yield the descriptors of a file in order, and an item for each broken part."""
    for item in yaml12.read(blob.data):
        if isinstance(item, yaml12.Fault):
            yield StatusItem(
                "yaml",
                f"YAML error at {blob.path}, {item.message}",
                Position(blob.path, item.line, item.column),
                hint=item.hint,
                error="Error",
            )
        elif not isinstance(item.value, dict):
            found = _JSON_NAMES.get(type(item.value), "value")
            yield StatusItem(
                "yaml",
                f"Expected object at root, got {found}",
                Position(blob.path, item.line),
                hint="A descriptor begins with apiVersion, kind and metadata.",
                error="Error",
            )
        else:
            yield Descriptor(item.value, blob, item.line)


_JSON_NAMES = {str: "string", list: "array", bool: "boolean", int: "number", float: "number"}
