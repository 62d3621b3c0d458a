"""The journal of a task: its events, steps, checkpoints and files, kept in the database.

Lines that come fast are written together; what a client waits for is written at once.
Everything is written as the holder of the task's lease, or not at all.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import OperationalError

from portal.scaffolder.journal import Failure
from portal.scaffolder.journal import Progress
from portal.scaffolder.journal import Restored
from portal.scaffolder.journal import RunAbandonedError
from portal.scaffolder.journal import StepRecord
from portal.scaffolder.tasks import run_state
from portal.scaffolder.tasks import store
from portal.scaffolder.tasks.archive import from_zip
from portal.scaffolder.tasks.archive import to_zip
from portal.scaffolder.tasks.broker import Claim
from portal.scaffolder.tasks.sealing import Seal
from portal.scaffolder.tasks.store import Line
from portal.scaffolder.tasks.task import COMPLETED
from portal.scaffolder.tasks.task import COMPLETION
from portal.scaffolder.tasks.task import FAILED
from portal.scaffolder.tasks.task import now
from portal.scaffolder.tree import Tree

Json = Any
_LOG = logging.getLogger(__name__)
#: Lines that follow each other faster than this are written together.
_PAUSE = 0.05
_MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class KeptSecrets:
    """What is kept secret of a task that is not over.

    Args:
        secrets: What the client sent, by name.
        hidden: The texts that must not be shown, these among them.
    """

    secrets: Mapping[str, str]
    hidden: tuple[str, ...] = ()


def seal_secrets(seal: Seal, task_id: str, kept: KeptSecrets) -> bytes | None:
    """Return what is kept secret as it is stored; ``None`` when there is nothing."""
    if not kept.secrets and not kept.hidden:
        return None
    value = {"secrets": dict(kept.secrets), "hidden": list(kept.hidden)}
    return seal.close(value, f"{task_id}/secrets")


def open_secrets(seal: Seal, task_id: str, sealed: bytes | None) -> KeptSecrets:
    """Return what is kept secret of a task.

    Raises:
        SealError: When it was sealed with another key.
    """
    if sealed is None:
        return KeptSecrets({})
    value = seal.open(sealed, f"{task_id}/secrets")
    return KeptSecrets(value["secrets"], tuple(value["hidden"]))


@contextmanager
def _later() -> Iterator[None]:
    """Let the run go on later when the database is away: no step is to blame for that."""
    try:
        yield
    except OperationalError as error:
        _LOG.warning("a task is interrupted: the database does not answer")
        raise RunAbandonedError from error


class TaskJournal:
    """What one worker tells and keeps of the task it runs.

    Args:
        database: Where it is kept.
        seal: Keeps secrets, and what they may have flowed into, unreadable.
        claim: The task, and the lease on it.
    """

    def __init__(self, database: Database, seal: Seal, claim: Claim) -> None:
        self._database = database
        self._seal = seal
        self._claim = claim
        self._id = claim.task.id
        self._lines: list[Line] = []
        self._lock = threading.RLock()
        self._written_at = 0.0
        self._tree: Tree = {}
        self._kept = KeptSecrets({})
        self._is_lost = threading.Event()
        self._is_stopping = threading.Event()
        self._is_cancelled = threading.Event()
        if claim.task.cancelled_at:
            self._is_cancelled.set()

    # --- what the pool tells it ----------------------------------------------------

    def lose(self) -> None:
        """Hear that the task is somebody else's, or over."""
        self._is_lost.set()

    def stop(self) -> None:
        """Hear that the process ends: the task goes on later."""
        self._is_stopping.set()

    def cancel(self) -> None:
        """Hear that somebody asked the task to end."""
        self._is_cancelled.set()

    # --- what was before -------------------------------------------------------------

    def restore(self) -> tuple[Restored, Mapping[str, str]]:
        """Return what an interrupted run left, and the secrets.

        Raises:
            SealError: When they were sealed with another key.
        """
        with _later(), self._database.connect() as connection:
            sealed = run_state.secrets_of(connection, self._id)
            steps = run_state.steps_of(connection, self._id)
            content = run_state.workspace_of(connection, self._id)
            is_told = store.is_told(connection, self._id)
        self._kept = open_secrets(self._seal, self._id, sealed)
        self._tree = from_zip(content) if content is not None else {}
        records = {at: self._record(at, status, data) for at, status, data in steps}
        progress = Progress(self._tree, self._kept.hidden)
        return Restored(records, progress, is_told), self._kept.secrets

    def _record(self, position: int, status: str, sealed: bytes) -> StepRecord:
        value = self._seal.open(sealed, f"{self._id}/steps/{position}")
        failure = Failure(**value["failure"]) if value["failure"] else None
        return StepRecord(status, value["output"], failure)

    def note_files(self, commit: str, repository: str) -> None:
        """Remember the commit that the template's files are read at, and where."""
        with self._writing(template_commit=commit, template_repository=repository):
            pass

    # --- what the runner tells -------------------------------------------------------

    def tell(self, body: Mapping[str, Json]) -> None:
        """Take an event's body, free of secrets.

        Raises:
            RunAbandonedError: When the task is not this worker's any more.
        """
        with self._lock:
            self._lines.append(Line(body))
            is_quiet = time.monotonic() - self._written_at > _PAUSE
            if is_quiet or "status" in body or len(self._lines) >= _MOST_LINES:
                self.flush()

    def flush(self) -> None:
        """Write the lines that wait, or raise as ``tell`` does."""
        with self._lock:
            if self._lines:
                with self._writing():
                    pass

    @contextmanager
    def _writing(self, **values: Json) -> Iterator[Connection]:
        """Write as the holder of the lease, the lines that wait first."""
        with self._lock:
            if self._is_lost.is_set():
                raise RunAbandonedError
            with _later(), self._database.begin() as connection:
                if not store.hold(connection, self._id, self._claim.lease, **values):
                    self._is_lost.set()
                    raise RunAbandonedError
                store.tell(connection, self._id, self._lines)
                yield connection
            self._lines = []
            self._written_at = time.monotonic()

    def keep(
        self, position: int, record: StepRecord, progress: Progress, body: Mapping[str, Json]
    ) -> None:
        """Take what became of a step, and its last event: both or neither."""
        failure = record.failure.document() if record.failure else None
        output = dict(record.output) if record.output is not None else None
        value = {"output": output, "failure": failure}
        sealed = self._seal.close(value, f"{self._id}/steps/{position}")
        # Before the transaction: packing files takes a while.
        content = to_zip(progress.tree) if progress.tree is not self._tree else None
        with self._lock:
            self._lines.append(Line(body))
            with self._writing(interruptions=0) as connection:
                run_state.add_step(connection, self._id, position, record.status, sealed)
                if content is not None:
                    run_state.put_workspace(connection, self._id, content)
                self._keep_hidden(connection, tuple(progress.hidden))
        self._tree = progress.tree

    def _keep_hidden(self, connection: Connection, hidden: tuple[str, ...]) -> None:
        if hidden == self._kept.hidden:
            return
        self._kept = KeptSecrets(self._kept.secrets, hidden)
        if sealed := seal_secrets(self._seal, self._id, self._kept):
            run_state.change_secrets(connection, self._id, sealed)

    def checkpoint(self, key: str, make: Callable[[], Json]) -> Json:
        """Return what is kept under a key, else what ``make`` returns, and keep it."""
        about = f"{self._id}/checkpoints/{key}"
        with _later(), self._database.connect() as connection:
            sealed = run_state.checkpoint_of(connection, self._id, key)
        if sealed is not None:
            return self._seal.open(sealed, about)
        with self._writing():
            pass  # one who lost the lease must not begin with it
        made = make()
        with self._writing() as connection:
            run_state.put_checkpoint(connection, self._id, key, self._seal.close(made, about))
        return made

    def is_cancelled(self) -> bool:
        """Whether somebody asked the run to end.

        Raises:
            RunAbandonedError: When the run goes on elsewhere, or later.
        """
        if self._is_stopping.is_set() or self._is_lost.is_set():
            raise RunAbandonedError
        return self._is_cancelled.is_set()

    # --- the end -------------------------------------------------------------------------

    def complete(self, output: Mapping[str, Json]) -> None:
        """End the task well: its output is told, its secrets are forgotten."""
        self._end(COMPLETED, {"output": dict(output)})

    def fail(self, failure: Failure) -> None:
        """End the task: why is told, its secrets are forgotten."""
        self._end(FAILED, {"error": failure.document()})

    def _end(self, status: str, told: Mapping[str, Json]) -> None:
        body = {"message": f"Run completed with status: {status}", **told}
        with self._writing(status=status, lease="", ended_at=now()) as connection:
            store.tell(connection, self._id, [Line(body)], COMPLETION)
            run_state.put_secrets(connection, self._id, None)
            if status == COMPLETED:
                run_state.forget_steps(connection, self._id)
                run_state.forget_checkpoints(connection, self._id)
        self._is_lost.set()
