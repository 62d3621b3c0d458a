"""The owner of an entity in one spelling, so that facets and filters know one owner as one."""

from __future__ import annotations

from portal.model.entity import Entity
from portal.model.refs import DEFAULT_NAMESPACE
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.search.documents import folded_owner

_GROUP = "group"


def owner_ref(entity: Entity) -> EntityRef | None:
    """Return the first owner: of the relations, else of the descriptor; ``None`` without one."""
    relations = entity.get("relations") or ()
    owned = (str(one["targetRef"]) for one in relations if one["type"] == "ownedBy")
    spec, metadata = entity.get("spec") or {}, entity["metadata"]
    text = next(owned, spec.get("owner"))
    if not isinstance(text, str):
        return None
    namespace = metadata.get("namespace") or DEFAULT_NAMESPACE
    try:
        return parse_ref(str(parse_ref(text, _GROUP, namespace)))
    except ValueError:
        return None


def owner_name(entity: Entity) -> str:
    """Return the owner in its one spelling: the ref, as short as ``folded_owner`` makes it."""
    ref = owner_ref(entity)
    return folded_owner(str(ref)) if ref else ""
