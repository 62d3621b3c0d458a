"""The same warehouse on a server: `TEST_POSTGRES_URL=postgresql://… make test`."""

import os
from contextlib import closing
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2
import pytest

from retail.engine import open_engine
from tests.conftest import build_by_hand

URL = os.environ.get("TEST_POSTGRES_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="TEST_POSTGRES_URL names no PostgreSQL server")

REPORTS = {
    "quarterly_revenue": "number",
    "channel_profit": "channel",
    "category_growth": "category",
    "segment_revenue": "segment_then, segment_now",
    "feature_adoption": "feature, customer_id",
}


@pytest.fixture
def engine():
    """A database of its own."""
    name = f"warehouse_{uuid4().hex}"
    with closing(psycopg2.connect(URL)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"CREATE DATABASE {name}")
        yield open_engine(urlsplit(URL)._replace(path=f"/{name}").geturl())
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def alike(rows):
    return [
        tuple(
            each if isinstance(each, str) or hasattr(each, "year") else round(float(each), 9)
            for each in row
        )
        for row in rows
    ]


def test_postgresql_answers_like_duckdb(engine, by_hand, tmp_path):
    build_by_hand(engine, tmp_path)
    for report, order in REPORTS.items():
        question = f"SELECT * FROM {report} ORDER BY {order}"
        assert alike(engine.ask(question)) == alike(by_hand.ask(question)), report


def test_who_asks_cannot_change_anything(engine):
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        engine.ask("CREATE TABLE mine (id INT)")
