"""Every night: yesterday's orders out of the shop's database and into the warehouse."""

from datetime import date, datetime

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from shopdata.days import nightly_days
from shopdata.nightly import extract_days, load_days, transform_days
from shopdata.sales import TooManyRejectedError, VolumeDropError
from shopdata.settings import read_places, read_settings
from shopdata.source import open_source
from shopdata.warehouse import open_warehouse

SETTINGS = read_settings()


@dag(
    schedule=CronTriggerTimetable(f"0 {SETTINGS.run_hour} * * *", timezone=SETTINGS.timezone.key),
    start_date=datetime(2026, 1, 1, tzinfo=SETTINGS.timezone),
    catchup=False,
    max_active_runs=1,  # two runs would write the same days
    tags=["sales"],
)
def daily_sales() -> None:
    """Extract, transform, load: only the list of days passes between the steps, no rows."""

    @task
    def extract() -> list[str]:
        context = get_current_context()
        # A run started by hand may have no logical date.
        run_at = context.get("logical_date") or context["dag_run"].run_after
        days = nightly_days(run_at, SETTINGS.timezone, SETTINGS.lookback_days)
        places = read_places()
        extract_days(open_source(places.source), places.staging, days, SETTINGS.timezone)
        return [day.isoformat() for day in days]

    @task
    def transform(days: list[str]) -> list[str]:
        try:
            transform_days(
                read_places().staging,
                [date.fromisoformat(day) for day in days],
                SETTINGS.timezone,
                SETTINGS.max_rejected_percent,
            )
        except TooManyRejectedError as problem:
            # Trying again would read the same copy.
            raise AirflowFailException(str(problem)) from problem
        return days

    @task
    def load(days: list[str]) -> None:
        places = read_places()
        dates = [date.fromisoformat(day) for day in days]
        warehouse = open_warehouse(places.warehouse)
        try:
            load_days(warehouse, places.staging, dates, SETTINGS.max_drop_percent)
        except VolumeDropError as problem:
            raise AirflowFailException(str(problem)) from problem

    load(transform(extract()))


DAG = daily_sales()
