"""Which instants belong to a business day, and which days a night loads."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give the first instant of the day and the first one after it, both in UTC.

    The two are 23 or 25 hours apart on the days when the clocks change.
    """
    following = day + timedelta(days=1)
    first, after = (datetime.combine(each, time.min, zone) for each in (day, following))
    return first.astimezone(UTC), after.astimezone(UTC)


def business_day(instant: datetime, zone: ZoneInfo) -> date:
    """Say on which day, by the shop's clock, something happened."""
    return instant.astimezone(zone).date()


def nightly_days(run_at: datetime, zone: ZoneInfo, lookback: int) -> list[date]:
    """List the days that the night of `run_at` loads: yesterday and `lookback` days before it."""
    yesterday = business_day(run_at, zone) - timedelta(days=1)
    return [yesterday - timedelta(days=back) for back in range(lookback, -1, -1)]
