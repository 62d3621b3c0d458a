"""The read side of the catalog: requests to JSON bytes.

Answers are made of stored texts and cached per generation. While nobody writes, a repeated
request costs no query at all.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.engine import Engine as Database

from portal.catalog.filters import Predicate
from portal.catalog.processing import history
from portal.catalog.processing import store
from portal.catalog.read_model.model import ReadModel
from portal.catalog.read_model.transactions import MovedOnError
from portal.catalog.read_model.transactions import ReadTransaction
from portal.catalog.read_model.view import View
from portal.catalog.reading import queries
from portal.catalog.reading.cursors import encode_after
from portal.catalog.reading.projection import project
from portal.catalog.reading.projection import shortened
from portal.catalog.reading.queries import EntitiesRequest
from portal.catalog.reading.queries import QueryRequest
from portal.catalog.reading.sight import Sight
from portal.catalog.reading.sight import sight_of
from portal.kernel.blocking import may_block_for
from portal.kernel.cache import GenerationCache
from portal.kernel.database import CommitCounter
from portal.kernel.database import is_storable
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.permission.access import UNRESTRICTED
from portal.permission.access import Access

#: So many entities are parsed, and reduced, within a few milliseconds.
_FEW_PARSED = 20


class EntitiesCatalog:
    """Answers what clients ask of the catalog.

    Args:
        database: Where the catalog is.
        cache: Where answers are kept.
        listed_description: How many characters of a description lists show; 0 shows all.
        access: What the caller may do; answers hold what they may see, and nothing else.
        model: The rows of entities in memory.
    """

    def __init__(
        self,
        database: Database,
        cache: GenerationCache,
        listed_description: int = 0,
        access: Access = UNRESTRICTED,
        model: ReadModel | None = None,
    ) -> None:
        self._access = access
        self._model = model or ReadModel()
        self._database = database
        self._cache = cache
        self._listed = listed_description
        self._generations = Generations(database)

    def generation(self) -> int:
        """Return the catalog's current generation."""
        return self._generations.current()

    def _kept(
        self, name: str, key: Hashable, make: Callable[[ReadTransaction, Sight], bytes]
    ) -> bytes:
        """Return an answer that is kept for callers who see the same."""
        sight, origin = sight_of(self._access), self._generations.origin()
        whole = (name, key, sight.condition)
        kept = self._cache.find(origin, whole)
        if kept is not None:
            return kept
        with suppress(MovedOnError), ReadTransaction(self._database, origin) as reading:
            return self._cache.get(origin, whole, lambda: make(reading, sight))
        with ReadTransaction(self._database) as present:
            return self._cache.get(present.origin, whole, lambda: make(present, sight))

    def _view(self, reading: ReadTransaction, sight: Sight) -> View:
        return self._model.view_of(reading.origin, reading.connection, sight.condition)

    def _texts(
        self, reading: ReadTransaction, sight: Sight, refs: Sequence[str]
    ) -> list[str | None]:
        """Return an entity for each ref: from memory, to callers who see all."""
        if sight.condition is None:
            return queries.by_refs_in(self._view(reading, sight), refs)
        return queries.by_refs(reading.connection(), refs, sight)

    def _array(
        self,
        reading: ReadTransaction,
        sight: Sight,
        texts: Sequence[str | None],
        fields: Sequence[str],
    ) -> bytes:
        """Return the JSON array of some entities, reduced to what lists show."""
        shown = _shown(reading, sight, texts)
        if self._listed:
            shown = [text and shortened(text, self._listed) for text in shown]
        if fields:
            may_block_for(len(shown), _FEW_PARSED)
            shown = [text and project(text, fields) for text in shown]
        return f"[{','.join(text or 'null' for text in shown)}]".encode()

    def entities(
        self, key: Hashable, request: EntitiesRequest, fields: Sequence[str]
    ) -> tuple[bytes, str]:
        """Return the list as JSON, and the ``after`` of the next page or ``""``."""

        def make(reading: ReadTransaction, sight: Sight) -> bytes:
            page = queries.entities(self._view(reading, sight), request)
            after = ""
            if page.has_more and request.limit is not None:
                after = encode_after(request.limit, (request.offset or 0) + request.limit)
            return after.encode() + b"\n" + self._array(reading, sight, page.texts, fields)

        after, _, body = self._kept("entities", key, make).partition(b"\n")
        return body, after.decode()

    def by_query(self, key: Hashable, request: QueryRequest, fields: Sequence[str]) -> bytes:
        """Return a page of ``by-query`` as JSON."""

        def make(reading: ReadTransaction, sight: Sight) -> bytes:
            page = queries.by_query(self._view(reading, sight), request)
            info = {}
            if page.following is not None:
                info["nextCursor"] = page.following.encode()
            if page.previous is not None:
                info["prevCursor"] = page.previous.encode()
            tail = f',"totalItems":{page.total},"pageInfo":{json.dumps(info)}}}'
            return b'{"items":' + self._array(reading, sight, page.texts, fields) + tail.encode()

        return self._kept("by-query", key, make)

    def by_refs(
        self,
        key: Hashable,
        refs: Sequence[str],
        predicate: Predicate | None,
        fields: Sequence[str],
    ) -> bytes:
        """Return the entities of refs as JSON, ``null`` for missing ones."""

        def make(reading: ReadTransaction, sight: Sight) -> bytes:
            if predicate is None:  # without a look at rows
                texts = self._texts(reading, sight, refs)
            else:
                view = self._view(reading, sight)
                texts = queries.by_refs_in(view, refs, predicate)
            return b'{"items":' + self._array(reading, sight, texts, fields) + b"}"

        return self._kept("by-refs", key, make)

    def by_name(self, ref: EntityRef) -> bytes:
        """Return one entity as JSON.

        Raises:
            NotFoundError: When there is none.
        """

        def make(reading: ReadTransaction, sight: Sight) -> bytes:
            (text,) = _shown(reading, sight, self._texts(reading, sight, [str(ref)]))
            if text is None:
                raise NotFoundError(
                    f"No entity named '{ref.name}' found, with kind '{ref.kind}' "
                    f"in namespace '{ref.namespace}'"
                )
            return text.encode()

        return self._kept("by-name", str(ref), make)

    def by_uid(self, uid: str) -> bytes:
        """Return one entity as JSON.

        Raises:
            NotFoundError: When there is none.
        """

        def make(reading: ReadTransaction, sight: Sight) -> bytes:
            (text,) = _shown(reading, sight, [queries.by_uid(reading.connection(), uid, sight)])
            if text is None:
                raise NotFoundError(f"No entity with uid {uid}")
            return text.encode()

        return self._kept("by-uid", uid, make)

    def facets(self, key: Hashable, names: Sequence[str], predicate: Predicate | None) -> bytes:
        """Return the counts of each field's values as JSON."""

        def make(reading: ReadTransaction, sight: Sight) -> bytes:
            found = queries.facets(self._view(reading, sight), names, predicate)
            return _dump({"facets": found})

        return self._kept("facets", key, make)

    def ancestry(self, ref: EntityRef) -> bytes:
        """Return an entity and the Locations that lead to it, as JSON.

        Raises:
            NotFoundError: When there is no such entity.
        """

        def make(reading: ReadTransaction, sight: Sight) -> bytes:
            found = queries.ancestry(reading.connection(), str(ref), sight)
            if not found:
                raise NotFoundError(f"No such entity {ref}")
            texts = _shown(reading, sight, [item.text for item in found])
            items = ",".join(
                f'{{"entity":{text},"parentEntityRefs":{json.dumps(item.parents)}}}'
                for item, text in zip(found, texts, strict=True)
            )
            return f'{{"rootEntityRef":{json.dumps(str(ref))},"items":[{items}]}}'.encode()

        return self._kept("ancestry", str(ref), make)

    def history(self, ref: EntityRef) -> dict[str, Any]:
        """Return the changes of an entity as JSON, the newest first.

        Raises:
            NotFoundError: When it has none.
        """
        sight = sight_of(self._access)
        with self._database.connect() as connection:
            is_known = is_storable(str(ref)) and sight.sees(connection, str(ref))
            entries = history.load(connection, str(ref)) if is_known else []
        if not entries:
            raise NotFoundError(f"No history of {ref}")
        return {"entityRef": str(ref), "items": entries}


class Generations:
    """Knows the number of the catalog's present state, without a query while nobody writes.

    Args:
        database: Where the catalog is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._commits = CommitCounter(database)
        self._seen = threading.local()

    def current(self) -> int:
        """Return the present generation; 0 before the first run."""
        return self.origin()[1]

    def origin(self) -> tuple[str, int]:
        """Return the random id of the catalog, and the present generation."""
        # Counted before it is read: what is committed in between is read once more.
        count = self._commits.count()
        if count is not None and count == getattr(self._seen, "count", None):
            known: tuple[str, int] = self._seen.origin
            return known
        with self._database.connect() as connection:
            origin = store.origin(connection)
        self._seen.count, self._seen.origin = count, origin
        return origin


def _shown(reading: ReadTransaction, sight: Sight, texts: Sequence[str | None]) -> list[str | None]:
    """Return entities as they are sent to a caller."""
    if sight.condition is None:
        return list(texts)
    may_block_for(len(texts), _FEW_PARSED)
    return sight.shown(reading.connection(), texts)


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
