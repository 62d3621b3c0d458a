"""Conditions: trees that join leaves by "all of", "any of" and "not".

A condition is a value without a meaning of its own: it can be compared and be a part of a cache's
key. What its leaves mean is told to ``holds``, or to whoever makes a query of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic
from typing import TypeAlias
from typing import TypeVar

LeafT = TypeVar("LeafT")
OtherT = TypeVar("OtherT")


@dataclass(frozen=True, slots=True)
class AllOf(Generic[LeafT]):
    """Every part has to hold."""

    parts: tuple[ConditionOn[LeafT], ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Generic[LeafT]):
    """At least one part has to hold."""

    parts: tuple[ConditionOn[LeafT], ...]


@dataclass(frozen=True, slots=True)
class Not(Generic[LeafT]):
    """The part must not hold."""

    part: ConditionOn[LeafT]


ConditionOn: TypeAlias = LeafT | AllOf[LeafT] | AnyOf[LeafT] | Not[LeafT]


def holds(condition: ConditionOn[LeafT], judge: Callable[[LeafT], bool]) -> bool:
    """Return whether a condition holds, when ``judge`` tells it of its leaves."""
    match condition:
        case AllOf(parts):
            return all(holds(part, judge) for part in parts)
        case AnyOf(parts):
            return any(holds(part, judge) for part in parts)
        case Not(part):
            return not holds(part, judge)
    return judge(condition)


def replaced(
    condition: ConditionOn[LeafT], replace: Callable[[LeafT], OtherT]
) -> ConditionOn[OtherT]:
    """Return a condition with other leaves in place of its own."""
    match condition:
        case AllOf(parts):
            return AllOf(tuple(replaced(part, replace) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(replaced(part, replace) for part in parts))
        case Not(part):
            return Not(replaced(part, replace))
    return replace(condition)
