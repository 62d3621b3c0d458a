"""Search within the documentation of a concept finds its pages in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.ui.test_pages import CONCEPTS
from tests.ui.test_pages import files

_HOME = "/docs/default/concept/idempotency/"


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal(files(*CONCEPTS))


def found(portal: Portal, term: str, kind: str = "Concept", name: str = "idempotency") -> Any:
    """Ask as the search field of Backstage's TechDocs tab does."""
    filters = f"filters[kind]={kind}&filters[namespace]=default&filters[name]={name}"
    return portal.get(f"/api/search/query?term={term}&types[0]=techdocs&{filters}")


def test_the_pages_of_a_concept_are_found_by_its_text(portal: Portal) -> None:
    answer = found(portal, "explanation")

    assert answer["numberOfResults"] == 2
    first, second = (one["document"] for one in answer["results"])
    assert (first["location"], second["location"]) == (_HOME, f"{_HOME}en/")
    assert (first["title"], second["title"]) == ("멱등성", "Idempotency")
    assert second["text"] == "Idempotency en summary."
    assert {one["type"] for one in answer["results"]} == {"techdocs"}
    assert "authorization" not in first


@pytest.mark.parametrize(
    ("term", "kind", "name"),
    [
        ("zzqqxxy", "Concept", "idempotency"),
        ("explanation", "Concept", "no-such"),
        ("explanation", "Component", "idempotency"),
    ],
    ids=["word", "name", "kind"],
)
def test_nothing_else_is_found(portal: Portal, term: str, kind: str, name: str) -> None:
    assert found(portal, term, kind, name)["numberOfResults"] == 0


def test_the_portals_own_reader_finds_them_too(portal: Portal) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "en"}
    html = portal.client.get(f"{_HOME}?q=explanation", headers=headers).text

    assert f'href="{_HOME}en/"' in html
