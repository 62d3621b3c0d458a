import numpy as np
import pytest

from driftwatch.detectors import ErrorGrowth, LevelShift, population_stability


@pytest.mark.parametrize("seed", range(10))
def test_errors_that_stay_give_no_alarm_and_errors_that_grow_do(settings, seed):
    random = np.random.default_rng(seed)
    detector = ErrorGrowth(settings.tolerated_error_growth, patience=80)
    assert not detector.sees_drift(np.abs(random.normal(0, 3, 3000)))
    grown = np.abs(random.normal(0, 3, 200)) + 3 * settings.tolerated_error_growth
    assert detector.sees_drift(grown)


def test_growth_within_the_tolerance_gives_no_alarm(settings):
    random = np.random.default_rng(1)
    detector = ErrorGrowth(settings.tolerated_error_growth, patience=80)
    usual = np.abs(random.normal(0, 3, 1000))
    slightly_more = np.abs(random.normal(0, 3, 1000)) + settings.tolerated_error_growth / 2
    assert not detector.sees_drift([*usual, *slightly_more])


def test_a_few_single_outliers_are_no_drift(settings):
    detector = ErrorGrowth(settings.tolerated_error_growth, patience=80)
    assert not detector.sees_drift(([2.0] * 99 + [50.0]) * 10)


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_a_doubling_and_a_halving_are_noticed_alike(settings, factor):
    random = np.random.default_rng(1)
    detector = LevelShift(settings.sensitivity)
    assert not any(detector.sees_drift(ratio) for ratio in random.normal(1, 0.1, 120))
    assert any(detector.sees_drift(ratio) for ratio in factor * random.normal(1, 0.1, 30))


def test_a_larger_sensitivity_notices_earlier():
    def delay(sensitivity):
        random = np.random.default_rng(1)
        detector = LevelShift(sensitivity)
        ratios = [*random.normal(1, 0.1, 120), *random.normal(1.8, 0.1, 60)]
        return next(n for n, ratio in enumerate(ratios) if detector.sees_drift(ratio)) - 120

    assert 0 < delay(0.2) < delay(0.01) < 30


def test_the_stability_index_is_that_of_the_textbook():
    before = np.arange(100.0)
    assert population_stability(before, before) == pytest.approx(0)
    # Bins of 20 % each; afterwards 40 % in the last and 0 % in the first.
    after = np.concatenate([before[20:], before[80:]])
    expected = 0.2 * np.log(2) + (1e-4 - 0.2) * np.log(1e-4 / 0.2)
    assert population_stability(before, after) == pytest.approx(expected)
