"""Judge a feature: the difference between two groups, and how far chance alone could reach."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from retail.engine import Engine

GROUPS = """
    SELECT {used}, count(*), sum({outcome}) FROM feature_adoption
    WHERE feature = '{feature}' GROUP BY {used} ORDER BY {used}
"""


@dataclass(frozen=True)
class Group:
    """Users, and how many of them did what is counted."""

    size: int
    successes: int

    @property
    def share(self) -> float:
        """The share that did."""
        return self.successes / self.size


@dataclass(frozen=True)
class Difference:
    """The share of one group minus that of the other, and its confidence interval."""

    estimate: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return not self.low <= 0 <= self.high


def compare(users: Group, others: Group, confidence_percent: int) -> Difference:
    """Compare two shares by Newcombe's method: it holds for small groups and shares near 0, too."""
    z = NormalDist().inv_cdf(0.5 + confidence_percent / 200)
    low_users, high_users = _wilson(users, z)
    low_others, high_others = _wilson(others, z)
    estimate = users.share - others.share
    below = math.hypot(users.share - low_users, high_others - others.share)
    above = math.hypot(high_users - users.share, others.share - low_others)
    return Difference(estimate, estimate - below, estimate + above)


def _wilson(group: Group, z: float) -> tuple[float, float]:
    """Wilson's score interval of one share."""
    n, p = group.size, group.share
    center = p + z * z / (2 * n)
    reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return (center - reach) / scale, (center + reach) / scale


def groups(engine: Engine, feature: str, outcome: str, used: str) -> tuple[Group, Group]:
    """Count the users of a feature and the others.

    Args:
        engine: a warehouse with the report `feature_adoption`.
        feature: as the logs name it.
        outcome: the column "retained" or "converted".
        used: the column "used_first_day"; "used_ever" shows how one goes wrong.
    """
    question = GROUPS.format(used=used, outcome=outcome, feature=feature)
    counted = {int(key): Group(int(size), int(sum_)) for key, size, sum_ in engine.ask(question)}
    return counted[1], counted[0]


def false_alarms(
    outcomes: Sequence[int], confidence_percent: int, splits: int, seed: int = 1
) -> int:
    """A/A check: split the same users at random, often, and count the "clear" differences.

    There is nothing to find, so their share should be what the confidence level leaves over.
    """
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    half, total = len(outcomes) // 2, sum(outcomes)
    found = 0
    for _ in range(splits):
        chosen = sum(rng.sample(outcomes, half))
        rest = Group(len(outcomes) - half, total - chosen)
        found += compare(Group(half, chosen), rest, confidence_percent).is_clear
    return found


def tolerated_alarms(confidence_percent: int, splits: int) -> int:
    """Say how many false alarms chance explains: the expected number and four deviations."""
    share = 1 - confidence_percent / 100
    return math.ceil(splits * share + 4 * math.sqrt(splits * share * (1 - share)))
