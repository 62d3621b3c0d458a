"""Two detectors for two questions: whether a model errs more, and whether a level has moved.

Both are online detectors of River: they see one value after the other and keep no history.
The third function answers another question: whether the inputs themselves have changed.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from river import drift

Vector = npt.NDArray[np.float64]

_BINS = 5
_RARE = 1e-4
# Below 0.1 a feature counts as stable, above 0.2 as changed: the usual reading of the index.
PSI_CHANGED = 0.2


class ErrorGrowth:
    """Page-Hinkley on a model's errors: adds up what exceeds their mean by the tolerance.

    Args:
        tolerance: Growth of the error that is put up with, in the unit of the errors.
        patience: Values to see before the first verdict.

    """

    # Excess that has to gather before it counts: some twenty sales that are off, not one.
    _THRESHOLD = 100.0

    def __init__(self, tolerance: float, patience: int) -> None:
        self._detector = drift.PageHinkley(
            min_instances=patience, delta=tolerance, threshold=self._THRESHOLD, mode="up"
        )

    def sees_drift(self, errors: Iterable[float]) -> bool:
        """Take in errors in their order; True when they have grown for good."""
        is_drift = False
        for error in errors:
            self._detector.update(error)
            is_drift = is_drift or bool(self._detector.drift_detected)
        return is_drift


class LevelShift:
    """ADWIN on the ratio of actual to expected: compares an older and a newer part of a window.

    Args:
        sensitivity: ADWIN's delta, the chance of a false alarm it accepts.

    """

    # One day must not count for more than a few: a promotion is no new regime.
    _MOST = 1.5

    def __init__(self, sensitivity: float) -> None:
        # Checked at every value; the default of 32 would lose a month of daily values.
        self._detector = drift.ADWIN(delta=sensitivity, clock=1, min_window_length=5)

    def sees_drift(self, ratio: float) -> bool:
        """Take in a ratio; True when its level has moved."""
        self._detector.update(self._distance(ratio))
        return bool(self._detector.drift_detected)

    def _distance(self, ratio: float) -> float:
        """Give a doubling and a halving the same distance from 1."""
        if ratio >= 1:
            return min(ratio - 1, self._MOST)
        return max(1 - 1 / max(ratio, 1e-9), -self._MOST)


def population_stability(before: Vector, after: Vector) -> float:
    """Compare two samples of one feature (PSI): 0 for the same distribution."""
    edges = np.quantile(before, np.linspace(0, 1, _BINS + 1))[1:-1]
    shares = [
        np.maximum(np.bincount(np.digitize(sample, edges), minlength=_BINS) / len(sample), _RARE)
        for sample in (before, after)
    ]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))
