"""What a task is, and what it tells: values, and the form clients see."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from typing import Any

Json = Any

OPEN = "open"
PROCESSING = "processing"
COMPLETED = "completed"
FAILED = "failed"
CANCELLED = "cancelled"
SKIPPED = "skipped"
#: A task in one of these states is over, and may be tried again.
ENDED = frozenset({COMPLETED, FAILED, CANCELLED, SKIPPED})

LOG = "log"
COMPLETION = "completion"
CANCELLATION = "cancelled"
RECOVERED = "recovered"

#: The recovery that makes clients wait for a second run after the end of the first.
START_OVER = "startOver"


def now() -> int:
    """Return the time, in microseconds since the epoch."""
    return time.time_ns() // 1000


def shown_time(microseconds: int) -> str:
    """Return a time the way JavaScript's ``toISOString`` does."""
    moment = datetime.fromtimestamp(microseconds / 1_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class Task:
    """A template that somebody wants run, and how far that is.

    Args:
        id: A UUID.
        status: ``OPEN``, ``PROCESSING`` or one of ``ENDED``.
        created_at: When it was asked for, in microseconds.
        created_by: The ref of the user who asked; empty for a program.
        spec: The template as it was then, the values, and who asked.
        shown_values: Of the answers to its form, those that anybody may see.
        template_commit: The commit its files are read at: that of the catalog when the task
            was asked for; empty for the newest one, until the first run.
        template_repository: The address of these files.
        heartbeat_at: When its worker was last heard of; 0 for never.
        started_at: When it was first run, or first run again after a retry.
        cancelled_at: When somebody asked it to end; 0 for never.
        interruptions: How often a worker died with it since a step was last finished.
    """

    id: str
    status: str
    created_at: int
    created_by: str
    spec: Mapping[str, Json] = field(repr=False)
    shown_values: Mapping[str, Json] = field(default_factory=dict)
    template_commit: str = ""
    template_repository: str = ""
    lease: str = ""
    heartbeat_at: int = 0
    started_at: int = 0
    cancelled_at: int = 0
    interruptions: int = 0

    @property
    def strategy(self) -> str:
        """What the template says is to be done after an interruption."""
        recovery = self.spec.get("EXPERIMENTAL_recovery")
        found = recovery.get("EXPERIMENTAL_strategy") if isinstance(recovery, dict) else None
        return found if isinstance(found, str) else "none"

    @property
    def is_recoverable(self) -> bool:
        """Whether clients stay and wait when the task has ended."""
        return self.strategy == START_OVER

    @property
    def is_over(self) -> bool:
        """Whether nothing happens any more, unless somebody retries it."""
        return self.status in ENDED

    def document(self) -> dict[str, Json]:
        """Return the task as clients see it."""
        return {
            "id": self.id,
            "spec": self.spec,
            "status": self.status,
            "createdAt": shown_time(self.created_at),
            **({"lastHeartbeatAt": shown_time(self.heartbeat_at)} if self.heartbeat_at else {}),
            **({"createdBy": self.created_by} if self.created_by else {}),
        }


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """Something a task told; its body is JSON text, free of secrets."""

    id: int
    task_id: str
    type: str
    body: str
    created_at: int

    @property
    def is_end(self) -> bool:
        """Whether it tells the end of a run."""
        return self.type == COMPLETION

    def document(self, *, is_recoverable: bool) -> dict[str, Json]:
        """Return the event as clients see it."""
        return {
            "id": self.id,
            "isTaskRecoverable": is_recoverable,
            "taskId": self.task_id,
            "body": json.loads(self.body),
            "type": self.type,
            "createdAt": shown_time(self.created_at),
        }
