"""The catalog as its doors see it: questions in, JSON bytes out.

Every list is put together from the stored texts, and kept per generation, so a
repeated question costs one look at the generation number.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import history
from portal.catalog import queries
from portal.catalog import requests
from portal.catalog import store
from portal.catalog import tables as t
from portal.catalog.cursors import encode_after
from portal.catalog.filters import Predicate
from portal.catalog.projection import project
from portal.catalog.queries import EntitiesRequest
from portal.catalog.queries import QueryRequest
from portal.kernel.cache import GenerationCache
from portal.kernel.database import begin_reading
from portal.kernel.database import is_storable
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref


class Catalog:
    """Answers what clients ask of the catalog.

    Args:
        database: Where the catalog is.
        cache: Where answers are kept.
        on_refresh: Told when somebody asks for a refresh.
    """

    def __init__(
        self,
        database: Database,
        cache: GenerationCache,
        on_refresh: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._cache = cache
        self._on_refresh = on_refresh

    def generation(self) -> int:
        """Return the number of the catalog's present state."""
        with self._database.connect() as connection:
            return store.generation(connection)

    def _kept(self, key: Hashable, make: Callable[[Connection], bytes]) -> bytes:
        with self._database.connect() as connection:
            begin_reading(connection)
            generation = store.generation(connection)
            return self._cache.get(generation, key, lambda: make(connection))

    def entities(
        self, key: Hashable, request: EntitiesRequest, fields: Sequence[str]
    ) -> tuple[bytes, str]:
        """Return the list as JSON, and the ``after`` of the next page or ``""``."""

        def make(connection: Connection) -> bytes:
            page = queries.entities(connection, request)
            after = ""
            if page.has_more and request.limit is not None:
                after = encode_after(request.limit, (request.offset or 0) + request.limit)
            return after.encode() + b"\n" + _array(page.texts, fields)

        after, _, body = self._kept(("entities", key), make).partition(b"\n")
        return body, after.decode()

    def by_query(self, key: Hashable, request: QueryRequest, fields: Sequence[str]) -> bytes:
        """Return a page of ``by-query`` as JSON."""

        def make(connection: Connection) -> bytes:
            page = queries.by_query(connection, request)
            info = {}
            if page.following is not None:
                info["nextCursor"] = page.following.encode()
            if page.previous is not None:
                info["prevCursor"] = page.previous.encode()
            tail = f',"totalItems":{page.total},"pageInfo":{json.dumps(info)}}}'
            return b'{"items":' + _array(page.texts, fields) + tail.encode()

        return self._kept(("by-query", key), make)

    def by_refs(
        self,
        key: Hashable,
        refs: Sequence[str],
        predicate: Predicate | None,
        fields: Sequence[str],
    ) -> bytes:
        """Return the entities of some refs, ``null`` for those that are not there."""

        def make(connection: Connection) -> bytes:
            texts = queries.by_refs(connection, refs, predicate)
            return b'{"items":' + _array(texts, fields) + b"}"

        return self._kept(("by-refs", key), make)

    def by_name(self, ref: EntityRef) -> str:
        """Return one entity as JSON.

        Raises:
            NotFoundError: When there is none.
        """
        with self._database.connect() as connection:
            text = queries.by_ref(connection, str(ref))
        if text is None:
            raise NotFoundError(
                f"No entity named '{ref.name}' found, with kind '{ref.kind}' "
                f"in namespace '{ref.namespace}'"
            )
        return text

    def by_uid(self, uid: str) -> str:
        """Return one entity as JSON.

        Raises:
            NotFoundError: When there is none.
        """
        with self._database.connect() as connection:
            text = queries.by_uid(connection, uid)
        if text is None:
            raise NotFoundError(f"No entity with uid {uid}")
        return text

    def facets(self, key: Hashable, names: Sequence[str], predicate: Predicate | None) -> bytes:
        """Return the counts of each field's values as JSON."""

        def make(connection: Connection) -> bytes:
            return _dump({"facets": queries.facets(connection, names, predicate)})

        return self._kept(("facets", key), make)

    def ancestry(self, ref: EntityRef) -> bytes:
        """Return an entity and the Locations that lead to it, as JSON.

        Raises:
            NotFoundError: When there is no such entity.
        """
        with self._database.connect() as connection:
            begin_reading(connection)
            found = queries.ancestry(connection, str(ref))
        if not found:
            raise NotFoundError(f"No such entity {ref}")
        items = ",".join(
            f'{{"entity":{item.text},"parentEntityRefs":{json.dumps(item.parents)}}}'
            for item in found
        )
        return f'{{"rootEntityRef":{json.dumps(str(ref))},"items":[{items}]}}'.encode()

    def history(self, ref: EntityRef) -> dict[str, Any]:
        """Return what happened to an entity, the newest change first.

        Raises:
            NotFoundError: When nothing ever did.
        """
        with self._database.connect() as connection:
            entries = history.load(connection, str(ref)) if is_storable(str(ref)) else []
        if not entries:
            raise NotFoundError(f"No history of {ref}")
        return {"entityRef": str(ref), "items": entries}

    def groups_of(self, user_ref: str) -> list[str] | None:
        """Return the groups a user is a member of, ``None`` when there is no such user."""
        found = self.documents([user_ref])
        if not found:
            return None
        relations = found[0].get("relations", ())
        return [each["targetRef"] for each in relations if each["type"] == "memberOf"]

    def documents_by_ref(self, refs: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the final entities of some refs by these refs; missing ones are left out."""
        asked = list(refs)
        with self._database.connect() as connection:
            texts = queries.by_refs(connection, asked)
        found = zip(asked, texts, strict=True)
        return {ref: json.loads(text) for ref, text in found if text is not None}

    def document_at(self, ref: str) -> tuple[dict[str, Any], str] | None:
        """Return the final entity of a ref, and the commit its source was read at."""
        with self._database.connect() as connection:
            found = queries.by_ref_at(connection, ref)
        return None if found is None else (json.loads(found[0]), found[1])

    def documents(self, refs: Iterable[str]) -> list[dict[str, Any]]:
        """Return the final entities of some refs, parsed; missing ones are left out."""
        with self._database.connect() as connection:
            texts = queries.by_refs(connection, list(refs))
        return [json.loads(text) for text in texts if text is not None]

    def all_documents(self, kinds: Iterable[str]) -> list[dict[str, Any]]:
        """Return every final entity of some kinds, parsed, sorted by ref."""
        query = sa.select(t.entities.c.final).where(t.entities.c.kind.in_(list(kinds)))
        with self._database.connect() as connection:
            return [json.loads(x) for x in connection.scalars(query.order_by(t.entities.c.ref))]

    def request_refresh(self, text: str) -> None:
        """Ask for the source of an entity to be read soon.

        Raises:
            NotFoundError: When there is no such entity.
        """
        try:
            ref = str(parse_ref(text))
        except ValueError:
            ref = text.lower()
        with self._database.begin() as connection:
            query = sa.select(t.entities.c.source).where(t.entities.c.ref == ref)
            source = connection.scalar(query)
            if source is None:
                raise NotFoundError(f"Entity {ref} not found")
            requests.ask(connection, [source])
        self._on_refresh()

    def take_refresh_requests(self) -> list[str]:
        """Return the sources somebody asked to refresh, and forget the requests."""
        with self._database.begin() as connection:
            return requests.take(connection)

    def sources(self) -> list[store.SourceState]:
        """Return how every source is doing."""
        with self._database.connect() as connection:
            return store.load_sources(connection)

    def problems(self, source: str | None = None) -> list[Mapping[str, Any]]:
        """Return everything wrong with the content now."""
        with self._database.connect() as connection:
            return store.load_problems(connection, source)

    def refs_of(self, source: str) -> list[str]:
        """Return the refs of all entities a source defines, sorted."""
        query = sa.select(t.entities.c.ref).where(t.entities.c.source == source)
        with self._database.connect() as connection:
            return list(connection.scalars(query.order_by(t.entities.c.ref)))

    def count(self) -> int:
        """Return how many entities there are."""
        with self._database.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(t.entities)) or 0


def _array(texts: Iterable[str | None], fields: Sequence[str]) -> bytes:
    if fields:
        texts = [text and project(text, fields) for text in texts]
    return f"[{','.join(text or 'null' for text in texts)}]".encode()


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
