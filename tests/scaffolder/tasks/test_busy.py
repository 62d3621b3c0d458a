"""SQLite while somebody writes for long: requests wait, then hear when to try again."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError

from portal.app import create_app
from portal.kernel.database import open_database
from portal.kernel.database import unavailability
from portal.roles.services import Services
from portal.scaffolder.service import Scaffolder
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.task_bench import run_all

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: one}
spec: {owner: guests, type: service, steps: []}
"""
PREFIX = "/api/scaffolder/v2/tasks"
BODY = {"templateRef": "one", "values": {}}


@contextmanager
def long_write(portal: Portal) -> Iterator[sqlite3.Connection]:
    """Hold the write lock, as a large commit of a source does."""
    path = str(portal.services.database.url.database)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal({"catalog-info.yaml": TEMPLATE})


@pytest.fixture
def client(portal: Portal) -> Iterator[Callable[[float], FlaskClient]]:
    """Return a function that makes a client of a portal with so much patience, in seconds."""
    opened: list[Services] = []

    def make(patience: float) -> FlaskClient:
        opened.append(Services(portal.config, patience=patience))
        return create_app(opened[-1]).test_client()

    yield make
    for services in opened:
        services.database.dispose()


@pytest.mark.parametrize("path", ["", "/{task}/cancel", "/{task}/retry"])
def test_who_waited_long_enough_is_told_to_try_again(
    portal: Portal, client: Callable[[float], FlaskClient], path: str
) -> None:
    hasty = client(0.05)
    task = hasty.post(PREFIX, json=BODY).get_json()["id"]
    run_all(portal.services)
    with long_write(portal):
        answer = hasty.post(PREFIX + path.format(task=task), json=BODY if not path else {})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["error"] == {
        "name": "ServiceUnavailableError",
        "message": "The database is busy with a long write; try again in a moment",
    }
    again = hasty.post(PREFIX + path.format(task=task), json=BODY if not path else {})
    assert again.status_code in {200, 201}


def test_nothing_of_what_was_refused_has_happened(
    portal: Portal, client: Callable[[float], FlaskClient]
) -> None:
    before = portal.services.tasks.totals()
    with long_write(portal):
        answer = client(0.05).post(PREFIX, json=BODY, headers={"Idempotency-Key": "busy"})
        assert answer.status_code == 503
    assert portal.services.tasks.totals() == before
    again = client(5).post(PREFIX, json=BODY, headers={"Idempotency-Key": "busy"})
    assert again.status_code == 201


def test_a_key_that_could_not_be_freed_is_free_a_minute_later(
    portal: Portal, client: Callable[[float], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    send = partial(client(0.05).post, PREFIX, json=BODY, headers={"Idempotency-Key": "late"})
    with ExitStack() as writing, monkeypatch.context() as patch:

        def begin(_scaffolder: Scaffolder, _ref: str) -> dict[str, Any]:
            writing.enter_context(long_write(portal))
            return {}

        patch.setattr(Scaffolder, "user", begin)
        assert send().status_code == 503
    assert send().status_code == 409
    monkeypatch.setattr("portal.scaffolder.tasks.serving.idempotency._LONGEST", -1)
    assert send().status_code == 201


def test_who_waits_shorter_than_that_notices_nothing(
    portal: Portal, client: Callable[[float], FlaskClient]
) -> None:
    patient = client(30)
    with long_write(portal) as writer:
        threading.Timer(0.3, writer.rollback).start()
        began = time.monotonic()
        assert patient.post(PREFIX, json=BODY).status_code == 201
        assert time.monotonic() - began >= 0.25


def test_readers_are_not_held_up(portal: Portal, client: Callable[[float], FlaskClient]) -> None:
    with long_write(portal):
        assert client(0.05).get(PREFIX).status_code == 200


def test_a_request_waits_half_a_minute(portal: Portal) -> None:
    with portal.services.database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_an_error_that_would_come_again_stays_one(database: sa.Engine) -> None:
    with pytest.raises(DBAPIError) as caught, database.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM there_is_no_such_table")
    assert unavailability(caught.value) is None


def test_a_postgresql_that_is_gone_is_worth_another_try() -> None:
    engine = sa.create_engine("postgresql+psycopg://user:s3cr3t@127.0.0.1:1/x")
    with pytest.raises(OperationalError) as caught, engine.connect():
        pass
    found = unavailability(caught.value)
    assert found is not None
    assert found.message == "The database does not answer; try again in a moment"


def test_a_database_that_stays_busy_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "portal.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Exception, match="the database is busy with a long write"):
        open_database(f"sqlite:///{path}", patience=0.05)
    holder.close()
