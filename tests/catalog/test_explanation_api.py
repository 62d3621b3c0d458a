"""The doors for owners."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urljoin

import pytest

from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import COMPONENT
from tests.descriptors import component
from tests.descriptors import descriptor

API = "/api/catalog"
BY_NAME = f"{API}/entities/by-name/component/default"


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    """Return a portal with two components, one of which was mended badly."""
    files = {"catalog-info.yaml": component("good") + component("bad")}
    portal = make_portal(files)
    broken = "".join(descriptor("Component", name, {}) for name in ("bad", "never"))
    portal.repository.commit({"catalog-info.yaml": component("good") + broken})
    portal.sync()
    return portal


def test_an_entity_is_explained(portal: Portal) -> None:
    found = portal.get(f"{BY_NAME}/BAD/explain")
    assert found["entityRef"] == "component:default/bad"
    assert [p["line"] for p in found["problems"]][:1] == [4]
    assert portal.client.get(f"{BY_NAME}/none/explain").status_code == 404


def test_sources_tell_how_they_are_doing(portal: Portal) -> None:
    (listed,) = portal.get(f"{API}/sources")["items"]
    head = portal.repository.git("log", "-1", "--format=%at").strip()
    assert dt.datetime.fromisoformat(listed["committedAt"]).timestamp() == float(head)
    found = portal.get(f"{API}/sources/content")
    assert found.items() >= listed.items()
    assert {p["entityRef"] for p in found["problems"]} == {
        "component:default/bad",
        "component:default/never",
    }
    assert portal.client.get(f"{API}/sources/none").status_code == 404


def test_a_registered_location_tells_how_it_is_doing(portal: Portal) -> None:
    target = "https://github.com/acme/shop/blob/main/a.yaml"
    answer = portal.client.post(f"{API}/locations", json={"type": "url", "target": target})
    url = f"{API}/locations/{answer.get_json()['location']['id']}/status"
    assert portal.get(url)["state"] == "unread"
    assert portal.client.get(f"{API}/locations/none/status").status_code == 404


def test_failed_entities_are_listed_as_backstage_does(portal: Portal) -> None:
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


def test_an_entity_is_given_as_it_was(portal: Portal) -> None:
    first = portal.repository.git("rev-parse", "HEAD~1").strip()
    portal.repository.commit(
        {"catalog-info.yaml": descriptor("Component", "good", COMPONENT, title="T")}
    )
    portal.sync(confirm=portal.repository.git("rev-parse", "HEAD").strip())
    assert portal.get(f"{BY_NAME}/good")["metadata"]["title"] == "T"
    assert "title" not in portal.get(f"{BY_NAME}/good?at={first}")["metadata"]
    assert portal.client.get(f"{BY_NAME}/good?at=nonsense").status_code == 400
    assert portal.client.get(f"{BY_NAME}/good?at=").status_code == 400
    assert portal.client.get(f"{BY_NAME}/good?at=2001-01-01").status_code == 404


def test_the_name_an_entity_had_redirects_to_the_one_it_has(portal: Portal) -> None:
    renamed = descriptor("Component", "New", COMPONENT, annotations={"portal/formerly": "good"})
    portal.repository.commit({"catalog-info.yaml": renamed})
    portal.sync(confirm=portal.repository.git("rev-parse", "HEAD").strip())
    answer = portal.client.get(f"{BY_NAME}/good")
    assert answer.status_code == 308
    assert answer.json == {"movedTo": "component:default/new"}
    followed = portal.get(urljoin(f"{BY_NAME}/good", answer.headers["Location"]))
    assert followed["metadata"]["name"] == "New"
    assert portal.client.get(f"{BY_NAME}/bad").status_code == 404
