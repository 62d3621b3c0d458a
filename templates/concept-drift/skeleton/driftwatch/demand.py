"""Demand: a forecast for each product, and a detector that notices when it no longer holds.

One regime, one alert. The detector would go on noticing the same change, so after an alert the
new level is learned for some days, the forecast is moved to it, and a fresh detector begins.
"""

import csv
import re
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from driftwatch import messages
from driftwatch.detectors import LevelShift
from driftwatch.settings import Settings

# Eight weeks to learn the level and the shape of a week.
TRAINING_DAYS = 56
# Days after an alert that belong to the same change; the new level is learned from them.
SETTLING_DAYS = 14
# The size of a change is told from the last days alone: the detector's window is mostly old.
_RECENT_DAYS = 5
# A product nobody buys still has an expected demand to compare with.
_SMALLEST = 0.05
_COLUMNS = ("day", "product", "units")
_PRODUCT = re.compile(r"[\w.-]{1,60}")


class DemandError(ValueError):
    """The file of demand is not there, or is not what it should be."""


@dataclass(frozen=True)
class Alert:
    """A product has entered a new regime of demand.

    Attributes:
        before: Units a day that were expected until now.
        after: Units a day, by the last days.

    """

    product: str
    day: date
    before: float
    after: float

    @property
    def id(self) -> str:
        """The same regime has the same id, however often it is found."""
        return f"{self.product}-{self.day}"

    @property
    def kind(self) -> str:
        """Return "surge" or "drop"."""
        return "surge" if self.after > self.before else "drop"

    @property
    def change_percent(self) -> int:
        """The change of the level, in percent."""
        return round((self.after / self.before - 1) * 100)


class Forecast:
    """Expected units of a day: a level, and the shape of the week."""

    def __init__(self, days: Sequence[date], units: Sequence[int]) -> None:
        self.level = max(statistics.fmean(units), 1.0)
        by_weekday: dict[int, list[int]] = {}
        for day, count in zip(days, units, strict=True):
            by_weekday.setdefault(day.weekday(), []).append(count)
        self._shape = {
            weekday: max(statistics.fmean(counts) / self.level, _SMALLEST)
            for weekday, counts in by_weekday.items()
        }

    def ratio(self, day: date, units: int) -> float:
        """Compare a day with what was expected of it: 1 when they are equal."""
        return units / (self.level * self._shape[day.weekday()])


class Watch:
    """One product under watch: its forecast, and the detector of the present regime."""

    def __init__(self, product: str, forecast: Forecast, settings: Settings) -> None:
        self._product = product
        self._forecast = forecast
        self._settings = settings
        self._is_settling = False
        self._begin_regime()

    def see(self, day: date, units: int) -> Alert | None:
        """Take in a day; return an alert when it shows that a new regime has begun."""
        ratio = self._forecast.ratio(day, units)
        if self._is_settling:
            self._settle(ratio)
            return None
        self._recent.append(ratio)
        change = statistics.median(self._recent)
        is_news = abs(change - 1) * 100 >= self._settings.minimum_change_percent
        if not (self._detector.sees_drift(ratio) and is_news):
            return None
        self._is_settling = True
        level = self._forecast.level
        return Alert(self._product, day, level, level * change)

    def _settle(self, ratio: float) -> None:
        self._settling.append(ratio)
        if len(self._settling) == SETTLING_DAYS:
            self._forecast.level *= max(statistics.fmean(self._settling), _SMALLEST)
            self._begin_regime()

    def _begin_regime(self) -> None:
        self._detector = LevelShift(self._settings.sensitivity)
        self._recent: deque[float] = deque(maxlen=_RECENT_DAYS)
        self._settling: list[float] = []
        self._is_settling = False


def watch(
    product: str, days: Sequence[date], units: Sequence[int], settings: Settings
) -> list[Alert]:
    """Go through a product's history and return the alerts it gives, at most one a regime."""
    if len(days) <= TRAINING_DAYS:
        return []
    forecast = Forecast(days[:TRAINING_DAYS], units[:TRAINING_DAYS])
    under_watch = Watch(product, forecast, settings)
    later = zip(days[TRAINING_DAYS:], units[TRAINING_DAYS:], strict=True)
    alerts = (under_watch.see(day, count) for day, count in later)
    return [alert for alert in alerts if alert]


def watch_all(path: Path, settings: Settings) -> list[Alert]:
    """Return the alerts of all products in a file of demand, by day."""
    found = [
        alert
        for product, (days, units) in read_demand(path).items()
        for alert in watch(product, days, units, settings)
    ]
    return sorted(found, key=lambda alert: (alert.day, alert.product))


def read_demand(path: Path) -> dict[str, tuple[list[date], list[int]]]:
    """Read a CSV file with day, product and units; the days of a product have to ascend.

    Raises:
        DemandError: no file, a missing column, a bad value or a day out of order.

    """
    if not path.is_file():
        raise DemandError(messages.NO_FILE.format(file=path.name))
    series: dict[str, tuple[list[date], list[int]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            place = f"{path.name}:{reader.line_num}"
            day, product, units = _entry(row, place)
            days, counts = series.setdefault(product, ([], []))
            if days and day <= days[-1]:
                raise DemandError(messages.DAY_ORDER.format(place=place))
            days.append(day)
            counts.append(units)
    return series


def _entry(row: dict[str, str], place: str) -> tuple[date, str, int]:
    try:
        day, product, units = (row[column] for column in _COLUMNS)
        entry = date.fromisoformat(day), product, int(units)
    except (KeyError, TypeError, ValueError) as error:
        raise DemandError(messages.BAD_ROW.format(place=place)) from error
    # The product becomes part of a file's name.
    if entry[2] < 0 or not _PRODUCT.fullmatch(product):
        raise DemandError(messages.BAD_ROW.format(place=place))
    return entry
