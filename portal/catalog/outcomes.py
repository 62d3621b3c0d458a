"""The outcomes of a run of a source, and of listing a provider's repositories."""

from __future__ import annotations

from enum import StrEnum


class RunOutcome(StrEnum):
    """The outcome of a run; values appear in responses and in the history."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    #: It would remove too many entities and waits for confirmation.
    HELD = "held"
    FAILED = "failed"

    @property
    def needs_attention(self) -> bool:
        """Whether a person has to act."""
        return self in {RunOutcome.HELD, RunOutcome.FAILED}
