"""The read side answers like a Backstage backend: recorded requests are sent again.

``make_recordings.py`` tells where the recordings come from. A portal is fed with the
content the recorded backend had and given its uids, so that lists sorted by uid and
cursors are compared as they are. Compared are the status, the body, the content type
and the ``Link`` header; what may differ stands in ``DIFFERENCES``, with the reason.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from portal.catalog import tables as t
from portal.kernel.config import Source
from portal.model.refs import EntityRef

_DATA = Path(__file__).parent / "data"
_FRONTEND = "http://localhost:3000"
Record = dict[str, Any]

#: What the portal answers differently on purpose, and why. Only the message of an
#: error, or the ``orderFields`` of a cursor, may differ.
DIFFERENCES = {
    "bq cursor bad": "the text is that of the JavaScript engine's JSON parser",
    "bq POST bad op": "the validator lists every form a condition could have had, thrice",
    "bq order noorder": "there the cursor lacks the order, and is refused when it is sent back",
    "bq two orders": "there the cursor repeats orders that are not looked at",
}


def records(name: str) -> list[Record]:
    """Return the records of a file."""
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def content(folder: str) -> dict[str, str]:
    """Return the files of a folder by path."""
    root = _DATA / folder
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


FIXTURES = records("fixtures.jsonl")
FRONTEND = records("frontend.jsonl")
STATUS = records("status.jsonl")


def entities_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield everything that has a uid and tells its ref."""
    if isinstance(value, dict):
        if "kind" in value and {"uid", "name"} <= value.get("metadata", {}).keys():
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from entities_in(item)


def recorded_uids(rows: list[Record]) -> dict[str, str]:
    """Return the uids of the recorded entities by ref."""
    found = {}
    for row in rows:
        for entity in entities_in(row["answer"]):
            meta = entity["metadata"]
            ref = str(EntityRef(entity["kind"], meta.get("namespace", "default"), meta["name"]))
            found[ref] = meta["uid"]
    return found


def take_uids(portal: Any, uids: dict[str, str]) -> None:
    """Give the portal's entities the uids of the recorded ones."""
    with portal.services.database.begin() as connection:
        rows = connection.execute(sa.select(t.entities)).mappings().all()
        for row in rows:
            uid = uids.get(row["ref"], row["uid"])
            final = row["final"].replace(row["uid"], uid)
            connection.execute(
                sa.update(t.entities).where(t.entities.c.id == row["id"]).values(uid=uid, final=final)
            )
            connection.execute(
                sa.update(t.search)
                .where(t.search.c.entity_id == row["id"], t.search.c.key == "metadata.uid")
                .values(value=uid, original=uid)
            )


def send(client: Any, row: Record) -> Any:
    """Send a recorded request."""
    url, body, text = row["url"], row.get("body"), row.get("text")
    if "cursor" in row:
        cursor = base64.b64encode(json.dumps(row["cursor"]).encode()).decode()
        url = url.replace("$CURSOR", quote(cursor, safe=""))
        if body:
            body = body | {"cursor": cursor}
    if body is not None:
        text = json.dumps(body)
    headers = {"Content-Type": "application/json"} if text is not None else {}
    return client.open(url, method=row["method"], data=text, headers=headers | row.get("headers", {}))


def opened(value: Any) -> Any:
    """Return an answer with cursors opened and without the etags of entities."""
    if isinstance(value, list):
        return [opened(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "uid" in value:
        value = {name: item for name, item in value.items() if name != "etag"}
    return {
        name: json.loads(base64.b64decode(item)) if name.endswith("Cursor") else opened(item)
        for name, item in value.items()
    }


def answer_of(response: Any) -> Any:
    """Return the answer's body in the form of the recording."""
    return opened(response.json) if response.is_json else response.text


def leave_out_difference(answer: Any) -> None:
    """Take out of an answer what may differ; it must be there."""
    if "error" in answer:
        assert answer["error"].pop("message")
    else:
        assert answer["pageInfo"]["nextCursor"].pop("orderFields")


def check(client: Any, row: Record) -> None:
    """Send a recorded request and compare the answer."""
    response = send(client, row)
    answer = answer_of(response)
    expected = copy.deepcopy(row["answer"])
    if row["name"] in DIFFERENCES:
        leave_out_difference(answer)
        leave_out_difference(expected)
    assert (response.status_code, answer) == (row["status"], expected)
    assert response.headers.get("Content-Type") == row["type"]
    assert response.headers.get("Link") == row.get("link")


@pytest.fixture(scope="module")
def fixtures(make_shared_portal: Callable[..., Any]) -> Any:
    """Return a portal with the content of the recorded backend."""
    files = content("fixtures")
    local = ("all.yaml", "missing-req.yaml", "tmpl/template.yaml", "widget.yaml")
    sources = [
        (Source("local", "", targets=local, location="file:/srv/content11/fixtures"), files),
        (
            Source("http", "", targets=("url-loc.yaml",), location="url:http://127.0.0.1:17008"),
            files,
        ),
    ]
    portal = make_shared_portal(sources=sources)
    take_uids(portal, recorded_uids(FIXTURES))
    return portal


def name_of(row: Record) -> str:
    """Return what a test is called."""
    return str(row["name"])


@pytest.mark.parametrize("row", FIXTURES, ids=name_of)
def test_a_recorded_request_gets_the_recorded_answer(fixtures: Any, row: Record) -> None:
    check(fixtures.client, row)


def test_every_difference_is_of_a_recorded_request() -> None:
    assert DIFFERENCES.keys() <= {row["name"] for row in FIXTURES}


# --- the frontend -----------------------------------------------------------


@pytest.fixture(scope="module")
def demo(make_shared_portal: Callable[..., Any]) -> Any:
    """Return a portal with the catalog the recorded frontend showed."""
    portal = make_shared_portal(
        content("demo"), location="file:/srv/demo", cors_origins=(_FRONTEND,)
    )
    take_uids(portal, recorded_uids(FRONTEND))
    return portal


def path_of(row: Record) -> str:
    """Return what a test of a frontend's request is called."""
    return f"{row['method']} {row['url']}"[:100]


def frontend(plugin: str, *methods: str) -> list[Record]:
    """Return what the frontend sent to a plugin."""
    found = [r for r in FRONTEND if r["url"].startswith(f"/api/{plugin}/")]
    return [row for row in found if row["method"] in methods]


@pytest.mark.parametrize("row", frontend("catalog", "GET", "POST"), ids=path_of)
def test_the_frontend_gets_the_recorded_catalog(demo: Any, row: Record) -> None:
    if row.get("cut"):
        row = row | {"answer": answer_of(send(demo.client, row))}
    check(demo.client, row)
    assert_cors(send(demo.client, row), row)


PREFLIGHTS = [*frontend("catalog", "OPTIONS"), *frontend("search", "OPTIONS")]


@pytest.mark.parametrize("row", PREFLIGHTS, ids=path_of)
def test_the_browser_may_ask_from_the_frontends_origin(demo: Any, row: Record) -> None:
    response = send(demo.client, row)
    assert (response.status_code, response.text) == (row["status"], "")
    assert_cors(response, row)


def assert_cors(response: Any, row: Record) -> None:
    """Assert that a browser gives the answer to the frontend."""
    assert {name: response.headers.get(name) for name in row["cors"]} == row["cors"]
    assert "Origin" in response.headers["Vary"]
