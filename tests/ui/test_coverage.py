"""Coverage on pages: the matrix, its course, its gaps, links with their lines; in both languages."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
from werkzeug.test import TestResponse

from portal.links.reading.coverage import CoverageQuery
from portal.ui.coverage.trend import Line
from portal.ui.coverage.trend import times_of
from tests.conftest import Files
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.links.glossary import GLOSSARY
from tests.links.glossary import PAYMENTS
from tests.links.glossary import RETRY
from tests.links.glossary import concept
from tests.links.glossary import service
from tests.links.glossary import sources

_FILES: dict[str, str | bytes | None] = {
    "catalog-info.yaml": service("payments", "retry"),
    "requirements.txt": "tenacity==9\n",
    "worker/catalog-info.yaml": service("worker"),
    "worker/requirements.txt": "pika==1\n",
    "idle/catalog-info.yaml": service("idle", "queue"),
    "idle/README.md": "nothing",
}


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    found = make_shared_portal(sources=sources(_FILES))
    found.services.link_job.scan_all()
    return found


#: A concept with graded checks, and a component that is expected to implement it.
_CHECKED = concept(
    "retry",
    {
        "id": "library",
        "strength": "strong",
        "dependency": {"ecosystem": "pypi", "names": ["tenacity"]},
        "because": {"ko": "tenacity에 의존한다.", "en": "It depends on tenacity."},
    },
    checks=[
        {
            "id": f"check-{level}",
            "level": level,
            "title": {"ko": f"점검 {level}", "en": f"Check {level}"},
            "description": {"ko": f"설명 {level}.", "en": f"Description {level}."},
            "remedy": {"ko": f"할 일 {level}.", "en": f"Set `remedy` {level}."},
            "rule": {"dependency": {"ecosystem": "pypi", "names": [package]}},
        }
        for level, package in ((1, "tenacity"), (2, "prometheus-client"), (3, "locust"))
    ],
    expectations=[
        {
            "id": "calls",
            "because": {"ko": "다른 시스템을 부른다.", "en": "It calls other systems."},
            "when": {"dependency": {"ecosystem": "pypi", "names": ["requests"]}},
        }
    ],
)


def test_levels_checks_and_what_is_expected_are_shown(make_portal: MakePortal) -> None:
    files: Files = {
        "catalog-info.yaml": service("payments", "retry"),
        "requirements.txt": "tenacity==9\n",
        "caller/catalog-info.yaml": service("caller"),
        "caller/requirements.txt": "requests==2\n",
    }
    glossary = {**GLOSSARY, "retry/catalog-info.yaml": _CHECKED}
    portal = make_portal(sources=sources(files, glossary))
    portal.services.link_job.scan_all()

    text = words(link_page(portal, "retry", "payments"))
    assert "✓ Verified Level 1" in text
    assert "Level 1 Passed Check 1 Description 1." in text
    assert "Level 3 Failed Check 3 Description 3." in text
    assert "Missing for the next level Level 2 Check 2 Set remedy 2." in text
    korean = words(link_page(portal, "retry", "payments", "ko"))
    assert "다음 수준에 모자란 것 수준 2 점검 2 할 일 2." in korean
    assert "retry in payments: Verified, Level 1" in see(portal, "/coverage").text
    expected = "Expected, and not there 1 caller · retry : It calls other systems."
    assert expected in words(see(portal, "/coverage/gaps").text)
    shown = words(see(portal, "/catalog/default/component/caller").text)
    assert "Expected, and not there retry : It calls other systems." in shown


def see(portal: Portal, path: str, language: str = "en") -> TestResponse:
    headers = {"Accept": "text/html", "Accept-Language": language}
    client = portal.client.application.test_client(use_cookies=False)
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.text
    return response


def words(html: str) -> str:
    """Return the text of a page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


def link_page(portal: Portal, concept: str, name: str, language: str = "en") -> str:
    cells = portal.services.links.coverage(CoverageQuery()).cells
    (cell,) = (one for one in cells if one.concept.endswith(concept) and one.entity.endswith(name))
    return see(portal, f"/coverage/links/{cell.link}", language).text


def test_what_was_found_is_grouped_by_rule(make_portal: MakePortal) -> None:
    """A rule is told once, with how often it matched; after a few places the rest is folded."""
    library = {
        "id": "library",
        "strength": "strong",
        "because": {"ko": "의존한다.", "en": "Needs it."},
    }
    text = {"id": "own", "because": {"ko": "다시 부른다.", "en": "It `retries`."}}
    rules = (
        {**library, "dependency": {"ecosystem": "pypi", "names": ["tenacity"]}},
        {**text, "text": {"words": ["try_again"]}},
    )
    files = {f"part{at}/requirements.txt": "tenacity\n" for at in range(5)}
    files |= {"catalog-info.yaml": service("payments", "retry"), "app.py": "try_again(1)\n"}
    glossary = {**GLOSSARY, "retry/catalog-info.yaml": concept("retry", *rules)}
    portal = make_portal(sources=sources({**files}, glossary))
    portal.services.link_job.scan_all()

    html = link_page(portal, "retry", "payments")
    found = html.partition('id="findings"')[2].partition("</section>")[0]
    found = found.rpartition("<details")[0]  # the last one tells what was looked for
    assert re.findall(r'class="number">(\d+)<', found) == ["6", "5", "1"]
    assert found.count("Needs it.") == 1
    open_places, folded = found.split("<details", 1)
    shown = [f"part{at}/requirements.txt:1" for at in range(5)]
    assert re.findall(r"<code>(part[^<]+)<", open_places) == shown[:3]
    assert re.findall(r"<code>(part[^<]+)<", folded) == shown[3:]
    assert "2 more places" in folded
    assert "It <code>retries</code>." in folded
    assert "app.py:1" in folded
    korean = link_page(portal, "retry", "payments", "ko")
    assert "의존한다." in korean
    assert "2곳 더 보기" in korean


def test_the_matrix_has_every_service_and_concept_with_signs_and_words(portal: Portal) -> None:
    html = see(portal, "/coverage").text

    assert '<a href="/glossary/retry">retry</a>' in html
    assert '<a href="/catalog/default/component/payments">payments</a>' in html
    assert "retry in payments: Verified" in html
    assert "queue in worker: Suggested" in html
    assert "queue in idle: Declared" in html
    text = words(html)
    assert "3 services" in text
    assert "Its files show it; the service does not declare it." in text
    assert "editors 3 1 (33%)" in text
    korean = words(see(portal, "/coverage", "ko").text)
    assert "payments의 retry ko: 확인됨" in korean
    assert "서비스 3개" in korean


@pytest.mark.parametrize(
    ("query", "shown", "total"),
    [
        ("status=declared", {"idle"}, "1 service"),
        ("concept=concept:default/retry", {"payments"}, "1 service"),
        ("owner=group:default/editors", {"idle", "payments", "worker"}, "3 services"),
    ],
    ids=["status", "concept", "owner"],
)
def test_the_matrix_is_narrowed(portal: Portal, query: str, shown: set[str], total: str) -> None:
    html = see(portal, f"/coverage?{query}").text

    rows = re.findall(r'<th scope="row"><a href="/catalog/default/component/(\w+)"', html)
    assert set(rows) == shown
    assert total in words(html)


def test_a_filter_without_a_service_says_so_and_leads_back(portal: Portal) -> None:
    html = see(portal, "/coverage?owner=group:default/none").text

    assert "No service fits." in html
    assert '<a href="/coverage">Clear</a>' in html


def test_a_portal_without_services_says_how_they_appear(make_portal: MakePortal) -> None:
    portal = make_portal({})

    assert "spec.implementsConcepts" in see(portal, "/coverage").text
    assert "아직 보여 드릴 서비스가 없습니다" in see(portal, "/coverage", "ko").text


def test_the_links_are_downloaded_as_they_are_narrowed(portal: Portal) -> None:
    response = see(portal, "/coverage.csv?status=verified")

    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert [(row["concept"], row["entity"], row["status"]) for row in rows] == [
        (RETRY, PAYMENTS, "verified")
    ]
    assert "coverage.csv" in response.headers["Content-Disposition"]


def test_a_link_shows_its_lines_and_what_a_person_can_do(portal: Portal) -> None:
    html = link_page(portal, "retry", "payments")

    commit = portal.repositories["payments"].git("rev-parse", "HEAD").strip()
    address = f"https://github.com/acme/payments/blob/{commit}/requirements.txt#L1"
    assert f'<a href="{address}" rel="noopener noreferrer"><code>requirements.txt:1</code>' in html
    text = words(html)
    assert "It depends on tenacity." in text
    assert "New → Verified" in text
    assert "Is it not so?" in text
    assert "status: refuted" in text
    (picture,) = re.findall(r"\[!\[retry\]\(http://localhost(/api/[^)]*badge\.svg)\)\]", html)
    assert "verified" in portal.client.get(picture).text
    assert "implementsConcepts" not in text
    korean = words(link_page(portal, "retry", "payments", "ko"))
    assert "tenacity에 의존한다." in korean
    assert "구현이 아닌가요?" in korean


def test_what_is_found_and_not_declared_comes_with_the_lines_to_add(portal: Portal) -> None:
    html = link_page(portal, "queue", "worker")

    assert "spec:\n  implementsConcepts:\n    - queue\n" in html
    assert 'data-copy="patch"' in html


def test_what_is_declared_and_not_found_says_what_was_looked_for(portal: Portal) -> None:
    text = words(link_page(portal, "queue", "idle"))

    assert "Nothing was found." in text
    assert "It depends on pika." in text


def test_the_pages_of_concepts_and_services_show_links(portal: Portal) -> None:
    concept = words(see(portal, "/glossary/retry").text)
    assert "Services that implement it 1 payments ✓ Verified" in concept
    assert "requirements.txt:1" in concept
    assert "editors 3 1 (33%)" in concept
    shown = words(see(portal, "/catalog/default/component/worker").text)
    assert "Concepts Read completely" in shown
    assert "queue ? Suggested" in shown
    assert "Declare it" in shown
    korean = words(see(portal, "/catalog/default/component/worker", "ko").text)
    assert "구현한 개념 모두 읽음" in korean


def test_gaps_are_listed_and_narrowed(portal: Portal) -> None:
    text = words(see(portal, "/coverage/gaps").text)
    assert "Declared, and not found 1 idle · queue" in text
    assert "Found, and not declared 1 worker · queue" in text
    assert "Concepts nobody implements 1 queue" in text
    one = words(see(portal, "/coverage/gaps?part=suggested").text)
    assert "worker · queue" in one
    assert "Concepts nobody" not in one


def test_coverage_over_time_is_a_line_and_a_table(portal: Portal) -> None:
    html = see(portal, "/coverage/trend?days=7").text

    text = words(html)
    assert "retry 0 0 0 0 0 0 1 +1" in text
    assert "editors 0 0 0 0 0 0 1 +1" in text
    assert '<polyline points="3.0,25.0' in html
    assert "7일" in words(see(portal, "/coverage/trend?days=7", "ko").text)


def test_a_line_stays_in_its_picture() -> None:
    assert Line("a", (0, 0, 0)).points == "3.0,25.0 60.0,25.0 117.0,25.0"
    assert Line("a", (0, 5, 10)).points == "3.0,25.0 60.0,14.0 117.0,3.0"
    now = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
    assert times_of(30, now)[0] == "2026-10-31T12:00:00.000+00:00"
    assert [time[5:10] for time in times_of(7, now)] == [
        f"11-{day}" for day in (24, 25, 26, 27, 28, 29, 30)
    ]
    assert times_of(30, now)[-1] == "2026-11-30T12:00:00.000+00:00"


def test_an_unknown_link_is_not_there(portal: Portal) -> None:
    response = portal.client.get("/coverage/links/nothing", headers={"Accept": "text/html"})

    assert response.status_code == 404
