"""Search as one types, the start page, and what is told of problems and sources."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
import yaml
from flask.testing import FlaskClient

from portal.app import create_app
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.ui.test_pages import CONCEPTS
from tests.ui.test_pages import SERVICE
from tests.ui.test_pages import files

BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal(files(*CONCEPTS, count=3))


@pytest.fixture(scope="module")
def client(portal: Portal) -> FlaskClient:
    return create_app(portal.services).test_client(use_cookies=False)


def html(client: FlaskClient, url: str, status: int = 200) -> str:
    response = client.get(url, headers=BROWSER)
    assert response.status_code == status, response.text
    return response.text


def test_names_are_completed_as_one_types(client: FlaskClient) -> None:
    for begun in ("idem", "멱드", "ㅁㄷㅅ"):
        found = html(client, f"/search/suggestions?q={quote(begun)}&lang=en")
        assert 'data-href="/glossary/idempotency?lang=en"' in found
    assert 'role="option"' not in html(client, "/search/suggestions?q=zzzz")
    assert "<script" not in html(client, f"/search/suggestions?q={quote('<script>')}")


def test_a_slip_is_told_with_what_was_meant(client: FlaskClient) -> None:
    page = html(client, "/search?q=idempotancy&lang=en")
    assert 'Did you mean <a href="/search?q=' in page
    assert 'href="/glossary/idempotency?lang=en"' in page


def test_a_result_says_why_it_was_found(client: FlaskClient) -> None:
    assert "The name fits: Idempotency" in html(client, "/search?q=idempotency&lang=en")


def test_concepts_are_grouped_by_theme_and_by_letter(client: FlaskClient) -> None:
    assert '<h3 class="theme">ㅁ</h3>' in html(client, "/?by=name&lang=ko")
    assert '<h3 class="theme">' not in html(client, "/?by=x")
    assert html(client, "/?by=theme&lang=en").count('class="card"') == len(CONCEPTS)


def test_the_start_page_tells_what_changed_and_leads_to_problems(make_portal: MakePortal) -> None:
    broken = {**SERVICE, "metadata": {"name": "No Name"}}
    portal = make_portal(files(*CONCEPTS, broken))
    page = html(portal.client, "/?lang=en")
    assert "Changed lately" in page
    assert "First commit" in page
    assert 'href="/problems?lang=en"' in page
    problems = html(portal.client, "/problems?source=content&lang=en")
    assert "catalog-info.yaml:" in problems
    assert "There are no problems." in html(portal.client, "/problems?source=other&lang=en")


def test_sources_tell_their_state_and_are_read_on_request(make_portal: MakePortal) -> None:
    portal = make_portal(files(*CONCEPTS))
    page = html(portal.client, "/sources?lang=en")
    assert "Up to date" in page
    assert portal.repository.git("rev-parse", "HEAD")[:12] in page
    answer = portal.client.post("/sources/content/refresh")
    assert answer.status_code == 303
    assert [*portal.services.refresh_queue.take()] == ["content"]
    assert portal.client.post("/sources/nope/refresh", headers=BROWSER).status_code == 404


def test_a_source_that_was_never_read_has_no_last_good_content(make_portal: MakePortal) -> None:
    portal = make_portal(files(), sync=False)
    portal.repository.path.rename(portal.repository.path.with_name("gone"))
    portal.sync()
    page = html(portal.client, "/?lang=ko")
    assert "읽은 적이 없어" in page
    assert "이유" in page
    assert "마지막으로 읽은 내용" not in page


def test_what_was_renamed_leads_to_its_new_name(make_portal: MakePortal) -> None:
    renamed = {
        **SERVICE,
        "metadata": {
            "name": "pay",
            "title": "Payments",
            "annotations": {"portal/formerly": "payments"},
        },
    }
    portal = make_portal({"catalog-info.yaml": yaml.safe_dump(renamed)})
    page = html(portal.client, "/catalog/default/component/payments?lang=en", 404)
    assert "It has another name now" in page
    assert 'href="/catalog/default/component/pay?lang=en">Payments</a>' in page


def test_a_concept_page_has_a_drawing_tools_and_a_start(client: FlaskClient) -> None:
    page = html(client, "/glossary/idempotency?lang=en")
    assert '<svg class="graph"' in page
    assert "Copy the address" in page
    assert re.search(r'<a class="node" href="/glossary/retry\?lang=en" tabindex="-1">', page)
