"""Migrations make the tables the code knows, on every database."""

from __future__ import annotations

import importlib
import pkgutil
import stat
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import portal
from portal.kernel import database
from portal.kernel.database import HEAD
from portal.kernel.database import batches
from portal.kernel.database import open_database
from portal.kernel.errors import ConfigError
from portal.kernel.errors import ServiceUnavailableError
from tests.databases import DIALECTS
from tests.databases import postgresql_database

VERSIONS = Path(database.__file__).parent / "migrations/versions"


@cache
def tables() -> list[sa.MetaData]:
    """Return the tables of every feature, wherever they are declared."""
    declared = {
        id(value): value
        for found in pkgutil.walk_packages(portal.__path__, "portal.")
        # Programs are for processes of their own, and change what holds for all of one.
        if "migrations" not in found.name and not found.name.endswith(("__main__", "_process"))
        for value in vars(importlib.import_module(found.name)).values()
        if isinstance(value, sa.MetaData)
    }
    return list(declared.values())


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new/folder/portal.db"
        return
    with postgresql_database() as made:
        yield made


def test_a_folder_that_holds_other_files_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    open_database(f"sqlite:///{tmp_path / 'portal.db'}").dispose()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777
    assert stat.S_IMODE((tmp_path / "portal.db").stat().st_mode) == 0o600


def test_the_upgraded_schema_is_the_one_the_code_knows(url: str) -> None:
    engine = open_database(url)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables()) == []  # type: ignore[arg-type] # it takes several
    engine.dispose()


def test_every_column_is_compared_as_the_code_says(url: str) -> None:
    """``compare_metadata`` does not look at collations; SQLAlchemy 2.0 does not tell them."""
    engine = open_database(url)
    told = "SELECT table_name, column_name, collation_name FROM information_schema.columns"
    found: dict[tuple[str, str], str | None] = {}
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            rows = connection.execute(sa.text(f"{told} WHERE table_schema = 'public'"))
            found = {(row.table_name, row.column_name): row.collation_name for row in rows}
    for name, table in ((n, x) for metadata in tables() for n, x in metadata.tables.items()):
        for column in table.columns:
            wanted = getattr(column.type.dialect_impl(engine.dialect), "collation", None)
            assert found.get((name, column.name)) == wanted, (name, column.name)
    engine.dispose()


def test_opening_twice_changes_nothing(url: str) -> None:
    open_database(url).dispose()
    engine = open_database(url)
    with engine.connect() as connection:
        found = connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
    assert found == [HEAD]
    engine.dispose()


def test_the_head_is_the_newest_migration() -> None:
    newest = max(path.stem[1:5] for path in VERSIONS.glob("v*.py"))
    assert newest == HEAD


def test_a_sqlite_folder_is_closed_to_others(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/private/portal.db").dispose()
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("url", ["nonsense", "mysql://h/d", "sqlite+nothing:///x", ""])
def test_a_url_that_is_none_is_refused_without_repeating_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="database_url cannot be used"):
        open_database(url)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_said_to() -> None:
    with pytest.raises(
        ServiceUnavailableError, match="cannot be opened: connection failed"
    ) as caught:
        open_database("postgresql+psycopg://user:s3cr3t@127.0.0.1:1/x")
    assert "s3cr3t" not in caught.value.message


def test_batches_hold_everything_once() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches([], 2)) == []


def test_a_database_of_a_newer_portal_is_refused_with_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(ConfigError, match=r"newer portal .*9999.* upgrade this one"):
        open_database(url)
