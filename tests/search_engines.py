"""Every search engine there is, each with an index of its own for a folder."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine
from portal.search.engines.postgres_engine import PostgresEngine
from portal.search.engines.table import ENGINES
from portal.search.engines.table import IndexPlace
from tests.databases import postgresql_database

NAMES = tuple(ENGINES)
#: Returns an engine on the index that belongs to a folder.
MakeEngine = Callable[[Path], SearchEngine]
Engines = Mapping[str, MakeEngine]


class _PostgresIndexes:
    """Gives each folder a schema of one database, which is made when it is first needed."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._database: sa.Engine | None = None

    def __call__(self, folder: Path) -> PostgresEngine:
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        return PostgresEngine(self.database(), f"index_{name}")

    def database(self) -> sa.Engine:
        """Return the database."""
        if self._database is None:
            url = self._stack.enter_context(postgresql_database())
            self._database = sa.create_engine(url)
            self._stack.callback(self._database.dispose)
        return self._database


def _in_files(name: str) -> MakeEngine:
    def database() -> sa.Engine:
        raise AssertionError(name)

    return lambda folder: ENGINES[name](IndexPlace(folder, database))


def holding(
    documents: Iterable[IndexableDocument], engine: SearchEngine, generation: int = 1
) -> SearchEngine:
    """Return an engine after it has indexed documents."""
    engine.rebuild(generation, documents)
    return engine


@contextlib.contextmanager
def all_engines() -> Iterator[Engines]:
    """Yield how each engine is made."""
    with contextlib.ExitStack() as stack:
        made_of_files = {name: _in_files(name) for name in NAMES if name != "postgresql"}
        yield {**made_of_files, "postgresql": _PostgresIndexes(stack)}


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """Return how each engine is made."""
    with all_engines() as made:
        yield made


@pytest.fixture(params=NAMES)
def own_engine(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> SearchEngine:
    """Return an engine with the ``DOCUMENTS`` of the test's module, for a test that changes them."""
    return holding(request.module.DOCUMENTS, engines[request.param](tmp_path / "index"))


@pytest.fixture(scope="module", params=NAMES)
def engine(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> SearchEngine:
    """Return an engine with the ``DOCUMENTS`` of a module, for tests that only ask."""
    return holding(
        request.module.DOCUMENTS, engines[request.param](tmp_path_factory.mktemp("index"))
    )
