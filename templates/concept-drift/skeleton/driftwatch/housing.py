"""House prices: measure the models on the new month, then train on it. Every month, in this order.

Two models are measured. The one in service is trained anew every month. The frozen one is the
first there ever was and is never trained again: it shows how far the world has moved, which a
model that keeps up would hide.
"""

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from driftwatch import messages
from driftwatch.detectors import ErrorGrowth, Vector, population_stability
from driftwatch.files import write_whole
from driftwatch.settings import Settings

FEATURES = ("area", "age", "station_minutes")
PRICE = "price"
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_MINIMUM_SALES = 20


class MissingDataError(RuntimeError):
    """The sales of a month are not there, or are not what they should be."""


@dataclass(frozen=True)
class Sales:
    """Sales as a matrix, a column per feature, and their prices."""

    features: Vector
    prices: Vector


@dataclass(frozen=True)
class Model:
    """A linear price model: one weight per feature, and a base price."""

    months: tuple[str, ...]
    weights: tuple[float, ...]

    def predict(self, features: Vector) -> Vector:
        """Estimate the price of each house."""
        return np.asarray(features @ np.array(self.weights[:-1]) + self.weights[-1])

    def errors(self, sales: Sales) -> Vector:
        """Measure how far off each estimate is, in percent of the price."""
        return np.abs(self.predict(sales.features) - sales.prices) / sales.prices * 100


@dataclass(frozen=True)
class Month:
    """What a month showed.

    Attributes:
        served_error: Mean error of the model in service, in percent of the price.
        frozen_error: The same of the frozen model.
        is_drift: Whether this is the month in which drift was detected.
        stability: How much each feature has moved since the frozen model was trained (PSI).

    """

    month: str
    served_error: float
    frozen_error: float
    is_drift: bool
    stability: dict[str, float]


def fit(months: Sequence[str], sales: Sales) -> Model:
    """Train by least squares."""
    ones = np.ones((len(sales.prices), 1))
    weights, *_ = np.linalg.lstsq(np.hstack([sales.features, ones]), sales.prices, rcond=None)
    return Model(tuple(months), tuple(float(weight) for weight in weights))


class Archive:
    """The folder with the sales of each month, and what was learned from them.

    sales/2026-01.csv     what was sold, put there by somebody else
    models/2026-01.json   the model trained when that month had ended
    errors/2026-01.json   the errors of both models on the sales of that month
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    def sales_file(self, month: str) -> Path:
        """Return where the sales of a month have to be."""
        if not _MONTH.fullmatch(month):
            raise MissingDataError(messages.BAD_MONTH.format(month=month))
        return self._home / "sales" / f"{month}.csv"

    def sales(self, months: Sequence[str]) -> Sales:
        """Read the sales of some months.

        Raises:
            MissingDataError: no file, a missing column, a bad value or too few sales.

        """
        tables = [read_sales(self.sales_file(month)) for month in months]
        return Sales(
            np.vstack([table.features for table in tables]),
            np.concatenate([table.prices for table in tables]),
        )

    def months_until(self, month: str) -> list[str]:
        """List the months with sales, the given one last."""
        return [name for name in _stems(self._home / "sales") if name <= month]

    def models(self) -> list[Model]:
        """Read all models: the frozen one first, the one in service last."""
        return [self._model(month) for month in _stems(self._home / "models")]

    def model_before(self, month: str) -> Model | None:
        """Return the model that was in service during a month."""
        earlier = [name for name in _stems(self._home / "models") if name < month]
        return self._model(earlier[-1]) if earlier else None

    def frozen(self) -> Model | None:
        """Return the first model there ever was."""
        names = _stems(self._home / "models")
        return self._model(names[0]) if names else None

    def keep_model(self, model: Model) -> None:
        """Write a model down; it serves from the next month on."""
        path = self._home / "models" / f"{model.months[-1]}.json"
        write_whole(path, json.dumps({"months": model.months, "weights": model.weights}))

    def keep_errors(self, month: str, served: Vector, frozen: Vector) -> None:
        """Write down how both models did."""
        content = {"served": served.tolist(), "frozen": frozen.tolist()}
        write_whole(self._home / "errors" / f"{month}.json", json.dumps(content))

    def errors(self) -> dict[str, dict[str, list[float]]]:
        """Read the errors of all measured months, in their order."""
        folder = self._home / "errors"
        return {
            month: json.loads((folder / f"{month}.json").read_text(encoding="utf-8"))
            for month in _stems(folder)
        }

    def _model(self, month: str) -> Model:
        text = (self._home / "models" / f"{month}.json").read_text(encoding="utf-8")
        content = json.loads(text)
        return Model(tuple(content["months"]), tuple(content["weights"]))


def close_month(archive: Archive, month: str, settings: Settings) -> None:
    """Measure the models on a month they have not seen, then train on it.

    The first months only gather sales. Closing a month twice changes nothing.

    Raises:
        MissingDataError: there are no usable sales; models and errors stay as they are.

    """
    sales = archive.sales([month])
    served, frozen = archive.model_before(month), archive.frozen()
    if served and frozen:
        archive.keep_errors(month, served.errors(sales), frozen.errors(sales))
    window = archive.months_until(month)[-settings.window_months :]
    if len(window) == settings.window_months:
        archive.keep_model(fit(window, archive.sales(window)))


def review(archive: Archive, settings: Settings) -> dict[str, Month]:
    """Go through all measured months again and tell in which of them drift was detected.

    It is told once: from then on the frozen model is known to be out of date.
    """
    frozen = archive.frozen()
    if frozen is None:
        return {}
    trained_on = archive.sales(frozen.months)
    patience = len(trained_on.prices) // len(frozen.months)
    detector = ErrorGrowth(settings.tolerated_error_growth, patience)
    is_known = False
    reviewed = {}
    for month, errors in archive.errors().items():
        window = archive.sales(archive.months_until(month)[-settings.window_months :])
        is_drift = detector.sees_drift(errors["frozen"]) and not is_known
        is_known = is_known or is_drift
        reviewed[month] = Month(
            month=month,
            served_error=float(np.mean(errors["served"])),
            frozen_error=float(np.mean(errors["frozen"])),
            is_drift=is_drift,
            stability=_stability(trained_on, window),
        )
    return reviewed


def read_sales(path: Path) -> Sales:
    """Read a CSV file with a column per feature and the price."""
    if not path.is_file():
        raise MissingDataError(messages.NO_FILE.format(file=path.name))
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [_numbers(row, f"{path.name}:{reader.line_num}") for row in reader]
    if len(rows) < _MINIMUM_SALES:
        reason = messages.FEW_SALES.format(file=path.name, count=len(rows), needed=_MINIMUM_SALES)
        raise MissingDataError(reason)
    table = np.array(rows)
    return Sales(table[:, :-1], table[:, -1])


def _numbers(row: dict[str, str], place: str) -> list[float]:
    try:
        numbers = [float(row[column]) for column in (*FEATURES, PRICE)]
    except (KeyError, TypeError, ValueError) as error:
        raise MissingDataError(messages.BAD_ROW.format(place=place)) from error
    if not np.isfinite(numbers).all() or numbers[-1] <= 0:
        raise MissingDataError(messages.BAD_ROW.format(place=place))
    return numbers


def _stability(before: Sales, after: Sales) -> dict[str, float]:
    pairs = zip(FEATURES, before.features.T, after.features.T, strict=True)
    return {name: population_stability(old, new) for name, old, new in pairs}


def _stems(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*-*.*") if _MONTH.fullmatch(path.stem))
