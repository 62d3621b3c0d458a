"""The search engines by the values of the setting ``search_engine``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Engine as Database

from portal.kernel.errors import ConfigError
from portal.search.documents import SearchEngine
from portal.search.engines.postgres_engine import PostgresEngine
from portal.search.engines.sqlite_engine import SqliteEngine
from portal.search.engines.whoosh_engine import WhooshEngine


@dataclass(frozen=True, slots=True)
class IndexPlace:
    """Where an index may be.

    Attributes:
        folder: The folder of an index in files.
        database: Returns the database of the catalog, for an index in it.
    """

    folder: Path
    database: Callable[[], Database]


def _in_database(place: IndexPlace) -> PostgresEngine:
    database = place.database()
    if database.dialect.name != "postgresql":
        msg = "search_engine: postgresql needs a database_url that begins with postgresql+psycopg:"
        raise ConfigError(msg)
    return PostgresEngine(database)


#: Each makes an engine of an index at a place.
ENGINES: Mapping[str, Callable[[IndexPlace], SearchEngine]] = {
    "whoosh": lambda place: WhooshEngine(place.folder),
    "sqlite": lambda place: SqliteEngine(place.folder),
    "postgresql": _in_database,
}
