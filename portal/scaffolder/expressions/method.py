"""What a method is, and how methods read their arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import to_integer


@dataclass(frozen=True, slots=True)
class Method:
    """What a call does, and how many arguments it may be given.

    ``call`` takes the value, the budget and the arguments; ``changes`` says that
    it changes the value itself.
    """

    call: Callable[..., Value]
    least: int
    most: float
    changes: bool = False


class MethodError(Exception):
    """A method was called with what it cannot take; the message says why."""


def clamped(value: Value, size: int, missing: int) -> int:
    """Return an index between 0 and ``size``; a negative one counts from the end."""
    index = to_integer(value, missing)
    return max(index + size, 0) if index < 0 else min(index, size)


def optional(arguments: tuple[Value, ...], index: int) -> Value:
    """Return an argument, or undefined when it was not given."""
    return arguments[index] if index < len(arguments) else UNDEFINED
