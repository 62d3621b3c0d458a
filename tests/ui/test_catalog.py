"""The catalog's pages: filtered, sorted, exported; entities with all their parts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

import pytest
import yaml
from flask.testing import FlaskClient

from portal.app import create_app
from portal.ui.browsing.changes import differences
from portal.ui.browsing.related import Link
from portal.ui.browsing.related import Links
from portal.ui.browsing.related import drawing_of
from tests.conftest import MakePortal
from tests.conftest import Portal

B = "backstage.io/v1alpha1"


def entity(
    kind: str, name: str, spec: Mapping[str, object], **metadata: object
) -> dict[str, object]:
    return {"apiVersion": B, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


PROFILE = {"displayName": "결제팀", "email": "pay@example.org"}
OPENAPI = {
    "openapi": "3.0.3",
    "info": {"title": "Shop", "version": "2"},
    "servers": [{"url": "https://api.example.org/"}],
    "paths": {
        "/orders": {
            "get": {
                "summary": "List orders",
                "parameters": [{"name": "X-Key", "in": "header", "required": True}],
                "responses": {"200": {"description": "Orders"}},
            }
        }
    },
}


def component(number: int) -> dict[str, object]:
    spec = {
        "type": ("service", "library")[number % 2],
        "lifecycle": "production",
        "owner": "payers" if number % 2 else "user:ada",
    }
    about = f"Part {number}. See [the *guide*](https://example.org/guide) or [x](javascript:x)."
    return entity("Component", f"part-{number:03}", spec, description=about, tags=["alpha"])


DOCUMENTS = [
    entity("Group", "payers", {"type": "team", "children": [], "profile": PROFILE}),
    entity("User", "ada", {"memberOf": ["payers"], "profile": {"displayName": "Ada L."}}),
    entity("Location", "place", {"targets": []}),
    entity("Component", "risky", {"type": "service", "owner": "payers", "lifecycle": "x"},
           title="=cmd|' /C calc'!A0", tags=["z" * 63]),
    *[component(number) for number in range(60)],
    *[
        entity("API", name, {"type": kind, "lifecycle": "x", "owner": "payers", "definition": text})
        for name, kind, text in (
            ("shop", "openapi", yaml.safe_dump(OPENAPI)),
            ("odd", "openapi", "swagger: <b>2</b>"),
            ("graph", "graphql", "type Query { a: Int }"),
            ("rpc", "grpc", 'syntax = "proto3";'),
            ("events", "asyncapi", "asyncapi: 2.6.0"),
        )
    ],
]  # fmt: skip


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    text = yaml.safe_dump_all(DOCUMENTS, allow_unicode=True)
    return make_shared_portal({"catalog-info.yaml": text})


@pytest.fixture(scope="module")
def client(portal: Portal) -> FlaskClient:
    return create_app(portal.services).test_client(use_cookies=False)


def html(client: FlaskClient, url: str) -> str:
    response = client.get(url, headers={"Accept": "text/html"})
    assert response.status_code == 200, response.text
    return response.text


def rows(client: FlaskClient, query: str) -> list[str]:
    return re.findall(r'class="row-title"[^>]*>([^<]*)<', html(client, f"/catalog?lang=en&{query}"))


def test_lists_are_narrowed_by_every_filter(client: FlaskClient) -> None:
    assert len(rows(client, "kind=component")) == 50
    assert len(rows(client, "kind=component&page=2")) == 11
    assert rows(client, "kind=component&q=Part+7.") == ["part-007"]
    assert len(rows(client, "type=library&owner=group:default/payers")) == 30
    assert rows(client, "owner=user:default/ada&type=library") == []
    assert rows(client, f"tag={'z' * 63}") == ["=cmd|&#39; /C calc&#39;!A0"]
    assert len(rows(client, "lifecycle=production&kind=component&page=2")) == 10


def test_locations_are_shown_when_asked_for(client: FlaskClient) -> None:
    assert "place" not in rows(client, "q=place")
    assert rows(client, "q=place&locations=1") == ["place"]
    assert "place" in rows(client, "kind=location")


def test_lists_are_sorted_both_ways(client: FlaskClient) -> None:
    down = html(client, "/catalog?kind=component&sort=-name&lang=en")
    assert down.index("risky") < down.index("part-059") < down.index("part-058")
    assert 'aria-sort="descending"' in down
    assert 'href="/catalog?kind=component&amp;lang=en"' in down


def test_people_and_teams_have_their_names(client: FlaskClient) -> None:
    page = html(client, "/catalog?kind=component&lang=en")
    assert ">결제팀</a>" in page
    assert ">Ada L.</a>" in page
    assert "<h1>Ada L.</h1>" in html(client, "/catalog/default/user/ada?lang=en")
    assert ">Ada L.</a>" in html(client, "/catalog/default/component/part-000")


def test_a_list_is_a_file_for_spreadsheets(client: FlaskClient) -> None:
    response = client.get("/catalog.csv?kind=component&lang=ko")
    assert response.headers["Content-Disposition"] == "attachment; filename=catalog.csv"
    table = list(csv.reader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert len(table) == 62
    assert table[1][:6] == [
        "component:default/part-000", "part-000", "Component", "service",
        "user:default/ada", "Ada L.",
    ]  # fmt: skip
    assert table[-1][1].startswith("'=cmd"), "a formula is text"


def test_a_description_is_read_as_markdown(client: FlaskClient) -> None:
    page = html(client, "/catalog/default/component/part-000")
    assert '<a href="https://example.org/guide" rel="noopener noreferrer">the *guide*</a>' in page
    assert "javascript:" not in page


def test_every_cut_list_has_a_way_on(client: FlaskClient) -> None:
    page = html(client, "/catalog/default/group/payers?lang=en")
    assert 'href="/catalog/default/group/payers/relations/ownerOf?lang=en"' in page
    assert "Show all (36)" in page
    whole = html(client, "/catalog/default/group/payers/relations/ownerOf?lang=en")
    assert whole.count("/catalog/default/component/part-") == 30
    missing = client.get("/catalog/default/group/payers/relations/nope")
    assert missing.status_code == 404


def test_an_openapi_definition_is_a_page(client: FlaskClient) -> None:
    page = html(client, "/catalog/default/api/shop/definition?lang=en")
    assert "List orders" in page
    assert "curl &#39;https://api.example.org/orders&#39;" in page


@pytest.mark.parametrize(
    ("name", "text"),
    [("graph", "Query"), ("rpc", "proto3"), ("events", "2.6.0"), ("odd", "&lt;b&gt;2&lt;/b&gt;")],
)
def test_other_definitions_are_highlighted_text(client: FlaskClient, name: str, text: str) -> None:
    page = html(client, f"/catalog/default/api/{name}/definition?lang=en")
    assert text in page
    assert "<b>2" not in page
    assert ("cannot be read" in page) == (name == "odd")


def test_an_entity_is_there_as_yaml_and_without_a_definition_there_is_none(
    client: FlaskClient,
) -> None:
    assert '<span class="nt">kind</span>' in html(client, "/catalog/default/user/ada/yaml")
    assert client.get("/catalog/default/user/ada/definition").status_code == 404


def test_the_history_shows_what_changed_by_word(make_portal: MakePortal) -> None:
    before = yaml.safe_dump(component(1))
    portal = make_portal({"catalog-info.yaml": before})
    portal.repository.commit({"catalog-info.yaml": before.replace("Part 1.", "Piece 1.")}, "Reword")
    portal.sync()
    page = portal.client.get("/catalog/default/component/part-001/history").text
    assert "Reword" in page
    assert "<del>Part</del><ins>Piece</ins> 1." in page


def test_differences_of_long_texts_are_told_as_a_whole() -> None:
    change = {"diff": [{"op": "replace", "path": "/a~1b", "from": "x " * 5000, "to": "y"}]}
    (found,) = differences(change)
    assert found.path == "a/b"
    assert [piece.fate for piece in found.pieces] == ["del", "ins"]


def test_problems_tell_the_line_and_what_to_do(make_portal: MakePortal) -> None:
    broken = yaml.safe_dump(entity("Component", "shop", {"type": "service", "owner": "payers"}))
    fine = yaml.safe_dump(component(1)).replace("part-001", "shop")
    portal = make_portal({"catalog-info.yaml": fine})
    portal.repository.commit({"catalog-info.yaml": broken})
    portal.sync()
    page = portal.client.get("/catalog/default/component/shop?lang=en").text
    assert "catalog-info.yaml:" in page
    assert "Problems of this entity" in page
    assert page.count("missingProperty: lifecycle") == 1
    assert "<strong>The spec is not in the form of this kind.</strong>" in page
    korean = "<strong>spec이 이 종류의 형식에 맞지 않습니다.</strong>"
    for path in ("/catalog/default/component/shop", "/problems"):
        assert korean in portal.client.get(f"{path}?lang=ko").text


def test_a_drawing_shows_some_of_many_and_cuts_long_titles() -> None:
    links = tuple(Link(f"a:b/{at}", "A", "긴 이름" * 20, exists=True) for at in range(20))
    drawing = drawing_of("Me", [Links("dependsOn", links, 0), Links("hasPart", links[:1], 0)])
    assert drawing is not None
    assert (len(drawing.before), len(drawing.after)) == (6, 1)
    assert drawing.before[0].text.endswith("…")
    assert drawing_of("Me", []) is None
