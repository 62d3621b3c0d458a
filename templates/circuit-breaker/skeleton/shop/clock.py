"""The time of day, as an argument: a test moves it on instead of waiting."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time of day in UTC."""
    return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved on."""

    def __init__(self) -> None:
        self._now = utc_now().replace(microsecond=0)

    def __call__(self) -> datetime:
        """Return the time this clock shows."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        self._now += timedelta(seconds=seconds)
