"""Use case 2: did the users of a new feature stay and buy more than the others?"""

import pytest

from retail.adoption import compare, false_alarms, groups, tolerated_alarms
from retail.sample import WITH_EFFECT, WITHOUT_EFFECT
from tests.conftest import SETTINGS

OUTCOMES = ("retained", "converted")


def test_groups_and_outcomes_are_what_was_worked_out_by_hand(by_hand):
    rows = by_hand.ask(
        "SELECT customer_id, used_first_day, used_ever, retained, converted"
        " FROM feature_adoption WHERE feature = 'use wishlist' ORDER BY customer_id"
    )
    assert rows == [(10, 1, 1, 1, 1), (11, 0, 0, 0, 0), (12, 0, 1, 1, 0), (14, 0, 0, 0, 0)]


def test_an_event_that_was_delivered_twice_counts_once(by_hand):
    assert by_hand.ask("SELECT count(*) FROM raw.events WHERE event_id = 1") == [(2,)]
    assert by_hand.ask("SELECT count(*) FROM fct_events WHERE event_id = 1") == [(1,)]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_effect_that_is_there_is_found(sample, outcome):
    users, others = groups(sample, WITH_EFFECT, outcome, "used_first_day")
    difference = compare(users, others, SETTINGS.confidence_percent)
    assert difference.is_clear
    assert difference.low > 0


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_effect_that_is_not_there_is_not_found(sample, outcome):
    users, others = groups(sample, WITHOUT_EFFECT, outcome, "used_first_day")
    assert not compare(users, others, SETTINGS.confidence_percent).is_clear


def test_grouping_by_use_at_any_time_would_find_an_effect_that_is_not_there(sample):
    users, others = groups(sample, WITHOUT_EFFECT, "retained", "used_ever")
    assert compare(users, others, SETTINGS.confidence_percent).low > 0.1


def test_in_an_a_a_check_differences_are_as_rare_as_the_confidence_level_says(sample):
    rows = sample.ask(
        f"SELECT retained FROM feature_adoption WHERE feature = '{WITHOUT_EFFECT}'"
        " ORDER BY customer_id"
    )
    alarms = false_alarms([int(row[0]) for row in rows], SETTINGS.confidence_percent, 200)
    assert alarms <= tolerated_alarms(SETTINGS.confidence_percent, 200)


def test_the_chosen_day_of_retention_and_time_to_convert_reach_the_question(sample):
    chosen = "days_since_signup BETWEEN {} AND {}"
    week = chosen.format(SETTINGS.retention_days, SETTINGS.retention_days + 6)
    until = chosen.format(1, SETTINGS.conversion_days - 1)
    for outcome, condition in (
        ("retained", week),
        ("converted", f"event = 'purchase' AND {until}"),
    ):
        ((counted,),) = sample.ask(
            f"SELECT count(DISTINCT customer_id) FROM fct_events WHERE {condition}"
            " AND customer_id IN (SELECT customer_id FROM feature_adoption)"
        )
        ((reported,),) = sample.ask(
            f"SELECT sum({outcome}) FROM feature_adoption WHERE feature = '{WITH_EFFECT}'"
        )
        assert reported == counted > 100
