"""Requests to read a source soon: asked by clients, taken by the worker."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.audit.events import AuditAction
from portal.audit.events import Record
from portal.audit.events import record_nothing
from portal.catalog import refresh_requests
from portal.catalog import tables as t
from portal.catalog.entity_conditions import seen_of
from portal.catalog.reading.sight import Sight
from portal.catalog.reading.sight import require_of
from portal.catalog.reading.sight import sight_of
from portal.catalog.reading.source_status import visible_sources
from portal.catalog.refresh_requests import Asked
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.model.refs import parse_ref
from portal.permission.access import UNRESTRICTED
from portal.permission.access import Access

REFRESH = "catalog.entity.refresh"


class RefreshQueue:
    """Keeps the requests until the worker takes them.

    Args:
        database: Where the catalog is.
        on_refresh: Told when somebody asks for a refresh.
        access: What the caller may do.
        record: Records what was done.
    """

    def __init__(
        self,
        database: Database,
        on_refresh: Callable[[], None],
        access: Access = UNRESTRICTED,
        record: Record = record_nothing,
    ) -> None:
        self._record = record
        self._access = access
        self._database = database
        self._on_refresh = on_refresh

    def ask(self, text: str) -> None:
        """Ask for the source of an entity to be read soon.

        Raises:
            NotFoundError: When there is no such entity, or the caller may not see it.
            NotAllowedError: When the caller may not refresh it.
        """
        try:
            ref = str(parse_ref(text))
        except ValueError:
            ref = text.lower()
        with self._database.begin() as connection:
            query = sa.select(t.entities.c.source).where(t.entities.c.ref == ref)
            source = connection.scalar(query)
            if source is None or not sight_of(self._access).sees(connection, ref):
                raise NotFoundError(f"Entity {ref} not found")
            require_of(connection, self._access, REFRESH, ref)
            refresh_requests.ask(connection, [source])
        self._record(AuditAction.ENTITY_REFRESH, ref)
        self._on_refresh()

    def ask_source(self, name: str) -> None:
        """Ask for a source to be read soon.

        Raises:
            NotFoundError: When there is no such source, or the caller sees nothing of it.
            NotAllowedError: When the caller may refresh nothing of it.
        """
        with self._database.begin() as connection:
            known = sa.select(t.sources.c.name).where(t.sources.c.name == name)
            seen = visible_sources(connection, sight_of(self._access))
            if connection.scalar(known) is None or (seen is not None and name not in seen):
                raise NotFoundError(f"There is no source '{name}'")
            allowed = self._refreshable(connection)
            if allowed is not None and name not in allowed:
                raise NotAllowedError
            refresh_requests.ask(connection, [name])
        self._record(AuditAction.ENTITY_REFRESH, f"source:{name}")
        self._on_refresh()

    def refreshable(self) -> frozenset[str] | None:
        """Return the sources that the caller may have read; ``None`` for all of them."""
        with self._database.connect() as connection:
            return self._refreshable(connection)

    def _refreshable(self, connection: Connection) -> frozenset[str] | None:
        """Return the sources with an entity that the caller may refresh: it is read with it."""
        condition = seen_of(self._access.decision(REFRESH))
        found = visible_sources(connection, Sight(condition))
        return None if found is None else frozenset(found)

    def take(self, others: Collection[str] = ()) -> dict[str, Asked]:
        """Return the sources somebody asked to refresh, and forget the requests.

        The value of each is which request asked first. Requests for ``others`` are left where
        they are.
        """
        with self._database.begin() as connection:
            return refresh_requests.take(connection, others)
