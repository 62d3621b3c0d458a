"""The journal of a task: its events, steps, checkpoints and files, in the database.

Log lines in quick succession are written together; a line after a pause and every change
of a step's status are written at once. Every write requires the task's lease.
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

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import OperationalError

from portal.kernel.json_text import Json
from portal.scaffolder.running.journal import Failure
from portal.scaffolder.running.journal import Progress
from portal.scaffolder.running.journal import Restored
from portal.scaffolder.running.journal import RunAbandonedError
from portal.scaffolder.running.journal import StepRecord
from portal.scaffolder.tasks.model import run_state
from portal.scaffolder.tasks.model import store
from portal.scaffolder.tasks.model.file_store import FileStore
from portal.scaffolder.tasks.model.secret_box import SecretBox
from portal.scaffolder.tasks.model.store import Line
from portal.scaffolder.tasks.model.task import COMPLETED
from portal.scaffolder.tasks.model.task import COMPLETION
from portal.scaffolder.tasks.model.task import FAILED
from portal.scaffolder.tasks.model.task import now
from portal.scaffolder.tasks.running.broker import Claim
from portal.scaffolder.workspace.archive import from_zip
from portal.scaffolder.workspace.archive import to_zip
from portal.scaffolder.workspace.tree import Tree

_LOG = logging.getLogger(__name__)
#: Log lines that follow each other within so many seconds are written together.
_PAUSE = 0.05
_MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class StoredSecrets:
    """The secrets of an unfinished task.

    Args:
        secrets: The secrets that the client sent, by name.
        hidden: All texts that are redacted, these among them.
    """

    secrets: Mapping[str, str]
    hidden: tuple[str, ...] = ()


def seal_secrets(secret_box: SecretBox, task_id: str, stored: StoredSecrets) -> bytes | None:
    """Return the secrets of a task sealed; ``None`` when there are none."""
    if not stored.secrets and not stored.hidden:
        return None
    value = {"secrets": dict(stored.secrets), "hidden": list(stored.hidden)}
    return secret_box.seal(value, f"{task_id}/secrets")


def open_secrets(secret_box: SecretBox, task_id: str, sealed: bytes | None) -> StoredSecrets:
    """Return the secrets of a task from their sealed form.

    Raises:
        SealError: When they were sealed with another key.
    """
    if sealed is None:
        return StoredSecrets({})
    value = secret_box.open(sealed, f"{task_id}/secrets")
    return StoredSecrets(value["secrets"], tuple(value["hidden"]))


@contextmanager
def _later() -> Iterator[None]:
    """Turn a database that does not answer into a postponed run: no step has failed.

    Raises:
        RunAbandonedError: When the database does not answer.
    """
    try:
        yield
    except OperationalError as error:
        _LOG.warning("a task is interrupted: the database does not answer")
        raise RunAbandonedError from error


class TaskJournal:
    """The journal of a claimed task, written by the worker that runs it.

    Args:
        database: The database of the tasks.
        secret_box: Encrypts secrets and what they may have flowed into.
        claim: The task, and the lease on it.
        files: Keeps its files.
    """

    def __init__(
        self, database: Database, secret_box: SecretBox, claim: Claim, files: FileStore
    ) -> None:
        self._database = database
        self._files = files
        self._secret_box = secret_box
        self._claim = claim
        self._id = claim.task.id
        self._lines: list[Line] = []
        self._lock = threading.RLock()
        self._written_at = 0.0
        self._tree: Tree = {}
        self._secrets = StoredSecrets({})
        self._is_lost = threading.Event()
        self._is_stopping = threading.Event()
        self._is_cancelled = threading.Event()
        if claim.task.cancelled_at:
            self._is_cancelled.set()

    # --- called by the pool --------------------------------------------------------

    def lose(self) -> None:
        """Abandon the run: the lease was lost."""
        self._is_lost.set()

    def stop(self) -> None:
        """Abandon the run at the next write: the process stops, another resumes the task."""
        self._is_stopping.set()

    def cancel(self) -> None:
        """Cancel the run at its next step."""
        self._is_cancelled.set()

    # --- the stored state ------------------------------------------------------------

    def restore(self) -> tuple[Restored, Mapping[str, str]]:
        """Return the stored state of an interrupted run, and the secrets by name.

        Raises:
            SealError: When they were sealed with another key.
        """
        with _later(), self._database.connect() as connection:
            sealed = run_state.secrets_of(connection, self._id)
            steps = run_state.steps_of(connection, self._id)
            stored = run_state.workspace_of(connection, self._id)
            is_resumed = store.has_begun(connection, self._id)
        self._secrets = open_secrets(self._secret_box, self._id, sealed)
        self._tree = from_zip(self._files.read(stored)) if stored is not None else {}
        records = {at: self._record(at, status, data) for at, status, data in steps}
        progress = Progress(self._tree, self._secrets.hidden)
        return Restored(records, progress, is_resumed), self._secrets.secrets

    def _record(self, position: int, status: str, sealed: bytes) -> StepRecord:
        value = self._secret_box.open(sealed, f"{self._id}/steps/{position}")
        failure = Failure(**value["failure"]) if value["failure"] else None
        return StepRecord(status, value["output"], failure)

    def note_files(self, commit: str, repository: str) -> None:
        """Store the commit that the template's files are read at, and their repository."""
        with self._writing(template_commit=commit, template_repository=repository):
            pass

    # --- called by the runner --------------------------------------------------------

    def append_event(self, body: Mapping[str, Json]) -> None:
        """Append a log event; the body has to be free of secrets.

        Raises:
            RunAbandonedError: When the lease was lost.
        """
        with self._lock:
            self._lines.append(Line(body))
            is_quiet = time.monotonic() - self._written_at > _PAUSE
            if is_quiet or "status" in body or len(self._lines) >= _MOST_LINES:
                self.flush()

    def flush(self) -> None:
        """Write pending log lines.

        Raises:
            RunAbandonedError: When the lease was lost.
        """
        with self._lock:
            if self._lines:
                with self._writing():
                    pass

    @contextmanager
    def _writing(self, **values: Json) -> Iterator[Connection]:
        """Open a transaction as the holder of the lease; pending lines are written first.

        Raises:
            RunAbandonedError: When the lease was lost.
        """
        with self._lock:
            if self._is_lost.is_set():
                raise RunAbandonedError
            with _later(), self._database.begin() as connection:
                if not store.update_leased(connection, self._id, self._claim.lease, **values):
                    self._is_lost.set()
                    raise RunAbandonedError
                store.append_events(connection, self._id, self._lines)
                yield connection
            self._lines = []
            self._written_at = time.monotonic()

    def save_step(
        self, position: int, record: StepRecord, progress: Progress, body: Mapping[str, Json]
    ) -> None:
        """Store the result of a step, the files and the step's last event, atomically."""
        failure = record.failure.to_json() if record.failure else None
        output = dict(record.output) if record.output is not None else None
        value = {"output": output, "failure": failure}
        sealed = self._secret_box.seal(value, f"{self._id}/steps/{position}")
        # Before the transaction: packing files takes a while.
        stored = former = None
        if progress.tree is not self._tree:
            stored = self._files.keep(self._id, to_zip(progress.tree))
        with self._lock:
            self._lines.append(Line(body))
            with self._writing(interruptions=0) as connection:
                run_state.add_step(connection, self._id, position, record.status, sealed)
                if stored is not None:
                    former = run_state.put_workspace(connection, self._id, stored)
                self._save_hidden(connection, tuple(progress.hidden))
        self._tree = progress.tree
        if former is not None:
            self._files.forget(former)

    def _save_hidden(self, connection: Connection, hidden: tuple[str, ...]) -> None:
        if hidden == self._secrets.hidden:
            return
        self._secrets = StoredSecrets(self._secrets.secrets, hidden)
        if sealed := seal_secrets(self._secret_box, self._id, self._secrets):
            run_state.change_secrets(connection, self._id, sealed)

    def checkpoint(self, key: str, make: Callable[[], Json]) -> Json:
        """Return the value stored under ``key``; without one, store that of ``make()``."""
        about = f"{self._id}/checkpoints/{key}"
        with _later(), self._database.connect() as connection:
            sealed = run_state.checkpoint_of(connection, self._id, key)
        if sealed is not None:
            return self._secret_box.open(sealed, about)
        with self._writing():
            pass  # without the lease, ``make`` must not be called
        made = make()
        with self._writing() as connection:
            run_state.put_checkpoint(connection, self._id, key, self._secret_box.seal(made, about))
        return made

    def is_cancelled(self) -> bool:
        """Return whether the run was cancelled.

        Raises:
            RunAbandonedError: When the run was taken over or postponed.
        """
        if self._is_stopping.is_set() or self._is_lost.is_set():
            raise RunAbandonedError
        return self._is_cancelled.is_set()

    # --- the end -------------------------------------------------------------------------

    def complete(self, output: Mapping[str, Json]) -> None:
        """Complete the task: write its output, delete its secrets and state."""
        self._end(COMPLETED, {"output": dict(output)})

    def fail(self, failure: Failure) -> None:
        """Fail the task: write the reason, delete its secrets."""
        self._end(FAILED, {"error": failure.to_json()})

    def _end(self, status: str, told: Mapping[str, Json]) -> None:
        body = {"message": f"Run completed with status: {status}", **told}
        with self._writing(status=status, lease="", ended_at=now()) as connection:
            store.append_events(connection, self._id, [Line(body)], COMPLETION)
            run_state.put_secrets(connection, self._id, None)
            if status == COMPLETED:
                run_state.forget_steps(connection, self._id)
                run_state.forget_checkpoints(connection, self._id)
        self._is_lost.set()
