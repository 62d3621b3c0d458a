"""The doors for locations: what clients may send, and what they are told."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.catalog import tables as t
from tests.conftest import MakePortal
from tests.conftest import Portal

API = "/api/catalog/locations"
TARGET = "https://github.com/acme/%s/blob/main/catalog-info.yaml"


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    """Return a portal whose worker does not run."""
    return make_shared_portal({"catalog-info.yaml": ""})


@pytest.fixture
def client(portal: Portal) -> Iterator[FlaskClient]:
    """Return a client of a portal without locations."""
    yield portal.client
    with portal.services.database.begin() as connection:
        connection.execute(sa.delete(t.locations))
        connection.execute(sa.delete(t.refresh_requests))


def add(client: FlaskClient, name: str, query: str = "") -> TestResponse:
    """Register a location."""
    body = {"type": "url", "target": TARGET % name}
    return client.post(f"{API}{query}", json=body)


def test_it_is_created_and_told(client: FlaskClient) -> None:
    answer = add(client, "a")
    assert answer.status_code == 201
    location = answer.get_json()["location"]
    assert answer.json == {"location": location, "entities": []}
    assert client.get(f"{API}/{location['id']}").json == location
    assert client.get(API).json == [{"data": location}]


@pytest.mark.parametrize("query", ["", "?onConflict=reject", "?dryRun=false", "?dryRun=0"])
def test_a_second_time_is_a_conflict(client: FlaskClient, query: str) -> None:
    add(client, "a")
    answer = add(client, "a", query)
    assert answer.status_code == 409
    assert answer.get_json()["error"] == {
        "name": "ConflictError",
        "message": f"Location url:{TARGET % 'a'} already exists",
    }
    assert answer.get_json()["request"] == {"method": "POST", "url": f"/locations{query}"}


def test_unless_that_means_to_read_it_again(client: FlaskClient) -> None:
    first = add(client, "a").get_json()["location"]
    answer = add(client, "a", "?onConflict=refresh")
    assert (answer.status_code, answer.get_json()["location"]) == (201, first)


@pytest.mark.parametrize("body", ["[]", "1", '"x"', "null", "{", '{"type": 1, "target": "x"}'])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_is_no_location_is_refused(client: FlaskClient, body: str, method: str) -> None:
    url = API if method == "POST" else f"{API}/x"
    answer = client.open(url, method=method, data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.get_json()["error"]["message"]


def test_unknown_parameters_are_refused(client: FlaskClient) -> None:
    answer = add(client, "a", "?foo=1")
    assert answer.get_json()["error"]["message"] == "Unknown query parameter 'foo'"
    answer = add(client, "a", "?onConflict=maybe")
    assert answer.status_code == 400


def test_characters_no_database_takes_are_refused(client: FlaskClient) -> None:
    answer = client.post(
        API, data='{"type": "url", "target": "https://x/\\u0000"}', content_type="application/json"
    )
    assert answer.status_code == 400
    assert client.get(f"{API}/%00").status_code in {400, 404}
    assert client.delete(f"{API}/%00").status_code in {400, 404}
    assert client.delete("/api/catalog/entities/by-uid/%00").status_code in {204, 400}


def test_locations_are_paged_by_a_cursor_that_holds_all(client: FlaskClient) -> None:
    made = sorted(
        (add(client, name).get_json()["location"] for name in "abc"), key=lambda x: str(x["id"])
    )
    body = {"limit": 2, "query": {"type": "url"}}
    one = client.post(f"{API}/by-query", json=body).get_json()
    assert (one["items"], one["totalItems"]) == (made[:2], 3)
    cursor = one["pageInfo"]["nextCursor"]
    assert json.loads(base64.b64decode(cursor)) == {
        "limit": 2,
        "afterId": made[1]["id"],
        "query": {"type": "url"},
    }
    two = client.post(f"{API}/by-query", json={"cursor": cursor}).json
    assert two == {"items": made[2:], "totalItems": 3, "pageInfo": {}}


@pytest.mark.parametrize(
    "body",
    [
        {"cursor": "zzz"},
        {"limit": -1},
        {"limit": "1"},
        {"query": []},
        {"query": {"$all": 1}},
        {"cursor": base64.b64encode(b'{"limit": 0, "afterId": ""}').decode()},
    ],
)
def test_a_bad_question_is_refused(client: FlaskClient, body: Any) -> None:
    assert client.post(f"{API}/by-query", json=body).status_code == 400


def test_readonly_refuses_to_change_anything(make_portal: MakePortal) -> None:
    client = make_portal({"catalog-info.yaml": ""}, readonly=True).client
    body = {"type": "url", "target": TARGET % "a"}
    answers = (
        client.post(API, json=body),
        client.put(f"{API}/x", json=body),
        client.delete(f"{API}/x"),
    )
    for answer in answers:
        assert answer.status_code == 403
        assert answer.get_json()["error"] == {
            "name": "NotAllowedError",
            "message": "This operation not allowed in readonly mode",
        }


def test_deleting_an_entity_that_is_not_there_is_no_error(client: FlaskClient) -> None:
    answer = client.delete("/api/catalog/entities/by-uid/none")
    assert (answer.status_code, answer.text) == (204, "")
    assert "Content-Type" not in answer.headers
