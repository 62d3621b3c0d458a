"""The real engine for logs: `make spark`, then `make test`."""

import shutil

import pytest

from shopdata import scheduler
from shopdata.sample import write_logs
from shopdata.weblog import HOUR, build_hour, collect_hour, partition
from tests.conftest import SETTINGS
from tests.test_use_case_2_web_logs import TEN, rows

pytest.importorskip("pyspark", reason="pyspark is not installed: make spark")
pytestmark = pytest.mark.skipif(not shutil.which("java"), reason="Spark needs Java 17 or newer")
COLUMNS = "user_id, path, ts, dwell_seconds"


def test_spark_makes_the_same_hour_as_duckdb_and_replaces_it(
    airflow, environment, places, monkeypatch
):
    for hour in (TEN, TEN + HOUR):
        write_logs(places.logs, hour)
        collect_hour(places.logs, places.lake, hour)
    build_hour(places.lake, TEN, SETTINGS.session_gap_minutes)
    kinds = {"visits": COLUMNS, "rejected": "line, reason"}
    expected = {kind: rows(places.lake, kind, TEN, columns) for kind, columns in kinds.items()}
    monkeypatch.setenv("LOG_ENGINE", "spark")
    log = airflow / "spark.log"
    assert scheduler.run("hourly_logs", TEN + 2 * HOUR, log) == "success", log.read_text()
    for kind, columns in kinds.items():
        assert rows(places.lake, kind, TEN, columns) == expected[kind]
        assert not (partition(places.lake, kind, TEN) / "part-0.parquet").exists()
