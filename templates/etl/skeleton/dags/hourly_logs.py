"""Every hour: the web servers' logs of the last hour into the data lake."""

from datetime import UTC, datetime
from importlib import import_module

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task

from shopdata.settings import read_places, read_settings
from shopdata.weblog import collect_hour, hours_of_run

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
    """Collect the raw lines, then make partitions of them."""

    @task
    def collect() -> list[str]:
        context = get_current_context()
        run_at = context.get("logical_date") or context["dag_run"].run_after
        before, last = hours_of_run(run_at)
        places = read_places()
        collect_hour(places.logs, places.lake, last)
        return [before.isoformat(), last.isoformat()]

    @task
    def build(hours: list[str]) -> None:
        places = read_places()
        build_hour = import_module(ENGINES[places.log_engine]).build_hour
        for hour in hours:
            build_hour(places.lake, datetime.fromisoformat(hour), SETTINGS.session_gap_minutes)

    build(collect())


DAG = hourly_logs()
