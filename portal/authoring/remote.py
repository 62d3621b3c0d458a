"""A running portal, asked over HTTP: its forms, its tasks, and what these made."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from portal.authoring.answers import fault_text
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.kernel.http import Answer
from portal.kernel.http import Credential
from portal.kernel.http import HttpClient
from portal.kernel.http import origin_of
from portal.model.refs import EntityRef
from portal.scaffolder.tree import MOST_BYTES
from portal.scaffolder.tree import MOST_FILES
from portal.scaffolder.tree import File
from portal.scaffolder.tree import check_tree

Json = Any
#: Longer than a portal lets a client wait for events.
_SECONDS = 45.0
#: How long a portal may be gone while a task is followed.
_PATIENCE = 60.0
_PAUSE = 1.0
_EXECUTABLE = 0o111
#: Trying again later may help.
_LATER = frozenset({429, 502, 503, 504})
_ERRORS: Mapping[int, type[PortalError]] = {
    401: AuthenticationError,
    403: NotAllowedError,
    404: NotFoundError,
}


class PortalClient:
    """Asks one portal.

    Args:
        url: Where it is; a person named it, so it may be on this machine.
        token: Its service token; empty sends none.
    """

    def __init__(self, url: str, token: str) -> None:
        origin = origin_of(url)
        self._url = url.rstrip("/")
        self._http = HttpClient((origin,), _SECONDS, 2 * MOST_BYTES)
        self._credential = Credential(origin, "Authorization", f"Bearer {token}") if token else None

    def pages(self, ref: EntityRef) -> list[Mapping[str, Json]]:
        """Return the form of a template, page by page.

        Raises:
            PortalError: When there is no such template, or no such portal.
        """
        place = "/".join(quote(part, safe="") for part in (ref.namespace, ref.kind, ref.name))
        form = self._get(f"/v2/templates/{place}/parameter-schema")
        return [step["schema"] for step in form.get("steps", [])]

    def create(self, ref: EntityRef, values: Mapping[str, Json], secrets: Mapping[str, str]) -> str:
        """Start a task and return its id; asking again after a lost answer starts no second."""
        body = {"templateRef": str(ref), "values": values, "secrets": secrets}
        key = {"Idempotency-Key": f'"{uuid.uuid4()}"'}
        try:
            made = self._post("/v2/tasks", body, key)
        except SourceError:
            time.sleep(_PAUSE)
            made = self._post("/v2/tasks", body, key)
        return str(made["id"])

    def events(self, task: str, after: int) -> Iterator[Mapping[str, Json]]:
        """Yield what a task tells after an event, as soon as it does; its end is the last.

        Raises:
            PortalError: When the portal is gone for a minute.
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

    def cancel(self, task: str) -> None:
        """Ask a task to end."""
        self._post(f"/v2/tasks/{quote(task)}/cancel", {}, {})

    def steps(self, task: str) -> list[Mapping[str, Json]]:
        """Return the steps of a task, with id and action."""
        found: list[Mapping[str, Json]] = self._get(f"/v2/tasks/{quote(task)}")["spec"]["steps"]
        return found

    def files(self, task: str) -> dict[str, File]:
        """Return the files an ended task left.

        Raises:
            PortalError: When there are none, or they could do harm.
        """
        answer = self._asked(
            lambda url: self._http.get(url, {}, self._credential),
            f"/v2/tasks/{quote(task)}/workspace.zip",
        )
        tree = _unpacked(answer.body)
        check_tree(tree)
        return tree

    def _get(self, path: str) -> Json:
        return self._json(self._asked(lambda url: self._http.get(url, {}, self._credential), path))

    def _post(self, path: str, body: Json, headers: Mapping[str, str]) -> Json:
        sent = {**headers, "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        return self._json(
            self._asked(
                lambda url: self._http.send("POST", url, data, sent, self._credential), path
            )
        )

    def _asked(self, ask: Callable[[str], Answer], path: str) -> Answer:
        try:
            answer = ask(f"{self._url}/api/scaffolder{path}")
        except SourceError as error:
            msg = f"no portal answers at {self._url}: {error.message}"
            raise SourceError(msg) from None
        if answer.status in _LATER:
            raise SourceError(f"the portal at {self._url} is busy (status {answer.status})")
        if not 200 <= answer.status < 300:
            kind = _ERRORS.get(answer.status, InputError)
            raise kind(self._reason(answer))
        return answer

    def _json(self, answer: Answer) -> Json:
        try:
            return json.loads(answer.body)
        except ValueError:
            raise InputError(f"what answers at {self._url} is no portal") from None

    def _reason(self, answer: Answer) -> str:
        """Return why a portal refuses, in its own words."""
        if answer.status == 401:
            return f"the portal at {self._url} wants a token: set PORTAL_SERVICE_TOKEN"
        try:
            body = json.loads(answer.body)
            if "errors" in body:
                return "\n".join(fault_text(error) for error in body["errors"])
            return str(body["error"]["message"])
        except (ValueError, KeyError, TypeError):
            return f"what answers at {self._url} is no portal (status {answer.status})"


def _unpacked(data: bytes) -> dict[str, File]:
    """Return the files of a zip, of which no more is unpacked than a tree may have."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            size = sum(info.file_size for info in members)
            if len(members) > MOST_FILES or size > MOST_BYTES:
                raise InputError("the files of the task are too many or too large")
            return {info.filename: _file(archive, info) for info in members}
    except (zipfile.BadZipFile, EOFError, NotImplementedError):
        raise InputError("the portal's answer is no zip") from None


def _file(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> File:
    return File(archive.read(info), bool((info.external_attr >> 16) & _EXECUTABLE))
