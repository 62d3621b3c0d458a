"""The scaffolder runs tasks like a Backstage backend: recorded requests are sent again.

``make_scaffolder_recordings.py`` tells where the recordings come from. Each file's requests
are sent in their order to a portal with the recorded templates, while its tasks run; then
the answers are compared, but for what stands in ``WHILE_IT_RAN``.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.contract.conftest import Description
from tests.contract.make_scaffolder_recordings import events
from tests.contract.make_scaffolder_recordings import normalised
from tests.task_bench import running

_DATA = Path(__file__).parent / "data"
_PREFIX = "/api/scaffolder"
_DESCRIPTION = (
    Path(__file__).parents[3] / "shared" / "contract" / "openapi-1.57" / "scaffolder.openapi.yaml"
)
ROWS = [json.loads(line) for line in (_DATA / "scaffolder.jsonl").read_text().splitlines()]
FILES = list(dict.fromkeys(row["file"] for row in ROWS))
#: What was answered, by file and name of the request.
Answers = dict[tuple[str, str], dict[str, Any]]

#: Answers whose status depends on the moment they were asked for.
WHILE_IT_RAN = {"template-run 3"}


@pytest.fixture(scope="module")
def answers(make_shared_portal: MakePortal) -> Answers:
    """Send every request, in order; return status, type and body of each by file and name."""
    found: Answers = {}
    for file in FILES:
        portal = make_shared_portal(**_PORTALS[file]())
        ids: list[str] = []
        with running(portal.services):
            for row in ROWS:
                if row["file"] == file:
                    found[file, row["name"]] = _send(portal, row, ids)
    return found


def _demo() -> dict[str, Any]:
    """Return the catalog the recorded frontend showed."""
    folder = _DATA / "demo"
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {"files": files, "guest_user": "user:default/guest"}


def _content() -> dict[str, Any]:
    folder = _DATA / "scaffolder"
    skeleton = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.parent != folder
    }
    templates = [(folder / name).read_text() for name in ("template.yaml", "fail.yaml")]
    return {"files": {"catalog-info.yaml": "\n---\n".join(templates), **skeleton}}


_PORTALS = {"scaffolder": _content, "scaffolder-failures": _content, "frontend": _demo}


def _send(portal: Portal, row: dict[str, Any], ids: list[str]) -> dict[str, Any]:
    """Send a request as the guest; ``ids`` are those of the tasks that were made so far."""
    headers = {"Authorization": f"Bearer {portal.guest_token()}"}
    url = row["url"]
    for number, task_id in enumerate(ids, 1):
        url = url.replace(f"${number}", task_id)
    if row["name"] in _WAITS:
        _wait(portal, ids[-1], _WAITS[row["name"]])
    response = portal.client.open(url, method=row["method"], json=row["body"], headers=headers)
    is_stream = url.endswith("/eventstream") and response.status_code == 200
    body: Any = events(response.text) if is_stream else response.json
    if response.status_code == 201 and body["id"] not in ids:
        ids.append(body["id"])
    return {
        "status": response.status_code,
        "type": response.headers.get("Content-Type"),
        "answer": normalised(body, ids),
        "as it was": body,
    }


#: What the recorded requests were sent after: the newest event of the task tells this.
_WAITS = {
    "long status": "Beginning step",
    "cancelled events": "Run completed",
    "template-run 3": "Run completed",
}


def _wait(portal: Portal, task_id: str, text: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = portal.services.event_feed.events(task_id, 0)
        if found and text in found[-1].body:
            return
        time.sleep(0.02)
    pytest.fail(f"the task never told {text!r}: {found}")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['file']} {row['name']}")
def test_the_recorded_answer_is_given(answers: Answers, row: dict[str, Any]) -> None:
    found = answers[row["file"], row["name"]]
    assert found["status"] == row["status"], found
    if row["type"]:
        assert found["type"] == row["type"]
    if _is_events(row["answer"]):
        _compare_events(found["answer"], row["answer"])
    elif row["name"] in WHILE_IT_RAN:
        assert {**found["answer"], "status": ""} == {**row["answer"], "status": ""}
    else:
        assert _plain(found["answer"]) == _plain(row["answer"])


def _is_events(answer: Any) -> bool:
    return isinstance(answer, list) and bool(answer) and "isTaskRecoverable" in answer[0]


def _compare_events(found: list[dict[str, Any]], recorded: list[dict[str, Any]]) -> None:
    assert [one["id"] for one in found] == sorted({one["id"] for one in found})
    for one, other in zip(found, recorded, strict=True):
        assert _plain({**one, "id": 0}) == _plain({**other, "id": 0})


def _plain(value: Any) -> Any:
    """Return a value in which inputs that are shown have no order."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str) and (start := value.find("{\n")) >= 0:
        return value[:start], json.loads(value[start:])
    return value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['file']} {row['name']}")
def test_every_answer_is_as_the_published_description_says(
    answers: Answers, row: dict[str, Any], description: Description
) -> None:
    found = answers[row["file"], row["name"]]
    if row["url"].endswith("/eventstream"):
        return
    url = row["url"].removeprefix(_PREFIX)
    broken = description.violations(row["method"], url, found["status"], found["as it was"])
    # The recorded backend does not keep to its description everywhere.
    theirs = description.violations(row["method"], url, row["status"], row["answer"])
    assert set(broken) <= set(theirs)


@pytest.fixture(scope="session")
def description() -> Description:
    """Return Backstage's own description of its scaffolder."""
    if not _DESCRIPTION.exists():
        pytest.skip("the published description is not here")
    document = yaml.safe_load(_DESCRIPTION.read_text(encoding="utf-8"))
    paths = sorted(document["paths"].items(), key=lambda item: "{" in item[0])
    return Description(document | {"paths": dict(paths)})
