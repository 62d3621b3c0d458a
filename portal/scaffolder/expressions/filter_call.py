"""The arguments of a filter and the error it raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import SafeText
from portal.scaffolder.expressions.javascript import Value


class FilterError(Exception):
    """A filter does not accept its input or an argument; the message says why."""


@dataclass(frozen=True, slots=True)
class FilterCall:
    """The arguments of one use of a filter, and the budget it counts against.

    Only ``sort`` takes named arguments; every other filter gets them as one object
    after the positional ones, as in Nunjucks.
    """

    budget: Budget
    positional: tuple[Value, ...] = ()
    named: Mapping[str, Value] = field(default_factory=dict)

    def at(self, index: int, missing: Value = UNDEFINED) -> Value:
        """Return a positional argument; ``missing`` when it is absent or undefined."""
        found = self.positional[index] if index < len(self.positional) else UNDEFINED
        return missing if found is UNDEFINED else found


def required_text(value: Value) -> str:
    """Return the input of a filter that takes texts only.

    Raises:
        FilterError: When it is no text.
    """
    if not isinstance(value, str):
        raise FilterError("Filter input must be a string")
    return value


def as_text(value: Value) -> str:
    """Return the input of a filter as text; null and undefined are the empty text."""
    return "" if value is None or value is UNDEFINED or value is False else required_text(value)


def alike(source: Value, text: str) -> str:
    """Return ``text``, marked safe if ``source`` was."""
    return SafeText(text) if isinstance(source, SafeText) else text
