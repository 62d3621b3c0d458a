"""A weighted decision matrix: who wins, how clearly, and what would change that.

The score of an option is the mean of its marks, weighted by criterion. A mark is
the mean of what the team's members gave; where they are far apart, the meeting
should talk before it counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any

import yaml

#: Marks go from 1 to 5; two apart is a disagreement, not a shade.
LEAST_MARK, MOST_MARK = 1, 5
DISAGREEMENT = 2


class MatrixError(ValueError):
    """A decision file does not hold what a decision needs."""


@dataclass(frozen=True)
class Option:
    """One way to do it, and what speaks for and against it."""

    name: str
    pros: tuple[str, ...]
    cons: tuple[str, ...]
    marks: Mapping[str, Mapping[str, float]]
    #: A small picture of it in Mermaid; may be empty.
    sketch: str = ""

    def mark(self, criterion: str) -> float:
        """Return the team's mark: the mean of its members' marks."""
        given = self.marks[criterion].values()
        return sum(given) / len(given)

    def spread(self, criterion: str) -> float:
        """Return how far the members are apart."""
        given = self.marks[criterion].values()
        return max(given) - min(given)


@dataclass(frozen=True)
class Decision:
    """A question, the options, and what matters how much."""

    title: str
    date: str
    context: str
    weights: Mapping[str, float]
    options: tuple[Option, ...]

    def score(self, option: Option, weights: Mapping[str, float] | None = None) -> float:
        """Return the weighted mean of an option's marks."""
        weighed = self.weights if weights is None else weights
        total = sum(weighed.values())
        return sum(weight * option.mark(name) for name, weight in weighed.items()) / total

    def ranking(self, weights: Mapping[str, float] | None = None) -> list[Option]:
        """Return the options, the best first; what is equal stays in the order written."""
        return sorted(self.options, key=lambda option: -self.score(option, weights))

    def tied(self) -> list[Option]:
        """Return the options that share the best score; none when one is ahead."""
        ranking = self.ranking()
        best = self.score(ranking[0])
        first = [option for option in ranking if isclose(self.score(option), best)]
        return first if len(first) > 1 else []

    def disagreements(self) -> list[tuple[Option, str]]:
        """Return where the members are so far apart that they should talk."""
        return [
            (option, criterion)
            for option in self.options
            for criterion in self.weights
            if option.spread(criterion) >= DISAGREEMENT
        ]

    def tipping_points(self) -> list[TippingPoint]:
        """Return, for each criterion, the nearest weight at which another option wins.

        The difference of two options is linear in a single weight, so the weight at
        which they are equal is exact: nothing is tried out. A criterion that can
        turn nothing is left out. The nearest one, in proportion, comes first.
        """
        found = [point for name in self.weights if (point := self._tipping_point(name)) is not None]
        return sorted(found, key=lambda point: point.change)

    def _tipping_point(self, criterion: str) -> TippingPoint | None:
        winner, *others = self.ranking()
        points = [
            TippingPoint(criterion, self.weights[criterion], weight, other.name)
            for other in others
            if (weight := self._equal_at(criterion, winner, other)) is not None
        ]
        return min(points, key=lambda point: point.change, default=None)

    def _equal_at(self, criterion: str, winner: Option, other: Option) -> float | None:
        """Return the weight of a criterion at which two options have the same score."""
        lead = {name: winner.mark(name) - other.mark(name) for name in self.weights}
        rest = sum(self.weights[name] * lead[name] for name in self.weights if name != criterion)
        if lead[criterion] == 0:
            return None
        weight = -rest / lead[criterion]
        return weight if weight >= 0 else None


@dataclass(frozen=True)
class TippingPoint:
    """The weight at which a criterion hands the decision to another option."""

    criterion: str
    weight: float
    tips_at: float
    winner: str

    @property
    def change(self) -> float:
        """How far that is away, as a share of the present weight."""
        return abs(self.tips_at - self.weight) / self.weight


def load_decision(path: Path) -> Decision:
    """Read a decision file.

    Raises:
        MatrixError: Naming what is missing or out of its range.
    """
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
        weights = {str(name): float(weight) for name, weight in found["criteria"].items()}
        options = tuple(_option(item, list(weights)) for item in found["options"])
        decision = Decision(found["title"], str(found["date"]), found["context"], weights, options)
    except KeyError as error:
        raise MatrixError(f"{path.name} lacks {error.args[0]!r}") from None
    except (TypeError, AttributeError, yaml.YAMLError) as error:
        raise MatrixError(f"{path.name} is not a decision: {error}") from None
    if len(options) < 2 or not weights:  # noqa: PLR2004 - one option is no choice
        raise MatrixError(f"{path.name} needs two options and a criterion at least")
    if min(weights.values()) <= 0:
        raise MatrixError(f"{path.name}: weights are larger than 0")
    return decision


def _option(item: Mapping[str, Any], criteria: Sequence[str]) -> Option:
    marks = {}
    for criterion in criteria:
        marks[criterion] = {who: float(mark) for who, mark in item["marks"][criterion].items()}
        for who, mark in marks[criterion].items():
            if not LEAST_MARK <= mark <= MOST_MARK:
                raise MatrixError(
                    f"{item['name']}, {criterion}, {who}: marks are from "
                    f"{LEAST_MARK} to {MOST_MARK}, not {mark:g}"
                )
    pros, cons = tuple(item["pros"]), tuple(item["cons"])
    return Option(item["name"], pros, cons, marks, str(item.get("sketch", "")).strip())
