"""Conditions on the search rows of an entity: what filters, predicates and policies become.

``row_sql`` makes SQL of one, ``read_model`` looks it up in its bitmaps, and
``kernel.conditions.holds`` asks whoever knows the rows of one entity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from portal.kernel.conditions import ConditionOn

#: The wildcards of a text filter, as patterns of ``re``.
_WILDCARDS = {"%": ".*", "_": "."}


@dataclass(frozen=True)
class OneOf:
    """The value of a row is one of some; in lower case, as rows are."""

    values: frozenset[str]

    def accepts(self, value: str) -> bool:
        """Return whether a value passes."""
        return value in self.values


@dataclass(frozen=True)
class Begins:
    """The value of a row begins with a text."""

    prefix: str

    def accepts(self, value: str) -> bool:
        """Return whether a value passes."""
        return value.startswith(self.prefix)


@dataclass(frozen=True)
class Holds:
    """The value of a row holds a text, in which ``%`` is any text and ``_`` any character."""

    text: str

    def accepts(self, value: str) -> bool:
        """Return whether a value passes."""
        if self._pattern is None:
            return self.text in value
        return self._pattern.search(value) is not None

    @property
    def is_plain(self) -> bool:
        """Whether the text has no wildcards."""
        return self._pattern is None

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        if not set(self.text) & set(_WILDCARDS):
            return None
        parts = (_WILDCARDS.get(char) or re.escape(char) for char in self.text)
        return re.compile("".join(parts), re.DOTALL)


Test = OneOf | Begins | Holds


@dataclass(frozen=True, slots=True)
class HasRow:
    """The entity has a row of one of some keys whose value passes a test.

    Attributes:
        keys: The keys, in the letter case they were asked in; rows have lower case.
        test: The test; ``None`` accepts every value, and none.
    """

    keys: tuple[str, ...]
    test: Test | None = None

    @property
    def row_keys(self) -> tuple[str, ...]:
        """The keys as rows have them, each once."""
        return tuple(dict.fromkeys(key.lower() for key in self.keys))


RowCondition = ConditionOn[HasRow]
