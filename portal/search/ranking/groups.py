"""Groups of documents: those that one rule found and no better rule did."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from heapq import nlargest
from typing import NamedTuple

from portal.search.analysis.highlights import Wanted
from portal.search.analysis.parsed_query import ParsedQuery

#: The rules that find documents, the best first.
TIERS = ("name", "mention", "prefix", "name words", "text", "some words", "near")
NAME, MENTION, PREFIX, NAME_WORDS, TEXT, SOME_WORDS, NEAR = range(len(TIERS))

Scores = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Group:
    """The documents that one rule found and no better rule did.

    Attributes:
        tier: The rule's index in ``TIERS``.
        size: The number of documents.
        docs: Returns all their numbers, unordered.
        best: Returns the numbers of the first n, in order; they are scored and sorted
            only when it is called.
    """

    tier: int
    size: int
    docs: Callable[[], Collection[int]]
    best: Callable[[int], list[int]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The documents of one index for a query.

    Attributes:
        groups: The groups of documents, the best first.
        typed: The query as typed.
        parsed: The query as it was interpreted.
        reading: How it was interpreted: as typed (empty), ``keyboard`` or ``spelling``.
    """

    groups: tuple[Group, ...]
    typed: ParsedQuery
    parsed: ParsedQuery
    reading: str = ""

    @property
    def wanted(self) -> Wanted:
        """What is highlighted in results."""
        return self.parsed.wanted

    @property
    def total(self) -> int:
        """The number of documents in all groups."""
        return sum(group.size for group in self.groups)


class Part(NamedTuple):
    """Documents that a rule found, and a function that scores them."""

    tier: int
    docs: Collection[int]
    scores: Callable[[], Scores]


def scored(tier: int, scores: Scores) -> Part:
    """Return a part whose scores are already computed."""
    return Part(tier, scores.keys(), lambda: scores)


class Found:
    """The groups found so far; no document is in two of them."""

    def __init__(self, allowed: bytearray | None) -> None:
        self.groups: list[Group] = []
        self.total = 0
        self._allowed = allowed
        self._seen: set[int] = set()

    def has(self, tier: int) -> bool:
        """Return whether a rule found documents."""
        return any(group.tier == tier for group in self.groups)

    def add(self, parts: Iterable[Part]) -> None:
        """Add the documents that a rule found and no better rule did."""
        for part in parts:
            new = set(part.docs) - self._seen
            if self._allowed is not None:
                new = {doc for doc in new if self._allowed[doc]}
            if new:
                best = partial(_best, new, part.scores)
                self.groups.append(Group(part.tier, len(new), partial(_same, new), best))
                self._seen |= new
                self.total += len(new)


def near(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield parts with the tier of near misses."""
    return (part._replace(tier=NEAR) for part in parts)


def _same(docs: Collection[int]) -> Collection[int]:
    return docs


def _best(docs: Collection[int], scores: Callable[[], Scores], count: int) -> list[int]:
    known = scores()
    return nlargest(count, docs, key=lambda doc: (known.get(doc, 0.0), -doc))


def keep_best(scores: dict[int, float], doc: int, score: float) -> None:
    """Set a document's score, if it is higher than the one it has."""
    if score > scores.get(doc, float("-inf")):
        scores[doc] = score


def sum_of_both(left: Scores, right: Scores) -> dict[int, float]:
    """Return the documents that are in both, with the sum of their scores."""
    few, many = (left, right) if len(left) < len(right) else (right, left)
    return {doc: score + many[doc] for doc, score in few.items() if doc in many}
