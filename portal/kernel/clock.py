"""The current time in the format of tables and APIs."""

from __future__ import annotations

import datetime as dt


def now() -> str:
    """Return the time in UTC, as ISO 8601 with milliseconds and ``+00:00``."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


def iso_of(seconds: float) -> str:
    """Return a time (seconds since the epoch) in the same format."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds")
