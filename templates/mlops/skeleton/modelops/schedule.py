"""Night after night: one that went wrong is tried again, and never ends the schedule."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

#: First wait after a failure; it doubles up to the longest.
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(minutes=30)


class Clock(Protocol):
    """Tells the time, and lets it pass."""

    def now(self) -> datetime:
        """Return the time, with the local zone."""

    def wait(self, until: datetime) -> None:
        """Come back at that time."""


class WallClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the time, with the local zone."""
        return datetime.now(UTC).astimezone()

    def wait(self, until: datetime) -> None:
        """Come back at that time."""
        time.sleep(max(0.0, (until - self.now()).total_seconds()))


class Reporter(Protocol):
    """What is told to whoever looks after the schedule."""

    def next_start(self, start: datetime) -> None:
        """Tell when the next night is worked on."""

    def failed(self, night: str, error: Exception, again: datetime | None) -> None:
        """Tell why a night failed, and when it is tried again; None when it is given up."""


def keep(hour: int, job: Callable[[str], None], clock: Clock, reporter: Reporter) -> None:
    """Do the job for every night at that hour, for ever.

    Whatever a night fails of (a registry that is down, a log that is not there yet, a torn line),
    it is tried again until the next night is due. Running a night twice does no harm.
    """
    while True:
        start = next_start(clock.now(), hour)
        reporter.next_start(start)
        clock.wait(start)
        night = str(start.date() - timedelta(days=1))
        _try(night, job, clock, reporter, next_start(start, hour))


def _try(
    night: str, job: Callable[[str], None], clock: Clock, reporter: Reporter, due: datetime
) -> None:
    wait = _FIRST_WAIT
    while True:
        try:
            return job(night)
        except Exception as error:
            # A night's failure, whatever it is, must not end all nights.
            again = clock.now() + wait
            if again >= due:
                reporter.failed(night, error, None)
                return None
            reporter.failed(night, error, again)
        clock.wait(again)
        wait = min(2 * wait, _LONGEST_WAIT)


def next_start(now: datetime, hour: int) -> datetime:
    """Return the next moment the clock shows this full hour."""
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)
