"""From a commit to what a reader sees: the road, walked to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.catalog.processing import history
from tests.conftest import MakePortal

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def glossary() -> dict[str, str]:
    """Return the project's own glossary, without what needs the rest of the repository."""
    files = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "catalog").glob("*/catalog-info.yaml"))
    }
    root = (
        "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: root}\n"
        "spec: {targets: [./catalog/*/catalog-info.yaml]}\n"
    )
    return {**files, "catalog-info.yaml": root}


def names(portal: Any) -> set[str]:
    entities = portal.get("/api/catalog/entities?filter=kind=concept")
    return {entity["metadata"]["name"] for entity in entities}


def test_an_edited_concept_is_new_at_every_door_and_nothing_else_is(
    make_portal: MakePortal, glossary: dict[str, str]
) -> None:
    portal = make_portal(glossary)
    before = {e["metadata"]["name"]: e for e in portal.get("/api/catalog/entities")}
    path = "catalog/etl/catalog-info.yaml"
    text = glossary[path].replace("description: ", "description: 소라고둥으로 ", 1)
    text = text.replace("      summary: ", "      summary: 소라고둥으로 ", 1)
    commit = portal.repository.commit({path: text}, "Say it with a conch")
    [report] = portal.sync()
    assert report.changed == ("concept:default/etl",)
    after = {e["metadata"]["name"]: e for e in portal.get("/api/catalog/entities")}
    assert [name for name in after if after[name] != before[name]] == ["etl"]
    concept = portal.get("/api/glossary/concepts/etl?lang=ko")
    assert "소라고둥으로" in str(concept)
    hits = portal.get("/api/search/query?term=소라고둥으로")["results"]
    assert [hit["document"]["title"] for hit in hits][:1] == ["ETL"]
    page = portal.client.get("/glossary/etl?lang=ko")
    assert page.status_code == 200
    assert "소라고둥으로" in page.text
    with portal.services.database.connect() as connection:
        from_history = history_of(connection, "concept:default/etl")
    assert from_history["commit"]["id"] == commit
    assert from_history["commit"]["author"] == "Ada Author"
    assert from_history["commit"]["subject"] == "Say it with a conch"


def history_of(connection: Any, ref: str) -> dict[str, Any]:
    return history.load(connection, ref)[0]


def test_a_removed_concept_is_gone_and_nine_of_eleven_are_held(
    make_portal: MakePortal, glossary: dict[str, str]
) -> None:
    portal = make_portal(glossary)
    assert len(names(portal)) == 11
    portal.repository.commit({"catalog/etl/catalog-info.yaml": None})
    [report] = portal.sync()
    assert report.removed == ("concept:default/etl",)
    assert len(names(portal)) == 10
    assert portal.client.get("/api/glossary/concepts/etl").status_code == 404
    rest = sorted(names(portal))[:9]
    portal.repository.commit({f"catalog/{name}/catalog-info.yaml": None for name in rest})
    [report] = portal.sync()
    assert report.outcome == "held"
    assert len(names(portal)) == 10
    [report] = portal.sync(confirm=report.commit)
    assert report.outcome == "changed"
    assert len(names(portal)) == 1


def test_a_broken_root_takes_nothing_along(
    make_portal: MakePortal, glossary: dict[str, str]
) -> None:
    portal = make_portal(glossary)
    portal.repository.commit({"catalog-info.yaml": "kind: [\n"})
    [report] = portal.sync()
    assert report.removed == ()
    assert [item.rule for item in report.items if item.level == "error"] == ["yaml"]
    assert len(names(portal)) == 11


def test_the_two_sides_of_implementing_a_concept(
    make_portal: MakePortal, glossary: dict[str, str]
) -> None:
    service = (
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: shop}\n"
        "spec: {type: service, lifecycle: production, owner: o, implementsConcepts: [etl]}\n"
    )
    root = glossary["catalog-info.yaml"].replace("[./", "[./service.yaml, ./")
    portal = make_portal({**glossary, "service.yaml": service, "catalog-info.yaml": root})
    concept = portal.get("/api/catalog/entities/by-name/concept/default/etl")
    assert {"type": "conceptImplementedBy", "targetRef": "component:default/shop"} in concept[
        "relations"
    ]
    portal.repository.commit({"service.yaml": None})
    portal.sync()
    concept = portal.get("/api/catalog/entities/by-name/concept/default/etl")
    assert "shop" not in str(concept["relations"])
