"""Use case 1: every night, yesterday's orders out of the shop and into the warehouse."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta

import duckdb
import pytest

from shopdata import scheduler
from shopdata.days import bounds, nightly_days
from shopdata.nightly import extract_days, load_days, transform_days
from shopdata.sales import TooManyRejectedError, VolumeDropError
from shopdata.source import open_source
from shopdata.warehouse import open_warehouse
from tests.conftest import DAY, SETTINGS

NEXT = DAY + timedelta(days=1)


def night_after(day: date) -> datetime:
    moment = datetime.combine(day + timedelta(days=1), time(SETTINGS.run_hour), SETTINGS.timezone)
    return moment.astimezone(UTC)


@pytest.fixture
def run(places):
    """Run the three steps of a night, without Airflow."""

    def run(day: date) -> None:
        days = nightly_days(night_after(day), SETTINGS.timezone, SETTINGS.lookback_days)
        extract_days(open_source(places.source), places.staging, days, SETTINGS.timezone)
        transform_days(places.staging, days, SETTINGS.timezone, SETTINGS.max_rejected_percent)
        load(places, days)

    return run


def load(places, days, max_drop_percent=SETTINGS.max_drop_percent):
    load_days(open_warehouse(places.warehouse), places.staging, days, max_drop_percent)


def everything(warehouse):
    sales = warehouse("SELECT * FROM sales ORDER BY ALL")
    return sales + warehouse("SELECT * FROM quarantine ORDER BY ALL")


def change(places, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(places.source.removeprefix("sqlite:///"))) as shop, shop:
        shop.execute(statement, values)


def of_day(shop, day: date):
    start, end = bounds(day, SETTINGS.timezone)
    return [row for row in shop.orders if start <= row[-1] < end]


def revenue(warehouse, day: date) -> int:
    ((amount,),) = warehouse("SELECT sum(revenue)::BIGINT FROM daily_report WHERE day = ?", day)
    return amount


def late_order(shop, day: date):
    noon = bounds(day, SETTINGS.timezone)[0] + timedelta(hours=12)
    return (len(shop.orders) + 1, "late", 1, 1, 1, 7700, "paid", noon.isoformat())


def test_airflow_runs_the_night_and_running_it_again_changes_nothing(
    airflow, environment, shop, warehouse
):
    log = airflow / "test.log"
    assert scheduler.run("daily_sales", night_after(DAY), log) == "success", log.read_text()
    first = everything(warehouse)
    assert scheduler.run("daily_sales", night_after(DAY), log) == "success", log.read_text()
    assert len(first) == (SETTINGS.lookback_days + 1) * len(of_day(shop, DAY))
    assert everything(warehouse) == first


def test_airflow_ends_the_night_as_failed_when_the_source_is_broken(
    airflow, environment, shop, places, warehouse
):
    scheduler.run("daily_sales", night_after(DAY), airflow / "test.log")
    before = everything(warehouse)
    change(places, "DELETE FROM products")
    assert scheduler.run("daily_sales", night_after(DAY), airflow / "test.log") == "failed"
    assert everything(warehouse) == before


def test_airflow_calls_at_the_chosen_hour_of_the_chosen_time_zone(airflow):
    from dags.daily_sales import DAG  # noqa: PLC0415 - Airflow must be prepared first

    timetable = DAG.timetable
    assert timetable.expression == f"0 {SETTINGS.run_hour} * * *"
    assert str(timetable.timezone) == SETTINGS.timezone.key


def test_the_report_agrees_with_the_orders_of_the_day(shop, run, warehouse):
    run(DAY)
    good = [row for row in of_day(shop, DAY) if row[0] not in shop.planted]
    assert revenue(warehouse, DAY) == sum(row[4] * row[5] for row in good)
    ((orders,),) = warehouse("SELECT sum(orders) FROM daily_report WHERE day = ?", DAY)
    assert orders == len(good)


def test_orders_are_joined_with_users_and_products_and_spelled_alike(shop, run, warehouse):
    run(DAY)
    categories = warehouse("SELECT DISTINCT category FROM sales ORDER BY ALL")
    countries = warehouse("SELECT DISTINCT country FROM sales ORDER BY ALL")
    assert categories == [("books",), ("garden",), ("kitchen",), ("music",)]
    assert countries == [("??",), ("DE",), ("KR",), ("US",)]


def test_each_bad_order_is_kept_aside_with_its_reason(shop, run, warehouse):
    run(DAY)
    planted = {row[0]: shop.planted[row[0]] for row in of_day(shop, DAY) if row[0] in shop.planted}
    assert len(planted) == 5
    assert dict(warehouse("SELECT order_id, reason FROM quarantine WHERE day = ?", DAY)) == planted


def test_a_late_order_is_found_by_the_next_night(shop, places, run, warehouse):
    run(DAY)
    before = revenue(warehouse, DAY)
    change(places, "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *late_order(shop, DAY))
    run(NEXT)
    assert revenue(warehouse, DAY) == before + 7700


def test_the_night_looks_back_as_far_as_chosen_and_no_farther(shop, places, run, warehouse):
    oldest = DAY - timedelta(days=SETTINGS.lookback_days)
    run(oldest - timedelta(days=1))
    run(DAY)
    known = {day: revenue(warehouse, day) for day in (oldest, oldest - timedelta(days=1))}
    for number, day in enumerate(known):
        order = (len(shop.orders) + 1 + number, f"late-{day}", *late_order(shop, day)[2:])
        change(places, "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *order)
    run(DAY)
    assert revenue(warehouse, oldest) == known[oldest] + 7700
    assert revenue(warehouse, oldest - timedelta(days=1)) == known[oldest - timedelta(days=1)]


def test_an_order_at_midnight_counts_once_on_the_day_that_begins(shop, places, run, warehouse):
    midnight = bounds(NEXT, SETTINGS.timezone)[0].isoformat()
    order = (*late_order(shop, DAY)[:-1], midnight)
    change(places, "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *order)
    run(NEXT)
    run(DAY)
    assert warehouse("SELECT day FROM sales WHERE order_id = ?", order[0]) == [(NEXT,)]


def test_a_cancelled_order_leaves_the_warehouse_with_the_next_night(shop, places, run, warehouse):
    run(DAY)
    cancelled = next(row for row in of_day(shop, DAY) if row[0] not in shop.planted)
    before = revenue(warehouse, DAY)
    change(places, "UPDATE orders SET status = 'cancelled' WHERE id = ?", cancelled[0])
    run(NEXT)
    assert revenue(warehouse, DAY) == before - cancelled[4] * cancelled[5]


def test_with_too_many_bad_rows_nothing_is_loaded(shop, places, run, warehouse):
    run(DAY)
    before = everything(warehouse)
    orders = len(of_day(shop, DAY))
    tolerated = orders * SETTINGS.max_rejected_percent // 100
    good = [row[0] for row in of_day(shop, DAY) if row[0] not in shop.planted]
    spoilt = good[: tolerated - 5]
    change(places, f"UPDATE orders SET user_id = NULL WHERE id IN ({str(spoilt)[1:-1]})")
    run(DAY)
    allowed = everything(warehouse)
    assert allowed != before
    change(places, "UPDATE orders SET user_id = NULL WHERE id = ?", good[tolerated - 5])
    with pytest.raises(TooManyRejectedError, match=f"{tolerated + 1} of {orders}"):
        run(DAY)
    assert everything(warehouse) == allowed


def test_an_empty_source_empties_no_day_of_the_warehouse(shop, places, run, warehouse):
    run(DAY)
    before = everything(warehouse)
    change(places, "DELETE FROM orders")
    with pytest.raises(VolumeDropError, match="has 0 orders"):
        run(DAY)
    assert everything(warehouse) == before


def test_airflow_ends_the_night_as_failed_when_the_source_is_empty(
    airflow, environment, shop, places, warehouse
):
    scheduler.run("daily_sales", night_after(DAY), airflow / "test.log")
    before = everything(warehouse)
    change(places, "DELETE FROM orders")
    assert scheduler.run("daily_sales", night_after(DAY), airflow / "test.log") == "failed"
    assert everything(warehouse) == before


def test_a_day_may_lose_as_many_orders_as_chosen_and_no_more(shop, places, run, warehouse):
    run(DAY)
    known = len(of_day(shop, DAY))
    ids = [row[0] for row in of_day(shop, DAY)]
    gone = known * SETTINGS.max_drop_percent // 100
    change(places, f"UPDATE orders SET status = 'cancelled' WHERE id IN ({str(ids[:gone])[1:-1]})")
    days = [DAY]
    extract_days(open_source(places.source), places.staging, days, SETTINGS.timezone)
    transform_days(places.staging, days, SETTINGS.timezone, 100)
    load(places, days)
    assert len(everything(warehouse)) < known * (SETTINGS.lookback_days + 1)
    change(places, "DELETE FROM orders")
    extract_days(open_source(places.source), places.staging, days, SETTINGS.timezone)
    transform_days(places.staging, days, SETTINGS.timezone, 100)
    with pytest.raises(VolumeDropError):
        load(places, days)
    load(places, days, max_drop_percent=100)
    assert warehouse("SELECT * FROM sales WHERE day = ?", DAY) == []


def test_a_load_that_breaks_off_leaves_the_days_as_they_were(shop, places, run, warehouse):
    run(DAY)
    before = everything(warehouse)
    folder = places.staging / DAY.isoformat()
    sales = (folder / "sales.jsonl").read_text().splitlines(keepends=True)
    (folder / "sales.jsonl").write_text("".join(sales[1:]))
    (folder / "quarantine.jsonl").write_text('{"day": "no day"}\n')
    with pytest.raises(duckdb.Error):
        load(places, [DAY])
    assert everything(warehouse) == before


def test_a_step_can_be_repeated_alone(shop, places, run, warehouse):
    run(DAY)
    before = everything(warehouse)
    transform_days(places.staging, [DAY], SETTINGS.timezone, SETTINGS.max_rejected_percent)
    load(places, [DAY])
    load(places, [DAY])
    assert everything(warehouse) == before
