"""What belongs to which day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shopdata.days import bounds, business_day, nightly_days
from tests.conftest import DAY, SETTINGS

SEOUL = ZoneInfo("Asia/Seoul")


def test_a_day_begins_at_midnight_by_the_shops_clock():
    start, end = bounds(DAY, SETTINGS.timezone)
    second = timedelta(seconds=1)
    days = [
        business_day(each, SETTINGS.timezone) for each in (start - second, start, end - second, end)
    ]
    assert days == [DAY - timedelta(days=1), DAY, DAY, DAY + timedelta(days=1)]


def test_an_evening_in_utc_is_the_next_day_in_seoul():
    assert business_day(datetime(2026, 11, 2, 15, tzinfo=UTC), SEOUL) == date(2026, 11, 3)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_on_which_clocks_change_are_shorter_or_longer(day, hours):
    start, end = bounds(day, ZoneInfo("Europe/Berlin"))
    assert end - start == timedelta(hours=hours)


def test_a_night_loads_yesterday_and_the_days_before_it():
    at_two_in_seoul = datetime(2026, 11, 2, 17, tzinfo=UTC)
    assert nightly_days(at_two_in_seoul, SEOUL, 2) == [date(2026, 10, 31), date(2026, 11, 1), DAY]
