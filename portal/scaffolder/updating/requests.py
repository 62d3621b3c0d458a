"""What became of the request of an update: asked of the project's forge, or seen by its branch."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from portal.integrations.clients.repository import RequestState
from portal.integrations.clients.repository import request_state
from portal.integrations.clients.table import CLIENTS
from portal.kernel.errors import SourceError
from portal.model.refs import EntityRef
from portal.scaffolder.running.environment import ActionEnvironment
from portal.scaffolder.updating.project import Project
from portal.scaffolder.updating.project import hosted_of
from portal.scaffolder.updating.project import project_of
from portal.scaffolder.updating.project import project_outbox

#: The addresses of requests end with their number, at every forge.
_NUMBER = re.compile(r"/([0-9]+)/?\Z")


class RequestReader:
    """Reads what became of requests, with the operator's tokens.

    Args:
        find_entity: Finds the entity of a project, as JSON.
        environment: What may be reached, and how long it may take.
    """

    def __init__(
        self, find_entity: Callable[[EntityRef], bytes], environment: ActionEnvironment
    ) -> None:
        self._find_entity = find_entity
        self._environment = environment

    def state(self, ref: EntityRef, branch: str, url: str) -> RequestState:
        """Return what became of a request; one whose branch is gone cannot be merged.

        Args:
            ref: The ref of the project.
            branch: The branch of the update.
            url: The address of the request; empty where there is a branch only.

        Raises:
            PortalError: When project, forge or repository cannot be read.
        """
        project = project_of(str(ref), json.loads(self._find_entity(ref)))
        state = self._asked(project, url)
        if state is not RequestState.OPEN:
            return state
        with project_outbox(project, self._environment, "") as outbox:
            is_there = branch in outbox.branches().commits
        return RequestState.OPEN if is_there else RequestState.CLOSED

    def _asked(self, project: Project, url: str) -> RequestState:
        """Return what the forge says; ``OPEN`` where there is no request or no API to ask.

        Raises:
            SourceError: When the forge cannot be read, or shows no such repository.
        """
        number = _NUMBER.search(url)
        environment = self._environment
        hosted = hosted_of(project, environment.integrations, "", environment.timeout)
        client = CLIENTS[hosted.api.forge.type] if hosted else None
        if number is None or hosted is None or client is None or client.requests_of is None:
            return RequestState.OPEN
        found = client.find(hosted)
        if found is None:
            raise SourceError(f"there is no repository {hosted.full_name}, or no right to see it")
        return request_state(hosted.api, client.requests_of(hosted, found), int(number[1]))
