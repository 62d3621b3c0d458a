"""The present generation is known without a query, and never an old one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from portal.catalog import tables as t
from portal.catalog.reading.entities_catalog import Generations
from portal.kernel.database import CommitCounter


@pytest.fixture
def set_generation(database: Engine) -> Callable[[int], None]:
    with database.begin() as writer:
        writer.execute(sa.insert(t.state).values(id=1, generation=1))

    def change(number: int) -> None:
        with database.begin() as writer:
            writer.execute(sa.update(t.state).values(generation=number))

    return change


@contextmanager
def counted(database: Engine) -> Iterator[list[str]]:
    """Yield the statements that are executed meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database, "before_cursor_execute", note)


def test_a_commit_is_seen_by_the_next_question(
    database: Engine, set_generation: Callable[[int], None]
) -> None:
    generations = Generations(database)
    for number in (1, 2, 3):
        set_generation(number)
        assert generations.current() == number
        assert generations.current() == number


def test_a_commit_of_another_thread_is_seen_in_every_thread(
    database: Engine, set_generation: Callable[[int], None]
) -> None:
    generations = Generations(database)
    assert generations.current() == 1
    seen: list[int] = []

    def ask() -> None:
        seen.append(generations.current())
        set_generation(seen[0] + 1)
        seen.append(generations.current())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == [1, 2]
    assert generations.current() == 2


@pytest.mark.usefixtures("set_generation")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_is_asked_of_sqlite_while_nobody_writes(database: Engine) -> None:
    generations = Generations(database)
    generations.current()
    with counted(database) as statements:
        assert {generations.current() for _ in range(5)} == {1}
    assert statements == []


def test_another_database_is_asked_each_time() -> None:
    counter = CommitCounter(sa.create_engine("sqlite://"))
    assert counter.count() is None


@pytest.mark.usefixtures("set_generation")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_cannot_be_read_is_left_to_the_query(database: Engine) -> None:
    counter = CommitCounter(database)
    assert counter.count() is not None
    counter._connections.own.close()
    assert counter.count() is None
    assert counter.count() is not None
