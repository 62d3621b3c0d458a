"""The write side answers like a Backstage backend: a recorded session is sent again.

``make_recordings.py`` tells where the recording comes from. The requests go in their
order to one portal, whose worker reads after each that changes something; the files
they register are served by a plain web server, as they were then. Compared are the
status, the body and the content type; what may differ stands in ``DIFFERENCES``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.config.sources import Source
from tests.command_line import write_files
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.http_server import folder_server

_DATA = Path(__file__).parent / "data"
_LINES = (_DATA / "writes.jsonl").read_text(encoding="utf-8").splitlines()
_RECORDED = "127.0.0.1:17008"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_REGISTERED = (
    "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: %s}\n"
    "spec: {type: service, lifecycle: production, owner: team-a}\n"
)
#: Files of the web server; their names are in the recording.
_PATHS = ("reg/reg.yaml", "reg/reg2.yaml", "url-loc.yaml")

_SCRIPT = "javascript:alert(1)"
_REJECTED = "https://backstage.io/annotation-rejected-for-security-reasons"


def _dry_run(body: Any) -> Any:
    body = json.loads(json.dumps(body).replace(_SCRIPT, _REJECTED))
    first, *others = body["entities"]
    return body | {
        "entities": [first, *sorted(others, key=lambda entity: str(entity["metadata"]["name"]))]
    }


#: What is different on purpose: how an answer is made like the other, and why.
DIFFERENCES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "loc post dry": (
        _dry_run,
        "a javascript: address is replaced here, too; entities are in the file's order",
    ),
    "unprocessed failed": (
        lambda body: {"type": body["type"]},
        "a Location with a bad target is served and listed here; there it is invisible",
    ),
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return host and port of a web server with the content of the recorded one."""
    with folder_server(write_files(tmp_path_factory.mktemp("web"), _content())) as address:
        yield address


def _content() -> dict[str, str]:
    root = _DATA / "fixtures"
    found = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }
    registered = {"reg/reg.yaml": _REGISTERED % "reg-one", "reg/reg2.yaml": _REGISTERED % "reg-two"}
    return found | registered


@pytest.fixture(scope="module")
def session(make_shared_portal: MakePortal, host: str) -> dict[str, tuple[Any, Any, Any]]:
    """Return, for every request, what it was answered and what the recording has."""
    local = ("all.yaml", "tmpl/template.yaml")
    sources = [
        (Source("local", "", targets=local, location="file:/srv/content94/fixtures"), _content()),
        (Source("http", "", targets=("url-loc.yaml",), location=f"url:http://{host}"), _content()),
    ]
    portal = make_shared_portal(
        sources=sources, reading_allow=(host,), location_hosts=(), cache_bytes=0
    )
    return _Session(portal, host).run()


class _Session:
    """The recorded requests with the names things have now."""

    def __init__(self, portal: Portal, host: str) -> None:
        self._portal = portal
        self._names = {_RECORDED: host}
        for path in _PATHS:
            there, here = (_digest(f"url:http://{server}/{path}") for server in (_RECORDED, host))
            self._names[there] = here
        (component,) = portal.get("/api/catalog/entities?filter=metadata.name=url-comp")
        self._names[_deleted_uid()] = component["metadata"]["uid"]

    def run(self) -> dict[str, tuple[Any, Any, Any]]:
        """Send everything."""
        return {json.loads(line)["name"]: self._send(line) for line in _LINES}

    def _send(self, line: str) -> tuple[Any, Any, Any]:
        row = json.loads(self._renamed(line))
        text = row.get("text", json.dumps(row["body"]) if "body" in row else None)
        headers = {"Content-Type": "application/json"} if text is not None else {}
        answer = self._portal.client.open(
            row["url"], method=row["method"], data=text, headers=headers | row.get("headers", {})
        )
        if row["name"] == "loc post":
            self._names[row["answer"]["location"]["id"]] = answer.get_json()["location"]["id"]
            row = json.loads(self._renamed(line))
        # Between deleting and reading again, the entity is away for a moment.
        if (row["method"] != "GET" and row["name"] != "del uid") or row["name"] == "after del":
            self._portal.sync()
        got = answer.json if answer.is_json else answer.text
        there = (row["status"], row["type"], _comparable(row["answer"]))
        return (
            (answer.status_code, answer.headers.get("Content-Type"), _comparable(got)),
            there,
            (
                row["method"],
                row["url"],
                answer.status_code,
                got,
            ),
        )

    def _renamed(self, text: str) -> str:
        for there, here in self._names.items():
            text = text.replace(there, here)
        return text


def _deleted_uid() -> str:
    (row,) = (json.loads(line) for line in _LINES if json.loads(line)["name"] == "del uid")
    return str(row["url"]).rpartition("/")[2]


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _comparable(value: Any) -> Any:
    """Leave out uids and etags of entities."""
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: item for key, item in value.items() if not ("uid" in value and key in {"uid", "etag"})
    }
    return {key: _comparable(item) for key, item in kept.items()}


_NAMES = [json.loads(line)["name"] for line in _LINES]


@pytest.mark.parametrize("name", _NAMES)
def test_a_recorded_request_gets_the_recorded_answer(
    session: dict[str, tuple[Any, Any, Any]], name: str
) -> None:
    got, recorded, _ = session[name]
    if name in DIFFERENCES:
        alike, _ = DIFFERENCES[name]
        got = (*got[:2], alike(got[2]))
        recorded = (*recorded[:2], alike(recorded[2]))
    assert got == recorded


def test_every_difference_is_of_a_recorded_request() -> None:
    assert DIFFERENCES.keys() <= set(_NAMES)


def test_every_answer_is_as_the_published_description_says(
    session: dict[str, tuple[Any, Any, Any]], violations: Callable[..., list[str]]
) -> None:
    for _, recorded, answer in session.values():
        # Backstage's own answers are not all as it says.
        theirs = violations(*answer[:2], recorded[0], recorded[2])
        assert set(violations(*answer)) <= set(theirs)
