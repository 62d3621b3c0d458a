"""Entities, relations and status items; canonical JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from portal.model.refs import DEFAULT_NAMESPACE
from portal.model.refs import EntityRef

#: An entity in its descriptor format: JSON values only.
Entity = dict[str, Any]
#: The way into a descriptor: property names and list indexes.
JsonPath = tuple[str | int, ...]

PROCESSING = "backstage.io/catalog-processing"
MANAGED_BY = "backstage.io/managed-by-location"
MANAGED_BY_ORIGIN = "backstage.io/managed-by-origin-location"
VIEW_URL = "backstage.io/view-url"
EDIT_URL = "backstage.io/edit-url"
SOURCE_LOCATION = "backstage.io/source-location"
TECHDOCS_REF = "backstage.io/techdocs-ref"
#: The value of that annotation for documentation made of the sections of a concept.
OWN_SECTIONS = "concept:."
TECHDOCS_ENTITY = "backstage.io/techdocs-entity"
TECHDOCS_ENTITY_PATH = "backstage.io/techdocs-entity-path"
IMPLEMENTS = "glossary/implements"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a source: path inside the repository, line and column from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """Return ``path:line:column``, the form editors jump to."""
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class StatusItem:
    """A problem with content: a value, never an exception.

    Attributes:
        rule: The stable name of the violated rule, such as ``yaml``.
        message: What is wrong, in Backstage's words where it has them.
        position: The place in the file, if it comes from one.
        json_path: The path inside the document.
        hint: How to fix it.
        error: The name of the error class that Backstage's clients expect.
        cause: Name and message of the inner error, where Backstage wraps one.
        ref: The ref of the entity, if it is known.
        level: ``error``, ``warning`` or ``info``.
    """

    rule: str
    message: str
    position: Position | None = None
    json_path: JsonPath = ()
    hint: str = ""
    error: str = "InputError"
    cause: tuple[str, str] | None = None
    ref: str = ""
    level: str = "error"

    def to_json(self) -> dict[str, Any]:
        """Return the item as ``status.items`` of an entity carries it."""
        error: dict[str, Any] = {"name": self.error, "message": self.message}
        if self.cause:
            error["cause"] = {"name": self.cause[0], "message": self.cause[1]}
        return {
            "type": PROCESSING,
            "level": self.level,
            "message": f"{self.error}: {self.message}",
            "error": error,
        }


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A directed, typed edge between two entities; refs in full, lower case."""

    source: str
    type: str
    target: str


def ref_of(entity: Entity) -> EntityRef:
    """Return the ref of an entity whose envelope is valid."""
    metadata = entity["metadata"]
    namespace = metadata.get("namespace") or DEFAULT_NAMESPACE
    return EntityRef(entity["kind"], namespace, metadata["name"])


def json_text(value: Any) -> str:
    """Return a value as JSON with its members in their own order, in which forms show them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def canonical_json(value: Any) -> str:
    """Return the canonical JSON of a value: sorted keys, no blanks, no escapes for UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_hash(text: str) -> str:
    """Return the SHA-1 of a text in hex: a fingerprint, not a protection."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def json_pointer(path: JsonPath) -> str:
    """Write a path as ajv does: ``/a/b~1c``, ``<root>`` when empty."""
    if not path:
        return "<root>"
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def display_name(entity: Entity) -> str:
    """Return the name that people know an entity by: its profile's, its title, or its name."""
    metadata, spec = entity["metadata"], entity.get("spec")
    profile = spec.get("profile") if isinstance(spec, dict) else None
    if entity["kind"] in {"User", "Group"} and isinstance(profile, dict):
        found = profile.get("displayName")
        if isinstance(found, str) and found.strip():
            return found
    return str(metadata.get("title") or metadata["name"])
