"""How much work one rendering may do, counted while it does it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field

from portal.scaffolder.expressions.syntax import TemplateLimitError

_STRIDE = 4_096


@dataclass(slots=True)
class Budget:
    """Counts steps, text and depth, and says when it is enough.

    Args:
        steps: How many steps may be taken; making text costs steps as well.
        characters: How long a single text may become.
        depth: How deep calls and expressions may nest.
        seconds: How long all of it may take.
    """

    steps: int = 2_000_000
    characters: int = 8_000_000
    depth: int = 140
    seconds: float = 20.0
    _deadline: float = field(init=False)
    _until_look: int = field(init=False, default=_STRIDE)

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.seconds

    @contextmanager
    def part(self, steps: int = 2_000_000) -> Iterator[Budget]:
        """Give one rendering a part of this budget; what it leaves comes back."""
        given = min(steps, self.steps)
        seconds = max(0.0, self._deadline - time.monotonic())
        inner = Budget(given, self.characters, self.depth, seconds)
        try:
            yield inner
        finally:
            self.steps -= given - max(inner.steps, 0)

    def take(self, steps: int = 1) -> None:
        """Pay for steps.

        Raises:
            TemplateLimitError: When there are no more steps, or no more time.
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
        """Pay for a text of this length, before it is made.

        Raises:
            TemplateLimitError: When the text would be too long.
        """
        if length > self.characters:
            raise TemplateLimitError("Template evaluation makes too long a text")
        self.take(1 + length // 16)

    def enter(self) -> None:
        """Go one level deeper.

        Raises:
            TemplateLimitError: When that is too deep.
        """
        self.depth -= 1
        if self.depth < 0:
            raise TemplateLimitError("Template evaluation is nested too deep")

    def leave(self) -> None:
        """Come back from one level."""
        self.depth += 1
