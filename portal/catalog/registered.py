"""Locations people register: the store, and how each one becomes a source.

Rules: CONTRACT §1.11. Registering reads nothing; the next run of the worker does.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.filters import condition_of
from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.refs import DEFAULT_NAMESPACE
from portal.model.refs import LocationRef
from portal.scm.forges import RepositoryFile
from portal.scm.forges import not_allowed
from portal.scm.forges import parse_file_url
from portal.scm.forges import web_file

_CREDENTIALS = re.compile(r"https?://[^/?#]*@")
#: The types of locations that may be registered.
TYPES = ("url",)
#: What the names of their sources begin with.
PREFIX = "location-"
_COLUMNS = (t.locations.c.id, t.locations.c.type, t.locations.c.target, t.locations.c.entity_ref)


@dataclass(frozen=True, slots=True)
class RegisteredLocation:
    """A location somebody registered; ``entity_ref`` names its generated entity."""

    id: str
    type: str
    target: str
    entity_ref: str

    @property
    def source_name(self) -> str:
        """How its runs and problems are called."""
        return f"{PREFIX}{self.id}"

    def on_the_wire(self) -> dict[str, str]:
        """Return the location as clients get it."""
        return {
            "id": self.id,
            "type": self.type,
            "target": self.target,
            "entityRef": self.entity_ref,
        }


def entity_ref_of(ref: LocationRef) -> str:
    """Return the ref of the Location entity generated for a location."""
    return f"location:{DEFAULT_NAMESPACE}/{ref.entity_name}"


def check_location(kind: str, target: str, config: Config) -> list[RepositoryFile]:
    """Return what a location can stand for.

    Raises:
        InputError: When its type or host may not be registered, or it is no address
            of a file in a git repository, nor of one of an allowed web server.
    """
    check_type(kind)
    host = host_of(target)
    if _CREDENTIALS.match(target):
        raise InputError("an address must not hold credentials; see the setting host_tokens")
    if "://" in target and host not in config.location_hosts:
        if host in config.reading_allow:
            return [web_file(target)]
        raise InputError(not_allowed(target))
    readings = parse_file_url(target)
    if host_of(readings[0].remote) not in config.location_hosts:
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


def host_of(remote: str) -> str:
    """Return host and port of an address, lower case; ``""`` when it is none.

    The short form of ssh, ``git@host:path``, is one, too.
    """
    if "://" not in remote:
        remote = f"ssh://{remote.replace(':', '/', 1)}"
    try:
        return urlsplit(remote).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def source_of(
    name: str, target: str, reading: RepositoryFile, config: Config, entity_ref: str = ""
) -> Source:
    """Return a registered location as a source the engine can read.

    ``entity_ref`` names the Location entity made of it, when that is not to be called
    after the target: another target does not give it another name.
    """
    return Source(
        name=name,
        url=reading.remote,
        ref=reading.ref,
        targets=(reading.path,),
        location=f"url:{reading.template}",
        allow=config.location_kinds,
        token_env=config.host_tokens.get(host_of(reading.remote), ""),
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
    """Return the location with that type and target."""
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
        "created_at": _now(),
    }
    connection.execute(sa.insert(t.locations).values(values))
    return location


def change(connection: Connection, location_id: str, ref: LocationRef) -> RegisteredLocation:
    """Give a location another target; its ``entityRef`` stays, as in Backstage.

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
    """Forget a location; its entities are another matter.

    Raises:
        NotFoundError: When there is none with that id.
    """
    location = load(connection, location_id)
    connection.execute(sa.delete(t.locations).where(t.locations.c.id == location_id))
    return location


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


_PREDICATE_KEYS = frozenset({"id", "type", "target", "entityRef"})


def check_predicate(predicate: Any) -> None:
    """Refuse what is no predicate over locations: entities' grammar, four keys only.

    Raises:
        InputError: When it has another form, or names another key.
    """
    condition_of(predicate)
    for key in _keys_of(predicate):
        if key not in _PREDICATE_KEYS:
            raise InputError(
                "Invalid filter predicate, expected key to be 'id', 'type', 'target', or "
                f"'entityRef', got '{key}'"
            )


def _keys_of(node: Mapping[str, Any]) -> Iterator[str]:
    for key, value in node.items():
        if key in {"$all", "$any"}:
            for part in value:
                yield from _keys_of(part)
        elif key == "$not":
            yield from _keys_of(value)
        else:
            yield key


def matches(location: RegisteredLocation, predicate: Mapping[str, Any]) -> bool:
    """Whether a location meets a predicate that was checked."""
    for operator, combine in (("$all", all), ("$any", any)):
        if operator in predicate:
            return combine(matches(location, node) for node in predicate[operator])
    if "$not" in predicate:
        return not matches(location, predicate["$not"])
    shown = location.on_the_wire()
    return all(_meets(shown[key].lower(), wanted) for key, wanted in predicate.items())


def _meets(value: str, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return value == str(wanted).lower()
    if "$exists" in wanted:
        return bool(wanted["$exists"])
    if "$in" in wanted:
        return value in {str(item).lower() for item in wanted["$in"]}
    if "$contains" in wanted:
        return value == str(wanted["$contains"]).lower()
    return value.startswith(str(wanted["$hasPrefix"]).lower())
