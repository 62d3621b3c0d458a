"""Use case 2: every hour, the web servers' logs into a partitioned lake."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from shopdata import scheduler
from shopdata.sample import REQUESTS_AN_HOUR, SERVERS, WRONG_LINES, write_logs
from shopdata.weblog import (
    HOUR,
    MissingLogError,
    build_hour,
    collect_hour,
    collect_run,
    files_read,
    hours_of_run,
    partition,
    top_paths,
)
from tests.conftest import SETTINGS

GAP = SETTINGS.session_gap_minutes
TEN = datetime(2026, 11, 2, 10, tzinfo=UTC)
HOURS = [TEN + each * HOUR for each in range(4)]


def rows(lake, table, hour, columns="*"):
    files = str(partition(lake, table, hour) / "*.parquet")
    with closing(duckdb.connect()) as connection:
        return connection.execute(
            f"SELECT {columns} FROM read_parquet(?, hive_partitioning = false) ORDER BY ALL",
            [files],
        ).fetchall()


def entry(minutes: float, user: str = "u1", path: str = "/") -> str:
    ts = (TEN + timedelta(minutes=minutes)).isoformat()
    return json.dumps({"ts": ts, "user_id": user, "path": path})


def log(places, hour, *lines, server="web-1"):
    file = places.logs / server / f"{hour:%Y-%m-%dT%H}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    collect_hour(places.logs, places.lake, hour)


@pytest.fixture
def lake(places):
    """Four hours of the sample, built."""
    for hour in HOURS:
        write_logs(places.logs, hour)
        collect_hour(places.logs, places.lake, hour)
    for hour in HOURS:
        build_hour(places.lake, hour, GAP)
    return places.lake


def test_airflow_runs_the_hour_and_running_it_again_changes_nothing(airflow, environment, places):
    write_logs(places.logs, TEN)
    for _ in range(2):
        state = scheduler.run("hourly_logs", TEN + 65 * timedelta(minutes=1), airflow / "test.log")
        assert state == "success", (airflow / "test.log").read_text()
        assert len(rows(places.lake, "visits", TEN)) == REQUESTS_AN_HOUR * len(SERVERS)
        assert len(list(partition(places.lake, "visits", TEN).iterdir())) == 1


def test_airflow_ends_the_hour_as_failed_when_no_server_delivered(airflow, environment, places):
    assert scheduler.run("hourly_logs", TEN + HOUR, airflow / "test.log") == "failed"
    assert not places.lake.exists()


def deliver(places, hour, *lines, server):
    """Write a file as a server does; nobody collects it yet."""
    file = places.logs / server / f"{hour:%Y-%m-%dT%H}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def test_a_late_servers_file_is_collected_counted_and_reported(places):
    deliver(places, TEN, entry(0), server="web-1")
    deliver(places, TEN - HOUR, entry(-60, "u2"), server="web-2")
    first = collect_run(places.logs, places.lake, TEN + 65 * timedelta(minutes=1))
    assert first.missing == ["web-2/2026-11-02T10"]
    deliver(places, TEN, entry(1, "u2"), entry(2, "u2"), server="web-2")
    deliver(places, TEN + HOUR, entry(61), server="web-1")
    deliver(places, TEN + HOUR, entry(62, "u2"), server="web-2")
    second = collect_run(places.logs, places.lake, TEN + 125 * timedelta(minutes=1))
    assert second.late == ["web-2/2026-11-02T10: 2 lines"]
    assert second.missing == []
    assert second.to_build == [TEN - HOUR, TEN, TEN + HOUR]
    for hour in second.to_build:
        build_hour(places.lake, hour, GAP)
    assert len(rows(places.lake, "visits", TEN)) == 3
    again = collect_run(places.logs, places.lake, TEN + 126 * timedelta(minutes=1))
    assert again.late == []


def test_a_file_that_grew_after_it_was_collected_is_collected_again(places):
    deliver(places, TEN, entry(0), server="web-1")
    collect_run(places.logs, places.lake, TEN + 65 * timedelta(minutes=1))
    deliver(places, TEN, entry(0), entry(1), server="web-1")
    deliver(places, TEN + HOUR, entry(61), server="web-1")
    found = collect_run(places.logs, places.lake, TEN + 125 * timedelta(minutes=1))
    assert found.late == ["web-1/2026-11-02T10: 2 lines"]


def test_airflow_builds_what_is_there_and_fails_the_hour_of_a_missing_server(
    airflow, environment, places
):
    deliver(places, TEN, entry(0), server="web-1")
    deliver(places, TEN - HOUR, entry(-60), server="web-2")
    state = scheduler.run("hourly_logs", TEN + 65 * timedelta(minutes=1), airflow / "test.log")
    assert state == "failed"
    assert len(rows(places.lake, "visits", TEN)) == 1


def test_a_question_about_one_hour_reads_one_file_of_four(lake):
    assert files_read(lake, TEN) == (1, 4)


def test_a_question_about_one_hour_does_not_even_open_the_other_files(lake):
    answer = top_paths(lake, TEN)
    for hour in HOURS[1:]:
        (partition(lake, "visits", hour) / "part-0.parquet").write_bytes(b"no parquet")
    assert top_paths(lake, TEN) == answer
    with pytest.raises(duckdb.Error):
        top_paths(lake, HOURS[1])


def test_every_line_is_either_a_visit_or_kept_aside_as_it_came(lake):
    for hour in HOURS:
        kept = rows(lake, "rejected", hour, "line, reason")
        assert kept == sorted(WRONG_LINES * len(SERVERS))
        assert len(rows(lake, "visits", hour)) == REQUESTS_AN_HOUR * len(SERVERS)


def test_the_answer_agrees_with_a_count_of_the_raw_lines(lake, places):
    counted: dict[str, int] = {}
    for file in places.logs.glob(f"*/{TEN:%Y-%m-%dT%H}.jsonl"):
        for line in file.read_text().splitlines()[: -len(WRONG_LINES)]:
            path = json.loads(line)["path"]
            counted[path] = counted.get(path, 0) + 1
    assert {path: number for path, number, _ in top_paths(lake, TEN)} == counted


def test_dwell_time_is_the_time_until_the_same_users_next_request(places):
    log(places, TEN, entry(0), entry(0.5, "u2"), entry(0.75, path="/cart"), entry(1, "u2"))
    build_hour(places.lake, TEN, GAP)
    assert rows(places.lake, "visits", TEN, "user_id, path, dwell_seconds") == [
        ("u1", "/", 45.0),
        ("u1", "/cart", None),
        ("u2", "/", 30.0),
        ("u2", "/", None),
    ]


def test_requests_of_one_user_on_two_servers_are_one_visit(places):
    log(places, TEN, entry(0))
    log(places, TEN, entry(0.5, path="/cart"), server="web-2")
    build_hour(places.lake, TEN, GAP)
    assert ("/", 30.0) in rows(places.lake, "visits", TEN, "path, dwell_seconds")


def test_after_a_longer_gap_than_chosen_the_dwell_time_is_unknown(places):
    log(places, TEN, entry(0, "in"), entry(GAP - 0.1, "in", "/cart"), entry(0, "out"))
    hour = TEN if GAP < 60 else TEN + HOUR
    log(places, hour, entry(GAP + 0.1, "out", "/cart"), server="web-2")
    build_hour(places.lake, TEN, GAP)
    first = [row for row in rows(places.lake, "visits", TEN) if row[1] == "/"]
    assert {row[0]: row[-1] for row in first} == {"in": pytest.approx(GAP * 60 - 6), "out": None}


def test_the_next_hour_tells_how_long_the_last_visitors_stayed(places):
    log(places, TEN, entry(59.5))
    build_hour(places.lake, TEN, GAP)
    assert rows(places.lake, "visits", TEN, "dwell_seconds") == [(None,)]
    log(places, TEN + HOUR, entry(60.2, path="/cart"))
    for hour in hours_of_run(TEN + 2 * HOUR + timedelta(minutes=5)):
        build_hour(places.lake, hour, GAP)
    assert rows(places.lake, "visits", TEN, "path, dwell_seconds") == [("/", pytest.approx(42.0))]
    assert rows(places.lake, "visits", TEN + HOUR, "path") == [("/cart",)]


def test_who_is_reading_an_hour_is_not_disturbed_when_it_is_built_again(places):
    log(places, TEN, entry(0))
    build_hour(places.lake, TEN, GAP)
    part = partition(places.lake, "visits", TEN) / "part-0.parquet"
    before = part.read_bytes()
    with part.open("rb") as reader:
        log(places, TEN, entry(0), entry(1), entry(2))
        build_hour(places.lake, TEN, GAP)
        assert reader.read() == before != part.read_bytes()


def test_an_hour_that_no_server_delivered_is_not_stored_as_an_empty_one(places):
    with pytest.raises(MissingLogError, match="2026-11-02T10"):
        collect_hour(places.logs, places.lake, TEN)
    build_hour(places.lake, TEN, GAP)
    assert not partition(places.lake, "visits", TEN).exists()


def test_files_that_another_engine_left_do_not_double_the_hour(places):
    log(places, TEN, entry(0))
    build_hour(places.lake, TEN, GAP)
    folder = partition(places.lake, "visits", TEN)
    (folder / "part-0.parquet").rename(folder / "part-00000-of-spark.parquet")
    build_hour(places.lake, TEN, GAP)
    assert len(rows(places.lake, "visits", TEN)) == 1
