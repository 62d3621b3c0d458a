import math

import pytest

from modelops import ab

RULES = ab.Rules(confidence=0.95, minimum_users=1000, challenger_percent=50)


def test_the_z_score_is_that_of_the_textbook():
    # 100 of 1,000 against 130 of 1,000: 0.03 / sqrt(0.115 * 0.885 * 2 / 1000)
    expected = 0.03 / math.sqrt(0.115 * 0.885 * 0.002)
    assert ab.z_score(ab.Arm(1000, 100), ab.Arm(1000, 130)) == pytest.approx(expected)


def test_without_a_single_click_nobody_leads():
    assert ab.z_score(ab.Arm(1000, 0), ab.Arm(1000, 0)) == 0


@pytest.mark.parametrize(("confidence", "z"), [(0.95, 1.645), (0.99, 2.326), (0.9, 1.282)])
def test_more_confidence_needs_a_longer_lead(confidence, z):
    assert ab.needed_z(confidence) == pytest.approx(z, abs=0.001)


@pytest.mark.parametrize(
    ("champion", "challenger", "verdict"),
    [
        (ab.Arm(1000, 100), ab.Arm(1000, 130), ab.Verdict.BETTER),
        (ab.Arm(1000, 100), ab.Arm(1000, 110), ab.Verdict.NOT_BETTER),
        (ab.Arm(1000, 100), ab.Arm(1000, 100), ab.Verdict.NOT_BETTER),
        (ab.Arm(1000, 130), ab.Arm(1000, 100), ab.Verdict.NOT_BETTER),
        (ab.Arm(999, 10), ab.Arm(1000, 500), ab.Verdict.UNDECIDED),
        (ab.Arm(0, 0), ab.Arm(0, 0), ab.Verdict.UNDECIDED),
        (ab.Arm(2000, 100), ab.Arm(1000, 500), ab.Verdict.UNBALANCED),
    ],
)
def test_the_verdict_follows_the_rules(champion, challenger, verdict):
    assert ab.judge(champion, challenger, RULES) is verdict


def test_the_next_test_draws_the_arms_anew():
    users = [f"user-{n}" for n in range(2000)]
    arms = [[ab.assign(user, test, 50) for user in users] for test in ("1-2", "1-3", "1-2")]
    assert arms[0] == arms[2]
    same = sum(a == b for a, b in zip(arms[0], arms[1], strict=True))
    assert 850 < same < 1150
