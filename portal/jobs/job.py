"""A job, and the seam between those who ask for work and those who do it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class JobKind(StrEnum):
    """What kinds of jobs there are."""

    #: Read a source; named by the source.
    SYNC = "sync"
    #: List the repositories of a provider; named by the provider.
    LIST = "list"
    #: Scan the services of a repository for evidence; named by the repository.
    SCAN = "scan"
    #: Run a task; named by its id.
    TASK = "task"
    #: Remove what is older than its retention.
    HOUSEKEEPING = "housekeeping"


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done: nothing but ids, so that what is done is what is true then.

    Two jobs of one kind and name are never done at the same time.

    Attributes:
        kind: What is to be done.
        name: To what.
        commit: At which commit; empty for the newest.
        request_id: The id of the request that asked for it; empty for none.
        traceparent: The span of that request (W3C Trace Context); empty for none.
        label: The label of the workers that may do it; empty lets any.
    """

    kind: JobKind
    name: str = ""
    commit: str = ""
    request_id: str = ""
    traceparent: str = ""
    label: str = ""

    @property
    def key(self) -> str:
        """Identifies what must not be done twice at the same time."""
        return f"{self.kind} {self.name}"


#: Does a job, and returns the jobs that follow from it.
Handler = Callable[[Job], Iterable[Job]]
Handlers = Mapping[JobKind, Handler]


class Dispatcher(Protocol):
    """Hands jobs to those who do them.

    A job that waits already is not queued again; one that runs is queued once more. A job may
    be lost, or done twice, when a process dies: whoever sends looks again later what is due.
    """

    def send(self, jobs: Collection[Job], *, is_urgent: bool = False) -> None:
        """Queue jobs; urgent ones go first.

        Raises:
            ServiceUnavailableError: When they cannot be queued now.
        """

    def stop(self) -> None:
        """Start no more jobs, and wait for those that run here."""


#: Starts a dispatcher with handlers of the jobs that this process does.
OpenDispatcher = Callable[[Handlers], Dispatcher]
