"""Financial fraud detection: the same features offline and online, and nothing from later."""

from __future__ import annotations

import random
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from features import fraud, sample
from features.definitions import FRAUD
from features.log import SqliteLog
from features.settings import load_settings
from features.windows import TRANSACTIONS, Stream, Transaction, batch_features, window_features

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


ROOT = Path(__file__).parent.parent


def new_store(folder):
    from features.store import FeatureStore  # noqa: PLC0415

    found = FeatureStore(folder, timedelta(hours=24))
    found.register()
    return found


def paid(minutes, amount=10.0, user="kim"):
    return Transaction(NOON + timedelta(minutes=minutes), user, amount)


def row(minutes, count, mean=1.0, user="kim"):
    at = NOON + timedelta(minutes=minutes)
    return {
        "user": user,
        "event_timestamp": at,
        "tx_count_1h": count,
        "avg_amount_24h": float(mean),
    }


# --- the features --------------------------------------------------------------


def test_windows_are_computed_as_by_hand():
    history = [
        paid(-24 * 60 - 1, 1000),
        paid(-24 * 60, 40),
        paid(-90, 20),
        paid(-60, 60),
        paid(-1, 0),
    ]
    found = window_features(history, NOON)
    assert found.tx_count_1h == 2  # -60 and -1
    assert found.avg_amount_24h == (40 + 20 + 60 + 0) / 4


def test_a_transaction_says_nothing_about_itself():
    assert window_features([paid(0, 99)], NOON).tx_count_1h == 0
    assert window_features([paid(0, 99)], NOON).avg_amount_24h == 0


@pytest.fixture
def log(tmp_path):
    return SqliteLog(tmp_path / "events.db")


def test_batch_and_stream_compute_the_same_features(log):
    transactions = sample.transactions(users=12)
    offline = dict(batch_features(transactions))
    stream = Stream(log)
    online = {one: stream.take(one) for one in transactions}
    assert len(online) > 300
    assert online == offline


def test_a_late_transaction_counts_in_what_comes_after_it(log):
    stream = Stream(log)
    stream.take(paid(0))
    stream.take(paid(10))
    assert stream.take(paid(5)).tx_count_1h == 1  # as of its own moment
    assert stream.take(paid(20)).tx_count_1h == 3


def test_what_is_older_than_two_days_is_not_kept(log):
    day = timedelta(days=1)
    for at in (NOON, NOON + day, NOON + 4 * day):
        kept = log.add(TRANSACTIONS, "kim", (at, "1.0"), 2 * day)
    assert kept == [(NOON + 4 * day, "1.0")]


def test_the_windows_of_two_processes_are_one(tmp_path):
    """Each keeps fifty transactions; none is lost, and the last one counts them all."""
    program = (
        "import sys; from datetime import UTC, datetime, timedelta; from pathlib import Path\n"
        "from features.log import SqliteLog\n"
        "log = SqliteLog(Path(sys.argv[1]))\n"
        "for number in range(50):\n"
        "    with log.turn('kim'):\n"
        "        at = datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(microseconds=number)\n"
        "        log.add('transactions', 'kim', (at, '1.0'), timedelta(days=2))\n"
    )
    path = tmp_path / "events.db"
    command = [sys.executable, "-c", program, str(path)]
    workers = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    assert Stream(SqliteLog(path)).take(paid(1)).tx_count_1h == 100


# --- the store -----------------------------------------------------------------


def test_training_sees_what_was_known_at_the_moment_and_nothing_later(store):
    store.write_history(TRANSACTIONS, [row(-120, 1), row(-60, 5), row(60, 99)])
    moments = [-180, -90, 0, 120]
    labels = pd.DataFrame(
        {
            "user": "kim",
            "event_timestamp": [NOON + timedelta(minutes=minute) for minute in moments],
            "fraud": [False, False, True, True],
        }
    )
    found = store.training_set(FRAUD, labels)
    counts = [None if pd.isna(count) else int(count) for count in found["tx_count_1h"]]
    # A label before every feature stays, with nothing known.
    assert counts == [None, 1, 5, 99]
    assert list(found["fraud"]) == [False, False, True, True]


def test_what_is_pushed_is_read_at_once(store):
    store.push(TRANSACTIONS, row(0, 3, 12.5))
    assert store.online(FRAUD, "kim", NOON) == {"tx_count_1h": 3, "avg_amount_24h": 12.5}


def test_a_late_value_never_overwrites_a_newer_one(store):
    assert store.push(TRANSACTIONS, row(0, 9))
    assert not store.push(TRANSACTIONS, row(-30, 2))
    assert store.online(FRAUD, "kim", NOON)["tx_count_1h"] == 9
    assert store.push(TRANSACTIONS, row(1, 10))
    assert store.online(FRAUD, "kim", NOON)["tx_count_1h"] == 10


def test_two_moments_of_the_same_second_are_two(store):
    """Feast tells moments in whole seconds: .200 looked as new as .900."""
    late, early = (row(seconds / 60, count) for seconds, count in ((0.9, 9), (0.2, 2)))
    assert store.push(TRANSACTIONS, late)
    assert not store.push(TRANSACTIONS, early)
    found = store.online(FRAUD, "kim", NOON + timedelta(seconds=1))
    assert found == {"tx_count_1h": 9, "avg_amount_24h": 1.0}
    assert store.push(TRANSACTIONS, row(0.95 / 60, 10))
    assert store.online(FRAUD, "kim", NOON + timedelta(seconds=1))["tx_count_1h"] == 10


def test_the_users_do_not_mix(store):
    store.push(TRANSACTIONS, row(0, 9, user="김"))
    assert store.online(FRAUD, "김", NOON)["tx_count_1h"] == 9
    assert store.online(FRAUD, "kim", NOON)["tx_count_1h"] is None


def test_a_value_that_is_too_old_counts_as_missing(store):
    store.push(TRANSACTIONS, row(0, 9))
    day = timedelta(hours=24)
    assert store.online(FRAUD, "kim", NOON + day)["tx_count_1h"] == 9
    late = store.online(FRAUD, "kim", NOON + day + timedelta(seconds=1))
    assert late == {"tx_count_1h": None, "avg_amount_24h": None}


def test_the_newest_of_the_history_goes_online(store):
    store.write_history(TRANSACTIONS, [row(-120, 1), row(-60, 5), row(60, 99)])
    store.load_online(TRANSACTIONS, NOON)
    assert store.online(FRAUD, "kim", NOON)["tx_count_1h"] == 5


def test_registering_twice_changes_nothing(store):
    store.push(TRANSACTIONS, row(0, 3))
    store.register()
    assert store.online(FRAUD, "kim", NOON)["tx_count_1h"] == 3


def test_another_online_store_is_one_environment_variable_away(redis_store):
    user = f"kim-{uuid.uuid4()}"
    assert redis_store.push(TRANSACTIONS, row(0, 9, user=user))
    assert not redis_store.push(TRANSACTIONS, row(-30, 2, user=user))
    found = redis_store.online(FRAUD, user, NOON)
    assert found == {"tx_count_1h": 9, "avg_amount_24h": 1.0}


@pytest.mark.parametrize("address", ["mysql://127.0.0.1", "redis://", "127.0.0.1:6379"])
def test_an_online_store_that_is_none_is_refused(tmp_path, monkeypatch, address):
    from features.store import FeatureStore, StoreError  # noqa: PLC0415

    monkeypatch.setenv("ONLINE_STORE", address)
    with pytest.raises(StoreError, match="redis://"):
        FeatureStore(tmp_path, timedelta(hours=1))


# --- the decision --------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that learned from the point-in-time training set."""
    from features.store import FeatureStore  # noqa: PLC0415

    store = FeatureStore(tmp_path_factory.mktemp("train"), timedelta(hours=24))
    store.register()
    history = sample.transactions()
    fraud.backfill(store, history)
    found = fraud.FraudModel()
    found.train(store.training_set(FRAUD, fraud.labels(history)))
    return found


def test_a_burst_is_held_and_shopping_is_not(store, model):
    check = fraud.FraudCheck(store, model, load_settings().threshold)
    calm = [check.judge(paid(60 * 24 * day, 25.0)) for day in range(5)]
    burst = [check.judge(paid(60 * 24 * 6 + 4 * number, 125.0)) for number in range(9)]
    assert not any(decision.is_held for decision in calm)
    assert all(decision.is_held for decision in burst[4:])


def test_the_decision_reads_the_features_from_the_store(store, model):
    """Without what was pushed, the same transaction looks harmless."""
    check = fraud.FraudCheck(store, model, 0.5)
    for number in range(8):
        last = check.judge(paid(4 * number, 125.0))
    alone = model.probability(125.0, {"tx_count_1h": None, "avg_amount_24h": None})
    assert last.probability > 0.9
    assert alone < 0.5


def test_a_burst_is_held_across_a_restart(tmp_path, monkeypatch, model):
    """The process that saw the first eight is gone; the ninth is judged by another."""
    monkeypatch.delenv("ONLINE_STORE", raising=False)
    first = new_store(tmp_path)
    before = fraud.FraudCheck(first, model, 0.5)
    for number in range(8):
        before.judge(paid(4 * number, 125.0))
    again = new_store(tmp_path)
    assert fraud.FraudCheck(again, model, 0.5).judge(paid(32, 125.0)).is_held
    assert again.online(FRAUD, "kim", NOON + timedelta(minutes=32))["tx_count_1h"] == 8


def test_two_workers_count_all_of_a_users_transactions(tmp_path, monkeypatch, model):
    monkeypatch.delenv("ONLINE_STORE", raising=False)
    workers = [fraud.FraudCheck(new_store(tmp_path), model, 0.5) for _ in range(2)]
    for number in range(11):
        workers[number % 2].judge(paid(number, 125.0))
    found = new_store(tmp_path).online(FRAUD, "kim", NOON + timedelta(minutes=10))
    assert found["tx_count_1h"] == 10  # all but the last one itself


def test_the_windows_in_redis_are_shared_too(redis_store, model):
    user = f"kim-{uuid.uuid4()}"
    workers = [fraud.FraudCheck(redis_store, model, 0.5) for _ in range(2)]
    for number in range(11):
        workers[number % 2].judge(paid(number, 125.0, user=user))
    found = redis_store.online(FRAUD, user, NOON + timedelta(minutes=10))
    assert found["tx_count_1h"] == 10


def test_the_order_of_the_history_does_not_matter(store):
    transactions = sample.transactions(users=5)
    shuffled = random.Random(1).sample(transactions, len(transactions))
    assert dict(batch_features(shuffled)) == dict(batch_features(transactions))
