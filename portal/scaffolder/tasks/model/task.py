"""Tasks and their events as values, and their JSON for clients."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime

from portal.kernel.json_text import Json

OPEN = "open"
PROCESSING = "processing"
COMPLETED = "completed"
FAILED = "failed"
CANCELLED = "cancelled"
SKIPPED = "skipped"
#: A task in one of these states is finished, and may be retried.
ENDED = frozenset({COMPLETED, FAILED, CANCELLED, SKIPPED})

LOG = "log"
COMPLETION = "completion"
CANCELLATION = "cancelled"
RECOVERED = "recovered"

#: The recovery strategy with which clients wait for another run after the first.
START_OVER = "startOver"


def now() -> int:
    """Return the current time in microseconds since the epoch."""
    return time.time_ns() // 1000


def shown_time(microseconds: int) -> str:
    """Return a time as JavaScript's ``toISOString`` writes it."""
    moment = datetime.fromtimestamp(microseconds / 1_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class Task:
    """A run of a template; times are in microseconds since the epoch, 0 for never.

    Args:
        id: A UUID.
        status: ``OPEN``, ``PROCESSING`` or one of ``ENDED``.
        created_at: When it was created.
        created_by: The ref of the user who created it; empty for a program.
        spec: The template as it was then, the values and the user.
        shown_values: The values of its form, without secret ones.
        template_commit: The commit its files are read at: that of the catalog when the task
            was created; empty for the newest one, until the first run.
        template_repository: The web address of these files.
        lease: Names the worker that runs it; empty when none does.
        heartbeat_at: The last heartbeat of its worker.
        started_at: When it was first run, or first run again after a retry.
        cancelled_at: When its cancellation was requested.
        interruptions: How often a worker died while running it, since the last finished step.
        request_id: The id of the request that created it; ``None`` for an old one.
        traceparent: The span of that request; empty or ``None`` where there is none.
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
    request_id: str | None = None
    traceparent: str | None = None

    @property
    def strategy(self) -> str:
        """The template's recovery strategy (``EXPERIMENTAL_strategy``); ``none`` by default."""
        recovery = self.spec.get("EXPERIMENTAL_recovery")
        found = recovery.get("EXPERIMENTAL_strategy") if isinstance(recovery, dict) else None
        return found if isinstance(found, str) else "none"

    @property
    def is_recoverable(self) -> bool:
        """Whether clients go on waiting after the end of the run (``isTaskRecoverable``)."""
        return self.strategy == START_OVER

    @property
    def is_over(self) -> bool:
        """Whether the task is finished; only a retry can change it."""
        return self.status in ENDED

    def to_json(self) -> dict[str, Json]:
        """Return the task as JSON for clients; contains no secrets."""
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
    """An event of a task; its body is JSON text, free of secrets."""

    id: int
    task_id: str
    type: str
    body: str
    created_at: int

    @property
    def is_end(self) -> bool:
        """Whether it ends a run."""
        return self.type == COMPLETION

    def to_json(self, *, is_recoverable: bool) -> dict[str, Json]:
        """Return the event as JSON for clients."""
        return {
            "id": self.id,
            "isTaskRecoverable": is_recoverable,
            "taskId": self.task_id,
            "body": json.loads(self.body),
            "type": self.type,
            "createdAt": shown_time(self.created_at),
        }
