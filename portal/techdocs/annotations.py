"""What an entity says about its documentation: the annotations of Backstage's TechDocs."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.entity import TECHDOCS_ENTITY
from portal.model.entity import TECHDOCS_ENTITY_PATH
from portal.model.entity import TECHDOCS_REF
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref

#: A folder beside the descriptor, an address at a forge, the sections of a concept.
FOLDER, ADDRESS, CONCEPT = "dir", "url", "concept"


@dataclass(frozen=True, slots=True)
class DocsRef:
    """Where documentation is: the type, and what it means there."""

    type: str
    target: str


def docs_ref(entity: Entity) -> DocsRef:
    """Return where the documentation of an entity is.

    Raises:
        InputError: When it has no such annotation, or one of no known form; the messages
            are Backstage's.
    """
    text = _annotation(entity, TECHDOCS_REF)
    if not text:
        name = entity["metadata"]["name"]
        raise InputError(f"No {TECHDOCS_REF} annotation provided in entity: {name}")
    kind, colon, target = text.partition(":")
    if not colon or not kind or not target:
        raise InputError(f"Failure to parse {TECHDOCS_REF} annotation: '{text}'")
    return DocsRef(kind, target)


def other_entity(entity: Entity) -> EntityRef | None:
    """Return the entity whose documentation is that of this one; ``None`` for its own.

    Raises:
        NotFoundError: When the annotation is no entity ref.
    """
    text = _annotation(entity, TECHDOCS_ENTITY)
    if not text:
        return None
    try:
        return parse_ref(text, entity["kind"], ref_of(entity).namespace)
    except ValueError:
        raise NotFoundError(f"'{text}' in {TECHDOCS_ENTITY} is no entity ref") from None


def first_page(entity: Entity) -> str:
    """Return the address of the page to begin with; empty for the first one."""
    return _annotation(entity, TECHDOCS_ENTITY_PATH).strip("/")


def has_documentation(entity: Entity) -> bool:
    """Return whether an entity has documentation, of its own or of another one."""
    return bool(_annotation(entity, TECHDOCS_REF) or _annotation(entity, TECHDOCS_ENTITY))


def _annotation(entity: Entity, key: str) -> str:
    value = (entity["metadata"].get("annotations") or {}).get(key)
    return value.strip() if isinstance(value, str) else ""
