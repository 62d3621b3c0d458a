"""Limits on the work of one rendering: steps, text length, depth and time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field

from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.syntax import TemplateLimitError

_STRIDE = 4_096
#: Numbers from here on are collected as texts; those below count and measure.
_GREATEST_LENGTH = 1_000


@dataclass(slots=True)
class Budget:
    """Counts the steps, text and depth of a rendering and raises at a limit.

    Args:
        steps: How many steps may be taken; making text costs steps as well.
        characters: The greatest length of a single text, in characters.
        depth: How deep calls and expressions may nest.
        seconds: The longest time the rendering may take, by the monotonic clock.
        made: Collects the texts that expressions evaluate to; ``None`` collects none.
    """

    steps: int = 2_000_000
    characters: int = 8_000_000
    depth: int = 140
    seconds: float = 20.0
    made: set[str] | None = None
    _deadline: float = field(init=False)
    _until_look: int = field(init=False, default=_STRIDE)

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.seconds

    @contextmanager
    def part(self, steps: int = 2_000_000) -> Iterator[Budget]:
        """Lend one rendering at most ``steps``; the steps it leaves are given back."""
        given = min(steps, self.steps)
        seconds = max(0.0, self._deadline - time.monotonic())
        inner = Budget(given, self.characters, self.depth, seconds, self.made)
        try:
            yield inner
        finally:
            self.steps -= given - max(inner.steps, 0)

    def take(self, steps: int = 1) -> None:
        """Count ``steps`` against the budget.

        Raises:
            TemplateLimitError: When the steps or the time are used up.
        """
        self.steps -= steps
        if self.steps < 0:
            raise TemplateLimitError("Template evaluation takes too many steps")
        self._until_look -= steps
        if self._until_look < 0:
            self._until_look = _STRIDE
            if time.monotonic() > self._deadline:
                raise TemplateLimitError("Template evaluation takes too long")

    def text(self, length: int) -> None:
        """Count a text of ``length`` characters against the budget, before it is made.

        Raises:
            TemplateLimitError: When the text would be too long.
        """
        if length > self.characters:
            raise TemplateLimitError("Template evaluation makes too long a text")
        self.take(1 + length // 16)

    def enter(self) -> None:
        """Enter one level of nesting.

        Raises:
            TemplateLimitError: When the nesting is deeper than ``depth``.
        """
        self.depth -= 1
        if self.depth < 0:
            raise TemplateLimitError("Template evaluation is nested too deep")

    def leave(self) -> None:
        """Leave one level of nesting."""
        self.depth += 1

    def collect(self, value: Value) -> None:
        """Note a text, those of an array, or the digits of a number that is no mere length."""
        if self.made is None:
            return
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, str):
                self.made.add(str(item))
            elif isinstance(item, (int, float)) and abs(item) >= _GREATEST_LENGTH:
                self.made.add(to_text(item))
