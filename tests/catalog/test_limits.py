"""Metadata that is too large is refused; long descriptions are shown shortened in lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.catalog.reading.projection import shortened
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.tables import each

API = "/api/catalog"
BY_NAME = f"{API}/entities/by-name/component/default"
LONG = "가" * 120_000


def descriptor(name: str, **metadata: Any) -> str:
    entity = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": name, **metadata},
        "spec": {"type": "service", "lifecycle": "production", "owner": "team-a"},
    }
    return json.dumps(entity)


TOO_MUCH: dict[str, tuple[dict[str, Any], str]] = {
    "an annotation": (
        {"annotations": {"a/b": "x" * 1_000_000}},
        "metadata.annotations.a/b has 1,000,000 bytes; 65,536 are allowed",
    ),
    "an annotation in Korean": (
        {"annotations": {"a/b": "가" * 30_000}},
        "metadata.annotations.a/b has 90,000 bytes; 65,536 are allowed",
    ),
    "a title": ({"title": "x" * 65_537}, "metadata.title has 65,537 bytes; 65,536 are allowed"),
    "a link's title": (
        {"links": [{"url": "https://a.test", "title": "x" * 70_000}]},
        "metadata.links.0.title has 70,000 bytes; 65,536 are allowed",
    ),
    "tags": (
        {"tags": [f"t{number}" for number in range(10_000)]},
        "metadata.tags has 10,000 members; 1,000 are allowed",
    ),
    "labels": (
        {"labels": {f"l{number}": "v" for number in range(1_001)}},
        "metadata.labels has 1,001 members; 1,000 are allowed",
    ),
    "annotations": (
        {"annotations": {f"a{number}": "v" for number in range(1_001)}},
        "metadata.annotations has ",
    ),
    "links": (
        {"links": [{"url": "https://a.test"}] * 1_001},
        "metadata.links has 1,001 members; 1,000 are allowed",
    ),
}


def test_metadata_that_is_too_large_is_refused(make_portal: MakePortal) -> None:
    names = {case: f"shop{number}" for number, case in enumerate(TOO_MUCH)}
    files = {f"{name}.yaml": descriptor(name, **TOO_MUCH[case][0]) for case, name in names.items()}
    portal = make_portal(files, targets=("*.yaml",))
    problems = portal.get(f"{API}/problems")["items"]
    assert {one["rule"] for one in problems} == {"limit"}
    messages = {one["entityRef"]: one["message"] for one in problems}
    assert messages.keys() == {f"component:default/{name}" for name in names.values()}

    @each(TOO_MUCH)
    def is_refused(case: str) -> None:
        (metadata, message), name = TOO_MUCH[case], names[case]
        assert portal.client.get(f"{BY_NAME}/{name}").status_code == 404
        assert message in messages[f"component:default/{name}"]
        entity = json.loads(descriptor(name, **metadata))
        body = {"entity": entity, "location": "url:https://a.test/x"}
        if len(json.dumps(body)) < 90_000:
            answer = portal.client.post(f"{API}/validate-entity", json=body)
            assert message in answer.get_json()["errors"][0]["message"]

    is_refused()


def test_the_limits_are_settings(make_portal: MakePortal) -> None:
    tags = [f"t{number}" for number in range(101)]
    content = {"catalog-info.yaml": descriptor("shop", tags=tags, title="x" * 1_001)}
    assert make_portal(content).client.get(f"{BY_NAME}/shop").status_code == 200
    strict = make_portal(content, metadata_members=100, metadata_bytes=1_000)
    assert strict.client.get(f"{BY_NAME}/shop").status_code == 404


@pytest.fixture
def long(make_portal: MakePortal) -> Portal:
    texts = (descriptor("shop", description=LONG), descriptor("brief", description="Short."))
    return make_portal({"catalog-info.yaml": "\n---\n".join(texts)})


def descriptions(items: list[dict[str, Any]]) -> list[int]:
    return sorted(len(item["metadata"].get("description", "")) for item in items)


def test_lists_show_the_beginning_of_a_long_description(long: Portal) -> None:
    refs = {"entityRefs": ["component:default/shop", "component:default/brief"]}
    query = "filter=kind=component"
    lists = (
        long.get(f"{API}/entities?{query}"),
        long.get(f"{API}/entities?{query}&fields=metadata.description"),
        long.get(f"{API}/entities/by-query?{query}")["items"],
        long.client.post(
            f"{API}/entities/by-query", json={"query": {"kind": "component"}}
        ).get_json()["items"],
        long.client.post(f"{API}/entities/by-refs", json=refs).get_json()["items"],
    )
    for items in lists:
        assert descriptions(items) == [6, 2_000]
    shown = max(item["metadata"]["description"] for item in lists[0])
    assert shown == f"{LONG[:1_999]}…"


def test_the_entity_itself_has_all_of_it(long: Portal) -> None:
    entity = long.get(f"{BY_NAME}/shop")
    assert entity["metadata"]["description"] == LONG
    uid = entity["metadata"]["uid"]
    assert long.get(f"{API}/entities/by-uid/{uid}") == entity


def test_lists_show_all_where_the_operator_wants_it(make_portal: MakePortal) -> None:
    content = {"catalog-info.yaml": descriptor("shop", description=LONG)}
    portal = make_portal(content, listed_description=0)
    assert descriptions(portal.get(f"{API}/entities?filter=kind=component")) == [120_000]


@pytest.mark.parametrize(
    ("description", "shown"),
    [
        ("x" * 10, "x" * 10),
        ("x" * 11, "x" * 9 + "…"),
        ('"' * 8 + "\\", '"' * 8 + "\\"),
        ('\\"' * 6, '\\"' * 4 + "\\…"),
        ("", ""),
    ],
)
def test_only_characters_count(description: str, shown: str) -> None:
    entity = {"metadata": {"description": description}, "spec": {"definition": "x" * 100}}
    text = json.dumps(entity, separators=(",", ":"))
    assert json.loads(shortened(text, 10))["metadata"]["description"] == shown


def test_descriptions_elsewhere_stay() -> None:
    entity = {"metadata": {"name": "a"}, "spec": {"description": "x" * 100}}
    text = json.dumps(entity, separators=(",", ":"))
    assert shortened(text, 10) == text
