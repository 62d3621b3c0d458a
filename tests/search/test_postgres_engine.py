"""An index in the catalog's database: of the same transaction, for every process, and healing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog.transactions import writing
from portal.config.settings import Config
from portal.kernel.errors import ConfigError
from portal.kernel.errors import MissingIndexError
from portal.roles.services import Services
from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.documents import SearchQuery
from portal.search.engines.postgres_engine import PostgresEngine
from portal.search.engines.table import IndexPlace
from portal.search.engines.table import _in_database
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.faults.running import CONTENT
from tests.search_engines import Engines


def software(name: str, text: str = "") -> IndexableDocument:
    ref = f"component:default/{name.lower()}"
    fields = {"title": name, "text": text, "kind": "Component"}
    return IndexableDocument("software-catalog", ref, fields, (Name(name, "preferred"),))


DOCUMENTS = (software("Abacus", "Counts payments."), software("Gateway"))


@pytest.fixture
def engine(engines: Engines, tmp_path: Path) -> PostgresEngine:
    """A built index."""
    made = engines["postgresql"](tmp_path)
    assert isinstance(made, PostgresEngine)
    made.rebuild(7, DOCUMENTS)
    return made


def database_of(engine: PostgresEngine) -> sa.Engine:
    return engine._database


def tables(engine: PostgresEngine) -> set[str]:
    with database_of(engine).connect() as connection:
        return set(sa.inspect(connection).get_table_names(engine.schema))


def found(engine: PostgresEngine | Services, text: str) -> list[str]:
    asked = engine.search_engine if isinstance(engine, Services) else engine
    return [hit.ref.rpartition("/")[2] for hit in asked.search(SearchQuery(text)).hits]


class TestTheIndex:
    def test_it_is_written_in_the_transaction_of_whoever_writes(
        self, engine: PostgresEngine
    ) -> None:
        with database_of(engine).connect() as connection:
            transaction = connection.begin()
            engine.write(connection, 8, [software("Zebra")], ["component:default/abacus"])
            assert (engine.generation, found(engine, "zebra")) == (7, [])
            transaction.rollback()
            assert (engine.generation, found(engine, "abacus")) == (7, ["abacus"])
            with connection.begin():
                engine.write(connection, 8, [software("Zebra")], ["component:default/abacus"])
        assert (engine.generation, found(engine, "zebra"), found(engine, "abacus")) == (
            8,
            ["zebra"],
            [],
        )

    def test_pages_that_are_written_late_do_not_turn_it_back(self, engine: PostgresEngine) -> None:
        engine.update(9, [], [])
        engine.update(8, [software("Zebra")], [])
        assert (engine.generation, found(engine, "zebra")) == (9, ["zebra"])

    def test_the_tables_of_earlier_builds_are_dropped(self, engine: PostgresEngine) -> None:
        before = tables(engine)
        engine.rebuild(8, DOCUMENTS)
        assert len(tables(engine)) == len(before)
        assert tables(engine) & before == {"state", "pages"}

    def test_a_document_that_comes_twice_is_there_once(self, engine: PostgresEngine) -> None:
        engine.rebuild(8, [software("Abacus", "first"), software("Abacus", "second")])
        assert (found(engine, "second"), found(engine, "first")) == (["abacus"], [])

    def test_a_text_that_postgresql_cannot_store_is_found_without_it(
        self, engine: PostgresEngine
    ) -> None:
        odd = IndexableDocument("glossary", "odd", {"title": "Odd", "kind": "a\x00b"})
        engine.update(8, [odd], [])
        result = engine.search(SearchQuery("odd", facets=("kind",)))
        assert result.facets["kind"] == {"ab": 1}
        assert result.hits[0].fields["kind"] == "a\x00b"
        assert found(engine, "\ud800qqx") == []

    @pytest.mark.parametrize("damage", ["DROP TABLE {}", "ALTER TABLE {} DROP COLUMN doc"])
    def test_what_is_damaged_is_missing_and_built_anew(
        self, engine: PostgresEngine, damage: str
    ) -> None:
        with database_of(engine).begin() as connection:
            for table in tables(engine) - {"state", "pages"}:
                connection.exec_driver_sql(damage.format(f"{engine.schema}.{table}"))
        with pytest.raises(MissingIndexError):
            found(engine, "abacus")
        assert engine.generation == -1
        engine.rebuild(8, DOCUMENTS)
        assert (engine.generation, found(engine, "abacus")) == (8, ["abacus"])

    def test_one_of_another_format_is_missing_until_it_is_built_anew(
        self, engine: PostgresEngine
    ) -> None:
        with database_of(engine).begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {engine.schema}.state DROP COLUMN kinds")
            connection.exec_driver_sql(f"UPDATE {engine.schema}.state SET format = '0/old'")
        assert engine.generation == -1
        engine.rebuild(8, DOCUMENTS)
        assert (engine.generation, found(engine, "abacus")) == (8, ["abacus"])


PRESENT = sa.text("SELECT number FROM generation")


def things(generation: int) -> list[IndexableDocument]:
    return [software(f"thing{number}", f"shared of{generation}") for number in range(20)]


def read_until(over: threading.Event, engine: PostgresEngine) -> int:
    """Search as another process does; return how often. All found is of one state, the present."""
    reader, count = PostgresEngine(database_of(engine), engine.schema), 0
    asked = SearchQuery("shared", types=("software-catalog",), limit=50)
    while not over.is_set():
        with database_of(engine).connect() as connection:
            number = connection.scalar(PRESENT)
        (text,) = {str(hit.fields["text"]) for hit in reader.search(asked).hits}
        assert int(text.rpartition("of")[2]) >= number
        count += 1
    return count


@pytest.mark.slow
def test_nobody_sees_two_states_or_an_old_one_while_others_write_and_rebuild(
    engine: PostgresEngine,
) -> None:
    """Two write with the catalog, two rebuild, one adds pages; each process has an engine."""
    database = database_of(engine)
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE generation (number integer)")
        connection.exec_driver_sql("INSERT INTO generation VALUES (7)")

    def catch_up(connection: sa.Connection) -> None:
        number = connection.scalar(PRESENT)
        engine.write(connection, number, things(number), [])

    def write() -> None:
        for _ in range(25):
            with writing(database, catch_up) as connection:
                connection.execute(sa.text("UPDATE generation SET number = number + 1"))

    def rebuild() -> None:
        for _ in range(8):
            with database.connect() as connection:
                number = connection.scalar(PRESENT)
            engine.rebuild(number, things(number), "a catalog", catch_up)

    def add_pages() -> None:
        for number in range(25):
            page = IndexableDocument("techdocs", f"page{number % 3}", {"title": "page"})
            engine.update(engine.generation, [page], [])

    with database.begin() as connection:
        catch_up(connection)
    over = threading.Event()
    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read_until, over, engine) for _ in range(2)]
        writers = [pool.submit(each) for each in (write, write, rebuild, rebuild, add_pages)]
        try:
            for each in writers:
                each.result()
        finally:
            over.set()
        assert min(each.result() for each in readers) > 0
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE generation")


def test_it_needs_the_database_it_is_made_of(database: sa.Engine, tmp_path: Path) -> None:
    place = IndexPlace(tmp_path, lambda: database)
    if database.dialect.name == "postgresql":
        assert _in_database(place).generation == -1
    else:
        with pytest.raises(ConfigError, match="database_url"):
            _in_database(place)


class TestThePortal:
    @pytest.fixture
    def portal(self, make_portal: MakePortal) -> Portal:
        return make_portal(CONTENT, search_engine="postgresql")

    @pytest.fixture
    def other(self, portal: Portal, tmp_path: Path) -> Any:
        """The services of another machine: the same settings, a folder of its own."""
        settings: dict[str, Any] = {
            "database_url": portal.config.database_url,
            "search_engine": "postgresql",
        }
        services = Services(Config(data_dir=tmp_path / "other", **settings))
        yield services
        services.database.dispose()

    def test_another_machine_finds_entities_and_pages(
        self, portal: Portal, other: Services
    ) -> None:
        assert found(other, "site") == ["site"]
        assert [hit.type for hit in other.search.search(SearchQuery("wombat")).hits] == ["techdocs"]
        assert not other.pending_pages.are_pending()
        assert not (portal.config.data_dir / "index").exists()
        assert not (other.config.data_dir / "index").exists()

    def test_the_index_is_at_a_commit_as_soon_as_the_catalog_is(
        self, portal: Portal, other: Services
    ) -> None:
        assert found(other, "zebra") == []
        name = CONTENT["catalog-info.yaml"].replace("name: site", "name: zebra")
        portal.repository.commit({"catalog-info.yaml": name}, "Rename it")
        # Nobody follows after the commit.
        portal.services.engine._on_stitched = lambda _generation: None
        location = portal.services.openers()["content"]()
        report = portal.services.engine.refresh(location)
        assert report.generation == other.search_engine.generation
        assert (found(other, "zebra"), found(other, "site")) == (["zebra"], [])

    def test_what_somebody_removes_is_gone_from_the_index(
        self, portal: Portal, other: Services
    ) -> None:
        portal.services.registrations.forget("content")
        assert found(other, "site") == []

    def test_an_index_that_cannot_be_written_does_not_hold_the_catalog_up(
        self, portal: Portal, other: Services
    ) -> None:
        with portal.services.database.begin() as connection:
            engine = portal.services.search_engine
            assert isinstance(engine, PostgresEngine)
            for table in tables(engine) - {"state", "pages"}:
                connection.exec_driver_sql(f"DROP TABLE {engine.schema}.{table}")
        more = CONTENT["catalog-info.yaml"].replace("name: site", "name: zebra")
        portal.repository.commit({"catalog-info.yaml": more}, "Rename it")
        assert [report.outcome for report in portal.sync()] == ["changed"]
        assert found(other, "zebra") == ["zebra"]
        portal.sync()
        assert [hit.type for hit in other.search.search(SearchQuery("wombat")).hits] == ["techdocs"]

    def test_a_lost_index_says_that_pages_are_pending_to_every_machine(
        self, portal: Portal, other: Services
    ) -> None:
        portal.services.search_engine.rebuild(
            portal.services.search_engine.generation, (), portal.services.search_engine.catalog
        )
        with pytest.raises(MissingIndexError):
            other.search.search(SearchQuery("wombat"))
        portal.services.index_follower.follow()
        portal.sync()
        assert [hit.type for hit in other.search.search(SearchQuery("wombat")).hits] == ["techdocs"]
