"""The journal of a run: its events, and the state to resume it after an interruption.

The runner knows no database; it writes to a ``Journal``. That of a dry run is a list,
that of a task is ``tasks.running.task_journal``.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Protocol

from portal.kernel.json_text import Json
from portal.scaffolder.workspace.tree import Tree

COMPLETED = "completed"
SKIPPED = "skipped"
FAILED = "failed"


class RunAbandonedError(Exception):
    """The run was taken over or postponed: this worker must not write any more."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run or a step failed: the error's name and message, without secrets."""

    name: str
    message: str

    def to_json(self) -> dict[str, str]:
        """Return the failure as the ``error`` of an event."""
        return {"name": self.name, "message": self.message}


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The result of a step.

    Args:
        status: ``COMPLETED``, ``SKIPPED`` or ``FAILED``.
        output: The output for later steps; ``None`` without one.
        failure: Why it failed; ``None`` if it did not.
    """

    status: str
    output: Mapping[str, Json] | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a run after a step.

    Args:
        tree: The files of the workspace.
        hidden: The texts that are redacted.
    """

    tree: Tree = field(default_factory=dict)
    hidden: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """The stored state of an interrupted run.

    Args:
        records: The results of the finished steps, by position.
        progress: The state after the last of them.
        is_resumed: Whether the event that the run begins was already written.
    """

    records: Mapping[int, StepRecord] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    is_resumed: bool = False


class Journal(Protocol):
    """Where a run writes its events and its state.

    Raises:
        RunAbandonedError: From any method, when the run was taken over or postponed.
    """

    def append_event(self, body: Mapping[str, Json]) -> None:
        """Append a log event; the body has to be free of secrets."""

    def save_step(
        self, position: int, record: StepRecord, progress: Progress, body: Mapping[str, Json]
    ) -> None:
        """Store the result of a step together with its last event, atomically."""

    def checkpoint(self, key: str, make: Callable[[], Json]) -> Json:
        """Return the value stored under ``key``; without one, store that of ``make()``."""

    def is_cancelled(self) -> bool:
        """Return whether the run was cancelled."""


class LogJournal:
    """The journal of a dry run: a log in memory, nothing is resumed."""

    def __init__(self) -> None:
        self.log: list[dict[str, Json]] = []

    def append_event(self, body: Mapping[str, Json]) -> None:
        """Append the body to the log."""
        self.log.append(dict(body))

    def save_step(
        self,
        _position: int,
        _record: StepRecord,
        _progress: Progress,
        body: Mapping[str, Json],
    ) -> None:
        """Append the event to the log; the result is not stored."""
        self.append_event(body)

    def checkpoint(self, _key: str, make: Callable[[], Json]) -> Json:
        """Return ``make()``; nothing is stored."""
        return make()

    def is_cancelled(self) -> bool:
        """Return false: a dry run cannot be cancelled."""
        return False
