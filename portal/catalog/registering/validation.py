"""Validates one entity as if it were at a location; nothing is stored.

The steps are those of every descriptor. Files of placeholders and targets of a Location
are read from the location's repository; an entity without them needs no request.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urljoin

from portal.catalog.ingestion.parser import Descriptor
from portal.catalog.ingestion.placeholders import Placeholders
from portal.catalog.ingestion.placeholders import ReadFile
from portal.catalog.ingestion.placeholders import refuse_elsewhere
from portal.catalog.ingestion.processor import DescriptorOrigin
from portal.catalog.ingestion.processor import process
from portal.catalog.ingestion.targets import targets_of
from portal.catalog.sources.location_reader import LocationReader
from portal.catalog.sources.location_reader import newest
from portal.forges import PUBLIC_HOSTS
from portal.integrations.addresses import not_allowed
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.files import relative_path
from portal.model.entity import Entity
from portal.model.entity import StatusItem
from portal.model.refs import LocationRef
from portal.model.refs import file_address
from portal.model.refs import parse_location_ref
from portal.scm.snapshot import Blob

#: Rules about a target itself, not about an entity that it leads to.
_TARGET_RULES = frozenset({"target", "read", "yaml"})


def validate(entity: Entity, location: str, reader: LocationReader) -> list[StatusItem]:
    """Return the problems of an entity.

    Args:
        entity: The content of a descriptor.
        location: The location ref it is assumed to be at.
        reader: Reads that location.

    Raises:
        ValueError: When the location ref is malformed, or its type is not ``url``.
    """
    ref = parse_location_ref(location)
    if ref.type != "url":
        msg = (
            f"Invalid location ref {location}, only 'url:<target>' is supported, "
            "e.g. url:https://host/path"
        )
        raise ValueError(msg)
    place = _Place(ref, reader)
    descriptor = Descriptor(entity, Blob("", b"", ""), 1)
    try:
        origin = DescriptorOrigin(ref, ref, limits=reader.limits, kinds=reader.kinds)
        result = process(descriptor, origin, place.placeholders(entity))
        items = list(result.items)
        if result.entity is not None and result.entity["kind"] == "Location":
            items += place.target_items(result.entity)
    finally:
        place.close()
    return items


class _Place:
    """The file at a location; the repository is opened only if needed."""

    def __init__(self, ref: LocationRef, reader: LocationReader) -> None:
        self._ref = ref
        self._reader = reader
        self._close: Callable[[], None] | None = None
        self._path = ""
        self._elsewhere: ReadFile = refuse_elsewhere
        self._forges = frozenset(PUBLIC_HOSTS)
        self._root = ref.target.rpartition("/")[0]

    def placeholders(self, entity: Entity) -> Placeholders:
        """Return the placeholder processor for the entity."""
        if not _has_placeholders(entity):
            return Placeholders("", self._root, self._refuse)
        read: ReadFile = self._refuse
        with suppress(InputError):
            read = self._open()
        return Placeholders(self._path, self._root, read, self._elsewhere, self._forges)

    def _open(self) -> ReadFile:
        """Open the repository and return a function that reads its files.

        Raises:
            InputError: When the location cannot be read.
        """
        location = self._reader.open("url", self._ref.target)
        self._close = location.mirror.close
        self._path, self._root = location.roots.targets[0], location.roots.address.target
        self._elsewhere, self._forges = location.roots.elsewhere, location.roots.forges
        return lambda path: newest(location).read(path)

    def _refuse(self, path: str) -> Blob:
        raise NotAllowedError(not_allowed(file_address(self._root, path)))

    def close(self) -> None:
        """Close the repository, if it was opened."""
        if self._close is not None:
            self._close()

    def target_items(self, entity: Entity) -> Iterator[StatusItem]:
        """Yield the problems of a Location entity's targets."""
        is_optional = entity["spec"].get("presence") == "optional"
        if self._close is None:
            with suppress(InputError):
                self._open()
        for _, target in targets_of(entity):
            for item in self._items_of(self._address(target)):
                if not (is_optional and item.error == "NotFoundError"):
                    yield item

    def _address(self, target: str) -> str:
        if "://" in target or self._close is None:
            return urljoin(self._ref.target, target)
        with suppress(InputError):
            path = relative_path(str(PurePosixPath(self._path).parent), target)
            return file_address(self._root, path)
        return urljoin(self._ref.target, target)

    def _items_of(self, address: str) -> Iterator[StatusItem]:
        try:
            ingested = self._reader.read("url", address)
        except InputError as error:
            yield StatusItem("target", error.message, error="Error")
            return
        generated = f"location:default/{LocationRef('url', address).entity_name}"
        for item in ingested.items:
            is_nested = bool(item.ref) and item.ref != generated
            if item.level == "error" and item.rule in _TARGET_RULES and not is_nested:
                yield item


def _has_placeholders(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_placeholders, value))
    if isinstance(value, dict):
        return any(key.startswith("$") for key in value) or any(
            map(_has_placeholders, value.values())
        )
    return False
