"""News between processes: what is committed is told, and nothing else."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
import sqlalchemy as sa

from portal.kernel.processes.news import Listener
from portal.kernel.processes.news import Topic
from portal.kernel.processes.news import tell
from tests.waiting import until


@contextlib.contextmanager
def listening(database: sa.Engine) -> Iterator[Counter[Topic]]:
    told: Counter[Topic] = Counter()

    def count(topic: Topic) -> None:
        told[topic] += 1

    listener = Listener(database, {topic: partial(count, topic) for topic in Topic})
    listener.start()
    if database.dialect.name == "postgresql":
        until(lambda: listener.is_listening and len(told) == len(Topic))
    yield told
    listener.stop()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_is_committed_is_told(database: sa.Engine) -> None:
    with listening(database) as told:
        with database.begin() as connection:
            tell(connection, Topic.GENERATION)
            tell(connection, Topic.GENERATION)
            assert told[Topic.GENERATION] == 1
        with contextlib.suppress(RuntimeError), database.begin() as connection:
            tell(connection, Topic.REFRESH)
            raise RuntimeError
        with database.begin() as connection:
            tell(connection, Topic.TASK)
        until(lambda: told[Topic.TASK] == 2)
        assert told[Topic.GENERATION] == 2
        assert told[Topic.REFRESH] == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_after_a_connection_was_lost_everything_is_told_once(database: sa.Engine) -> None:
    with listening(database) as told:
        with database.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        until(lambda: all(told[topic] == 2 for topic in Topic))
        with database.begin() as connection:
            tell(connection, Topic.TASK_EVENT)
        until(lambda: told[Topic.TASK_EVENT] == 3)


def test_on_sqlite_nobody_is_told_and_nothing_fails(database: sa.Engine) -> None:
    with listening(database) as told, database.begin() as connection:
        tell(connection, Topic.TASK)
    assert database.dialect.name == "postgresql" or not told
