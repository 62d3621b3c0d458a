"""Requests for entities, answered from the read model and the stored JSON texts.

The texts are never parsed here.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from itertools import islice
from math import inf
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.filters import Predicate
from portal.catalog.filters import condition_of
from portal.catalog.filters import condition_of_text
from portal.catalog.processing import store
from portal.catalog.read_model.view import View
from portal.catalog.reading.cursors import Cursor
from portal.catalog.reading.cursors import OrderField
from portal.catalog.reading.sight import EVERYTHING
from portal.catalog.reading.sight import Sight
from portal.catalog.row_conditions import RowCondition
from portal.kernel.blocking import may_block_for
from portal.kernel.conditions import AllOf
from portal.kernel.database import batches
from portal.kernel.database import is_storable

#: The key searched by a full-text filter without fields and without an order.
_UID_KEY = "metadata.uid"
#: So many entities are put in order, and so many columns counted, within a few milliseconds.
_FEW, _FEW_COLUMNS = 5_000, 20
#: A row of a list: the value it is sorted by, and the id of the entity.
_Row = tuple[str | None, int]


@dataclass(frozen=True, slots=True)
class EntitiesPage:
    """Entities as JSON texts, and whether there are further ones."""

    texts: list[str]
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class QueryPage:
    """A page of ``by-query``: entities as JSON texts, total and cursors."""

    texts: list[str]
    total: int
    following: Cursor | None = None
    previous: Cursor | None = None


@dataclass(frozen=True, slots=True)
class EntitiesRequest:
    """A request of ``GET /entities``; with limit and offset ``None`` it is unpaginated."""

    predicate: Predicate | None = None
    orders: tuple[OrderField, ...] = ()
    limit: int | None = None
    offset: int | None = None

    @property
    def is_paginated(self) -> bool:
        """Whether the request is paginated."""
        return self.limit is not None or self.offset is not None


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A request of ``by-query``; with a cursor, only ``limit`` counts besides."""

    predicate: Predicate | None = None
    order: OrderField | None = None
    term: str = ""
    term_fields: tuple[str, ...] | None = None
    has_text_filter: bool = True
    limit: int = 200
    offset: int = 0
    count_total: bool = True
    cursor: Cursor | None = None


def entities(view: View, request: EntitiesRequest) -> EntitiesPage:
    """Return a page of ``GET /entities``, or all entities when it is unpaginated.

    The two modes sort differently: docs/reference/wire-contract.md, "Entities".
    """
    ids = _meeting(view, request.predicate)
    may_block_for(_number_in_order(ids, request), _FEW)
    if not request.is_paginated:
        return EntitiesPage(view.texts(_in_one_order(view, ids, request.orders)))
    begin = request.offset or 0
    end = None if request.limit is None else begin + request.limit + 1
    found = list(islice(_in_all_orders(view, ids, request.orders), begin, end))
    if request.limit is None:
        return EntitiesPage(view.texts(found))
    return EntitiesPage(view.texts(found[: request.limit]), len(found) > request.limit)


def _number_in_order(ids: BitMap, request: EntitiesRequest) -> int:
    """Return how many entities are put in order for a page."""
    if not request.is_paginated or request.orders or request.limit is None:
        return len(ids)
    return (request.offset or 0) + request.limit


def _meeting(view: View, predicate: Predicate | None) -> BitMap:
    return view.ids(None if predicate is None else condition_of(predicate))


def _in_one_order(view: View, ids: BitMap, orders: Sequence[OrderField]) -> Iterator[int]:
    """Sort by the first order; entities without the field are left out."""
    if not orders:
        return view.by_uid(ids)
    key, is_down = orders[0].field.lower(), orders[0].order == "desc"
    return (entity_id for _value, entity_id in view.by_value(key, ids, is_down=is_down))


def _in_all_orders(view: View, ids: BitMap, orders: Sequence[OrderField]) -> Iterable[int]:
    """Sort by every order in turn; entities without a field come last."""
    if not orders:
        return view.by_ref(ids)
    found = list(view.by_uid(ids))
    for order in reversed(orders):
        found.sort(key=_rank(view, ids, order))  # what is equal stays as it is
    return found


def _rank(view: View, ids: BitMap, order: OrderField) -> Callable[[int], float]:
    """Return where an entity stands in an order: last without the field, both ways."""
    # Rows have keys in lower case: an order by another one orders nothing.
    ranks = view.ranks(order.field, ids) if order.field == order.field.lower() else {}
    sign = -1 if order.order == "desc" else 1

    def rank(entity_id: int) -> float:
        found = ranks.get(entity_id)
        return inf if found is None else sign * found

    return rank


def by_query(view: View, request: QueryRequest) -> QueryPage:
    """Return a page of ``by-query``: sorted, filtered, with cursors both ways.

    Rules: docs/reference/wire-contract.md, "By-query".
    """
    cursor = request.cursor or _first_cursor(request)
    ids = view.ids(_condition(cursor))
    begin = 0
    if request.cursor is None:
        begin = request.offset
        if request.count_total:
            cursor = replace(cursor, total=_count(view, ids, cursor.order))
    if request.limit == 0:
        return QueryPage([], cursor.total)
    may_block_for(begin + request.limit, _FEW)
    rows = list(islice(_rows(view, ids, cursor), begin, begin + request.limit + 1))
    return _page(view, rows, cursor, request)


def _first_cursor(request: QueryRequest) -> Cursor:
    return Cursor(
        request.order,
        request.predicate,
        request.term,
        request.term_fields,
        has_text_filter=request.has_text_filter,
    )


def _condition(cursor: Cursor) -> RowCondition:
    """Return the condition of all entities of a list."""
    parts = [] if cursor.query is None else [condition_of(cursor.query)]
    default = _UID_KEY if cursor.order is None else cursor.order.field
    text = condition_of_text(cursor.term, cursor.term_fields or [default])
    return AllOf((*parts, *([] if text is None else [text])))


def _count(view: View, ids: BitMap, order: OrderField | None) -> int:
    return len(ids) if order is None else view.count(order.field.lower(), ids)


def _rows(view: View, ids: BitMap, cursor: Cursor) -> Iterator[_Row]:
    """Yield the rows of a list after (or before) the cursor's place."""
    if None in cursor.values:  # nothing is after nothing
        return iter(())
    place: Any = cursor.values
    direction = cursor.order.order if cursor.order else "asc"
    is_down = (direction == "desc") != cursor.is_previous
    if cursor.order is None:
        after = place[0] if place else None
        return ((None, each) for each in view.by_uid(ids, after, is_down=is_down))
    key = cursor.order.field.lower()
    return view.by_value(key, ids, place or None, is_down=is_down, are_uids_down=is_down)


def _page(view: View, rows: Sequence[_Row], cursor: Cursor, request: QueryRequest) -> QueryPage:
    has_more = len(rows) > request.limit
    rows = rows[: request.limit]
    if cursor.is_previous:
        rows = list(reversed(rows))
    if not rows:
        return QueryPage([], cursor.total)
    first, last = _place(view, rows[0], cursor), _place(view, rows[-1], cursor)
    if request.cursor is None:
        cursor = replace(cursor, first=first)
    following = previous = None
    if has_more or cursor.is_previous:
        following = replace(cursor, values=last, is_previous=False)
    if request.cursor is not None and first != cursor.first:
        previous = replace(cursor, values=first, is_previous=True)
    texts = view.texts(entity_id for _value, entity_id in rows)
    return QueryPage(texts, cursor.total, following, previous)


def _place(view: View, row: _Row, cursor: Cursor) -> tuple[str | None, ...]:
    uid = view.uid(row[1])
    return (uid,) if cursor.order is None else (row[0], uid)


def by_refs(
    connection: Connection, refs: Sequence[str], sight: Sight = EVERYTHING
) -> list[str | None]:
    """Return an entity for each ref, ``None`` for those missing.

    Letter case does not matter, but refs have to be complete.
    """
    limits = sight.of_entities(t.entities.c.id, is_few=True)
    found: dict[str, str] = {}
    lower = [ref.lower() for ref in refs]
    for batch in batches(dict.fromkeys(lower), store.CHUNK):
        query = sa.select(t.entities.c.ref, t.entities.c.final)
        rows = connection.execute(query.where(t.entities.c.ref.in_(batch), *limits))
        found.update((row[0], row[1]) for row in rows)
    return [found.get(ref) for ref in lower]


def by_refs_in(
    view: View, refs: Sequence[str], predicate: Predicate | None = None
) -> list[str | None]:
    """Return an entity for each ref, ``None`` for those missing or not matching."""
    lower = [ref.lower() for ref in refs]
    found = view.of_refs(lower)
    ids = None if predicate is None else _meeting(view, predicate)
    entities = map(found.get, lower)
    return [each[1] if each and (ids is None or each[0] in ids) else None for each in entities]


def by_ref(connection: Connection, ref: str, sight: Sight = EVERYTHING) -> str | None:
    """Return the entity of a ref."""
    if not is_storable(ref):
        return None
    limits = sight.of_entities(t.entities.c.id, is_few=True)
    query = sa.select(t.entities.c.final).where(t.entities.c.ref == ref, *limits)
    return connection.scalar(query)


def by_ref_at(
    connection: Connection, ref: str, sight: Sight = EVERYTHING
) -> tuple[str, str] | None:
    """Return the entity of a ref, and the commit its source is at: both of one moment."""
    if not is_storable(ref):
        return None
    commit = sa.func.coalesce(t.sources.c.commit_id, "")
    query = sa.select(t.entities.c.final, commit)
    query = query.outerjoin_from(t.entities, t.sources, t.sources.c.name == t.entities.c.source)
    limits = sight.of_entities(t.entities.c.id, is_few=True)
    row = connection.execute(query.where(t.entities.c.ref == ref, *limits)).first()
    return None if row is None else (row[0], row[1])


def placed_by_ref(
    connection: Connection, ref: str, sight: Sight = EVERYTHING
) -> tuple[str, str, str, str] | None:
    """Return the entity of a ref, its source, its path, and the commit of the source."""
    if not is_storable(ref):
        return None
    commit = sa.func.coalesce(t.sources.c.commit_id, "")
    query = sa.select(t.entities.c.final, t.entities.c.source, t.entities.c.path, commit)
    query = query.outerjoin_from(t.entities, t.sources, t.sources.c.name == t.entities.c.source)
    limits = sight.of_entities(t.entities.c.id, is_few=True)
    row = connection.execute(query.where(t.entities.c.ref == ref, *limits)).first()
    return None if row is None else (row[0], row[1], row[2], row[3])


def having_annotation(key: str, but_kind: str = "", sight: Sight = EVERYTHING) -> sa.Select[Any]:
    """Return the query for the entities that have an annotation, without those of a kind."""
    name = f"metadata.annotations.{key}".lower()
    ids = sa.select(t.search.c.entity_id).where(t.search.c.key == name)
    query = sa.select(t.entities.c.final).where(
        t.entities.c.id.in_(ids), *sight.of_entities(t.entities.c.id)
    )
    return query.where(t.entities.c.kind != but_kind) if but_kind else query


def by_uid(connection: Connection, uid: str, sight: Sight = EVERYTHING) -> str | None:
    """Return the entity with a uid."""
    if not is_storable(uid):
        return None
    limits = sight.of_entities(t.entities.c.id, is_few=True)
    query = sa.select(t.entities.c.final).where(t.entities.c.uid == uid, *limits)
    return connection.scalar(query)


def facets(
    view: View, names: Sequence[str], predicate: Predicate | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Count the values of each field, in their original letter case."""
    may_block_for(len(names), _FEW_COLUMNS)
    ids = _meeting(view, predicate)
    return {
        name: [{"value": value, "count": count} for value, count in view.counts(name.lower(), ids)]
        for name in names
    }


@dataclass(frozen=True, slots=True)
class Ancestor:
    """An entity on the way up to a root, and who leads to it."""

    text: str
    parents: list[str]


def ancestry(connection: Connection, ref: str, sight: Sight = EVERYTHING) -> list[Ancestor]:
    """Return the entity and all Locations above it, depth first; empty if unknown."""
    found: list[Ancestor] = []
    stack, seen = [ref], set()
    while stack:
        current = stack.pop()
        text = None if current in seen else by_ref(connection, current, sight)
        seen.add(current)
        if text is None:
            continue
        query = sa.select(t.parents.c.parent_ref).where(t.parents.c.child_ref == current)
        parents = sorted(set(connection.scalars(query)))
        if sight.condition is not None:
            parents = sorted(sight.refs(connection, parents))
        found.append(Ancestor(text, parents))
        stack.extend(parents)
    return found
