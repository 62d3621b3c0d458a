"""The job that asks forges what became of the requests of updates, a few at a time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from portal.catalog.failures import Stage
from portal.catalog.reading.failure_log import FailureLog
from portal.integrations.clients.repository import RequestState
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.scaffolder.campaigns.proposals import ProposedUpdate
from portal.scaffolder.campaigns.proposals import ProposedUpdates
from portal.scaffolder.updating.plan import branch_of

#: Seconds between two looks, seconds before a request is asked for again, and how many a look
#: asks for at most: 1,200 an hour, with two calls each; GitHub allows a token 5,000.
_LOOK, _AGE, _MOST = 60.0, 600, 20

#: Returns what became of a request, by project, branch and address.
AskState = Callable[[EntityRef, str, str], RequestState]


class RequestWatch:
    """Keeps what is known of requests up to date; several processes may.

    Args:
        proposed: What was proposed.
        ask: Asks the forge.
        failure_log: Stores that a forge cannot be asked; it is asked again later.
        clock: Returns the seconds since the epoch.
    """

    def __init__(
        self,
        proposed: ProposedUpdates,
        ask: AskState,
        failure_log: FailureLog,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._proposed = proposed
        self._ask = ask
        self._failure_log = failure_log
        self._clock = clock

    def run(self, is_over: threading.Event) -> None:
        """Ask until the event is set."""
        while not is_over.wait(_LOOK):
            noting = self._failure_log.noting(Stage.TASKS, "requests of updates")
            with contextlib.suppress(Exception), noting:
                self.look()

    def look(self) -> int:
        """Ask for the requests that were not asked for lately; return for how many."""
        now = int(self._clock())
        due = self._proposed.take_due(now, now - _AGE, _MOST)
        for update in due:
            self._settle(update)
        return len(due)

    def fresh(self, project: EntityRef) -> ProposedUpdate | None:
        """Return the last update of a project, as its forge has it now; ``None`` without one."""
        update = self._proposed.last(str(project))
        if update is None or not update.is_open:
            return update
        self._settle(update)
        return self._proposed.last(str(project))

    def _settle(self, update: ProposedUpdate) -> None:
        template = parse_ref(update.template)
        noting = self._failure_log.noting(Stage.TASKS, f"request of {update.project}")
        with contextlib.suppress(Exception), noting:
            try:
                branch = branch_of(template.name, update.commit)
                state = self._ask(parse_ref(update.project), branch, update.url)
            except NotFoundError:
                return  # the project has left the catalog
            if state is not RequestState.OPEN:
                self._proposed.settle(update, state)
