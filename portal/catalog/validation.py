"""Judging one entity as if it stood at a location; nothing of it is kept.

The steps are those every descriptor goes through. What they need of the
location's repository, files of placeholders and targets of a Location, is read
there; an entity that needs none is judged without asking anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urljoin

from portal.catalog.location_reader import LocationReader
from portal.catalog.location_reader import newest
from portal.catalog.orchestrator import targets_of
from portal.catalog.parser import Descriptor
from portal.catalog.placeholders import Placeholders
from portal.catalog.placeholders import ReadFile
from portal.catalog.placeholders import refuse_elsewhere
from portal.catalog.processor import Origin
from portal.catalog.processor import process
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.files import relative_path
from portal.model.entity import Entity
from portal.model.entity import StatusItem
from portal.model.refs import LocationRef
from portal.model.refs import file_address
from portal.model.refs import parse_location_ref
from portal.scm.forges import not_allowed
from portal.scm.mirror import Blob

#: What is wrong with a target itself, not with an entity it leads to.
_TARGET_RULES = frozenset({"target", "read", "yaml"})


def validate(entity: Entity, location: str, reader: LocationReader) -> list[StatusItem]:
    """Return what is wrong with an entity.

    Args:
        entity: What a descriptor would hold.
        location: The location ref it is thought to stand at.
        reader: How that location is read.

    Raises:
        ValueError: When the location is none, or of another type than ``url``.
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
        result = process(descriptor, Origin(ref, ref), place.placeholders(entity))
        items = list(result.items)
        if result.entity is not None and result.entity["kind"] == "Location":
            items += place.target_items(result.entity)
    finally:
        place.close()
    return items


class _Place:
    """A location seen from one of its files; opened only when that is needed."""

    def __init__(self, ref: LocationRef, reader: LocationReader) -> None:
        self._ref = ref
        self._reader = reader
        self._close: Callable[[], None] | None = None
        self._path = ""
        self._elsewhere: ReadFile = refuse_elsewhere
        self._root = ref.target.rpartition("/")[0]

    def placeholders(self, entity: Entity) -> Placeholders:
        """Return how the entity's placeholders are filled."""
        if not _has_placeholders(entity):
            return Placeholders("", self._root, self._refuse)
        read: ReadFile = self._refuse
        with suppress(InputError):
            read = self._open()
        return Placeholders(self._path, self._root, read, self._elsewhere)

    def _open(self) -> ReadFile:
        """Learn which file of the repository the location is, and how to read others.

        Raises:
            InputError: When the location cannot be read.
        """
        location = self._reader.open("url", self._ref.target)
        self._close = location.mirror.close
        self._path, self._root = location.roots.targets[0], location.roots.address.target
        self._elsewhere = location.roots.elsewhere
        return lambda path: newest(location).read(path)

    def _refuse(self, path: str) -> Blob:
        raise NotAllowedError(not_allowed(file_address(self._root, path)))

    def close(self) -> None:
        """End what reading needed."""
        if self._close is not None:
            self._close()

    def target_items(self, entity: Entity) -> Iterator[StatusItem]:
        """Yield what is wrong with the targets of a Location entity."""
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
