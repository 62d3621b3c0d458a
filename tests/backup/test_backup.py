"""A backup of either database is restored into either, and all is there again."""

from __future__ import annotations

import contextlib
import tarfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.backup import rows
from portal.backup.service import back_up
from portal.backup.service import restore
from portal.health import heartbeats
from portal.health.heartbeats import Heartbeat
from portal.health.heartbeats import Role
from portal.kernel.clock import now
from portal.kernel.database import open_database
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.databases import DIALECTS
from tests.databases import Databases
from tests.faults.running import CONTENT

Lend = Callable[[str, str], sa.Engine]


@pytest.fixture
def lend(databases: Databases, tmp_path: Path) -> Iterator[Lend]:
    """Return a function that opens an empty database, given its dialect and a name."""
    with contextlib.ExitStack() as stack:

        def make(dialect: str, name: str) -> sa.Engine:
            engine = open_database(stack.enter_context(databases.lend(dialect, tmp_path / name)))
            stack.callback(engine.dispose)
            return engine

        yield make


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    portal = make_portal(CONTENT)
    portal.services.user_settings.put("user:default/kim", "bucket", "key", "value")
    return portal


def content(database: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows, but for the id of the catalog."""
    with database.connect() as connection:
        found = {}
        for table in rows.tables_of(connection):
            columns = [column for column in table.columns if column.name != "catalog_id"]
            read = connection.execute(sa.select(*columns))
            found[table.name] = sorted((tuple(row) for row in read), key=repr)
        return found


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_was_backed_up_is_there_again(
    portal: Portal, lend: Lend, tmp_path: Path, dialect: str
) -> None:
    database, file = portal.services.database, tmp_path / "backup.tar.gz"
    (portal.config.data_dir / "tasks.key").write_bytes(b"secret")
    made = back_up(database, portal.config.data_dir, file)
    assert file.stat().st_mode & 0o777 == 0o600
    target = lend(dialect, "target")
    restored = restore(target, tmp_path / "restored", file, is_forced=False)
    assert restored == made
    assert made.rows > 10
    assert content(target) == content(database)
    assert (tmp_path / "restored/tasks.key").read_bytes() == b"secret"
    with target.connect() as one, database.connect() as other:
        query = sa.text("SELECT catalog_id FROM state")
        assert one.scalar(query) != other.scalar(query)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_numbers_go_on_after_the_restored_ones(
    portal: Portal, lend: Lend, tmp_path: Path, dialect: str
) -> None:
    file, target = tmp_path / "backup.tar.gz", lend(dialect, "target")
    back_up(portal.services.database, portal.config.data_dir, file)
    restore(target, tmp_path / "restored", file, is_forced=False)
    with target.begin() as connection:
        table = sa.Table("runs", sa.MetaData(), autoload_with=connection)
        before = connection.scalar(sa.select(sa.func.max(table.c.id)))
        values = {"source": "x", "commit_id": "", "generation": 1, "started_at": now()}
        values |= {"seconds": 0.0, "outcome": "changed", "report": "{}"}
        connection.execute(sa.insert(table).values(values))
        assert connection.scalar(sa.select(sa.func.max(table.c.id))) == before + 1


@pytest.mark.slow
def test_what_is_there_is_not_lost_by_accident(portal: Portal, lend: Lend, tmp_path: Path) -> None:
    file, target = tmp_path / "backup.tar.gz", lend("sqlite", "target")
    back_up(portal.services.database, portal.config.data_dir, file)
    for is_forced in (False, True):
        restore(target, tmp_path / "restored", file, is_forced=is_forced)
    with pytest.raises(ConflictError, match="--force"):
        restore(target, tmp_path / "restored", file, is_forced=False)


def test_a_running_portal_is_not_restored(portal: Portal, lend: Lend, tmp_path: Path) -> None:
    file, target = tmp_path / "backup.tar.gz", lend("sqlite", "target")
    back_up(portal.services.database, portal.config.data_dir, file)
    with target.begin() as connection:
        heartbeats.beat(connection, Heartbeat(Role.WORKER), now(), time.time())
    with pytest.raises(ConflictError, match="the portal runs: worker"):
        restore(target, tmp_path / "restored", file, is_forced=True)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


def _text(path: Path) -> None:
    path.write_text("no backup")


def _other_tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        tar.add(__file__, "portal.db")


@pytest.mark.slow
@pytest.mark.parametrize("damage", [_cut, _text, _other_tar])
def test_a_file_that_is_no_backup_changes_nothing(
    portal: Portal, lend: Lend, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    file, target = tmp_path / "backup.tar.gz", lend("sqlite", "target")
    back_up(portal.services.database, portal.config.data_dir, file)
    damage(file)
    with pytest.raises(InputError, match="no whole backup"):
        restore(target, tmp_path / "restored", file, is_forced=False)
    with target.connect() as connection:
        assert rows.count(connection) == 0
