"""Sprints: as much interest saved as the debt's share of the time allows, never more.

Which items to take is a knapsack. It is solved exactly, in quarters of an hour: the
best ones by worth, taken greedily, can leave much of the budget unused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leading.debt import Debt

#: Efforts are rounded up to this, in hours.
_GRAIN = 0.25


@dataclass(frozen=True)
class Sprint:
    """What is paid off in one sprint, and what stays.

    Args:
        number: From 1.
        budget: Hours for technical debt.
        items: What is paid off, the worthiest first.
        carried_over: What waits for the next sprint, and costs its interest meanwhile.
    """

    number: int
    budget: float
    items: tuple[Debt, ...]
    carried_over: tuple[Debt, ...]

    @property
    def effort(self) -> float:
        """Hours the items take."""
        return sum(debt.effort for debt in self.items)

    @property
    def saved(self) -> float:
        """Hours the items cost no more in every later sprint."""
        return sum(debt.interest for debt in self.items)


def too_large(register: Sequence[Debt], budget: float) -> list[Debt]:
    """Return what fits into no sprint: somebody has to split it."""
    return [debt for debt in register if _grains(debt.effort) > int(budget / _GRAIN)]


def choose(register: Sequence[Debt], budget: float) -> tuple[Debt, ...]:
    """Return the items that together save the most interest within a budget.

    Args:
        register: The debt there is.
        budget: Hours.
    """
    room = int(budget / _GRAIN)
    best: list[tuple[float, tuple[Debt, ...]]] = [(0.0, ())] * (room + 1)
    for debt in register:
        size = _grains(debt.effort)
        for space in range(room, size - 1, -1):
            saved, items = best[space - size]
            if saved + debt.interest > best[space][0]:
                best[space] = (saved + debt.interest, (*items, debt))
    return tuple(sorted(best[room][1], key=lambda debt: (-debt.worth, debt.id)))


def plan(register: Sequence[Debt], budget: float, sprints: int) -> list[Sprint]:
    """Return the next sprints; what one does not take is there for the next one."""
    found = []
    rest = list(register)
    for number in range(1, sprints + 1):
        items = choose(rest, budget)
        rest = [debt for debt in rest if debt not in items]
        found.append(Sprint(number, budget, items, tuple(rest)))
    return found


def _grains(hours: float) -> int:
    """Return hours as whole grains, rounded up."""
    return max(1, -int(-hours // _GRAIN))
