"""The use cases of locations: register, change, remove, dry run, validate, analyze.

Registering reads nothing; dry runs and validations read through the git mirrors.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.audit.events import AuditAction
from portal.audit.events import Record
from portal.audit.events import record_nothing
from portal.catalog import refresh_requests
from portal.catalog import tables as t
from portal.catalog.processing.removal import remove_entity
from portal.catalog.processing.removal import remove_source
from portal.catalog.reading import queries
from portal.catalog.reading.sight import require_of
from portal.catalog.reading.sight import sight_of
from portal.catalog.registering.validation import validate
from portal.catalog.sources import location_store
from portal.catalog.sources.location_reader import LocationReader
from portal.catalog.sources.location_store import RegisteredLocation
from portal.catalog.sources.location_store import check_location
from portal.catalog.sources.location_store import entity_ref_of
from portal.catalog.sources.remote_access import RemoteAccess
from portal.catalog.transactions import BeforeCommit
from portal.catalog.transactions import write_nothing
from portal.catalog.transactions import writing
from portal.integrations.addresses import repository_of
from portal.integrations.hosts import Integrations
from portal.kernel.database import is_storable
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
from portal.permission.access import UNRESTRICTED
from portal.permission.access import Access
from portal.scm.urls import host_of

CREATE = "catalog.location.create"
DELETE = "catalog.entity.delete"


@dataclass(frozen=True, slots=True)
class DryRun:
    """The result of a dry run: the location, whether it exists, and its entities."""

    exists: bool
    location: RegisteredLocation
    entities: list[Entity]


class Registrations:
    """The use cases of registered locations.

    Args:
        database: The database of the catalog.
        access: What may be read, and with what.
        is_readonly: Whether nothing may be registered.
        on_change: Called when the worker should read locations again.
        permissions: What the caller may do.
        record: Records what was done.
        before_commit: Called at the end of each transaction that may remove entities.
    """

    def __init__(
        self,
        database: Database,
        access: RemoteAccess,
        is_readonly: bool,
        on_change: Callable[[], None],
        permissions: Access = UNRESTRICTED,
        record: Record = record_nothing,
        before_commit: BeforeCommit = write_nothing,
    ) -> None:
        self._before_commit = before_commit
        self._record = record
        self._permissions = permissions
        self._database = database
        self._access = access
        self._is_readonly = is_readonly
        self._reader = LocationReader(access)
        self._on_change = on_change

    def all(self) -> list[RegisteredLocation]:
        """Return every registered location."""
        with self._database.connect() as connection:
            return location_store.load_all(connection)

    def get(self, location_id: str) -> RegisteredLocation:
        """Return one location.

        Raises:
            NotFoundError: When there is none with that id.
        """
        with self._database.connect() as connection:
            return location_store.load(connection, location_id)

    def of_entity(self, ref: EntityRef) -> RegisteredLocation:
        """Return the registered location an entity comes from.

        Raises:
            NotFoundError: When there is no such entity, or it comes from elsewhere.
        """
        with self._database.connect() as connection:
            text = queries.by_ref(connection, str(ref), sight_of(self._permissions))
            if text is None:
                raise NotFoundError(f"found no entity for ref {ref}")
            annotations = json.loads(text)["metadata"].get("annotations", {})
            if MANAGED_BY_ORIGIN not in annotations:
                raise NotFoundError(f"found no origin annotation for ref {ref}")
            origin = parse_location_ref(annotations[MANAGED_BY_ORIGIN])
            found = location_store.find(connection, origin)
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
            InputError: When the predicate is malformed.
        """
        with self._database.connect() as connection:
            found, total = location_store.find_page(connection, predicate, limit + 1, after)
        return found[:limit], total, len(found) > limit

    def add(self, kind: str, target: str, refresh_existing: bool) -> RegisteredLocation:
        """Register a location; nothing is read yet.

        Raises:
            InputError: When it may not be registered.
            ConflictError: When it exists, unless ``refresh_existing`` is set.
            NotAllowedError: In readonly mode, or when the caller may not: in a task, who
                created it.
        """
        self._check_allowed()
        self._check_writable()
        ref = LocationRef(kind, target)
        check_location(kind, target, self._access)
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            existing = location_store.find(connection, ref)
            if existing is not None and not refresh_existing:
                raise ConflictError(f"Location {ref} already exists")
            location = existing or location_store.add(connection, ref)
            refresh_requests.ask(connection, [location.source_name])
        self._record(AuditAction.LOCATION_CREATE, str(ref), details={"id": location.id})
        self._on_change()
        return location

    def change(self, location_id: str, kind: str, target: str) -> RegisteredLocation:
        """Change the target of a location; the entities of the old one are removed at once.

        Raises:
            NotFoundError: When there is none with that id.
            InputError: When the target may not be registered.
            ConflictError: When another location has that target.
            NotAllowedError: In readonly mode.
        """
        self._check_writable()
        before = self.get(location_id)
        check_location(kind, target, self._access)
        with writing(self._database, self._before_commit) as connection:
            location = location_store.change(connection, location_id, LocationRef(kind, target))
            if location.target != before.target:
                remove_source(connection, location.source_name)
            refresh_requests.ask(connection, [location.source_name])
        told = {"id": location_id, "before": before.target}
        self._record(AuditAction.LOCATION_CHANGE, f"{kind}:{target}", details=told)
        self._on_change()
        return location

    def remove(self, location_id: str) -> None:
        """Remove a location, and at once the entities that only it defines.

        Raises:
            NotFoundError: When there is none with that id.
            NotAllowedError: In readonly mode.
        """
        self._check_writable()
        with writing(self._database, self._before_commit) as connection:
            location = location_store.remove(connection, location_id)
            remove_source(connection, location.source_name)
        place = f"{location.type}:{location.target}"
        self._record(AuditAction.LOCATION_DELETE, place, details={"id": location_id})
        self._on_change()

    def remove_entity(self, uid: str) -> None:
        """Remove an entity; while a file defines it, the next run adds it with a new uid.

        Nothing is done to one that the caller may not see: it is answered as none.

        Raises:
            NotAllowedError: When the caller may not delete it.
        """
        with writing(self._database, self._before_commit) as connection:
            ref = self._removable(connection, uid)
            if not ref:
                return
            source = remove_entity(connection, uid)
            if source:
                refresh_requests.ask(connection, [source])
        self._record(AuditAction.ENTITY_DELETE, ref)
        self._on_change()

    def _removable(self, connection: Connection, uid: str) -> str:
        """Return the ref of an entity the caller may delete; empty when they see none."""
        query = sa.select(t.entities.c.ref).where(t.entities.c.uid == uid)
        ref = connection.scalar(query) if is_storable(uid) else None
        if ref is None or not sight_of(self._permissions).sees(connection, ref):
            self._permissions.require(DELETE)
            return ""
        require_of(connection, self._permissions, DELETE, ref)
        return str(ref)

    def forget(self, source: str) -> None:
        """Remove all entities of a source."""
        with writing(self._database, self._before_commit) as connection:
            remove_source(connection, source)

    def _check_allowed(self) -> None:
        if not self._permissions.may(CREATE):
            raise NotAllowedError("You may not register locations")

    def _check_writable(self) -> None:
        if self._is_readonly:
            raise NotAllowedError("This operation not allowed in readonly mode")

    def dry_run(self, kind: str, target: str) -> DryRun:
        """Read a location now and return its entities, without storing them.

        Raises:
            InputError: When there are errors; the message has all of them.
            NotAllowedError: When the caller may not register.
        """
        self._check_allowed()
        ref = LocationRef(kind, target)
        try:
            location_store.check_type(kind)
            ingested = self._reader.read(kind, target)
        except InputError as error:
            is_reading = error.message.startswith("Unable to read")
            raise InputError(f"Error: {error.message}" if is_reading else error.message) from None
        errors = [f"{x.error}: {x.message}" for x in ingested.items if x.level == "error"]
        if errors:
            raise InputError(", ".join(errors))
        with self._database.connect() as connection:
            exists = location_store.find(connection, ref) is not None
        location = RegisteredLocation(str(ref), kind, target, entity_ref_of(ref))
        entities = [found.entity for found in ingested.entities.values() if found.entity]
        return DryRun(exists, location, entities)

    def validate(self, entity: Entity, location: str) -> list[StatusItem]:
        """Validate an entity as if it were at a location; nothing is stored.

        Raises:
            ValueError: When the location ref is malformed, or its type is not ``url``.
        """
        return validate(entity, location, self._reader)

    def analyze(self, target: str, file_name: str) -> dict[str, Any]:
        """Return the descriptors of a repository, or a suggested one.

        Raises:
            InputError: When the target is no address of a repository.
        """
        remote = repository_of(target)
        existing = self._existing(remote, target, file_name)
        if existing:
            return {"existingEntityFiles": existing, "generateEntities": []}
        entity = _suggested_component(target, self._access.integrations)
        generated = {"entity": entity, "fields": []}
        return {"existingEntityFiles": [], "generateEntities": [generated]}

    def _existing(self, remote: str, target: str, file_name: str) -> list[dict[str, Any]]:
        address = f"{target.rstrip('/')}/blob/HEAD/{file_name}"
        if host_of(remote) not in self._access.hosts:
            return []
        try:
            ingested = self._reader.read("url", address)
        except InputError:
            return []
        with self._database.connect() as connection:
            is_registered = location_store.find(connection, LocationRef("url", address)) is not None
        location = {"type": "url", "target": address}
        return [
            {"location": location, "isRegistered": is_registered, "entity": found.entity}
            for found in ingested.entities.values()
            if found.entity and found.path
        ]


def _suggested_component(target: str, integrations: Integrations) -> Entity:
    path = target.split("://", 1)[1].partition("/")
    slug = path[2].strip("/").removesuffix(".git")
    metadata: dict[str, Any] = {"name": slug.rpartition("/")[2]}
    annotation = integrations.forge_of(path[0]).slug_annotation
    if annotation:
        metadata["annotations"] = {annotation: slug}
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": metadata,
        "spec": {"type": "other", "lifecycle": "unknown"},
    }
