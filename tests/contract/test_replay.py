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
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.catalog import tables as t
from portal.config.sources import Source
from portal.model.refs import EntityRef
from tests.conftest import MakePortal
from tests.conftest import Portal

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
SEARCHES = records("search.jsonl")
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


def take_uids(portal: Portal, uids: dict[str, str]) -> None:
    """Give the portal's entities the uids of the recorded ones."""
    with portal.services.database.begin() as connection:
        rows = connection.execute(sa.select(t.entities)).mappings().all()
        for row in rows:
            uid = uids.get(row["ref"], row["uid"])
            final = row["final"].replace(row["uid"], uid)
            connection.execute(
                sa.update(t.entities)
                .where(t.entities.c.id == row["id"])
                .values(uid=uid, final=final)
            )
            connection.execute(
                sa.update(t.search)
                .where(t.search.c.entity_id == row["id"], t.search.c.key == "metadata.uid")
                .values(value=uid, original=uid)
            )


def send(client: FlaskClient, row: Record) -> TestResponse:
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
    return client.open(
        url, method=row["method"], data=text, headers=headers | row.get("headers", {})
    )


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


def answer_of(response: TestResponse) -> Any:
    """Return the answer's body in the form of the recording."""
    return opened(response.json) if response.is_json else response.text


def leave_out_difference(answer: Any) -> None:
    """Take out of an answer what may differ; it must be there."""
    if "error" in answer:
        assert answer["error"].pop("message")
    else:
        assert answer["pageInfo"]["nextCursor"].pop("orderFields")


def check(client: FlaskClient, row: Record) -> None:
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
    if row.get("chunked"):
        assert not {"ETag", "Content-Length"} & set(response.headers.keys())


@pytest.fixture(scope="module")
def fixtures(make_shared_portal: MakePortal, shared_database_url: str) -> Portal:
    """Return a portal with the content of the recorded backend, on each database."""
    files = content("fixtures")
    local = ("all.yaml", "missing-req.yaml", "tmpl/template.yaml", "widget.yaml")
    sources = [
        (Source("local", "", targets=local, location="file:/srv/content94/fixtures"), files),
        (
            Source("http", "", targets=("url-loc.yaml",), location="url:http://127.0.0.1:17008"),
            files,
        ),
    ]
    portal = make_shared_portal(sources=sources, database_url=shared_database_url)
    take_uids(portal, recorded_uids(FIXTURES))
    return portal


def name_of(row: Record) -> str:
    """Return what a test is called."""
    return str(row["name"])


@pytest.mark.parametrize("row", FIXTURES, ids=name_of)
def test_a_recorded_request_gets_the_recorded_answer(fixtures: Portal, row: Record) -> None:
    check(fixtures.client, row)


def test_every_answer_is_as_the_published_description_says(
    fixtures: Portal, violations: Callable[..., list[str]]
) -> None:
    for row in FIXTURES:
        answer = send(fixtures.client, row)
        request = (row["method"], row["url"])
        body = answer.json if answer.is_json else answer.text
        found = violations(*request, answer.status_code, body)
        # The description knows no ``fields``: Backstage's own answers are not all as it says.
        assert set(found) <= set(violations(*request, row["status"], row["answer"]))


def test_every_difference_is_of_a_recorded_request() -> None:
    assert DIFFERENCES.keys() <= {row["name"] for row in FIXTURES}


# --- search ---------------------------------------------------------------


@pytest.mark.parametrize("row", SEARCHES, ids=name_of)
def test_a_recorded_search_is_answered_in_the_same_shape(fixtures: Portal, row: Record) -> None:
    check_search(fixtures.client, row, is_same_content=True)


def check_search(client: FlaskClient, row: Record, *, is_same_content: bool) -> None:
    """Send a recorded search: all but what a ranking decides has to be the same.

    The recorded engine also finds words at two letters' distance, here a word has to
    begin with what is asked for; so only answers without a term have the same hits.
    """
    response = send(client, row)
    answer, expected = response.get_json(), row["answer"]
    if expected.get("error", {}).get("name") == "MissingIndexError":
        # Nothing was documented there yet; here an index of nothing is an index.
        assert (response.status_code, answer) == (200, {"numberOfResults": 0, "results": []})
        return
    assert (response.status_code, response.headers["Content-Type"]) == (row["status"], row["type"])
    if row["status"] != 200:
        assert answer == expected
        return
    assert answer.keys() >= {"numberOfResults", "results"}
    theirs = {r["document"]["location"]: r for r in expected["results"]}
    mine = {r["document"]["location"]: r for r in answer["results"]}
    for place in mine.keys() & theirs.keys():
        assert mine[place]["type"] == theirs[place]["type"]
        assert mine[place]["document"] == theirs[place]["document"]
    if "term=&" in row["url"] + "&" and is_same_content:
        leave_out = {"results": None}
        assert answer | leave_out == expected | leave_out
        assert [r["rank"] for r in answer["results"]] == [r["rank"] for r in expected["results"]]


# --- the frontend -----------------------------------------------------------


@pytest.fixture(scope="module")
def demo(make_shared_portal: MakePortal) -> Portal:
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
def test_the_frontend_gets_the_recorded_catalog(demo: Portal, row: Record) -> None:
    if row.get("cut"):
        row = row | {"answer": answer_of(send(demo.client, row))}
    check(demo.client, row)
    assert_cors(send(demo.client, row), row)


PREFLIGHTS = [*frontend("catalog", "OPTIONS"), *frontend("search", "OPTIONS")]


@pytest.mark.parametrize("row", PREFLIGHTS, ids=path_of)
def test_the_browser_may_ask_from_the_frontends_origin(demo: Portal, row: Record) -> None:
    response = send(demo.client, row)
    assert (response.status_code, response.text) == (row["status"], "")
    assert_cors(response, row)


def assert_cors(response: Any, row: Record) -> None:
    """Assert that a browser gives the answer to the frontend."""
    assert {name: response.headers.get(name) for name in row["cors"]} == row["cors"]
    assert "Origin" in response.headers["Vary"]


def techdocs(row: Record) -> bool:
    """Whether a recorded search found documentation, whose pages were not recorded."""
    found = row["answer"].get("results", ())
    return any(result["type"] == "techdocs" for result in found)


SEARCHED = [row for row in frontend("search", "GET") if not techdocs(row)]


@pytest.mark.parametrize("row", SEARCHED, ids=path_of)
def test_the_frontends_searches_find_the_recorded_documents(demo: Portal, row: Record) -> None:
    check_search(demo.client, row, is_same_content=False)
    if row["status"] == 200:
        found = send(demo.client, row).get_json()["results"]
        wanted = {r["document"]["location"] for r in row["answer"]["results"]}
        assert {r["document"]["location"] for r in found} == wanted


# --- content that is wrong --------------------------------------------------


def test_a_broken_descriptor_keeps_its_entity_and_a_removed_one_takes_it_away(
    make_portal: MakePortal,
) -> None:
    files = content("fixtures")
    source = Source("http", "", targets=("url-loc.yaml",), location="url:http://127.0.0.1:17008")
    portal = make_portal(sources=[(source, files)], cache_bytes=0)
    broken, orphans, removed = STATUS
    text = files["url-loc.yaml"]
    component = text.index("---\n")
    portal.repository.commit({"url-loc.yaml": text.replace("lifecycle: production, ", "")})
    portal.sync()
    take_uids(portal, recorded_uids(STATUS))
    check(portal.client, broken)
    portal.repository.commit({"url-loc.yaml": text[:component]})
    portal.sync()
    check(portal.client, orphans)
    check(portal.client, removed)


#: Content a Backstage backend shows nothing of, and what it is here: entities that are
#: there, and the Location that says what is wrong.
PARTIAL = {
    "a missing target": (
        "{targets: [./sub/one.yaml, ./sub/missing.yaml]}",
        "component:other-ns/sub-one",
        "location:default/partial",
    ),
    "a target outside of the repository": (
        "{targets: [./sub/one.yaml, '../secret.yaml']}",
        "component:other-ns/sub-one",
        "location:default/partial",
    ),
}


@pytest.mark.parametrize(("targets", "present", "blamed"), PARTIAL.values(), ids=PARTIAL.keys())
def test_one_bad_target_does_not_take_the_good_ones_away(
    make_portal: MakePortal, targets: str, present: str, blamed: str
) -> None:
    location = (
        "apiVersion: backstage.io/v1alpha1\nkind: Location\n"
        f"metadata: {{name: partial}}\nspec: {targets}\n"
    )
    portal = make_portal(
        content("fixtures") | {"partial.yaml": location}, targets=("partial.yaml",)
    )
    items = by_refs(portal, [present, blamed])
    assert items[0] is not None
    assert "status" not in items[0]
    assert [i["type"] for i in items[1]["status"]["items"]] == ["backstage.io/catalog-processing"]


def test_one_kind_that_is_not_known_does_not_take_the_good_ones_away(
    make_portal: MakePortal,
) -> None:
    text = (
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: in-notallowed}\n"
        "spec: {type: service, lifecycle: p, owner: x}\n---\n"
        "apiVersion: backstage.io/v1alpha1\nkind: Gizmo\nmetadata: {name: gz}\n"
    )
    portal = make_portal({"catalog-info.yaml": text})
    there, gone = by_refs(portal, ["component:default/in-notallowed", "gizmo:default/gz"])
    assert there is not None
    assert gone is None
    problems = portal.get("/api/catalog/problems")["items"]
    assert [(p["entityRef"], p["line"]) for p in problems] == [("gizmo:default/gz", 7)]


def by_refs(portal: Portal, refs: list[str]) -> list[Any]:
    """Return the entities of some refs."""
    response = portal.client.post("/api/catalog/entities/by-refs", json={"entityRefs": refs})
    found: list[Any] = response.get_json()["items"]
    return found
