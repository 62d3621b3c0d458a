"""The A/B test: who meets which model, and when a challenger has proved itself.

Pure functions. Numbers come in, a verdict goes out; nothing here knows MLflow or the web.
"""

import hashlib
import math
import statistics
from dataclasses import dataclass
from enum import StrEnum

CHAMPION = "champion"
CHALLENGER = "challenger"

# A split this many standard deviations away from the planned one is no accident.
_SPLIT_TOLERANCE = 4.0


class Verdict(StrEnum):
    """What the numbers say about the challenger."""

    UNDECIDED = "undecided"
    UNBALANCED = "unbalanced"
    BETTER = "better"
    NOT_BETTER = "not_better"


@dataclass(frozen=True)
class Arm:
    """The users who met one of the two models, and how many of them clicked."""

    users: int
    clicks: int

    @property
    def rate(self) -> float:
        """Clicks per user; 0 without users."""
        return self.clicks / self.users if self.users else 0.0


@dataclass(frozen=True)
class Rules:
    """When a test is decided, agreed before it starts."""

    confidence: float
    minimum_users: int
    challenger_percent: int


def assign(user: str, test: str, challenger_percent: int) -> str:
    """Put a user into an arm: always the same one in a test, another draw in the next test."""
    digest = hashlib.sha256(f"{test}:{user}".encode()).digest()
    return CHALLENGER if int.from_bytes(digest[:8]) % 100 < challenger_percent else CHAMPION


def z_score(champion: Arm, challenger: Arm) -> float:
    """Measure the challenger's lead in standard errors (two-proportion z-test, pooled)."""
    users = champion.users + challenger.users
    pooled = (champion.clicks + challenger.clicks) / users
    error = math.sqrt(pooled * (1 - pooled) * (1 / champion.users + 1 / challenger.users))
    return (challenger.rate - champion.rate) / error if error else 0.0


def needed_z(confidence: float) -> float:
    """Return the lead in standard errors that an equal model exceeds with chance 1 - confidence."""
    return statistics.NormalDist().inv_cdf(confidence)


def judge(champion: Arm, challenger: Arm, rules: Rules) -> Verdict:
    """Decide once, when both arms are full: looking every hour would let chance win in the end."""
    if _split_is_off(champion, challenger, rules.challenger_percent / 100):
        return Verdict.UNBALANCED
    if min(champion.users, challenger.users) < rules.minimum_users:
        return Verdict.UNDECIDED
    is_better = z_score(champion, challenger) > needed_z(rules.confidence)
    return Verdict.BETTER if is_better else Verdict.NOT_BETTER


def _split_is_off(champion: Arm, challenger: Arm, share: float) -> bool:
    users = champion.users + challenger.users
    spread = math.sqrt(users * share * (1 - share))
    return abs(challenger.users - users * share) > _SPLIT_TOLERANCE * spread
