"""What a filter is given beside its input, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import SafeText
from portal.scaffolder.expressions.javascript import Value


class FilterError(Exception):
    """A filter cannot take its input or an argument; the message says why."""


@dataclass(frozen=True, slots=True)
class FilterCall:
    """The arguments of one use of a filter, and who pays for it.

    Named arguments are for ``sort`` alone; every other filter gets them as one
    object behind the positional ones, as in Nunjucks.
    """

    budget: Budget
    positional: tuple[Value, ...] = ()
    named: Mapping[str, Value] = field(default_factory=dict)

    def at(self, index: int, missing: Value = UNDEFINED) -> Value:
        """Return an argument; undefined counts as not given."""
        found = self.positional[index] if index < len(self.positional) else UNDEFINED
        return missing if found is UNDEFINED else found


def required_text(value: Value) -> str:
    """Return the input of a filter that takes texts only."""
    if not isinstance(value, str):
        raise FilterError("Filter input must be a string")
    return value


def as_text(value: Value) -> str:
    """Return the input of a filter for texts; what is not there is an empty one."""
    return "" if value is None or value is UNDEFINED or value is False else required_text(value)


def alike(source: Value, text: str) -> str:
    """Return the text, as safe as the one it was made from."""
    return SafeText(text) if isinstance(source, SafeText) else text
