"""Web logs into a data lake: raw JSON lines in, one Parquet file per hour out.

The folders of the lake are its index, as Hive, Spark and Athena know it:

    raw/dt=2026-11-02/hour=10/web-1.jsonl          as the server wrote it
    visits/dt=2026-11-02/hour=10/part-0.parquet    user, path, time, dwell time
    rejected/dt=2026-11-02/hour=10/part-0.parquet  lines that are no request of that hour
"""

import filecmp
import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

HOUR = timedelta(hours=1)
# How far back every run looks for files that came late.
LATE = timedelta(hours=48)

REQUESTS = """
    CREATE TEMP TABLE requests (
        hour TIMESTAMP, line VARCHAR, user_id VARCHAR, path VARCHAR, ts TIMESTAMP, reason VARCHAR)
"""
# A line stays a text first, so that a broken one can be kept as it came.
READ = """
    INSERT INTO requests
    WITH
    line AS (
        SELECT line, CASE WHEN json_valid(line) THEN line::JSON END AS entry
        FROM read_csv($files, columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '',
            escape = '', header = false, auto_detect = false)
        WHERE trim(line) != ''),
    request AS (
        SELECT $hour::TIMESTAMP AS hour, line, entry, entry->>'user_id' AS user_id,
            entry->>'path' AS path,
            try_cast(entry->>'ts' AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS ts
        FROM line)
    SELECT hour, line, user_id, path, ts, CASE
        WHEN entry IS NULL THEN 'broken_json'
        WHEN user_id IS NULL OR path IS NULL OR ts IS NULL THEN 'incomplete'
        WHEN ts < hour OR ts >= hour + INTERVAL 1 HOUR THEN 'other_hour' END AS reason
    FROM request
"""
VISITS = """
    SELECT user_id, path, ts, CASE
        WHEN next_ts - ts <= to_minutes($gap) THEN epoch_ms(next_ts - ts) / 1000
        END AS dwell_seconds
    FROM (
        SELECT *, lead(ts) OVER (PARTITION BY user_id ORDER BY ts, path) AS next_ts
        FROM requests WHERE reason IS NULL)
    WHERE hour = $hour
    ORDER BY ts, user_id, path
"""
REJECTED = """
    SELECT line, reason FROM requests WHERE hour = $hour AND reason IS NOT NULL ORDER BY line
"""
TOP_PATHS = """
    SELECT path, count(*) AS requests, round(avg(dwell_seconds), 1) AS dwell
    FROM read_parquet($files, hive_partitioning = true,
        hive_types = {'dt': DATE, 'hour': VARCHAR})
    WHERE dt = $dt AND hour = $hour
    GROUP BY path ORDER BY requests DESC, path
"""


class MissingLogError(Exception):
    """No server has delivered the hour: wait for it rather than store an empty hour."""


def hours_of_run(run_at: datetime) -> tuple[datetime, datetime]:
    """Say which two hours a run builds: the last full one, and the one before it.

    The one before is built again because only now is known what its last visitors did next.
    """
    this = run_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return this - 2 * HOUR, this - HOUR


def partition(lake: Path, table: str, hour: datetime) -> Path:
    """Name the folder of one hour (UTC) of one table."""
    return lake / table / f"dt={hour:%Y-%m-%d}" / f"hour={hour:%H}"


def collect_hour(logs: Path, lake: Path, hour: datetime) -> list[Path]:
    """Copy `SERVER/2026-11-02T10.jsonl` of every server into the lake, unchanged.

    Raises:
        MissingLogError: when there is none.
    """
    files = _files(logs, hour)
    if not files:
        raise MissingLogError(f"no server has delivered its log of {_name(hour)}")
    folder = partition(lake, "raw", hour)
    return [_place(folder / f"{file.parent.name}.jsonl", file) for file in files]


@dataclass(frozen=True)
class Collected:
    """What one run brought into the lake.

    Attributes:
        to_build: the hours that have to be built, in order.
        late: `SERVER/HOUR: LINES lines` of every file that came after the run of its hour.
        missing: `SERVER/HOUR` of every server that delivered lately, but not this hour.
    """

    to_build: list[datetime]
    late: list[str]
    missing: list[str]


def collect_run(logs: Path, lake: Path, run_at: datetime) -> Collected:
    """Copy all that is new since the run before: the last hour, and what came late.

    Raises:
        MissingLogError: when there is nothing at all to collect.
    """
    before, last = hours_of_run(run_at)
    span = [last - back * HOUR for back in range(LATE // HOUR, -1, -1)]
    new = {hour: files for hour in span if (files := _new_files(logs, lake, hour))}
    servers = {file.parent.name for hour in span for file in _files(logs, hour)}
    if not servers:
        raise MissingLogError(f"no server has delivered its log of {_name(last)}")
    for hour, files in new.items():
        folder = partition(lake, "raw", hour)
        for file in files:
            _place(folder / f"{file.parent.name}.jsonl", file)
    came_late = [(hour, file) for hour in new if hour != last for file in new[hour]]
    delivered = {file.parent.name for file in _files(logs, last)}
    return Collected(
        # What came late also tells how long the visitors of the hour before it stayed.
        sorted(
            {before, last, *(hour - back for hour, _ in came_late for back in (0 * HOUR, HOUR))}
        ),
        [f"{file.parent.name}/{_name(hour)}: {_lines(file)} lines" for hour, file in came_late],
        [f"{server}/{_name(last)}" for server in sorted(servers - delivered)],
    )


def _files(logs: Path, hour: datetime) -> list[Path]:
    return sorted(logs.glob(f"*/{_name(hour)}.jsonl"))


def _name(hour: datetime) -> str:
    return f"{hour:%Y-%m-%dT%H}"


def _new_files(logs: Path, lake: Path, hour: datetime) -> list[Path]:
    """List the files of an hour that the lake has not, or has in another state."""
    folder = partition(lake, "raw", hour)
    known = {file: folder / f"{file.parent.name}.jsonl" for file in _files(logs, hour)}
    return [file for file, kept in known.items() if not (kept.exists() and filecmp.cmp(file, kept))]


def _lines(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines)


def _place(target: Path, file: Path) -> Path:
    with _replacing(target) as draft:
        # With its time: the next run sees by it that nothing is new.
        shutil.copy2(file, draft)
    return target


def build_hour(lake: Path, hour: datetime, gap_minutes: int) -> None:
    """Make the hour's partition from its raw lines, in the place of what was there.

    The hour after it, when it is there, tells how long the last visitors stayed. An hour that
    was never collected is left alone.
    """
    if not _raw(lake, hour):
        return
    with closing(duckdb.connect()) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(REQUESTS)
        for each in (hour, hour + HOUR):
            if files := _raw(lake, each):
                connection.execute(READ, {"files": files, "hour": _naive(each)})
        chosen = {"hour": _naive(hour)}
        _store(connection, VISITS, {**chosen, "gap": gap_minutes}, partition(lake, "visits", hour))
        _store(connection, REJECTED, chosen, partition(lake, "rejected", hour))


def _raw(lake: Path, hour: datetime) -> list[str]:
    return sorted(str(file) for file in partition(lake, "raw", hour).glob("*.jsonl"))


def _naive(hour: datetime) -> datetime:
    return hour.astimezone(UTC).replace(tzinfo=None)


def _store(
    connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any], folder: Path
) -> None:
    target = folder / "part-0.parquet"
    with _replacing(target) as draft:
        connection.sql(query, params=values).write_parquet(str(draft), compression="zstd")
    # Spark names its files otherwise; two sets of files would double the hour.
    for other in set(folder.glob("*.parquet")) - {target}:
        other.unlink()


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give a draft to write; it takes the target's place in one step, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{uuid4().hex}")
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def top_paths(lake: Path, hour: datetime) -> list[tuple[str, int, float | None]]:
    """Ask for one hour: path, number of requests, mean dwell time in seconds."""
    with closing(duckdb.connect()) as connection:
        return connection.execute(TOP_PATHS, _question(lake, hour)).fetchall()


def files_read(lake: Path, hour: datetime) -> tuple[int, int]:
    """Let the engine say how many files that question reads, and how many there are."""
    with closing(duckdb.connect()) as connection:
        explained = connection.execute(
            f"EXPLAIN (ANALYZE, FORMAT json) {TOP_PATHS}", _question(lake, hour)
        ).fetchall()
    scans = [each["extra_info"] for each in _operators(json.loads(explained[0][1]))]
    scanned, there = next(s["Scanning Files"] for s in scans if "Scanning Files" in s).split("/")
    return int(scanned), int(there)


def _question(lake: Path, hour: datetime) -> dict[str, Any]:
    files = str(lake / "visits" / "*" / "*" / "*.parquet")
    return {"files": files, "dt": f"{hour:%Y-%m-%d}", "hour": f"{hour:%H}"}


def _operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operator in plan.get("operator", []) + plan.get("children", []):
        yield operator
        yield from _operators(operator)
