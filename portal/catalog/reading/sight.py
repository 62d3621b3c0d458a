"""What of the catalog a caller sees: a part of every query, and of every entity that is sent.

Entities that are not seen are in no list, count, facet or order (``read_model/view.py``).
Neither do relations lead to them: entities are sent without the others. What is wrong with an
entity is told as far as it names nothing that is hidden. So of a restricted caller nothing
depends on what is hidden, etags included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.entity_conditions import rows_of
from portal.catalog.entity_conditions import seen_of
from portal.catalog.processing import store
from portal.catalog.row_sql import Condition
from portal.catalog.row_sql import among
from portal.catalog.row_sql import beside
from portal.catalog.row_sql import sql_of
from portal.kernel.database import batches
from portal.kernel.errors import NotAllowedError
from portal.model.entity import Entity
from portal.model.entity import content_hash
from portal.model.entity import json_text
from portal.permission import conditions
from portal.permission.access import Access

#: The permission that decides.
READ = "catalog.entity.read"
#: An entity ref in a text.
_NAMED = re.compile(r"[A-Za-z][\w.-]*:[\w.-]+/[\w.-]*\w")


@dataclass(frozen=True, slots=True)
class Sight:
    """What of the catalog a caller sees.

    Attributes:
        condition: The condition that entities meet which are seen; ``None`` for all. Callers of
            equal conditions see the same.
    """

    condition: conditions.Condition | None = None

    def of_entities(
        self, entity_id: sa.ColumnElement[int], *, is_few: bool = False
    ) -> list[Condition]:
        """Return the conditions of the entities that are seen.

        Args:
            entity_id: The id of the entity in question.
            is_few: Whether other conditions leave few entities, which are judged one by one.
        """
        if self.condition is None:
            return []
        find = beside(entity_id) if is_few else among(entity_id)
        return [sql_of(rows_of(self.condition), find)]

    def refs(self, connection: Connection, refs: Iterable[str]) -> set[str]:
        """Return those of some refs whose entities there are, and are seen."""
        found: set[str] = set()
        for batch in batches(dict.fromkeys(refs), store.CHUNK):
            conditions_ = self.of_entities(t.entities.c.id, is_few=True)
            query = sa.select(t.entities.c.ref).where(t.entities.c.ref.in_(batch), *conditions_)
            found.update(connection.scalars(query))
        return found

    def hidden(self, connection: Connection, refs: Iterable[str]) -> set[str]:
        """Return those of some refs whose entities there are, and are not seen."""
        if self.condition is None:
            return set()
        there = EVERYTHING.refs(connection, refs)
        return there - self.refs(connection, there)

    def sees(self, connection: Connection, ref: str) -> bool:
        """Return whether an entity is seen; who sees everything sees what is gone, too."""
        return self.condition is None or bool(self.refs(connection, [ref]))

    def shown(self, connection: Connection, texts: Sequence[str | None]) -> list[str | None]:
        """Return entities as they are sent: nothing in them leads to what is not seen."""
        if self.condition is None:
            return list(texts)
        entities = [None if text is None else json.loads(text) for text in texts]
        there = [entity for entity in entities if entity]
        seen = self.refs(connection, _targets(there))
        hidden = self.hidden(connection, refs_in(_messages(there)))
        return [entity and json_text(_within(entity, seen, hidden)) for entity in entities]


#: The sight of those who may see everything.
EVERYTHING = Sight()


def sight_of(access: Access) -> Sight:
    """Return what of the catalog the present caller sees."""
    condition = seen_of(access.decision(READ))
    return EVERYTHING if condition is None else Sight(condition)


def require_of(connection: Connection, access: Access, permission: str, ref: str) -> None:
    """Refuse a caller who may not do something to an entity.

    Raises:
        NotAllowedError: When not.
    """
    condition = seen_of(access.decision(permission))
    if not Sight(condition).sees(connection, ref):
        raise NotAllowedError


def refs_in(texts: Iterable[str]) -> set[str]:
    """Return what may be entity refs in texts, in lower case."""
    return {found.lower() for text in texts for found in _NAMED.findall(text)}


def _messages(entities: Iterable[Entity]) -> Iterable[str]:
    for entity in entities:
        for item in entity.get("status", {}).get("items", ()):
            yield item["message"]


def _targets(entities: Iterable[Entity]) -> Iterable[str]:
    for entity in entities:
        for relation in entity.get("relations", ()):
            yield relation["targetRef"].lower()


def _within(entity: Entity, seen: set[str], hidden: set[str]) -> Entity:
    """Return an entity with the relations to some refs only, and its etag accordingly.

    Args:
        entity: The entity.
        seen: The targets of relations to keep.
        hidden: What must not be named in its status.
    """
    relations = entity.get("relations", [])
    kept = [each for each in relations if each["targetRef"].lower() in seen]
    items = entity.get("status", {}).get("items", [])
    told = [each for each in items if hidden.isdisjoint(refs_in([each["message"]]))]
    if len(kept) == len(relations) and len(told) == len(items):
        return entity
    is_hash = entity["metadata"].get("etag") == _etag(entity)
    status = {"status": {**entity["status"], "items": told}} if told else {}
    if not told:
        entity = {key: value for key, value in entity.items() if key != "status"}
    entity = {**entity, **status, "relations": kept}
    if is_hash:  # not one that the descriptor has
        entity["metadata"] = {**entity["metadata"], "etag": _etag(entity)}
    return entity


def _etag(entity: Entity) -> str:
    """Return the etag of an entity, as ``processing.stitcher`` makes it."""
    own: dict[str, Any] = {
        key: value for key, value in entity["metadata"].items() if key not in {"uid", "etag"}
    }
    return content_hash(json_text({**entity, "metadata": own}))
