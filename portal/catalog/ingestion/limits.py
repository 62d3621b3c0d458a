"""How much the metadata of an entity may hold; Backstage has no such limits.

Metadata is in every list and in the search rows, so one entity could burden every request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portal.config.settings import SETTINGS
from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.formats import FormatError

#: The description may be long: lists show its beginning only.
_DESCRIPTION = ("metadata", "description")


@dataclass(frozen=True, slots=True)
class MetadataLimits:
    """The limits in force; the defaults are those of the settings.

    Attributes:
        text_bytes: The greatest size of a text, in bytes of UTF-8.
        members: The greatest number of members of a list or mapping.
    """

    text_bytes: int = SETTINGS["metadata_bytes"].default
    members: int = SETTINGS["metadata_members"].default

    def errors(self, entity: Entity) -> Iterator[FormatError]:
        """Yield what of an entity's metadata exceeds a limit."""
        waiting: list[tuple[JsonPath, Any]] = [(("metadata",), entity["metadata"])]
        while waiting:
            path, value = waiting.pop()
            place = ".".join(map(str, path))
            if isinstance(value, (dict, list)):
                if len(value) > self.members:
                    yield FormatError(
                        path, f"{place} has {len(value):,} members; {self.members:,} are allowed"
                    )
                    continue
                pairs = value.items() if isinstance(value, dict) else enumerate(value)
                waiting += [((*path, key), item) for key, item in pairs]
            elif isinstance(value, str) and path != _DESCRIPTION:
                size = len(value.encode("utf-8", "surrogatepass"))
                if size > self.text_bytes:
                    yield FormatError(
                        path, f"{place} has {size:,} bytes; {self.text_bytes:,} are allowed"
                    )
