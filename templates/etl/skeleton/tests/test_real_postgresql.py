"""The real source: `TEST_POSTGRES_URL=postgresql://… make test`."""

import os
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from shopdata import scheduler
from shopdata.days import bounds
from shopdata.sample import fill
from shopdata.source import open_source
from tests.conftest import DAY, SETTINGS

URL = os.environ.get("TEST_POSTGRES_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="TEST_POSTGRES_URL names no PostgreSQL server")


@pytest.fixture
def url():
    """A database of its own."""
    name = f"etl_{uuid4().hex}"
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlsplit(URL)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name}")


@pytest.fixture
def filled(url, shop):
    fill(url, shop)
    return url


def test_postgresql_gives_the_same_day_as_sqlite(filled, places):
    span = bounds(DAY, SETTINGS.timezone)
    expected = open_source(places.source).extract(*span)
    extract = open_source(filled).extract(*span)
    assert len(extract.orders) == 255
    assert extract.orders == expected.orders
    assert sorted(extract.users, key=lambda user: user.id) == expected.users
    assert sorted(extract.products, key=lambda product: product.id) == expected.products


def test_airflow_loads_the_night_from_postgresql(
    airflow, environment, filled, monkeypatch, warehouse
):
    monkeypatch.setenv("SOURCE_URL", filled)
    moment = datetime.combine(
        DAY + timedelta(days=1), time(SETTINGS.run_hour), SETTINGS.timezone
    ).astimezone(UTC)
    log = airflow / "test.log"
    assert scheduler.run("daily_sales", moment, log) == "success", log.read_text()
    assert warehouse("SELECT count(*) FROM sales WHERE day = ?", DAY) == [(250,)]


def test_the_pipeline_cannot_write_to_the_shop(filled):
    source = open_source(filled)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), source.reading() as connection:
        connection.execute("DELETE FROM orders")
