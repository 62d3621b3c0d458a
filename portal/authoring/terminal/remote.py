"""An HTTP client of a running portal: forms, tasks and their files."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from urllib.parse import quote

from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.kernel.http import Credential
from portal.kernel.http import HttpClient
from portal.kernel.http import HttpResponse
from portal.kernel.http import origin_of
from portal.kernel.json_text import Json
from portal.kernel.json_text import parse_json
from portal.model.refs import EntityRef
from portal.scaffolder.forms.answers import fault_text
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.forms.template import read_template
from portal.scaffolder.workspace.archive import from_zip
from portal.scaffolder.workspace.tree import MOST_BYTES
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import check_tree

#: The timeout of a request in seconds; longer than the portal's long poll.
_SECONDS = 45.0
#: Seconds that a portal may be unreachable while a task is followed.
_PATIENCE = 60.0
_PAUSE = 1.0
_SCAFFOLDER = "/api/scaffolder"
#: Statuses after which a request is repeated.
_LATER = frozenset({429, 502, 503, 504})
_ERRORS: Mapping[int, type[PortalError]] = {
    401: AuthenticationError,
    403: NotAllowedError,
    404: NotFoundError,
}


class PortalClient:
    """The client of one portal.

    Args:
        url: Its base URL; named by a person, so it may be on this machine.
        token: Its service token; empty sends none.
    """

    def __init__(self, url: str, token: str) -> None:
        origin = origin_of(url)
        self._url = url.rstrip("/")
        self._http = HttpClient((origin,), _SECONDS, 2 * MOST_BYTES)
        self._credential = Credential(origin, "Authorization", f"Bearer {token}") if token else None

    def pages(self, ref: EntityRef) -> list[Mapping[str, Json]]:
        """Return the pages of a template's form.

        Raises:
            PortalError: When the template or the portal does not exist.
        """
        place = "/".join(quote(part, safe="") for part in (ref.namespace, ref.kind, ref.name))
        form = self._get(f"/v2/templates/{place}/parameter-schema")
        steps = form.get("steps", [])
        return [
            {**step["schema"], **({"when": step["when"]} if "when" in step else {})}
            for step in steps
        ]

    def template(self, ref: EntityRef) -> TemplateSpec:
        """Return a template as the catalog has it.

        Raises:
            PortalError: When it or the portal does not exist, or it is none.
        """
        place = "/".join(quote(part, safe="") for part in (ref.kind, ref.namespace, ref.name))
        return read_template(self._get(f"/entities/by-name/{place}", "/api/catalog"))

    def create(self, ref: EntityRef, values: Mapping[str, Json], secrets: Mapping[str, str]) -> str:
        """Create a task and return its id; repeated after a lost response, it creates one."""
        body = {"templateRef": str(ref), "values": values, "secrets": secrets}
        key = {"Idempotency-Key": f'"{uuid.uuid4()}"'}
        try:
            made = self._post("/v2/tasks", body, key)
        except SourceError:
            time.sleep(_PAUSE)
            made = self._post("/v2/tasks", body, key)
        return str(made["id"])

    def events(self, task: str, after: int) -> Iterator[Mapping[str, Json]]:
        """Yield the events of a task after an event's id, as they happen, up to its end.

        Raises:
            SourceError: When the portal does not answer for a minute.
            PortalError: When it refuses.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                found = self._get(f"/v2/tasks/{quote(task)}/events?after={after}")
            except SourceError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
                continue
            deadline = time.monotonic() + _PATIENCE
            for event in found:
                after = max(after, event["id"])
                yield event
                if event["type"] == "completion" and not event["isTaskRecoverable"]:
                    return

    def update(self, ref: EntityRef, body: Mapping[str, Json]) -> Mapping[str, Json]:
        """Update a project, or preview it; return what it does.

        Raises:
            PortalError: When the project or its template does not exist, or cannot be read.
        """
        place = "/".join(quote(part, safe="") for part in (ref.namespace, ref.kind, ref.name))
        plan: Mapping[str, Json] = self._post(f"/v2/projects/{place}/update", body, {})
        return plan

    def coverage(self, query: str) -> Mapping[str, Json]:
        """Return which services implement which concepts.

        Args:
            query: The query string of the request.

        Raises:
            InputError: When what answers is no portal.
            PortalError: When the portal refuses.
        """
        path = f"/api/glossary/coverage?{query}"
        found = self._json(
            self._asked(lambda url: self._http.get(url, {}, self._credential), path, "")
        )
        if not isinstance(found, dict):
            raise InputError(f"what answers at {self._url} is no portal")
        return found

    def cancel(self, task: str) -> None:
        """Request a task's cancellation."""
        self._post(f"/v2/tasks/{quote(task)}/cancel", {}, {})

    def steps(self, task: str) -> list[Mapping[str, Json]]:
        """Return the steps of a task, with id and action."""
        found: list[Mapping[str, Json]] = self._get(f"/v2/tasks/{quote(task)}")["spec"]["steps"]
        return found

    def files(self, task: str) -> dict[str, File]:
        """Return the files of a finished task.

        Raises:
            InputError: When they cannot be read, or are too many or too large.
            PortalError: When there are none, or a path is dangerous.
        """
        answer = self._asked(
            lambda url: self._http.get(url, {}, self._credential),
            f"/v2/tasks/{quote(task)}/workspace.zip",
        )
        try:
            tree = from_zip(answer.body)
        except InputError as error:
            raise InputError(f"the portal sent the files of the task as {error.message}") from None
        check_tree(tree)
        return tree

    def _get(self, path: str, plugin: str = _SCAFFOLDER) -> Json:
        return self._json(
            self._asked(lambda url: self._http.get(url, {}, self._credential), path, plugin)
        )

    def _post(self, path: str, body: Json, headers: Mapping[str, str]) -> Json:
        sent = {**headers, "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        return self._json(
            self._asked(
                lambda url: self._http.send("POST", url, data, sent, self._credential), path
            )
        )

    def _asked(
        self, ask: Callable[[str], HttpResponse], path: str, plugin: str = _SCAFFOLDER
    ) -> HttpResponse:
        try:
            answer = ask(f"{self._url}{plugin}{path}")
        except SourceError as error:
            msg = f"no portal answers at {self._url}: {error.message}"
            raise SourceError(msg) from None
        if answer.status in _LATER:
            raise SourceError(f"the portal at {self._url} is busy (status {answer.status})")
        if not 200 <= answer.status < 300:
            kind = _ERRORS.get(answer.status, InputError)
            raise kind(self._reason(answer))
        return answer

    def _json(self, answer: HttpResponse) -> Json:
        try:
            return parse_json(answer.body)
        except ValueError:
            raise InputError(f"what answers at {self._url} is no portal") from None

    def _reason(self, answer: HttpResponse) -> str:
        """Return the message of a portal's error response."""
        if answer.status == 401:
            return f"the portal at {self._url} wants a token: set PORTAL_SERVICE_TOKEN"
        try:
            body = parse_json(answer.body)
            if "errors" in body:
                return "\n".join(fault_text(error) for error in body["errors"])
            return str(body["error"]["message"])
        except (ValueError, KeyError, TypeError):
            return f"what answers at {self._url} is no portal (status {answer.status})"
