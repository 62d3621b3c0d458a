"""What a run tells while it goes on, and what it has to know to go on after an interruption.

The runner knows no database: it is given a journal. That of a dry run is a list.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Protocol

from portal.scaffolder.tree import Tree

Json = Any

COMPLETED = "completed"
SKIPPED = "skipped"
FAILED = "failed"


class RunAbandonedError(Exception):
    """The run goes on elsewhere, or later: nothing may be told or kept any more."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run, or a step of it, failed: an error as clients see it."""

    name: str
    message: str

    def document(self) -> dict[str, str]:
        """Return it as JSON."""
        return {"name": self.name, "message": self.message}


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What became of a step.

    Args:
        status: ``COMPLETED``, ``SKIPPED`` or ``FAILED``.
        output: What later steps see of it; ``None`` when they see nothing.
        failure: Why it failed.
    """

    status: str
    output: Mapping[str, Json] | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is after a step, or was when it was interrupted.

    Args:
        tree: The files there are.
        hidden: The texts that must not be shown.
    """

    tree: Tree = field(default_factory=dict)
    hidden: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What an interrupted run left.

    Args:
        records: What became of the steps that were over, by position.
        progress: How far it was.
        is_resumed: Whether it was told already that the run begins.
    """

    records: Mapping[int, StepRecord] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    is_resumed: bool = False


class Journal(Protocol):
    """Where a run tells and keeps what happens; each of these may abandon the run.

    Raises:
        RunAbandonedError: From any of its methods.
    """

    def tell(self, body: Mapping[str, Json]) -> None:
        """Take an event's body, free of secrets."""

    def keep(
        self, position: int, record: StepRecord, progress: Progress, body: Mapping[str, Json]
    ) -> None:
        """Take what became of a step, and its last event: both or neither."""

    def checkpoint(self, key: str, make: Callable[[], Json]) -> Json:
        """Return what is kept under a key, else what ``make`` returns, and keep it."""

    def is_cancelled(self) -> bool:
        """Whether somebody asked the run to end."""


class LogJournal:
    """The journal of a run that nobody goes on with: a log in memory."""

    def __init__(self) -> None:
        self.log: list[dict[str, Json]] = []

    def tell(self, body: Mapping[str, Json]) -> None:
        """Add to the log."""
        self.log.append(dict(body))

    def keep(
        self,
        _position: int,
        _record: StepRecord,
        _progress: Progress,
        body: Mapping[str, Json],
    ) -> None:
        """Add the event to the log."""
        self.tell(body)

    def checkpoint(self, _key: str, make: Callable[[], Json]) -> Json:
        """Do it."""
        return make()

    def is_cancelled(self) -> bool:
        """Say no."""
        return False
