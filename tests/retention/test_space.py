"""Free space in a file of SQLite is given back, while others read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.kernel.database import open_database
from portal.retention.space import FREE_BYTES
from portal.retention.space import FreeSpace
from portal.retention.space import space_of


@pytest.fixture(params=["new", "earlier"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Return a file much of which is free: a new one, or one of an earlier version."""
    path = tmp_path / "portal.db"
    if request.param == "earlier":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE something (id INTEGER)")
    engine = open_database(f"sqlite:///{path}")
    assert space_of(engine).is_incremental == (request.param == "new")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE filling (content BLOB)")
        connection.exec_driver_sql(f"INSERT INTO filling VALUES (zeroblob({2 * FREE_BYTES}))")
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM filling")
    yield engine
    engine.dispose()


def test_free_space_is_given_back_while_somebody_reads(file: sa.Engine) -> None:
    before = space_of(file)
    assert before.is_wasteful
    giving = FreeSpace(file)
    with file.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        assert reader.exec_driver_sql("SELECT count(*) FROM filling").scalar() == 0
        while giving.give_back_some():
            pass
        assert reader.exec_driver_sql("SELECT count(*) FROM filling").scalar() == 0
    after = space_of(file)
    assert after.is_incremental
    assert after.free == 0
    assert before.size - after.size >= 2 * FREE_BYTES - before.size // 50


def test_a_little_free_space_stays(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'portal.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE filling (content BLOB)")
        connection.exec_driver_sql(f"INSERT INTO filling VALUES (zeroblob({FREE_BYTES // 4}))")
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM filling")
    free = space_of(engine).free
    assert free > 0
    assert not FreeSpace(engine).give_back_some()
    assert space_of(engine).free == free
    engine.dispose()


def test_a_server_keeps_its_space_itself(shared_database: sa.Engine) -> None:
    assert space_of(shared_database).size > 0
    if shared_database.dialect.name != "sqlite":
        assert not FreeSpace(shared_database).give_back_some()
