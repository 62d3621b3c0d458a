"""A project of each starter in this portal: its entities, its documentation, and nothing amiss."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from extremes import TEMPLATES
from extremes import Variant
from extremes import rendered

from portal.config.sources import Source
from portal.kernel import yaml12
from tests.conftest import MakePortal
from tests.conftest import Portal

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CONCEPTS = sorted(path.parent.name for path in TEMPLATES.glob("*/template.yaml"))
_PLACE = "backstage.io/managed-by-location"
_TECHDOCS = "backstage.io/techdocs-ref"
#: What each project documents at least, beside what it is a platform for.
PAGES = ("index", "walkthrough")
#: What is read of a project beside its own component: what it is a platform for.
_OWN = "catalog-info.yaml"
_TARGETS = {
    "backstage": (_OWN, "catalog/all.yaml", "templates/*/template.yaml"),
    "platform-engineering": (_OWN, "golden-path/template.yaml"),
}


def values_of(concept: str, language: str) -> dict[str, Any]:
    """Return the answers of a recorded case."""
    case = TEMPLATES / concept / "cases" / f"{language}.yaml"
    values: dict[str, Any] = yaml12.read_one(case.read_bytes())["values"]
    return values


def project(concept: str, language: str, folder: Path) -> dict[str, bytes]:
    """Return the files of a generated project."""
    variant = Variant(concept, "case", values_of(concept, language), is_run=False)
    assert rendered(variant, folder) == []
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def glossary() -> dict[str, bytes]:
    """Return the descriptors of the glossary, which projects name."""
    paths = [ROOT / _OWN, *ROOT.glob("catalog/**/*"), *ROOT.glob("templates/*/template.yaml")]
    return {str(path.relative_to(ROOT)): path.read_bytes() for path in paths if path.is_file()}


@pytest.fixture(scope="module", params=["ko", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def portal(
    language: str, make_shared_portal: MakePortal, tmp_path_factory: pytest.TempPathFactory
) -> Portal:
    """Return a portal with the glossary and a project of each starter."""
    folder = tmp_path_factory.mktemp("projects")
    sources: list[tuple[Source, dict[str, bytes]]] = [
        (Source(one, "", targets=_TARGETS.get(one, (_OWN,))), project(one, language, folder / one))
        for one in CONCEPTS
    ]
    return make_shared_portal(sources=[(Source("glossary", ""), glossary()), *sources])


def entities_of(portal: Portal, concept: str) -> list[dict[str, Any]]:
    """Return the entities of a project's repository, but for Locations."""
    found = portal.get("/api/catalog/entities")
    return [
        one
        for one in found
        if one["kind"] != "Location"
        and one["metadata"]["annotations"][_PLACE].startswith(f"file:{concept}/")
    ]


def address_of(entity: dict[str, Any]) -> str:
    """Return the end of the addresses of an entity's pages."""
    metadata = entity["metadata"]
    return f"{metadata['namespace']}/{entity['kind']}/{metadata['name']}".lower()


def page(portal: Portal, address: str, language: str) -> str:
    """Return a page that must be there, as a browser gets it."""
    joint = "&" if "?" in address else "?"
    response = portal.client.get(
        f"{address}{joint}lang={language}", headers={"Accept": "text/html"}
    )
    assert response.status_code == 200, f"{address}: {response.status}"
    return response.text


@pytest.mark.parametrize("concept", CONCEPTS)
def test_nothing_is_wrong_with_its_descriptors_and_documentation(
    portal: Portal, concept: str
) -> None:
    found = portal.get("/api/catalog/problems")["items"]
    assert [one for one in found if one["source"] == concept] == []


@pytest.mark.parametrize("concept", CONCEPTS)
def test_its_component_is_one_of_the_concept(portal: Portal, concept: str, language: str) -> None:
    name = values_of(concept, language)["name"]
    html = page(portal, f"/catalog/default/component/{name}", language)
    assert f'href="/glossary/{concept}?lang={language}"' in html
    assert f'href="/docs/default/component/{name}/' in html


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_entity_has_its_page(portal: Portal, concept: str, language: str) -> None:
    entities = entities_of(portal, concept)
    assert entities
    for entity in entities:
        page(portal, f"/catalog/{address_of(entity)}", language)
        if entity["kind"] == "API":
            html = page(portal, f"/catalog/{address_of(entity)}/definition", language)
            assert 'class="method' in html, address_of(entity)
        if entity["kind"] == "Template":
            name = entity["metadata"]["name"]
            assert 'method="post"' in page(portal, f"/create/default/{name}", language)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_page_of_its_documentation_is_shown(
    portal: Portal, concept: str, language: str
) -> None:
    documented = [
        one for one in entities_of(portal, concept) if _TECHDOCS in one["metadata"]["annotations"]
    ]
    pages = [link for one in documented for link in pages_of(portal, one, language)]
    assert len(pages) >= len(PAGES)
    pictures = set()
    for link in pages:
        html = page(portal, link, language)
        assert "<article" in html, link
        pictures |= set(re.findall(r'<img [^>]*src="([^"]+)"', html))
    assert pictures
    assert [one for one in pictures if portal.client.get(one).status_code != 200] == []


def pages_of(portal: Portal, entity: dict[str, Any], language: str) -> set[str]:
    """Return the addresses of all pages of an entity's documentation, as its menu has them."""
    home = f"/docs/{address_of(entity)}/"
    html = page(portal, home, language)
    return {link for link in re.findall(r'href="([^"#?]+)', html) if link.startswith(home)}
