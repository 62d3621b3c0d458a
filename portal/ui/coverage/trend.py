"""Coverage over time: how many services implement each concept, and of each owner."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass

from portal.links.reading.coverage import Coverage
from portal.ui.coverage.marks import IMPLEMENTED

#: The spans of time that are offered, in days.
SPANS = (7, 30, 90, 365)
#: How many times are shown, today included.
POINTS = 7
_WIDTH, _HEIGHT, _EDGE = 120, 28, 3


@dataclass(frozen=True, slots=True)
class Line:
    """The course of one concept or owner.

    Attributes:
        ref: The concept or owner; empty for services without an owner.
        values: How many links count at each time.
    """

    ref: str
    values: tuple[int, ...]

    @property
    def points(self) -> str:
        """The line in a picture of ``120 x 28``, as SVG's ``points``."""
        most = max(*self.values, 1)
        step = (_WIDTH - 2 * _EDGE) / max(1, len(self.values) - 1)
        height = _HEIGHT - 2 * _EDGE
        places = (
            (_EDGE + number * step, _EDGE + height * (1 - value / most))
            for number, value in enumerate(self.values)
        )
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)

    @property
    def change(self) -> int:
        """How many more there are at the end than at the beginning."""
        return self.values[-1] - self.values[0]


@dataclass(frozen=True, slots=True)
class Trend:
    """Coverage over time.

    Attributes:
        times: The times, ISO 8601, the oldest first.
        concepts: The course of each concept.
        owners: The course of each owner.
    """

    times: tuple[str, ...]
    concepts: tuple[Line, ...]
    owners: tuple[Line, ...]


def times_of(days: int, now: dt.datetime) -> list[str]:
    """Return times of the last days, whole days apart, as columns name days; the last is now."""
    step = dt.timedelta(days=round(days / (POINTS - 1)))
    return [
        (now - number * step).astimezone(dt.UTC).isoformat("T", "milliseconds")
        for number in reversed(range(POINTS))
    ]


def trend_of(times: Sequence[str], read: Callable[[str], Coverage]) -> Trend:
    """Return the course between some times.

    Args:
        times: The times; the last one is the present.
        read: Returns the coverage at a time; empty for now.
    """
    courses = [read(time) for time in times[:-1]] + [read("")]
    now = courses[-1]
    owner_of = {service.ref: service.owner for service in now.services}
    by_concept = [_counts(one, lambda cell: cell[0]) for one in courses]
    by_owner = [_counts(one, lambda cell: owner_of.get(cell[1])) for one in courses]
    owners = sorted(set(owner_of.values()), key=lambda ref: (not ref, ref))
    return Trend(tuple(times), _lines(now.concepts, by_concept), _lines(owners, by_owner))


def _counts(
    coverage: Coverage, key: Callable[[tuple[str, str]], str | None]
) -> Counter[str | None]:
    counted = (cell for cell in coverage.cells if cell.status in IMPLEMENTED)
    return Counter(key((cell.concept, cell.entity)) for cell in counted)


def _lines(refs: Iterable[str], counts: Sequence[Counter[str | None]]) -> tuple[Line, ...]:
    return tuple(Line(ref, tuple(one[ref] for one in counts)) for ref in refs)
