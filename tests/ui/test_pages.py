"""The pages, from a real repository through a real catalog and index to HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.model.kinds import KINDS
from portal.ui.frame.prose import MARK
from portal.ui.frame.prose import Run
from portal.ui.frame.prose import blocks
from portal.ui.frame.prose import inline
from portal.ui.frame.prose import marked
from portal.ui.frame.reader import is_web_address
from portal.ui.texts.table import TEXTS

if TYPE_CHECKING:
    from tests.conftest import MakePortal
    from tests.conftest import Portal

HOSTILE = "<script>alert(1)</script>"
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


def text(language: str, title: str) -> dict[str, Any]:
    return {
        "summary": f"{title} {language} summary.",
        "overview": f"**First** {language}.\nSecond `code` {language}.\nThird {language}.",
        "explanation": f"{title} {language} explanation.\n\nA second {language} paragraph.",
        "relevance": f"{title} {language} relevance.",
        "useCases": [
            {"title": f"{language} case {number}", "description": f"{language} use {number}."}
            for number in (1, 2)
        ],
    }


def concept(name: str, ko: str, en: str, **spec: Any) -> dict[str, Any]:
    languages = spec.pop("languages", ("ko", "en"))
    titles = {"ko": ko, "en": en}
    return {
        "apiVersion": "glossary/v1",
        "kind": "Concept",
        "metadata": {"name": name, "title": ko, **spec.pop("metadata", {})},
        "spec": {
            "type": "pattern",
            "status": "approved",
            "owner": "group:default/stewards",
            "glossary": "terms",
            "labels": {key: {"preferred": titles[key]} for key in languages},
            "text": {key: text(key, titles[key]) for key in languages},
            "symptoms": {
                key: [f"{key} <b>worry</b> of {number}" for number in (1, 2)] for key in languages
            },
            **spec,
        },
    }


GLOSSARY = {
    "apiVersion": "glossary/v1",
    "kind": "Glossary",
    "metadata": {"name": "terms"},
    "spec": {
        "type": "concept-scheme",
        "owner": "group:default/stewards",
        "languages": ["ko", "en"],
        "defaultLanguage": "ko",
        "title": {"ko": "작은 용어집", "en": "A small glossary"},
        "introduction": {"ko": "한국어 `소개`입니다.", "en": "An English `introduction`."},
    },
}
GROUP = {
    "apiVersion": "backstage.io/v1alpha1",
    "kind": "Group",
    "metadata": {"name": "stewards", "title": "Stewards"},
    "spec": {"type": "team", "children": []},
}
SERVICE = {
    "apiVersion": "backstage.io/v1alpha1",
    "kind": "Component",
    "metadata": {
        "name": "payments",
        "title": "Payments",
        "description": "Takes money and keeps promises.",
        "annotations": {"example.org/page": "https://example.org/x", "example.org/note": HOSTILE},
    },
    "spec": {
        "type": "service",
        "lifecycle": "production",
        "owner": "stewards",
        "dependsOn": ["resource:default/nowhere"],
        "implementsConcepts": ["idempotency"],
    },
}
CONCEPTS = (
    concept(
        "idempotency",
        "멱등성",
        "Idempotency",
        order=1,
        related=["retry"],
        labels={
            "ko": {"preferred": "멱등성", "alternatives": ["아이뎀포턴시"]},
            "en": {"preferred": "Idempotency", "abbreviation": "IDP"},
        },
        metadata={
            "tags": ["api-design"],
            "links": [
                {"url": "https://www.rfc-editor.org/rfc/rfc9110", "title": "RFC 9110"},
                {"url": "ftp://files.example.org/x", "title": "A file"},
            ],
        },
    ),
    concept("retry", "재시도", "Retry", order=2, status="draft"),
    concept("korean-only", "한글만", "", order=3, languages=("ko",)),
    concept("hostile", f"적대 {HOSTILE}", f"Hostile {HOSTILE}", order=4),
)


def files(*concepts: dict[str, Any], count: int = 0) -> dict[str, str]:
    many = [
        {**SERVICE, "metadata": {"name": f"service-{number:03}", "description": "One of many."}}
        for number in range(count)
    ]
    documents = (GLOSSARY, GROUP, SERVICE, *many, *concepts)
    return {"catalog-info.yaml": yaml.safe_dump_all(documents, allow_unicode=True)}


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    made = make_shared_portal(files(*CONCEPTS, count=60))
    # Each request is of another reader: none has chosen a language before.
    made.client = create_app(made.services).test_client(use_cookies=False)
    return made


def page(portal: Portal, url: str, status: int = 200, /, **headers: str) -> str:
    response = portal.client.get(url, headers={**BROWSER, **headers})
    assert response.status_code == status, response.text
    assert response.mimetype == "text/html"
    check_html(response)
    return response.text


class _Outline(HTMLParser):
    """What is wrong with a page: unbalanced elements, repeated ids, inline code."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        is_inline = tag == "script" and not str(names.get("src", "")).startswith("/static/")
        if is_inline or "style" in names or any(name.startswith("on") for name in names):
            self.faults.append(f"code in <{tag}>")
        if "id" in names:
            self.ids.append(str(names["id"]))
        if tag not in {"meta", "link", "img", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another element")


def check_html(response: TestResponse) -> None:
    outline = _Outline()
    outline.feed(response.text)
    assert not outline.faults
    assert not outline.open
    assert len(outline.ids) == len(set(outline.ids))


def language_of(html: str) -> str:
    match = re.search(r'<html lang="(\w+)">', html)
    assert match
    return match[1]


def without_blanks(html: str) -> str:
    return " ".join(html.split())


PAGES = (
    "/",
    "/search",
    "/search?q=idempotency",
    "/search?q=nothing-like-it",
    "/glossary/idempotency",
    "/glossary/hostile",
    "/catalog",
    "/catalog?kind=concept",
    "/catalog/default/component/payments",
    "/catalog/default/concept/hostile",
    "/api/docs",
)


# --- every page -------------------------------------------------------------


@pytest.mark.parametrize("url", PAGES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_is_sound_html_in_the_language_asked_for(
    portal: Portal, url: str, language: str
) -> None:
    html = page(portal, f"{url}{'&' if '?' in url else '?'}lang={language}")
    assert language_of(html) == language
    for landmark in ("<header", "<nav", '<main id="content"', "<footer", 'class="skip"'):
        assert landmark in html
    other = {"ko": "en", "en": "ko"}[language]
    switch = re.search(rf'<a href="([^"]+)" lang="{other}" hreflang="{other}">', html)
    assert switch
    assert language_of(page(portal, switch[1].replace("&amp;", "&"))) == other


@pytest.mark.parametrize("url", PAGES)
def test_every_page_forbids_foreign_code_and_names_its_language(portal: Portal, url: str) -> None:
    response = portal.client.get(url, headers={"Accept-Language": "en"})
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Language"] == "en"
    assert "Accept-Language" in response.headers["Vary"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//[^"]*\.(?:css|js|woff2?)', response.text)


@pytest.mark.parametrize(
    ("url", "accepted", "language"),
    [
        ("/", "", "ko"),
        ("/", "en-US,en;q=0.9,ko;q=0.8", "en"),
        ("/", "fr,en;q=0.5", "en"),
        ("/", "fr", "ko"),
        ("/", "*", "ko"),
        ("/?lang=en", "ko", "en"),
        ("/?lang=EN-gb", "ko", "en"),
        ("/?lang=fr", "en", "en"),
        ("/?lang=%00<b>", "en", "en"),
    ],
)
def test_the_language_is_chosen_by_the_address_then_by_the_browser(
    portal: Portal, url: str, accepted: str, language: str
) -> None:
    assert language_of(page(portal, url, **{"Accept-Language": accepted})) == language


def test_a_chosen_language_stays(portal: Portal) -> None:
    reader = create_app(portal.services).test_client()
    assert language_of(reader.get("/", headers={"Accept-Language": "ko"}).text) == "ko"
    chosen = reader.get("/?lang=en")
    assert "SameSite=Lax" in chosen.headers["Set-Cookie"]
    assert language_of(reader.get("/catalog", headers={"Accept-Language": "ko"}).text) == "en"
    reader.set_cookie("portal_language", "<b>")
    assert language_of(reader.get("/", headers={"Accept-Language": "ko"}).text) == "ko"


def test_links_keep_the_language_only_when_the_address_names_it(portal: Portal) -> None:
    assert 'href="/glossary/retry?lang=en"' in page(portal, "/?lang=en")
    assert 'href="/glossary/retry"' in page(portal, "/", **{"Accept-Language": "en"})


def test_the_language_switch_keeps_the_rest_of_the_address(portal: Portal) -> None:
    html = page(portal, f"/search?q={quote('멱등 & 성')}&page=2&lang=ko")
    assert f'href="/search?q={quote("멱등")}+%26+{quote("성")}&amp;page=2&amp;lang=en"' in html


@pytest.mark.parametrize("url", PAGES)
def test_markup_of_the_content_never_reaches_a_page(portal: Portal, url: str) -> None:
    assert HOSTILE not in page(portal, url)


def test_hostile_titles_and_texts_are_shown_as_they_were_written(portal: Portal) -> None:
    html = page(portal, "/glossary/hostile?lang=ko")
    assert "<h1>적대 &lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "적대 &lt;script&gt;alert(1)&lt;/script&gt; ko relevance." in html


def test_the_static_files_are_served(portal: Portal) -> None:
    html = page(portal, "/")
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', html)
    assert len(set(found)) >= 2
    for url in found:
        assert portal.client.get(url).status_code == 200


def test_no_address_makes_a_page_lead_elsewhere(portal: Portal) -> None:
    html = page(portal, "/nope", 404)
    assert 'href="/nope?lang=en"' in html
    for path in ("//example.org/x", "///example.org", "/\\example.org", "/%5cexample.org", "/%ff"):
        response = portal.client.get("/", headers=BROWSER, environ_overrides={"PATH_INFO": path})
        assert response.status_code == 404
        assert not re.search(r'href="(?://|/\\|\\)', response.text)


# --- start ------------------------------------------------------------------


def test_the_start_page_introduces_the_glossary_and_shows_every_concept(portal: Portal) -> None:
    html = page(portal, "/?lang=ko")
    assert "<h1>작은 용어집</h1>" in html
    assert "한국어 <code>소개</code>입니다." in html
    for title in ("멱등성", "재시도", "한글만"):
        assert title in html
    assert '<p class="other-title" lang="en">Idempotency</p>' in html
    assert "멱등성 ko summary." in html
    assert "초안" in html
    english = page(portal, "/?lang=en")
    assert "<h1>A small glossary</h1>" in english
    assert '<p class="other-title" lang="ko">멱등성</p>' in english
    assert '<h3 lang="ko"><a href="/glossary/korean-only?lang=en">한글만</a></h3>' in english


def test_concepts_stand_in_the_order_of_the_glossary(portal: Portal) -> None:
    names = re.findall(r'<h3[^>]*><a href="/glossary/([a-z-]+)"', page(portal, "/"))
    assert names == ["idempotency", "retry", "korean-only", "hostile"]


def test_the_start_page_says_nothing_of_a_healthy_state(portal: Portal) -> None:
    assert 'class="notice"' not in page(portal, "/")


def test_the_start_page_of_an_empty_portal_says_what_to_do(make_portal: MakePortal) -> None:
    portal = make_portal(files(), sync=False)
    assert "portal sync" in page(portal, "/?lang=en")
    assert "Not ready yet" in page(portal, "/search?q=x&lang=en", 503)


def test_problems_stale_and_held_sources_are_told_on_the_start_page(
    make_portal: MakePortal,
) -> None:
    broken = {"apiVersion": "glossary/v1", "kind": "Concept", "metadata": {"name": "<i>broken"}}
    portal = make_portal(files(*CONCEPTS, broken, count=10))
    html = page(portal, "/?lang=en")
    assert "1 problem in the content" in html
    problems = page(portal, "/problems?lang=en")
    assert "catalog-info.yaml:" in problems
    assert "<i>" not in problems
    portal.repository.commit(files(), "Remove nearly everything")
    portal.sync()
    assert "waits to be confirmed" in page(portal, "/?lang=en")
    portal.repository.path.rename(portal.repository.path.with_name("gone"))
    portal.sync()
    html = page(portal, "/?lang=ko")
    assert "읽지 못해" in html
    assert "멱등성" in html


# --- search -----------------------------------------------------------------


def test_a_korean_query_makes_the_round_trip(portal: Portal) -> None:
    html = page(portal, f"/search?q={quote('멱등성')}&lang=ko")
    assert 'name="q" value="멱등성"' in html
    assert "<mark>멱등성</mark>" in html
    assert 'href="/glossary/idempotency?lang=ko"' in html
    assert "“멱등성” 검색 결과" in html
    assert '<input type="hidden" name="lang" value="ko">' in html


def test_a_concept_found_in_korean_is_shown_in_the_readers_language(portal: Portal) -> None:
    html = page(portal, f"/search?q={quote('멱등성')}&lang=en")
    assert ">Idempotency</a>" in html
    assert "Idempotency en summary." in html
    assert '<span class="other-title" lang="ko">멱등성</span>' in html


def test_concepts_come_before_other_entities(portal: Portal) -> None:
    html = page(portal, "/search?q=stewards&lang=en")
    assert 'href="/catalog/default/group/stewards?lang=en"' in html
    html = page(portal, "/search?q=case&lang=en")
    assert html.index("Concepts</h2>") < html.index('href="/glossary/')


def test_results_are_paged_and_the_last_page_is_the_end(portal: Portal) -> None:
    first = page(portal, "/search?q=service&lang=en")
    assert first.count("<li>\n      <h3") == 20
    assert 'href="/search?page=2&amp;q=service&amp;lang=en"' in first
    last = page(portal, "/search?q=service&lang=en&page=99999")
    assert "Next" not in last
    seen = set(re.findall(r"component:default/service-\d+", first))
    following = page(portal, "/search?q=service&lang=en&page=2")
    assert not seen & set(re.findall(r"component:default/service-\d+", following))


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "99999999999999999999", ""])
def test_a_page_number_that_is_none_is_the_first(portal: Portal, number: str) -> None:
    for url in ("/search?q=service", "/catalog?kind=component"):
        assert "1 / " in page(portal, f"{url}&lang=ko&page={number}")


def test_nothing_found_offers_the_concepts(portal: Portal) -> None:
    html = page(portal, "/search?q=zyxwvut&lang=en")
    assert "Nothing found for “zyxwvut”" in html
    assert 'href="/glossary/idempotency?lang=en"' in html
    assert "What are you looking for?" in page(portal, "/search?q=%20%20&lang=en")


def test_an_over_long_query_is_cut_and_says_so(portal: Portal) -> None:
    html = page(portal, f"/search?q={'가' * 5000}&lang=en")
    assert "only its first 100 characters" in html
    assert f'value="{"가" * 100}"' in html


@pytest.mark.parametrize(
    "query", [HOSTILE, '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "\x00", "%", "*", "'", "\\"]
)
def test_a_hostile_query_is_only_text(portal: Portal, query: str) -> None:
    html = page(portal, f"/search?q={quote(query)}&lang=en")
    assert not re.search("<script(?! src=./static/)", html)
    assert "<img src=x" not in html
    assert "49" not in html[html.index("<body") :]


# --- a concept --------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_concept_page_has_every_section(portal: Portal, language: str) -> None:
    html = page(portal, f"/glossary/idempotency?lang={language}")
    title = {"ko": "멱등성", "en": "Idempotency"}[language]
    for part in (
        f"{title} {language} summary.",
        f"<strong>First</strong> {language}.",
        f"Second <code>code</code> {language}.",
        f"Third {language}.",
        f"<p>{title} {language} explanation.</p>",
        f"<p>A second {language} paragraph.</p>",
        f"{title} {language} relevance.",
        f"{language} case 1",
        f"{language} use 2.",
        f"<li>{language} &lt;b&gt;worry&lt;/b&gt; of 2</li>",
    ):
        assert part in html
    for key in ("overview", "explanation", "relevance", "useCases", "symptoms"):
        assert TEXTS[f"concept.{key}"][language == "en"] in html


def test_a_concept_page_links_to_what_belongs_to_it(portal: Portal) -> None:
    html = page(portal, "/glossary/idempotency?lang=ko")
    assert 'href="/catalog/default/component/payments?lang=ko"' in html
    assert 'href="/glossary/retry?lang=ko">재시도</a>' in html
    assert "아이뎀포턴시" in html
    link = 'href="https://www.rfc-editor.org/rfc/rfc9110" rel="noopener noreferrer">RFC 9110</a>'
    assert link in html
    assert "A file" in html
    assert "ftp://" not in html
    assert 'href="/api/glossary/concepts/idempotency?lang=ko"' in html
    assert "IDP" in page(portal, "/glossary/idempotency?lang=en")


@pytest.mark.parametrize("page", ["/glossary/breaker", "/catalog/default/template/breaker"])
def test_a_starter_is_one_command_away(make_portal: MakePortal, page: str) -> None:
    template = {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": "breaker", "title": "A breaker"},
        "spec": {"type": "service", "owner": "stewards", "steps": []},
    }
    starter = concept("breaker", "차단기", "Breaker", starter="template:default/breaker")
    documents = [GLOSSARY, starter, template]
    portal = make_portal({"catalog-info.yaml": yaml.safe_dump_all(documents)})
    found = portal.client.get(page, headers=BROWSER).text
    assert "portal new breaker --url http://localhost</code>" in found


def test_a_concept_page_names_who_changed_it(make_portal: MakePortal) -> None:
    portal = make_portal(files(CONCEPTS[0]))
    changed = concept("idempotency", "멱등성", "Idempotency", status="deprecated")
    commit = portal.repository.commit(files(changed), f"Deprecate {HOSTILE}")
    portal.sync()
    html = page(portal, "/glossary/idempotency?lang=en")
    assert commit[:10] in html
    assert "Ada Author" in html
    assert "2025-01-01 00:01 UTC" in html
    assert html.index("Deprecate") < html.index("First commit")
    assert HOSTILE not in html
    assert "Deprecated" in html


def test_a_badge_tells_what_is_not_approved(portal: Portal) -> None:
    assert "badge" in page(portal, "/glossary/retry")
    assert "badge" not in page(portal, "/glossary/idempotency")


def test_a_text_in_another_language_is_marked(portal: Portal) -> None:
    html = page(portal, "/glossary/korean-only?lang=en")
    assert "has not been written in English yet" in html
    assert '<header lang="ko">' in html
    assert '<ol lang="ko">' in html
    assert "not been written" not in page(portal, "/glossary/idempotency?lang=en")


def test_a_removed_concept_says_who_removed_it(make_portal: MakePortal) -> None:
    portal = make_portal(files(*CONCEPTS))
    portal.repository.commit(files(*CONCEPTS[:1], *CONCEPTS[2:]), "Drop retry")
    portal.sync()
    html = page(portal, "/glossary/retry?lang=en", 404)
    assert "retry was removed by Ada Author" in html


# --- the catalog ------------------------------------------------------------


def test_the_catalog_lists_entities_by_kind_and_page(portal: Portal) -> None:
    html = page(portal, "/catalog?kind=component&lang=en")
    assert "61 entities" in html
    assert re.search(r'<option value="Component" selected>Component \(61\)</option>', html)
    assert html.count("/catalog/default/component/") == 50
    assert 'href="/catalog?page=2&amp;kind=component&amp;lang=en"' in html
    assert page(portal, "/catalog?kind=component&page=2").count("/default/component/") == 11
    assert "There are no entities here." in page(portal, "/catalog?kind=nokind&lang=en")


def test_concepts_in_the_catalog_lead_to_the_glossary(portal: Portal) -> None:
    html = page(portal, "/catalog?kind=concept&lang=en")
    assert 'href="/glossary/idempotency?lang=en">Idempotency</a>' in html
    assert "Idempotency en summary." in html


def test_an_entity_page_shows_what_it_is_tied_to(portal: Portal) -> None:
    html = without_blanks(page(portal, "/catalog/default/component/payments?lang=en"))
    assert "Takes money and keeps promises." in html
    assert 'href="/glossary/idempotency?lang=en">Idempotency</a>' in html
    assert 'href="/catalog/default/group/stewards?lang=en">Stewards</a>' in html
    assert "default/nowhere <small>(not in the catalog)</small>" in html
    assert '<a href="https://example.org/x" rel="noopener noreferrer">' in html
    assert "&lt;script&gt;" in html
    assert 'href="/api/catalog/entities/by-name/component/default/payments"' in html


def test_letter_case_of_an_entity_address_does_not_matter(portal: Portal) -> None:
    assert "Payments" in page(portal, "/catalog/Default/Component/PAYMENTS")


def test_the_problems_of_an_entity_are_on_its_page(make_portal: MakePortal) -> None:
    portal = make_portal(files(*CONCEPTS))
    broken = {**SERVICE, "spec": {"type": "service", "owner": "stewards"}}
    documents = (GLOSSARY, GROUP, broken, *CONCEPTS)
    content = yaml.safe_dump_all(documents, allow_unicode=True)
    portal.repository.commit({"catalog-info.yaml": content}, "Forget the lifecycle")
    portal.sync()
    html = page(portal, "/catalog/default/component/payments?lang=en")
    assert "Problems of this entity" in html
    assert "lifecycle" in html


# --- API documentation ------------------------------------------------------


def test_the_api_page_shows_every_operation_with_an_example(portal: Portal) -> None:
    contents = page(portal, "/api/docs?lang=en")
    parts = re.findall(r'<h3[^>]*><a href="(/api/docs\?part=[^"]+)"', contents)
    html = "".join(page(portal, part.replace("&amp;", "&")) for part in parts)
    document = portal.get("/api/openapi.json")
    for path, item in document["paths"].items():
        assert f"<code>{path}</code>" in html
        for method in item.keys() & {"get", "post", "put", "delete"}:
            assert item[method]["summary"] in html.replace("&#39;", "'")
    html += page(portal, "/api/docs?part=schemas")
    for anchor in re.findall(r'href="/api/docs[^"]*#([^"]+)"', contents + html):
        assert f'id="{anchor}"' in html
    assert html.count("curl ") == sum(
        len(item.keys() & {"get", "post", "put", "delete"}) for item in document["paths"].values()
    )


# --- nothing there ----------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["/nope", "/glossary/nope", "/catalog/default/component/nope", "/static/nope", "/a/b/c/d"],
)
def test_people_get_a_page_when_there_is_nothing(portal: Portal, url: str) -> None:
    assert "찾을 수 없는 페이지" in page(portal, f"{url}?lang=ko", 404)
    assert "Page not found" in page(portal, f"{url}?lang=en", 404)


@pytest.mark.parametrize("url", ["/api/nope", "/api", "/.backstage/nope", "/api/docs/nope"])
def test_programs_get_an_empty_answer_when_there_is_no_route(portal: Portal, url: str) -> None:
    response = portal.client.get(url, headers=BROWSER)
    assert response.status_code == 404
    assert response.data == b""


@pytest.mark.parametrize("accept", ["", "*/*", "application/json"])
def test_who_does_not_prefer_html_gets_an_empty_answer(portal: Portal, accept: str) -> None:
    response = portal.client.get("/nope", headers={"Accept": accept})
    assert response.status_code == 404
    assert response.data == b""


def test_a_browser_signs_in_to_every_page_with_the_service_token(
    make_portal: MakePortal,
) -> None:
    portal = make_portal(files(*CONCEPTS), service_token="secret-of-the-test")
    for url in ("/", "/api/docs"):
        refused = portal.client.get(url, headers=BROWSER)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic")
        answer = portal.client.get(url, headers=BROWSER, auth=("me", "secret-of-the-test"))
        assert answer.status_code == 200


# --- words and runs ---------------------------------------------------------


def test_every_text_is_there_in_both_languages_with_the_same_blanks() -> None:
    for key, (ko, en) in TEXTS.items():
        assert ko.strip(), key
        assert en.strip(), key
        blanks = re.compile(r"\{(\w+)\}")
        assert set(blanks.findall(ko)) == set(blanks.findall(en)), key


def test_every_kind_and_relation_has_a_name_in_both_languages() -> None:
    for kind in KINDS.values():
        assert f"kind.{kind.name}" in TEXTS
        for rule in kind.relations:
            assert f"relation.{rule.type}" in TEXTS
            assert f"relation.{rule.inverse}" in TEXTS


def test_light_markdown_becomes_runs() -> None:
    assert inline("a `b **c**` **d** *e*") == (
        Run("a "),
        Run("b **c**", "code"),
        Run(" "),
        Run("d", "strong"),
        Run(" "),
        Run("e", "em"),
    )
    assert inline("2 * 3 * 4, a*b*c") == (Run("2 * 3 * 4, a*b*c"),)
    assert inline("see [it](https://x.org/y)") == (
        Run("see "),
        Run("it", "link", "https://x.org/y"),
    )
    assert inline("`open **and") == (Run("`open **and"),)
    assert inline("") == ()


def test_paragraphs_and_lists_are_told_apart() -> None:
    found = blocks("one\ntwo\n\n\nthree\n- four\n* five\nsix")
    assert [(block.is_list, len(block.lines)) for block in found] == [
        (False, 1),
        (False, 1),
        (True, 2),
        (False, 1),
    ]
    assert found[0].lines == ((Run("one two"),),)
    kinds = [block.kind for block in blocks("# A\n\n1. x\n2. y\n\n```sh\n- no list\n```\nend")]
    assert kinds == ["heading", "ol", "pre", ""]


def test_words_of_a_query_are_marked_in_any_letter_case() -> None:
    assert marked("Retry or RETRYING", "retry x .*") == (
        Run("Retry", MARK),
        Run(" or "),
        Run("RETRY", MARK),
        Run("ING"),
    )
    assert marked("Whether weather", "weather ther") == (Run("Whether "), Run("weather", MARK))
    assert marked("재시도를 한다", "시도") == (Run("재"), Run("시도", MARK), Run("를 한다"))
    assert marked("The end", "the") == (Run("The end"),)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " JavaScript:x", "data:x", "file:///x", "", "//x"]
)
def test_only_web_addresses_are_linked(url: str) -> None:
    assert not is_web_address(url)
    assert is_web_address("https://example.org")
