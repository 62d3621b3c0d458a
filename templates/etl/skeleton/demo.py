"""Play both use cases on data of our own: `make run`."""

import os
import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb

from shopdata import messages
from shopdata.days import bounds
from shopdata.sample import PRODUCTS, SERVERS, WRONG_LINES, Shop, fill, write_logs
from shopdata.scheduler import prepare, run
from shopdata.settings import ROOT, read_places, read_settings
from shopdata.weblog import HOUR, files_read, partition, top_paths

SETTINGS = read_settings()
# Always on data of its own, never on what the environment points to.
PLACES = read_places({"DATA_HOME": str(ROOT / "var" / "demo")})
WAREHOUSE = Path(PLACES.warehouse.removeprefix("duckdb:///"))
SHOP = Path(PLACES.source.removeprefix("sqlite:///"))
AIRFLOW = ROOT / "var" / "airflow"

DAY = date(2026, 11, 2)
NEXT = DAY + timedelta(days=1)
REPORT = "SELECT category, orders, revenue FROM daily_report WHERE day = ? ORDER BY revenue DESC"
HOURS = [datetime(2026, 11, 2, hour, tzinfo=UTC) for hour in (9, 10, 11, 12)]


class NotSeenError(Exception):
    """The demonstration did not show what it should."""


def say(key: str, **facts: object) -> None:
    """Tell the reader something, in the language of the project."""
    print(messages.DEMO[key].format(**facts), flush=True)


def expect(*, holds: bool, key: str) -> None:
    """Stop the use case when what it shows was not seen."""
    if not holds:
        raise NotSeenError(messages.FAILURES[key])


def night_after(day: date) -> str:
    """Let Airflow run the DAG of the night that follows a day."""
    moment = datetime.combine(
        day + timedelta(days=1), time(SETTINGS.run_hour), SETTINGS.timezone
    ).astimezone(UTC)
    return run("daily_sales", moment, AIRFLOW / "runs.log")


def ask(question: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the warehouse, as a BI tool would."""
    with closing(duckdb.connect(str(WAREHOUSE), read_only=True)) as connection:
        return connection.execute(question, list(values)).fetchall()


def whole_warehouse() -> list[tuple[Any, ...]]:
    """Give every row of both tables, in order."""
    return ask("SELECT * FROM sales ORDER BY ALL") + ask("SELECT * FROM quarantine ORDER BY ALL")


def revenue(day: date) -> int:
    """Give what the report says that a day brought."""
    ((amount,),) = ask("SELECT sum(revenue)::BIGINT FROM daily_report WHERE day = ?", day)
    return int(amount)


def change_shop(statement: str, *values: object) -> None:
    """Let something happen in the shop."""
    with closing(sqlite3.connect(SHOP)) as connection, connection:
        connection.execute(statement, values)


def daily_sales() -> str:
    """Use case 1: a night, the same night again, a late order, a broken source."""
    shop = Shop()
    for back in range(SETTINGS.lookback_days, -2, -1):
        shop.open_day(DAY - timedelta(days=back), SETTINGS.timezone)
    fill(PLACES.source, shop)
    say("shop", orders=len(shop.orders), zone=SETTINGS.timezone)
    count = first_night(shop)
    same_night_again()
    late_order(shop)
    broken_source()
    return messages.RESULTS["sales"].format(day=DAY, count=count, revenue=revenue(DAY))


def first_night(shop: Shop) -> int:
    """Load the day, and compare with what the shop's rows say themselves."""
    state = night_after(DAY)
    expect(holds=state == "success", key="night")
    start, end = bounds(DAY, SETTINGS.timezone)
    of_day = [row for row in shop.orders if start <= row[-1] < end]
    good = [row for row in of_day if row[0] not in shop.planted]
    kept_aside = dict(ask("SELECT order_id, reason FROM quarantine WHERE day = ?", DAY))
    say("night", state=state, hour=SETTINGS.run_hour, day=DAY, good=len(good))
    for category, orders, amount in ask(REPORT, DAY):
        say("category", category=category, orders=orders, revenue=int(amount))
    for reason, number in Counter(kept_aside.values()).items():
        say("rejected", reason=messages.REASONS[reason], number=number)
    expect(holds=revenue(DAY) == sum(row[4] * row[5] for row in good), key="revenue")
    expect(
        holds=kept_aside == {row[0]: shop.planted[row[0]] for row in of_day if row not in good},
        key="quarantine",
    )
    return len(good)


def same_night_again() -> None:
    """Run the same night once more: nothing may change."""
    before = whole_warehouse()
    expect(holds=night_after(DAY) == "success", key="night")
    expect(holds=whole_warehouse() == before, key="doubled")
    say("again", before=len(before), after=len(whole_warehouse()))


def late_order(shop: Shop) -> None:
    """Add an order to a day that was loaded already; the next night finds it."""
    before = revenue(DAY)
    noon = (bounds(DAY, SETTINGS.timezone)[0] + 12 * HOUR).isoformat()
    late = (len(shop.orders) + 1, "late", 1, 1, 1, 7700, "paid", noon)
    change_shop("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *late)
    expect(holds=night_after(NEXT) == "success", key="night")
    expect(holds=revenue(DAY) == before + 7700, key="late")
    facts = {"amount": 7700, "before": before, "after": revenue(DAY)}
    say("late", day=DAY, back=SETTINGS.lookback_days, **facts)


def broken_source() -> None:
    """Lose the product list: the run fails, the warehouse stays as it was."""
    before = whole_warehouse()
    change_shop("DELETE FROM products")
    state = night_after(NEXT)
    expect(holds=state == "failed" and whole_warehouse() == before, key="broken")
    say("broken", products=len(PRODUCTS), state=state, percent=SETTINGS.max_rejected_percent)


def web_logs() -> str:
    """Use case 2: four hours of logs, one of them twice, and a question about one hour."""
    for hour in HOURS:
        write_logs(PLACES.logs, hour)
        state = run("hourly_logs", hour + HOUR + timedelta(minutes=5), AIRFLOW / "runs.log")
        expect(holds=state == "success", key="hour")
    before = lake_rows("visits")
    run("hourly_logs", HOURS[-1] + HOUR + timedelta(minutes=5), AIRFLOW / "runs.log")
    expect(holds=lake_rows("visits") == before, key="doubled")
    rejected = lake_rows("rejected")
    expect(holds=rejected == len(HOURS) * len(SERVERS) * len(WRONG_LINES), key="quarantine")
    raw, parquet = (folder_bytes(table, HOURS[1]) for table in ("raw", "visits"))
    say("lake", files=len(HOURS) * len(SERVERS), visits=before, rejected=rejected)
    say("bytes", raw=raw // 1000, parquet=parquet // 1000)
    say("question", hour=HOURS[1])
    for path, requests, dwell in top_paths(PLACES.lake, HOURS[1]):
        say("path", path=path, requests=requests, dwell=dwell)
    scanned, there = files_read(PLACES.lake, HOURS[1])
    expect(holds=(scanned, there) == (1, len(HOURS)), key="partition")
    return messages.RESULTS["logs"].format(
        visits=before, rejected=rejected, scanned=scanned, there=there
    )


def lake_rows(table: str) -> int:
    """Count the rows of a table of the lake."""
    files = str(PLACES.lake / table / "*" / "*" / "*.parquet")
    ((rows,),) = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [files]).fetchall()
    return int(rows)


def folder_bytes(table: str, hour: datetime) -> int:
    """Measure one hour of a table."""
    return sum(file.stat().st_size for file in partition(PLACES.lake, table, hour).iterdir())


def play(number: int, title: str, use_case: Callable[[], str]) -> tuple[bool, str]:
    """Play a use case; give whether it showed what it should, and its closing line."""
    print(f"\n== {title}")
    try:
        return True, f"[{number}/2] OK {title}: {use_case()}"
    except NotSeenError as problem:
        return False, f"[{number}/2] FAILED {title}: {problem}"


def main() -> int:
    """Play both, and close with one line for each."""
    shutil.rmtree(ROOT / "var" / "demo", ignore_errors=True)
    os.environ |= {
        "DATA_HOME": str(ROOT / "var" / "demo"),
        "SOURCE_URL": PLACES.source,
        "WAREHOUSE_URL": PLACES.warehouse,
        "LOG_ENGINE": PLACES.log_engine,
    }
    say("airflow")
    prepare(AIRFLOW)
    results = [
        play(1, messages.TITLES["sales"], daily_sales),
        play(2, messages.TITLES["logs"], web_logs),
    ]
    print()
    for _, line in results:
        print(line)
    return 0 if all(seen for seen, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
