"""A database that any earlier version wrote opens with this one, and keeps its rows.

``schemas/`` has, for each version, the tables that differ from the version before, as SQL. A new
migration needs the next::

    python -m tests.kernel.test_upgrades
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.kernel import database as kernel
from portal.kernel.database import HEAD
from portal.kernel.database import open_database
from portal.roles.services import Services
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.faults.running import CONTENT

SCHEMAS = Path(__file__).parent / "schemas"
VERSIONS = sorted(
    path.stem[1:5] for path in Path(kernel.__file__).parent.glob("migrations/versions/v*.py")
)
#: Rows of these say which catalog there is: one of another version would be none.
_WITHOUT_ROWS = frozenset({"alembic_version"})


def schema_of(version: str) -> Path:
    return SCHEMAS / f"{version}.sql"


def written_by(path: Path, version: str) -> None:
    """Write the database that a version wrote."""
    scripts = [schema_of(each).read_text() for each in VERSIONS[: VERSIONS.index(version) + 1]]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("".join(["BEGIN;\n", *scripts, "COMMIT;\n"]))


def counts(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in names
            if not name.startswith("sqlite_")
        }


def test_there_is_one_of_every_version() -> None:
    missing = set(VERSIONS[:-1]) - {path.stem for path in SCHEMAS.glob("*.sql")}
    assert not missing, "run: python -m tests.kernel.test_upgrades"


@pytest.mark.parametrize("version", [each for each in VERSIONS if schema_of(each).exists()])
def test_a_database_of_an_earlier_version_is_brought_up_to_date(
    tmp_path: Path, version: str
) -> None:
    path = tmp_path / "portal.db"
    written_by(path, version)
    before = counts(path)
    assert len(before) > 3
    database = open_database(f"sqlite:///{path}")
    with database.connect() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == HEAD
    database.dispose()
    after = counts(path)
    assert {name: after.get(name) for name in before} == before


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal(CONTENT)


@pytest.mark.slow
@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[len(VERSIONS) // 2]])
def test_a_portal_goes_on_with_it(portal: Portal, version: str) -> None:
    database = portal.services.database
    if database.dialect.name != "sqlite":
        pytest.skip("the files are of SQLite")
    file = Path(database.url.database or "")
    database.dispose()
    for path in file.parent.glob("portal.db*"):
        path.unlink()
    written_by(file, version)
    with closing(sqlite3.connect(file)) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            if name not in _WITHOUT_ROWS and not name.startswith("sqlite_"):
                connection.execute(f'DELETE FROM "{name}"')
        connection.commit()
    services = Services(portal.config)
    assert [report.outcome for report in services.source_sync.sync()] == ["changed"]
    services.database.dispose()


def _write_missing() -> None:
    import tempfile

    from alembic import command
    from alembic.config import Config

    for before, version in pairwise(("", *VERSIONS)):
        if schema_of(version).exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            path, old = Path(folder) / "portal.db", Path(folder) / "old.db"
            config = Config()
            migrations = Path(kernel.__file__).parent / "migrations"
            config.set_main_option("script_location", str(migrations))
            engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, version)
            with engine.begin() as connection:
                _fill(connection)
            if before:
                written_by(old, before)
            schema_of(version).write_text(_difference(_tables(old), _tables(path)))


def _tables(path: Path) -> dict[str, str]:
    """Return the SQL of each table, with its rows and its indexes."""
    with closing(sqlite3.connect(path)) as connection:
        dump = list(connection.iterdump())
        sql_of = "SELECT sql FROM sqlite_master WHERE type = ? AND tbl_name = ? AND sql NOT NULL"
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        found = {}
        for (name,) in names.fetchall():
            if name.startswith("sqlite_"):
                continue
            (table,), *_ = connection.execute(sql_of, ("table", name)).fetchall()
            indexes = [
                sql for (sql,) in connection.execute(f"{sql_of} ORDER BY name", ("index", name))
            ]
            rows = [
                row.removesuffix(";") for row in dump if row.startswith(f'INSERT INTO "{name}" ')
            ]
            found[name] = "".join(f"{statement};\n" for statement in (table, *rows, *indexes))
        return found


def _difference(old: dict[str, str], new: dict[str, str]) -> str:
    """Return the SQL that makes the new tables of the old ones."""
    changed = {name: sql for name, sql in new.items() if sql != old.get(name)}
    gone = [name for name in old if name in changed or name not in new]
    return "".join([*(f"DROP TABLE {name};\n" for name in gone), *changed.values()])


def _fill(connection: sa.Connection) -> None:
    """Write a row into every table."""
    known = sa.MetaData()
    known.reflect(connection)
    for name, table in known.tables.items():
        if name not in _WITHOUT_ROWS:
            values = {column.name: _value(column) for column in table.columns}
            connection.execute(sa.insert(table).values(values))


def _value(column: sa.Column[object]) -> object:
    if isinstance(column.type, sa.Boolean):
        return True
    if isinstance(column.type, sa.Integer):
        return 1
    if isinstance(column.type, sa.Float):
        return 0.5
    return b"x" if isinstance(column.type, sa.LargeBinary) else "{}"


if __name__ == "__main__":
    _write_missing()
