"""The fraud detector: dozens of hyperparameter settings, every run tracked, the best registered.

Three in a hundred payments are fraud. A model that never says "fraud" is 97 % accurate and
worthless; so runs are ranked by average precision, which such a model fails.
"""

import csv
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import numpy.typing as npt
from mlflow.models import infer_signature
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, average_precision_score
from sklearn.model_selection import train_test_split

from modelops import messages
from modelops.registry import Registry

MODEL = "fraud"
FEATURES = ("amount", "hour", "km_from_home", "payments_last_hour", "account_days")
LABEL = "fraud"
METRIC = "average_precision"
_SEED = 11

GRID: Mapping[str, Sequence[Any]] = {
    "n_estimators": (10, 30),
    "max_depth": (1, 3, 6, 12),
    "min_samples_leaf": (1, 5, 20),
    "max_features": (2, None),
    "class_weight": (None, "balanced"),
}

Matrix = npt.NDArray[np.float64]


class PaymentsError(ValueError):
    """The file of payments is not there, or is not what it should be."""


@dataclass(frozen=True)
class Payments:
    """Payments as a matrix, a column per feature, and which of them were fraud."""

    features: Matrix
    labels: Matrix


@dataclass(frozen=True)
class Sweep:
    """What a sweep found: the winning run, its version, and its measures."""

    runs: int
    best_run: str
    version: str
    params: dict[str, str]
    validation: float
    test: float
    accuracy: float


def read_payments(path: Path) -> Payments:
    """Read a CSV file with a column per feature and the label.

    Raises:
        PaymentsError: the file or a column is missing, or a value is no number.

    """
    if not path.is_file():
        raise PaymentsError(messages.NO_LOG.format(file=path.name))
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = {*FEATURES, LABEL} - set(reader.fieldnames or ())
        if missing:
            names = ", ".join(sorted(missing))
            raise PaymentsError(messages.NO_COLUMN.format(file=path.name, names=names))
        table = np.array([_numbers(row, f"{path.name}:{reader.line_num}") for row in reader])
    return Payments(table[:, :-1], table[:, -1])


def candidates(count: int) -> list[dict[str, Any]]:
    """Choose settings from the grid, the same ones each time."""
    grid = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    order = np.random.default_rng(_SEED).permutation(len(grid))
    return [grid[index] for index in order[:count]]


def sweep(registry: Registry, payments: Payments, runs: int) -> Sweep:
    """Try the settings, register the best by average precision; it does not serve yet.

    Settings compete on a validation set. The winner alone meets the test set, once.
    """
    rest, test = _split(payments)
    training, validation = _split(rest)
    with registry.run(MODEL, "sweep") as parent:
        mlflow.log_param("runs", runs)
        for params in candidates(runs):
            with registry.run(MODEL, _title(params), nested=True):
                _try(params, training, validation)
        best = registry.runs(
            MODEL, f"tags.mlflow.parentRunId = '{parent}'", f"metrics.{METRIC} DESC"
        )[0]
        model = RandomForestClassifier(**_typed(best.data.params), random_state=_SEED)
        model.fit(rest.features, rest.labels)
        return _register(registry, model, test, runs, best)


def scores(model: RandomForestClassifier, features: Matrix) -> Matrix:
    """Return the probability of fraud of each payment."""
    return np.asarray(model.predict_proba(features)[:, 1], dtype=np.float64)


def _try(params: Mapping[str, Any], training: Payments, validation: Payments) -> None:
    model = RandomForestClassifier(**params, random_state=_SEED)
    model.fit(training.features, training.labels)
    guesses = scores(model, validation.features)
    mlflow.log_params(dict(params))
    mlflow.log_metric(METRIC, float(average_precision_score(validation.labels, guesses)))
    mlflow.log_metric("accuracy", float(accuracy_score(validation.labels, guesses > 0.5)))  # noqa: PLR2004


def _register(
    registry: Registry,
    model: RandomForestClassifier,
    test: Payments,
    runs: int,
    best: Any,  # noqa: ANN401
) -> Sweep:
    guesses = scores(model, test.features)
    precision = float(average_precision_score(test.labels, guesses))
    mlflow.log_metric(f"test_{METRIC}", precision)
    signature = infer_signature(test.features[:5], guesses[:5])
    tags = {"best_run": best.info.run_id, f"test_{METRIC}": f"{precision:.4f}"}
    version = registry.register(MODEL, model, tags, signature)
    return Sweep(
        runs=runs,
        best_run=best.info.run_id,
        version=version,
        params=dict(best.data.params),
        validation=best.data.metrics[METRIC],
        test=precision,
        accuracy=best.data.metrics["accuracy"],
    )


def _numbers(row: Mapping[str, str], place: str) -> list[float]:
    try:
        return [float(row[column]) for column in (*FEATURES, LABEL)]
    except (TypeError, ValueError) as error:
        raise PaymentsError(messages.BAD_ROW.format(place=place)) from error


def _split(payments: Payments) -> tuple[Payments, Payments]:
    parts = train_test_split(
        payments.features,
        payments.labels,
        test_size=0.25,
        random_state=_SEED,
        stratify=payments.labels,
    )
    return Payments(parts[0], parts[2]), Payments(parts[1], parts[3])


def _title(params: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in params.items())


def _typed(params: Mapping[str, str]) -> dict[str, Any]:
    """MLflow keeps params as text; the grid knows the values they came from."""
    return {key: next(v for v in GRID[key] if str(v) == text) for key, text in params.items()}
