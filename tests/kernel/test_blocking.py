"""Work that must not block ends where it would, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from portal.kernel.blocking import WouldBlockError
from portal.kernel.blocking import may_block
from portal.kernel.blocking import may_block_for
from portal.kernel.blocking import nonblocking
from portal.kernel.database import lock_writers
from portal.kernel.database import open_database
from portal.kernel.http import HttpClient
from portal.scm.command import Git
from tests.databases import postgresql_database


@pytest.fixture
def file(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path / 'a.db'}", pool_size=1)


def ask(database: Engine, statement: str = "SELECT 1") -> int | None:
    with database.begin() as connection:
        return connection.execute(sa.text(statement)).rowcount


def test_only_work_that_must_not_block_is_stopped() -> None:
    may_block()
    with pytest.raises(WouldBlockError):
        nonblocking(may_block)
    may_block()
    assert nonblocking(lambda: "done") == "done"


def test_what_is_done_for_few_does_not_block() -> None:
    nonblocking(lambda: may_block_for(3, 3))
    with pytest.raises(WouldBlockError):
        nonblocking(lambda: may_block_for(4, 3))
    may_block_for(4, 3)


def test_no_handler_of_errors_takes_it_for_one() -> None:
    def work() -> str:
        try:
            may_block()
        except Exception:  # noqa: BLE001 - what is shown here
            return "handled"
        return "done"

    with pytest.raises(WouldBlockError):
        nonblocking(work)


def test_a_file_is_read_once_there_is_a_connection(file: Engine) -> None:
    file.dispose()
    with pytest.raises(WouldBlockError):
        nonblocking(lambda: ask(file))
    ask(file)
    nonblocking(lambda: ask(file))


def test_a_connection_that_another_has_is_not_waited_for(file: Engine) -> None:
    with file.connect(), pytest.raises(WouldBlockError):
        nonblocking(lambda: ask(file))


@pytest.mark.parametrize(
    "write",
    [
        lambda connection: connection.execute(sa.text("CREATE TABLE a (b TEXT)")),
        lambda connection: connection.execute(sa.text("DELETE FROM state")),
        lambda connection: connection.execute(
            sa.text("WITH a AS (SELECT 1) DELETE FROM state WHERE id IN (SELECT * FROM a)")
        ),
        lock_writers,
    ],
)
def test_nobody_waits_for_another_writer(
    file: Engine, write: Callable[[sa.Connection], object]
) -> None:
    def work() -> None:
        with file.begin() as connection:
            write(connection)

    ask(file)
    with pytest.raises(WouldBlockError):
        nonblocking(work)
    work()  # the connection is as good as new


def test_a_server_is_never_asked() -> None:
    with postgresql_database() as made:
        server = open_database(made)
        ask(server)
        with pytest.raises(WouldBlockError):
            nonblocking(lambda: ask(server))
        server.dispose()


def test_neither_is_another_machine() -> None:
    with pytest.raises(WouldBlockError):
        nonblocking(lambda: HttpClient().get("https://example.com/"))


def test_nor_another_process(tmp_path: Path) -> None:
    git = Git(tmp_path, timeout=10)
    with pytest.raises(WouldBlockError):
        nonblocking(lambda: git.run("version"))
    assert b"git version" in git.run("version")
