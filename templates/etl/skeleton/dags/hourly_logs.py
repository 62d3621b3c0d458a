"""Every hour: the web servers' logs of the last hour into the data lake."""

import logging
from datetime import UTC, datetime
from importlib import import_module

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from shopdata.settings import read_places, read_settings
from shopdata.weblog import collect_run

LOG = logging.getLogger(__name__)
SETTINGS = read_settings()
# Named, not imported: Spark is there only where it is wanted.
ENGINES = {"duckdb": "shopdata.weblog", "spark": "shopdata.spark"}


@dag(
    # Five past, so that the servers have closed the hour's file.
    schedule=CronTriggerTimetable("5 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["weblog"],
)
def hourly_logs() -> None:
    """Collect the raw lines, make partitions of them, and say what came late or not at all."""

    @task
    def collect() -> dict[str, list[str]]:
        context = get_current_context()
        run_at = context.get("logical_date") or context["dag_run"].run_after
        places = read_places()
        found = collect_run(places.logs, places.lake, run_at)
        hours = [hour.isoformat() for hour in found.to_build]
        return {"hours": hours, "late": found.late, "missing": found.missing}

    @task
    def build(collected: dict[str, list[str]]) -> dict[str, list[str]]:
        places = read_places()
        build_hour = import_module(ENGINES[places.log_engine]).build_hour
        for hour in collected["hours"]:
            build_hour(places.lake, datetime.fromisoformat(hour), SETTINGS.session_gap_minutes)
        return collected

    @task
    def report(collected: dict[str, list[str]]) -> None:
        for file in collected["late"]:
            LOG.warning("came late: %s", file)
        # The hours that are there are built; that one is not is known by the run's state.
        if collected["missing"]:
            raise AirflowFailException(f"not delivered: {', '.join(collected['missing'])}")

    report(build(collect()))


DAG = hourly_logs()
