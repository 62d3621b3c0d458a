"""The type of methods, and how they read their arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import to_integer


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a type of value.

    ``call`` takes the value, the budget and ``least`` to ``most`` arguments;
    ``changes`` is true when it changes the value in place.
    """

    call: Callable[..., Value]
    least: int
    most: float
    changes: bool = False


class MethodError(Exception):
    """A method does not accept an argument; the message says why."""


def clamped(value: Value, size: int, missing: int) -> int:
    """Return an index clamped to 0…``size``; a negative one counts from the end."""
    index = to_integer(value, missing)
    return max(index + size, 0) if index < 0 else min(index, size)


def optional(arguments: tuple[Value, ...], index: int) -> Value:
    """Return an argument, or undefined when it was not given."""
    return arguments[index] if index < len(arguments) else UNDEFINED
