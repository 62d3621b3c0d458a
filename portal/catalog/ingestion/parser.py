"""A blob to descriptors; faults become status items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.kernel import yaml12
from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.scm.snapshot import Blob
from portal.scm.snapshot import is_pointer


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One document of a descriptor file, not yet validated.

    Attributes:
        document: The document's value; a JSON object.
        blob: The file.
        line: The first line of the document, from 1.
    """

    document: Entity
    blob: Blob
    line: int

    def position(self, path: JsonPath = ()) -> Position:
        """Return the position of ``path``; parses the document again."""
        if not path:
            return Position(self.blob.path, self.line)
        line, column = yaml12.position(self.blob.data, self.line, path)
        return Position(self.blob.path, line, column)


def parse(blob: Blob) -> Iterator[Descriptor | StatusItem]:
    """Yield the descriptors of a file in order, and an item for each fault."""
    if is_pointer(blob.data):
        yield StatusItem(
            "read",
            f"{blob.path} is kept in Git LFS, which is not read",
            Position(blob.path),
            hint="Keep descriptors in the repository itself (.gitattributes).",
            error="Error",
        )
        return
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
