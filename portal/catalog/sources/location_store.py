"""Locations people register: the store, and how each one becomes a source.

Registering reads nothing; the next run of the worker does. Rules:
docs/reference/wire-contract.md, "Locations".
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.filters import condition_of
from portal.catalog.row_conditions import HasRow
from portal.catalog.row_sql import Condition
from portal.catalog.row_sql import passes
from portal.catalog.row_sql import sql_of
from portal.catalog.sources.remote_access import RemoteAccess
from portal.config.sources import Source
from portal.integrations.addresses import RepositoryFile
from portal.integrations.addresses import not_allowed
from portal.integrations.addresses import parse_file_url
from portal.integrations.addresses import web_file
from portal.kernel.clock import now
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.refs import DEFAULT_NAMESPACE
from portal.model.refs import LocationRef
from portal.scm.urls import host_of

_CREDENTIALS = re.compile(r"https?://[^/?#]*@")
#: The types of locations that may be registered.
TYPES = ("url",)
#: The prefix of the names of their sources.
PREFIX = "location-"
_COLUMNS = (t.locations.c.id, t.locations.c.type, t.locations.c.target, t.locations.c.entity_ref)


@dataclass(frozen=True, slots=True)
class RegisteredLocation:
    """A registered location; ``entity_ref`` is the ref of its generated entity."""

    id: str
    type: str
    target: str
    entity_ref: str

    @property
    def source_name(self) -> str:
        """The name of its source."""
        return f"{PREFIX}{self.id}"

    def to_json(self) -> dict[str, str]:
        """Return the location as JSON for clients."""
        return {
            "id": self.id,
            "type": self.type,
            "target": self.target,
            "entityRef": self.entity_ref,
        }


def entity_ref_of(ref: LocationRef) -> str:
    """Return the ref of the Location entity generated for a location."""
    return f"location:{DEFAULT_NAMESPACE}/{ref.entity_name}"


def check_location(kind: str, target: str, access: RemoteAccess) -> list[RepositoryFile]:
    """Return the readings of a location's address.

    Raises:
        InputError: When its type or host may not be registered, or it is neither the
            address of a file in a git repository nor of one at an allowed web server.
    """
    check_type(kind)
    host = host_of(target)
    if _CREDENTIALS.match(target):
        raise InputError("an address must not hold credentials; see the setting host_tokens")
    if "://" in target and host not in access.hosts:
        if host in access.web_hosts:
            return [web_file(target)]
        raise InputError(not_allowed(target))
    readings = parse_file_url(target)
    if host_of(readings[0].remote) not in access.hosts:
        raise InputError(not_allowed(target))
    return readings


def check_type(kind: str) -> None:
    """Refuse a type of locations that may not be registered.

    Raises:
        InputError: When it is none of ``TYPES``.
    """
    if kind not in TYPES:
        listed = ", ".join(f'"{name}"' for name in TYPES)
        raise InputError(f"Registered locations must be of an allowed type [{listed}]")


def source_of(
    name: str, target: str, reading: RepositoryFile, access: RemoteAccess, entity_ref: str = ""
) -> Source:
    """Return a registered location as a source the engine can read.

    ``entity_ref`` is the ref of its generated Location entity, which keeps its name when
    the target is changed.
    """
    return Source(
        name=name,
        url=reading.remote,
        ref=reading.ref,
        targets=(reading.path,),
        location=f"url:{reading.template}",
        allow=access.location_kinds,
        token_env=access.token_variable(reading.remote),
        origin=f"url:{target}",
        entity_name=entity_ref.rpartition("/")[2],
        is_web=reading.is_web,
    )


def load_all(connection: Connection) -> list[RegisteredLocation]:
    """Return every registered location, by id."""
    rows = connection.execute(sa.select(*_COLUMNS).order_by(t.locations.c.id))
    return [RegisteredLocation(*row) for row in rows]


def load(connection: Connection, location_id: str) -> RegisteredLocation:
    """Return one location.

    Raises:
        NotFoundError: When there is none with that id.
    """
    row = connection.execute(sa.select(*_COLUMNS).where(t.locations.c.id == location_id)).first()
    if row is None:
        raise NotFoundError(f"Found no location with ID {location_id}")
    return RegisteredLocation(*row)


def find(connection: Connection, ref: LocationRef) -> RegisteredLocation | None:
    """Return the location of a type and target; ``None`` without one."""
    query = sa.select(*_COLUMNS).where(
        t.locations.c.type == ref.type, t.locations.c.target == ref.target
    )
    row = connection.execute(query).first()
    return RegisteredLocation(*row) if row else None


def add(connection: Connection, ref: LocationRef) -> RegisteredLocation:
    """Register a location.

    Raises:
        ConflictError: When it is registered already.
    """
    if find(connection, ref) is not None:
        raise ConflictError(f"Location {ref} already exists")
    location = RegisteredLocation(str(uuid.uuid4()), ref.type, ref.target, entity_ref_of(ref))
    values = {
        "id": location.id,
        "type": location.type,
        "target": location.target,
        "entity_ref": location.entity_ref,
        "created_at": now(),
    }
    connection.execute(sa.insert(t.locations).values(values))
    return location


def change(connection: Connection, location_id: str, ref: LocationRef) -> RegisteredLocation:
    """Change the target of a location; its ``entityRef`` stays, as in Backstage.

    Raises:
        NotFoundError: When there is none with that id.
        ConflictError: When another one has that target.
    """
    load(connection, location_id)
    other = find(connection, ref)
    if other is not None and other.id != location_id:
        raise ConflictError(f"Location {ref} already exists")
    connection.execute(
        sa.update(t.locations)
        .where(t.locations.c.id == location_id)
        .values(type=ref.type, target=ref.target)
    )
    return load(connection, location_id)


def remove(connection: Connection, location_id: str) -> RegisteredLocation:
    """Delete a location, without its entities, and return it.

    Raises:
        NotFoundError: When there is none with that id.
    """
    location = load(connection, location_id)
    connection.execute(sa.delete(t.locations).where(t.locations.c.id == location_id))
    return location


#: The columns that predicates over locations may use, by key.
_SEARCHED = {
    "id": t.locations.c.id,
    "type": t.locations.c.type,
    "target": t.locations.c.target,
    "entityRef": t.locations.c.entity_ref,
}


def find_page(
    connection: Connection, predicate: Any, limit: int, after: str
) -> tuple[list[RegisteredLocation], int]:
    """Return a page of the locations that match a predicate, by id, and their total.

    Args:
        connection: A connection to the database.
        predicate: A predicate; ``None`` matches all.
        limit: The size of the page.
        after: The id after which the page starts; empty for the first page.

    Raises:
        InputError: When the predicate is malformed, or has a key that locations lack.
    """
    condition = sa.true() if predicate is None else sql_of(condition_of(predicate), _has)
    total = connection.scalar(sa.select(sa.func.count()).where(condition).select_from(t.locations))
    query = sa.select(*_COLUMNS).where(condition, t.locations.c.id > after)
    rows = connection.execute(query.order_by(t.locations.c.id).limit(limit))
    return [RegisteredLocation(*row) for row in rows], total or 0


def _has(wanted: HasRow) -> Condition:
    """Return the condition that a location's column passes a test.

    Raises:
        InputError: When locations have no such key.
    """
    for key in wanted.keys:
        if key not in _SEARCHED:
            raise InputError(
                "Invalid filter predicate, expected key to be 'id', 'type', 'target', or "
                f"'entityRef', got '{key}'"
            )
    test = wanted.test
    if test is None:
        return sa.true()
    return sa.or_(*(passes(sa.func.lower(_SEARCHED[key]), test) for key in wanted.keys))
