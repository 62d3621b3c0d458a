"""Entities parsed, for the features of this portal that are built on the catalog."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

from portal.catalog import tables as t
from portal.catalog.entity_conditions import meets
from portal.catalog.processing import store
from portal.catalog.read_model.model import ReadModel
from portal.catalog.reading import queries
from portal.catalog.reading.sight import Sight
from portal.catalog.reading.sight import sight_of
from portal.kernel.database import begin_reading
from portal.permission.access import UNRESTRICTED
from portal.permission.access import Access
from portal.permission.conditions import Condition

#: The conditions whose refs are kept: those of a few groups of callers.
_MOST_CONDITIONS = 64


@dataclass(frozen=True, slots=True)
class PlacedEntity:
    """A final entity, and where it was read.

    Attributes:
        document: The entity.
        source: The name of its source.
        path: The path of its descriptor in the repository.
        commit: The commit that the source was read at.
    """

    document: dict[str, Any]
    source: str
    path: str
    commit: str


class EntityReader:
    """Reads final entities.

    Args:
        database: Where the catalog is.
        access: What the caller may do: what they may not see is not there.
        model: The rows of entities in memory.
    """

    def __init__(
        self,
        database: Database,
        access: Access = UNRESTRICTED,
        model: ReadModel | None = None,
    ) -> None:
        self._database = database
        self._model = model or ReadModel()
        self._access = access
        self._refs: OrderedDict[Condition, tuple[int, frozenset[str]]] = OrderedDict()
        self._lock = Lock()

    def refs_meeting(self, condition: Condition) -> tuple[int, frozenset[str]]:
        """Return the generation, and the refs of all entities that meet a condition then."""
        with self._database.connect() as connection:
            begin_reading(connection)
            view = self._model.view(connection, condition)
            with self._lock:
                kept = self._refs.get(condition)
            if kept is None or kept[0] != view.generation:
                kept = view.generation, frozenset(view.refs(view.ids()))
        with self._lock:
            self._refs[condition] = kept
            self._refs.move_to_end(condition)
            while len(self._refs) > _MOST_CONDITIONS:
                self._refs.popitem(last=False)
        return kept

    def meeting(self, condition: Condition, refs: Sequence[str]) -> list[bool]:
        """Return which entities meet a condition; those that do not exist meet none."""
        found = self.documents_by_ref(refs)
        return [ref in found and meets(found[ref], condition) for ref in refs]

    def sight(self) -> Sight:
        """Return what the present caller sees; what is kept of answers depends on it."""
        return sight_of(self._access)

    def generation(self) -> int:
        """Return the number of the catalog's present state."""
        with self._database.connect() as connection:
            return store.generation(connection)

    def documents_by_ref(self, refs: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the final entities of some refs by these refs; missing ones are left out."""
        asked, sight = list(refs), self.sight()
        with self._database.connect() as connection:
            texts = sight.shown(connection, queries.by_refs(connection, asked, sight))
        found = zip(asked, texts, strict=True)
        return {ref: json.loads(text) for ref, text in found if text is not None}

    def document_at(self, ref: str) -> tuple[dict[str, Any], str] | None:
        """Return the final entity of a ref, and the commit its source was read at."""
        with self._database.connect() as connection:
            sight = self.sight()
            found = queries.by_ref_at(connection, ref, sight)
            if found is None:
                return None
            (text,) = sight.shown(connection, [found[0]])
        return json.loads(text or ""), found[1]

    def placed(self, ref: str) -> PlacedEntity | None:
        """Return the final entity of a ref with its place; ``None`` when there is none."""
        with self._database.connect() as connection:
            sight = self.sight()
            row = queries.placed_by_ref(connection, ref, sight)
            if row is None:
                return None
            (text,) = sight.shown(connection, [row[0]])
        return PlacedEntity(json.loads(text or ""), *row[1:])

    def with_annotation(
        self, key: str, but_kind: str = "", offset: int = 0, limit: int = 100
    ) -> tuple[list[dict[str, Any]], int]:
        """Return a page of the final entities that have an annotation, and their number.

        Args:
            key: The annotation.
            but_kind: A kind to leave out; empty for none.
            offset: How many to leave out, sorted by kind and name.
            limit: How many to return.
        """
        sight = self.sight()
        query = queries.having_annotation(key, but_kind, sight)
        counting = sa.select(sa.func.count()).select_from(query.subquery())
        paged = query.order_by(t.entities.c.kind, t.entities.c.ref).offset(offset).limit(limit)
        with self._database.connect() as connection:
            total = connection.scalar(counting) or 0
            texts = sight.shown(connection, list(connection.scalars(paged)))
        return [json.loads(text) for text in texts if text is not None], total

    def documents(self, refs: Iterable[str]) -> list[dict[str, Any]]:
        """Return the final entities of some refs, parsed; missing ones are left out."""
        with self._database.connect() as connection:
            sight = self.sight()
            texts = sight.shown(connection, queries.by_refs(connection, list(refs), sight))
        return [json.loads(text) for text in texts if text is not None]

    def all_documents(self, kinds: Iterable[str]) -> list[dict[str, Any]]:
        """Return every final entity of some kinds, parsed, sorted by ref."""
        sight = self.sight()
        limits = (t.entities.c.kind.in_(list(kinds)), *sight.of_entities(t.entities.c.id))
        query = sa.select(t.entities.c.final).where(*limits).order_by(t.entities.c.ref)
        with self._database.connect() as connection:
            texts = sight.shown(connection, list(connection.scalars(query)))
        return [json.loads(text) for text in texts if text is not None]
