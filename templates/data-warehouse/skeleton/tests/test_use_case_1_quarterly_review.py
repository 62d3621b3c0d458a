"""Use case 1: three years of sales, customers and marketing, quarter by quarter."""

import shutil
from datetime import date

import duckdb
import pytest

from retail import columns
from retail.build import BuildError, build
from retail.engine import DuckDB
from retail.sample import FASTEST_GROWING, MOST_PROFITABLE, SEASONAL
from tests.conftest import AFTER, BY_HAND, SETTINGS, land


def numbers(rows):
    """Engines differ in the kind of a number, not in its value."""
    return [tuple(each if isinstance(each, str) else float(each) for each in row) for row in rows]


def test_quarters_follow_the_fiscal_year_and_quarters_without_a_sale_count(by_hand):
    rows = by_hand.ask(
        "SELECT number, fiscal_year, fiscal_quarter, quarter_start, revenue, margin"
        " FROM quarterly_revenue ORDER BY number"
    )
    assert rows == [
        (1, 2025, 1, date(2025, 4, 1), 2300, 1180),
        (2, 2024, 4, date(2025, 1, 1), 2600, 1460),
        (3, 2024, 3, date(2024, 10, 1), 0, 0),
        (4, 2024, 2, date(2024, 7, 1), 0, 0),
        (5, 2024, 1, date(2024, 4, 1), 1200, 620),
    ]


def test_channel_profit_is_what_was_worked_out_by_hand(by_hand):
    rows = by_hand.ask("SELECT * FROM channel_profit ORDER BY channel")
    # Ads: Ann and Cho brought 2,100, of which the goods cost 840 and the marketing 600.
    assert numbers(rows) == [
        ("ads", 2, 2100, 1260, 600, 660, 330),
        ("referral", 1, 4000, 2000, 100, 1900, 1900),
    ]


def test_category_growth_is_what_was_worked_out_by_hand(by_hand):
    rows = by_hand.ask("SELECT * FROM category_growth ORDER BY category")
    assert numbers(rows) == [
        ("drinks", 300, 1600, 200, pytest.approx(300 / 1600 - 1), pytest.approx(0.5)),
        ("kitchen", 2000, 1000, 1000, pytest.approx(1.0), pytest.approx(1.0)),
    ]


def test_an_order_keeps_the_segment_of_its_time(by_hand):
    rows = by_hand.ask(
        "SELECT line.order_id, version.segment FROM fct_order_lines AS line"
        " JOIN dim_customer AS version ON line.customer_key = version.customer_key"
        " WHERE version.customer_id = 1 AND line.line = 1 ORDER BY line.order_id"
    )
    basic, pro = (100, 102), (103, 104, 106)
    assert rows == [(each, "basic") for each in basic] + [(each, "pro") for each in pro]


def test_a_join_with_the_segments_of_today_would_move_revenue(by_hand):
    rows = by_hand.ask("SELECT * FROM segment_revenue ORDER BY 1, 2")
    assert numbers(rows) == [
        ("basic", "basic", 4100),
        ("basic", "pro", 700),
        ("pro", "pro", 1400),
    ]


def test_building_again_changes_nothing(by_hand, tmp_path):
    again = DuckDB(shutil.copy(by_hand.path, tmp_path / "again.duckdb"))
    again.load(land(tmp_path / "landing", AFTER))
    build(again, BY_HAND, by_hand.path.parent / "dbt")
    tables = [name for (name,) in by_hand.ask("SELECT table_name FROM duckdb_tables()")]
    assert {"dim_customer", "fct_order_lines", "fct_events", "channel_profit"} <= set(tables)
    for name in set(tables) - set(AFTER):
        question = f"SELECT * FROM {name} ORDER BY ALL"
        assert again.ask(question) == by_hand.ask(question), name


def test_a_load_that_breaks_off_leaves_the_raw_tables_as_they_were(by_hand, tmp_path):
    engine = DuckDB(shutil.copy(by_hand.path, tmp_path / "again.duckdb"))
    with pytest.raises(duckdb.Error):
        engine.load(land(tmp_path / "landing", {**AFTER, "customers": "", "events": "no event"}))
    question = "SELECT * FROM raw.customers ORDER BY ALL"
    assert engine.ask(question) == by_hand.ask(question) != []


def test_a_line_that_would_get_lost_stops_the_build(tmp_path):
    engine = DuckDB(tmp_path / "warehouse.duckdb")
    lost = AFTER["order_lines"] + "109,1,2,99,s,2025-07-01 10:00:00,1,100"
    engine.load(land(tmp_path / "landing", {**AFTER, "order_lines": lost}))
    with pytest.raises(BuildError, match="no_order_line_is_lost_or_doubled"):
        build(engine, BY_HAND, tmp_path / "dbt", "--select", "+fct_order_lines")


def test_three_years_of_the_sample_are_twelve_quarters_of_the_chosen_fiscal_year(sample):
    rows = sample.ask("SELECT quarter_start, next_quarter_start, revenue FROM quarterly_revenue")
    starts = sorted(row[0] for row in rows)
    assert len(rows) == 12
    assert starts[1:] == sorted(row[1] for row in rows)[:-1]
    assert all((start.month - SETTINGS.fiscal_year_start_month) % 3 == 0 for start in starts)


def test_the_most_profitable_channel_is_found_and_is_not_the_largest(sample):
    by_profit = sample.ask("SELECT channel FROM channel_profit ORDER BY profit_per_customer DESC")
    by_revenue = sample.ask("SELECT channel FROM channel_profit ORDER BY revenue DESC")
    assert by_profit[0] == (MOST_PROFITABLE,)
    assert by_revenue[0] != (MOST_PROFITABLE,)


def test_the_fastest_growing_category_is_found_in_spite_of_the_season(sample):
    on_year = sample.ask("SELECT category FROM category_growth ORDER BY growth_on_year DESC")
    on_quarter = sample.ask("SELECT category FROM category_growth ORDER BY growth_on_quarter DESC")
    assert on_year[0] == (FASTEST_GROWING,)
    assert on_quarter[0] == (SEASONAL,)


def test_a_question_reads_its_columns_and_no_others(sample, tmp_path):
    file = tmp_path / "fct.parquet"
    columns.export(sample.path, file)
    asked = columns.read(file, columns.QUESTION)
    whole = columns.read(file, columns.EVERYTHING)
    assert set(asked.columns) == {"product_id", "revenue", "margin"}
    assert len(whole.columns) == 11
    assert whole.size > 0.9 * file.stat().st_size
    assert asked.size < 0.15 * whole.size
