"""Registering locations, and judging what is not in the catalog yet.

The doors' side of ``registered``: it answers at once what needs no reading, and
reads through the git mirrors what a dry run or a validation has to look at.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Engine as Database

from portal.catalog import queries
from portal.catalog import registered
from portal.catalog import requests
from portal.catalog.location_reader import LocationReader
from portal.catalog.locations import Location
from portal.catalog.locations import open_readable
from portal.catalog.registered import RegisteredLocation
from portal.catalog.registered import check_location
from portal.catalog.registered import entity_ref_of
from portal.catalog.removal import remove_entity
from portal.catalog.removal import remove_source
from portal.catalog.validation import validate
from portal.kernel.config import Config
from portal.kernel.database import lock_writers
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.model.entity import MANAGED_BY_ORIGIN
from portal.model.entity import Entity
from portal.model.entity import StatusItem
from portal.model.refs import EntityRef
from portal.model.refs import LocationRef
from portal.model.refs import parse_location_ref
from portal.scm.forges import repository_of

#: Annotations that name a repository, by what its host name holds.
_SLUGS = (
    ("dev.azure.com", "dev.azure.com/project-slug"),
    ("bitbucket", "bitbucket.org/project-slug"),
    ("github", "github.com/project-slug"),
    ("gitlab", "gitlab.com/project-slug"),
)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What registering a location would bring."""

    exists: bool
    location: RegisteredLocation
    entities: list[Entity]


class Registrations:
    """Registers locations and looks at what they would bring.

    Args:
        database: Where the catalog is.
        config: The settings in force.
        on_change: Told when the worker should look again.
    """

    def __init__(self, database: Database, config: Config, on_change: Callable[[], None]) -> None:
        self._database = database
        self._config = config
        self._reader = LocationReader(config)
        self._on_change = on_change

    def all(self) -> list[RegisteredLocation]:
        """Return every registered location."""
        with self._database.connect() as connection:
            return registered.load_all(connection)

    def get(self, location_id: str) -> RegisteredLocation:
        """Return one location.

        Raises:
            NotFoundError: When there is none with that id.
        """
        with self._database.connect() as connection:
            return registered.load(connection, location_id)

    def of_entity(self, ref: EntityRef) -> RegisteredLocation:
        """Return the registered location an entity comes from.

        Raises:
            NotFoundError: When there is no such entity, or it comes from elsewhere.
        """
        with self._database.connect() as connection:
            text = queries.by_ref(connection, str(ref))
            if text is None:
                raise NotFoundError(f"found no entity for ref {ref}")
            annotations = json.loads(text)["metadata"].get("annotations", {})
            if MANAGED_BY_ORIGIN not in annotations:
                raise NotFoundError(f"found no origin annotation for ref {ref}")
            origin = parse_location_ref(annotations[MANAGED_BY_ORIGIN])
            found = registered.find(connection, origin)
        if found is None:
            raise NotFoundError(
                f"Found no location with type {origin.type} and target {origin.target}"
            )
        return found

    def by_query(
        self, predicate: Any, limit: int, after: str
    ) -> tuple[list[RegisteredLocation], int, bool]:
        """Return a page of locations by id, the number of all, and whether more follow.

        Raises:
            InputError: When the predicate is none.
        """
        if predicate is not None:
            registered.check_predicate(predicate)
        found = [
            location
            for location in self.all()
            if predicate is None or registered.matches(location, predicate)
        ]
        rest = [location for location in found if location.id > after]
        return rest[:limit], len(found), len(rest) > limit

    def add(self, kind: str, target: str, refresh_existing: bool) -> RegisteredLocation:
        """Register a location; nothing is read yet.

        Raises:
            InputError: When it cannot be registered.
            ConflictError: When it is, unless that only means to read it again.
            NotAllowedError: In readonly mode.
        """
        self._check_writable()
        ref = LocationRef(kind, target)
        check_location(kind, target, self._config)
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            existing = registered.find(connection, ref)
            if existing is not None and not refresh_existing:
                raise ConflictError(f"Location {ref} already exists")
            location = existing or registered.add(connection, ref)
            requests.ask(connection, [location.source_name])
        self._on_change()
        return location

    def change(self, location_id: str, kind: str, target: str) -> RegisteredLocation:
        """Give a location another target; what the old one defined goes at once.

        Raises:
            NotFoundError: When there is none with that id.
            InputError: When the target cannot be registered.
            ConflictError: When another location has it.
            NotAllowedError: In readonly mode.
        """
        self._check_writable()
        before = self.get(location_id)
        check_location(kind, target, self._config)
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            location = registered.change(connection, location_id, LocationRef(kind, target))
            if location.target != before.target:
                remove_source(connection, location.source_name)
            requests.ask(connection, [location.source_name])
        self._on_change()
        return location

    def remove(self, location_id: str) -> None:
        """Forget a location, and at once all that only it defines.

        Raises:
            NotFoundError: When there is none with that id.
            NotAllowedError: In readonly mode.
        """
        self._check_writable()
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            location = registered.remove(connection, location_id)
            remove_source(connection, location.source_name)
        self._on_change()

    def remove_entity(self, uid: str) -> None:
        """Delete an entity; it comes back with a new uid while a file defines it."""
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            source = remove_entity(connection, uid)
            if source:
                requests.ask(connection, [source])
        self._on_change()

    def forget(self, source: str) -> None:
        """Remove all that a source defined."""
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            remove_source(connection, source)

    def _check_writable(self) -> None:
        if self._config.readonly:
            raise NotAllowedError("This operation not allowed in readonly mode")

    def dry_run(self, kind: str, target: str) -> DryRun:
        """Read a location now and return what it would bring, without keeping it.

        Raises:
            InputError: With every error in its message, when it has any.
        """
        ref = LocationRef(kind, target)
        try:
            registered.check_type(kind)
            ingested = self._reader.read(kind, target)
        except InputError as error:
            is_reading = error.message.startswith("Unable to read")
            raise InputError(f"Error: {error.message}" if is_reading else error.message) from None
        errors = [f"{x.error}: {x.message}" for x in ingested.items if x.level == "error"]
        if errors:
            raise InputError(", ".join(errors))
        with self._database.connect() as connection:
            exists = registered.find(connection, ref) is not None
        location = RegisteredLocation(str(ref), kind, target, entity_ref_of(ref))
        entities = [found.entity for found in ingested.entities.values() if found.entity]
        return DryRun(exists, location, entities)

    def validate(self, entity: Entity, location: str) -> list[StatusItem]:
        """Judge an entity as if it stood at a location; nothing is kept.

        Raises:
            ValueError: When the location is none, or of another type than ``url``.
        """
        return validate(entity, location, self._reader)

    def analyze(self, target: str, file_name: str) -> dict[str, Any]:
        """Look into a repository: the descriptors it has, or one to begin with.

        Raises:
            InputError: When the target is no address.
        """
        remote = repository_of(target)
        existing = self._existing(remote, target, file_name)
        if existing:
            return {"existingEntityFiles": existing, "generateEntities": []}
        generated = {"entity": _suggested_component(target), "fields": []}
        return {"existingEntityFiles": [], "generateEntities": [generated]}

    def _existing(self, remote: str, target: str, file_name: str) -> list[dict[str, Any]]:
        address = f"{target.rstrip('/')}/blob/HEAD/{file_name}"
        if registered.host_of(remote) not in self._config.location_hosts:
            return []
        try:
            ingested = self._reader.read("url", address)
        except InputError:
            return []
        with self._database.connect() as connection:
            is_registered = registered.find(connection, LocationRef("url", address)) is not None
        location = {"type": "url", "target": address}
        return [
            {"location": location, "isRegistered": is_registered, "entity": found.entity}
            for found in ingested.entities.values()
            if found.entity and found.path
        ]


def open_registered(location: RegisteredLocation, config: Config) -> Location:
    """Prepare a registered location for reading.

    Raises:
        InputError: When its host is not allowed any more.
        ConfigError: When its token is not set.
        SourceError: When the remote must be asked for its refs, and does not answer.
    """
    readings = check_location(location.type, location.target, config)
    return open_readable(
        location.target, readings, location.source_name, config, entity_ref=location.entity_ref
    )


def _suggested_component(target: str) -> Entity:
    path = target.split("://", 1)[1].partition("/")
    slug = path[2].strip("/").removesuffix(".git")
    metadata: dict[str, Any] = {"name": slug.rpartition("/")[2]}
    annotation = next((name for word, name in _SLUGS if word in path[0].lower()), None)
    if annotation:
        metadata["annotations"] = {annotation: slug}
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": metadata,
        "spec": {"type": "other", "lifecycle": "unknown"},
    }


def encode_location_cursor(limit: int, after_id: str, query: Any) -> str:
    """Return the cursor of ``POST /locations/by-query``."""
    content = {"limit": limit, "afterId": after_id, **({"query": query} if query else {})}
    return base64.b64encode(json.dumps(content).encode()).decode()


def decode_location_cursor(text: str) -> Mapping[str, Any]:
    """Read such a cursor.

    Raises:
        InputError: When it is none.
    """
    try:
        content = json.loads(base64.b64decode(text))
        if isinstance(content["limit"], int) and isinstance(content["afterId"], str):
            found: Mapping[str, Any] = content
            return found
    except (ValueError, KeyError, TypeError):
        pass
    raise InputError("Malformed cursor, could not be parsed")
