"""The catalog's routes: what no recording shows, and what hostile clients send."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest

from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import COMPONENT
from tests.descriptors import component
from tests.descriptors import descriptor

_API = "/api/catalog"


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    """Return a portal with a few components."""
    names = ("alpha", "Beta", "gamma", "delta", "가나".encode().hex())
    broken = "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: bad}\n"
    text = "".join(
        descriptor("Component", name, COMPONENT, title=name.upper(), tags=["x"]) for name in names
    )
    return make_shared_portal({"catalog-info.yaml": text + broken})


def packed(value: Any) -> str:
    """Return JSON in base64."""
    return base64.b64encode(json.dumps(value).encode()).decode()


def test_links_lead_through_all_entities(portal: Portal) -> None:
    url = "/entities?limit=2&offset=1&fields=metadata.name&fields=kind&filter=kind%3Dcomponent"
    seen = []
    while url:
        response = portal.client.get(_API + url)
        seen += [entity["metadata"]["name"] for entity in response.get_json()]
        link = response.headers.get("Link", "")
        url = link.partition("<")[2].partition(">")[0]
        if url:
            assert link.endswith('; rel="next"')
            query = parse_qs(urlsplit(url).query)
            assert set(query) == {"limit", "fields", "filter", "after"}
            assert query["fields"] == ["metadata.name", "kind"]
    assert [name.lower() for name in seen] == sorted(name.lower() for name in seen)
    assert len(seen) == 4


def test_pages_lead_on_by_get_and_by_post(portal: Portal) -> None:
    first = portal.get(f"{_API}/entities/by-query?limit=2&orderField=metadata.name,desc")
    body = {"cursor": first["pageInfo"]["nextCursor"], "limit": 2}
    posted = portal.client.post(f"{_API}/entities/by-query", json=body)
    got = portal.get(
        f"{_API}/entities/by-query", query_string={"limit": 2, "cursor": body["cursor"]}
    )
    assert posted.json == got
    assert posted.json["items"] != first["items"]


def test_what_is_sent_beside_a_cursor_is_not_looked_at(portal: Portal) -> None:
    first = portal.get(f"{_API}/entities/by-query?limit=1&filter=kind%3Dcomponent")
    cursor = first["pageInfo"]["nextCursor"]
    beside = {
        "limit": 9,
        "cursor": cursor,
        "filter": "kind=nope",
        "orderField": "kind",
        "offset": 3,
    }
    page = portal.get(f"{_API}/entities/by-query", query_string=beside)
    assert len(page["items"]) == 4
    assert page["totalItems"] == 5


def test_facets_are_named_as_they_were_asked_for(portal: Portal) -> None:
    found = portal.get(f"{_API}/entity-facets?facet=Metadata.TAGS&facet=__proto__&facet=kind")
    assert list(found["facets"]) == ["Metadata.TAGS", "__proto__", "kind"]
    assert found["facets"]["Metadata.TAGS"] == [{"value": "x", "count": 5}]


def test_problems_say_where_and_what(portal: Portal) -> None:
    (problem,) = portal.get(f"{_API}/problems")["items"]
    assert problem["entityRef"] == "component:default/bad"
    assert problem["file"] == "catalog-info.yaml"
    assert problem["line"] == 11
    assert "must have required property 'spec'" in problem["message"]
    assert set(problem["since"]) == {"commit", "time"}


def test_history_tells_the_commit_and_its_author(portal: Portal) -> None:
    history = portal.get(f"{_API}/entities/by-name/COMPONENT/default/beta/history")
    (entry,) = history["items"]
    assert history["entityRef"] == "component:default/beta"
    assert entry["operation"] == "added"
    assert "Ada Author" in json.dumps(entry)


def test_two_requests_that_differ_in_their_body_are_answered_apart(portal: Portal) -> None:
    answers = [
        portal.client.post(f"{_API}/entities/by-refs", json={"entityRefs": refs}).get_json()[
            "items"
        ]
        for refs in (["component:default/alpha"], ["component:default/beta"], [])
    ]
    assert [len(items) for items in answers] == [1, 1, 0]
    assert answers[0] != answers[1]


# --- hostile ----------------------------------------------------------------

_DEEP = '{"query":' + '{"$not":' * 500 + "{}" + "}" * 500 + "}"
_PLACE = {"orderFields": [], "orderFieldValues": ["x"], "isPrevious": False}
_GETS = {
    "/entities?filter=__proto__": 200,
    "/entities?filter=__proto__=1,constructor.prototype": 200,
    "/entities?filter=%FF%FE=%ED%A0%80": 200,
    "/entities?filter=%24not": 200,
    "/entities?filter='%20OR%201=1--": 200,
    "/entities?" + "&".join(f"filter=kind=a{i}" for i in range(500)): 200,
    "/entities?filter=" + ",".join(f"kind=a{i}" for i in range(500)): 200,
    "/entities?" + "&".join(f"filter=kind=a{i}" for i in range(2000)): 400,
    "/entities?limit=999999999999999&offset=999999999999999": 200,
    "/entities?after=" + packed({"limit": 10**30}): 400,
    "/entities?after=" + packed({"limit": 0}): 400,
    "/entities?after=" + packed([1]): 400,
    "/entities?after=" + packed({}): 200,
    "/entities?order=asc:": 400,
    "/entities?order=up:kind": 400,
    "/entities?limit=1&" + "&".join("order=asc:kind" for _ in range(500)): 200,
    "/entities?limit=1&" + "&".join(f"order=asc:kind{i}" for i in range(500)): 400,
    "/entities?fields=__proto__,constructor": 200,
    "/entities?fields=" + "a." * 2000: 200,
    "/entities/by-query?cursor=" + "[" * 5000: 400,
    "/entities/by-query?cursor=" + packed([1]): 400,
    "/entities/by-query?cursor=" + packed(_PLACE | {"orderFieldValues": ["\ud800"]}): 400,
    "/entities/by-query?cursor=" + packed(_PLACE | {"query": {"kind": None}}): 400,
    "/entities/by-query?cursor=" + packed(_PLACE | {"query": [1]}): 400,
    "/entities/by-query?cursor=" + packed(_PLACE | {"query": json.loads(_DEEP)["query"]}): 400,
    "/entities/by-query?cursor=" + packed(_PLACE | {"totalItems": -1}): 200,
    "/entities/by-query?orderField=,": 200,
    "/entities/by-query?fullTextFilterTerm=" + "%25a" * 3000: 200,
    "/entities/by-name/%00/x/y": 404,
    "/entities/by-name/component/default/%ED%A0%80": 404,
    "/entities/by-name/component/default/%2e%2e": 404,
    "/entities/by-name/component/default/%00/ancestry": 404,
    "/entities/by-name/component/default/%00/history": 404,
    "/entities/by-uid/%00": 404,
    "/entity-facets?facet=%00": 400,
    "/entity-facets?" + "&".join(f"facet=f{i}" for i in range(500)): 400,
}


@pytest.mark.parametrize(("url", "status"), _GETS.items(), ids=[url[:50] for url in _GETS])
def test_a_hostile_url_is_answered(portal: Portal, url: str, status: int) -> None:
    response = portal.client.get(_API + url)
    assert response.status_code == status, response.text
    if status != 200:
        assert response.get_json()["response"] == {"statusCode": status}


_POSTS: dict[tuple[str, str], int] = {
    ("/entities/by-query", _DEEP): 400,
    ("/entities/by-query", json.dumps({"query": {"$any": [{"a": 1}] * 5000}})): 400,
    ("/entities/by-query", json.dumps({"query": {f"k{i}": 1 for i in range(3000)}})): 400,
    ("/entities/by-query", json.dumps({"query": {"kind": {"$in": ["x"] * 15_000}}})): 200,
    ("/entities/by-query", '{"query": {"__proto__": {"$exists": true}}}'): 200,
    ("/entities/by-query", '{"query": {"kind": 1e400}}'): 200,
    ("/entities/by-query", '{"limit": 1.0, "unknown": {}}'): 200,
    ("/entities/by-query", " "): 400,
    ("/entities/by-query", ""): 200,
    ("/entities/by-refs", json.dumps({"entityRefs": ["", "x" * 1000, "c:d/'--"]})): 200,
    ("/entities/by-refs", json.dumps({"entityRefs": [f"c:d/{i}" for i in range(6000)]})): 200,
    ("/entities/by-refs", '{"entityRefs": [1]}'): 400,
    ("/entity-facets", json.dumps({"facets": [f"f{i}" for i in range(500)]})): 400,
    ("/entity-facets", '{"facets": []}'): 400,
    ("/refresh", '{"entityRef": "\\u0000"}'): 400,
    ("/refresh", '{"entityRef": ""}'): 404,
}


@pytest.mark.parametrize(("sent", "status"), _POSTS.items(), ids=[str(p)[:60] for p in _POSTS])
def test_a_hostile_body_is_answered(portal: Portal, sent: tuple[str, str], status: int) -> None:
    url, body = sent
    response = portal.client.post(_API + url, data=body, content_type="application/json")
    assert response.status_code == status, response.text


def test_a_large_body_is_not_kept_in_memory(make_portal: MakePortal) -> None:
    portal = make_portal({"catalog-info.yaml": component("a")}, cache_bytes=100_000)
    cache = portal.services.catalog._cache
    for number in range(600):
        body = {"query": {"kind": f"{number}" + "x" * 300}, "limit": 0}
        portal.client.post(f"{_API}/entities/by-query", json=body)
    assert 0 < len(cache._answers) < 500
    assert all(len(str(key)) < 200 for key in cache._answers)
