"""Databases for tests, on SQLite and on PostgreSQL: migrated once, not for every test.

Each test that asks for one of the fixtures runs on both. Without a PostgreSQL server its half
is skipped; where ``CI`` is set it fails.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.util import LRUCache

from portal.kernel.database import open_database

DIALECTS = ("sqlite", "postgresql")
#: Where throw-away databases may be made.
POSTGRESQL = os.environ.get(
    "PORTAL_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)
#: A test that failed may have left a connection behind, and with it a lock.
DISCONNECT_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_RESTART_IDENTITIES = (
    "SELECT setval(quote_ident(sequencename)::regclass, start_value, false) FROM pg_sequences"
)
_DROP_SEARCH = "DROP SCHEMA IF EXISTS portal_search CASCADE"


class _Statements(LRUCache[Any, Any]):
    """The SQL of statements, compiled once for each kind of database, not for each database.

    SQLAlchemy looks for it by dialect and statement, and each engine has a dialect of its own.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        dialect, *statement = key
        return super().get((type(dialect), *statement), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        dialect, *statement = key
        super().__setitem__((type(dialect), *statement), compiled)


def _remember_statements() -> None:
    """Let all engines of this process have their statements from one place."""
    make = sa.Engine.__init__
    statements = _Statements(10_000)

    def made(engine: sa.Engine, *args: Any, **options: Any) -> None:
        make(engine, *args, **options)
        engine.update_execution_options(compiled_cache=statements)

    # SQLAlchemy has no event for a new engine, and most are made by the product.
    sa.Engine.__init__ = made  # type: ignore[method-assign, assignment]


_remember_statements()


@contextlib.contextmanager
def postgresql_database() -> Iterator[str]:
    """Make a database without tables on the PostgreSQL server; yield its url, then drop it."""
    name = f"portal_test_{secrets.token_hex(6)}"
    server = sa.create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except sa.exc.OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip("no PostgreSQL server: set PORTAL_TEST_POSTGRESQL to its url")
    yield sa.make_url(POSTGRESQL).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


class Databases:
    """Lends migrated, empty databases.

    On SQLite each is a copy of one file. On PostgreSQL they are emptied and lent again:
    ``CREATE`` and ``DROP DATABASE`` make the server write all it holds to the disk, which
    takes ten times as long.
    """

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._free: list[str] = []
        self._emptying = ""

    @contextlib.contextmanager
    def lend(self, dialect: str, folder: Path) -> Iterator[str]:
        """Yield the url of a database; on SQLite its file is put into ``folder``."""
        if dialect == "sqlite":
            yield self.sqlite(folder)
            return
        url = self._free.pop() if self._free else self._new_postgresql()
        yield url
        self._empty(url)
        self._free.append(url)

    def sqlite(self, folder: Path) -> str:
        """Put a database into ``folder``, where a portal looks for its own; return its url."""
        file = folder / "portal.db"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._migrated, file)
        return f"sqlite:///{file}"

    @cached_property
    def _migrated(self) -> Path:
        path = self._folder / "migrated.db"
        open_database(f"sqlite:///{path}").dispose()
        return path

    def _new_postgresql(self) -> str:
        url = self._stack.enter_context(postgresql_database())
        self._emptying = _emptying(url)
        return url

    def _empty(self, url: str) -> None:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(self._emptying)


def _emptying(url: str) -> str:
    """Migrate a PostgreSQL database; return what empties it, in one message to the server."""
    engine = open_database(url)
    tables = sa.MetaData()
    tables.reflect(engine)
    engine.dispose()
    names = (table.name for table in reversed(tables.sorted_tables))
    deletes = (f'DELETE FROM "{name}"' for name in names if name != "alembic_version")
    return "; ".join((DISCONNECT_OTHERS, *deletes, _RESTART_IDENTITIES, _DROP_SEARCH))


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Return what lends databases."""
    with contextlib.ExitStack() as stack:
        yield Databases(tmp_path_factory.mktemp("databases"), stack)


@pytest.fixture(params=DIALECTS)
def database_url(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> Iterator[str]:
    """Return the url of a migrated, empty database."""
    with databases.lend(request.param, tmp_path / "database") as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[sa.Engine]:
    """Return a migrated, empty database."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", params=DIALECTS)
def shared_database_url(
    request: pytest.FixtureRequest,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Return the url of a migrated database for a whole module."""
    with databases.lend(request.param, tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture(scope="module")
def shared_database(shared_database_url: str) -> Iterator[sa.Engine]:
    """Return a migrated database for many tests; each leaves it as it found it."""
    engine = open_database(shared_database_url)
    yield engine
    engine.dispose()
