"""The statistics, against published and simulated numbers."""

import random

import pytest

from retail.adoption import Group, compare, false_alarms, tolerated_alarms


def test_an_interval_agrees_with_newcombes_own_example():
    # Newcombe 1998, Statistics in Medicine 17, 873-890, method 10: 56/70 against 48/80.
    difference = compare(Group(70, 56), Group(80, 48), 95)
    assert difference.estimate == pytest.approx(0.2)
    assert (difference.low, difference.high) == pytest.approx((0.0524, 0.3339), abs=0.0001)


def test_swapping_the_groups_mirrors_the_interval():
    one, other = (
        compare(Group(70, 56), Group(80, 48), 95),
        compare(Group(80, 48), Group(70, 56), 95),
    )
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_more_confidence_makes_a_wider_interval():
    widths = [
        (each := compare(Group(70, 56), Group(80, 48), level)).high - each.low
        for level in (90, 95, 99)
    ]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_nobody_and_everybody_are_no_special_cases():
    difference = compare(Group(20, 20), Group(20, 0), 95)
    assert 0 < difference.low < difference.estimate == 1
    assert compare(Group(20, 0), Group(20, 0), 95).is_clear is False


@pytest.mark.parametrize("level", [90, 95, 99])
def test_intervals_hold_the_true_difference_as_often_as_they_promise(level):
    rng = random.Random(level)
    held = 0
    for _ in range(1000):
        one = Group(120, sum(rng.random() < 0.3 for _ in range(120)))
        other = Group(80, sum(rng.random() < 0.2 for _ in range(80)))
        difference = compare(one, other, level)
        held += difference.low <= 0.1 <= difference.high
    assert held / 1000 == pytest.approx(level / 100, abs=0.03)


@pytest.mark.parametrize("level", [90, 95, 99])
def test_false_alarms_are_neither_missing_nor_too_many(level):
    rng = random.Random(5)
    outcomes = [int(rng.random() < 0.3) for _ in range(1000)]
    alarms = false_alarms(outcomes, level, 1000)
    expected = 1000 * (1 - level / 100)
    assert expected / 3 < alarms <= tolerated_alarms(level, 1000)
