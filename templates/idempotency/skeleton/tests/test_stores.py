"""What the stores promise the rules: a change is one step, and nothing lies around."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from outside.embedded import embedded_redis
from outside.stage import new_id, stage
from shop.clock import ManualClock
from shop.database import open_database
from shop.idempotency import Answer, Record
from shop.stores import open_store

EXPIRES = ManualClock()().timestamp() + 3600


@pytest.fixture
def running():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def store(settings):
    return open_store(settings, open_database(settings.database), ManualClock())


def counted(record):
    """Count in the reference how often the record was changed."""
    number = int(record.reference) + 1 if record else 1
    return Record("print", str(number), "attempt", 0.0, EXPIRES), number


def test_of_changes_that_come_at_once_none_is_lost(store):
    name = new_id()
    with ThreadPoolExecutor(8) as crowd:
        numbers = list(crowd.map(lambda _: store.change(name, counted), range(40)))

    assert sorted(numbers) == list(range(1, 41))


def test_a_change_that_fails_leaves_the_record_as_it_was(store):
    name = new_id()
    store.change(name, counted)

    with pytest.raises(ZeroDivisionError):
        store.change(name, lambda _: 1 // 0)

    assert store.change(name, counted) == 2


def test_an_answer_comes_back_byte_for_byte(store):
    name = new_id()
    answer = Answer(201, (("Content-Type", "application/json"),), bytes(range(256)))
    kept = Record("print", "reference", "attempt", 1.5, EXPIRES, answer)

    store.change(name, lambda _: (kept, None))

    assert store.change(name, lambda record: (record, record)) == kept


def test_what_has_expired_is_removed_from_the_database(file_settings, tmp_path):
    with stage(file_settings) as shop:
        for _ in range(3):
            shop.client.pay(new_id())
        shop.clock.advance(file_settings.ttl_seconds + 60)
        shop.client.pay(new_id())

    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        assert connection.execute("SELECT count(*) FROM idempotency_keys").fetchone() == (1,)


def test_neither_keys_nor_payloads_nor_credentials_are_stored(file_settings, tmp_path):
    key = new_id()
    with stage(file_settings) as shop:
        shop.client.pay(key, client="alice", card="card_secret")

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert key.encode() not in kept
    assert b"alice" not in kept
    assert b"card_secret" not in kept


def test_without_its_store_the_api_does_not_charge(file_settings, running):
    with embedded_redis() as address:
        shop = running.enter_context(stage(replace(file_settings, store=address)))

    assert shop.client.pay(new_id()).status_code == 500
    assert shop.bank.asked == 0


def test_in_sqlite_a_transaction_may_read_first_and_write_what_follows_from_it(file_settings):
    database = open_database(file_settings.database)
    with database.transaction() as execute:
        execute("INSERT INTO users (id, name, email) VALUES ('counter', '0', '')")

    def count(_):
        with database.transaction() as execute:
            (number,) = execute("SELECT name FROM users WHERE id = 'counter'").fetchone()
            execute("UPDATE users SET name = ? WHERE id = 'counter'", str(int(number) + 1))

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(count, range(40)))

    with database.transaction() as execute:
        assert execute("SELECT name FROM users WHERE id = 'counter'").fetchone() == ("40",)
