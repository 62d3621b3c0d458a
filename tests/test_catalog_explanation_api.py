"""The doors for owners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import pytest

API = "/api/catalog"
BY_NAME = f"{API}/entities/by-name/component/default"
HEAD = "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
SPEC = "spec: {type: t, lifecycle: l, owner: o}\n"


@pytest.fixture
def portal(make_portal: Callable[..., Any]) -> Any:
    """Return a portal with two components, one of which was mended badly."""
    good = f"{HEAD}metadata: {{name: good}}\n{SPEC}"
    files = {"catalog-info.yaml": f"{good}---\n{HEAD}metadata: {{name: bad}}\n{SPEC}"}
    portal = make_portal(files)
    broken = f"{good}---\n{HEAD}metadata: {{name: bad}}\nspec: {{}}\n"
    broken += f"---\n{HEAD}metadata: {{name: never}}\nspec: {{}}\n"
    portal.repository.commit({"catalog-info.yaml": broken})
    portal.sync()
    return portal


def test_an_entity_is_explained(portal: Any) -> None:
    found = portal.get(f"{BY_NAME}/BAD/explain")
    assert found["entityRef"] == "component:default/bad"
    assert [p["line"] for p in found["problems"]][:1] == [9]
    assert portal.client.get(f"{BY_NAME}/none/explain").status_code == 404


def test_sources_tell_how_they_are_doing(portal: Any) -> None:
    (listed,) = portal.get(f"{API}/sources")["items"]
    found = portal.get(f"{API}/sources/content")
    assert found.items() >= listed.items()
    assert {p["entityRef"] for p in found["problems"]} == {
        "component:default/bad",
        "component:default/never",
    }
    assert portal.client.get(f"{API}/sources/none").status_code == 404


def test_a_registered_location_tells_how_it_is_doing(portal: Any) -> None:
    target = "https://github.com/acme/shop/blob/main/a.yaml"
    answer = portal.client.post(f"{API}/locations", json={"type": "url", "target": target})
    url = f"{API}/locations/{answer.json['location']['id']}/status"
    assert portal.get(url)["state"] == "unread"
    assert portal.client.get(f"{API}/locations/none/status").status_code == 404


def test_failed_entities_are_listed_as_backstage_does(portal: Any) -> None:
    found = portal.get(f"{API}/entities/unprocessed/failed")
    assert found["type"] == "failed"
    bad, never = sorted(found["entities"], key=lambda entity: str(entity["entity_ref"]))
    served = portal.get(f"{BY_NAME}/bad")
    assert bad["entity_id"] == served["metadata"]["uid"]
    assert bad["processed_entity"] == served
    assert bad["errors"][0]["name"] == "InputError"
    assert "spec must have required property" in bad["errors"][0]["message"]
    assert never["unprocessed_entity"]["metadata"]["name"] == "never"
    assert "processed_entity" not in never
    assert portal.get(f"{API}/entities/unprocessed/pending") == {"type": "pending", "entities": []}


def test_an_entity_is_given_as_it_was(portal: Any) -> None:
    first = portal.repository.git("rev-parse", "HEAD~1").strip()
    portal.repository.commit(
        {"catalog-info.yaml": f"{HEAD}metadata: {{name: good, title: T}}\n{SPEC}"}
    )
    portal.sync(confirm=portal.repository.git("rev-parse", "HEAD").strip())
    assert portal.get(f"{BY_NAME}/good")["metadata"]["title"] == "T"
    assert "title" not in portal.get(f"{BY_NAME}/good?at={first}")["metadata"]
    assert portal.client.get(f"{BY_NAME}/good?at=nonsense").status_code == 400
    assert portal.client.get(f"{BY_NAME}/good?at=").status_code == 400
    assert portal.client.get(f"{BY_NAME}/good?at=2001-01-01").status_code == 404


def test_the_name_an_entity_had_redirects_to_the_one_it_has(portal: Any) -> None:
    renamed = f"{HEAD}metadata: {{name: New, annotations: {{portal/formerly: good}}}}\n{SPEC}"
    portal.repository.commit({"catalog-info.yaml": renamed})
    portal.sync(confirm=portal.repository.git("rev-parse", "HEAD").strip())
    answer = portal.client.get(f"{BY_NAME}/good")
    assert answer.status_code == 308
    assert answer.json == {"movedTo": "component:default/new"}
    followed = portal.get(urljoin(f"{BY_NAME}/good", answer.headers["Location"]))
    assert followed["metadata"]["name"] == "New"
    assert portal.client.get(f"{BY_NAME}/bad").status_code == 404
