"""Texts annotated over HTTP, the script, and terms on the pages of concepts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest

from portal.mentions.api import _SCRIPT
from portal.mentions.schemas import MAX_TEXT

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.conftest import MakePortal
    from tests.conftest import Portal

ROOT = Path(__file__).parents[2]
TEXT = "🎉 카프카를 <b> & Kafka"


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    files = {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for path in ROOT.glob("catalog/**/catalog-info.yaml")
    }
    return make_shared_portal(
        files,
        targets=("catalog/**/catalog-info.yaml",),
        base_url="https://portal.example.org",
        allowed_hosts=("localhost",),
        cors_origins=("https://docs.example.org",),
    )


def post(portal: Portal, **body: Any) -> TestResponse:
    return portal.client.post("/api/glossary/annotate", json=body)


def annotated(portal: Portal, **body: Any) -> Any:
    response = post(portal, **body)
    assert response.status_code == 200, response.text
    return response.json


def test_mentions_have_offsets_in_the_units_asked_for(portal: Portal) -> None:
    answer = annotated(portal, text=TEXT)
    by_bytes = annotated(portal, text=TEXT, encoding="utf-8")

    assert answer["encoding"] == "utf-16"
    assert answer["mentions"][0] == {
        "start": 3,
        "end": 6,
        "text": "카프카",
        "concept": "concept:default/apache-kafka",
        "label": "카프카",
        "labelType": "alternatives",
    }
    assert TEXT.encode()[by_bytes["mentions"][0]["start"] :].decode().startswith("카프카")


def test_each_concept_is_described_once_in_the_language_asked_for(portal: Portal) -> None:
    concepts = annotated(portal, text=TEXT, lang="en")["concepts"]

    assert [one["name"] for one in concepts] == ["apache-kafka"]
    assert concepts[0]["title"] == "Apache Kafka"
    assert concepts[0]["summary"].endswith(".")
    assert concepts[0]["url"] == "https://portal.example.org/glossary/apache-kafka"
    assert "linked" not in annotated(portal, text=TEXT)


def test_plain_text_with_links_is_html_with_everything_escaped(portal: Portal) -> None:
    linked = annotated(portal, text='<i onclick="x">Kafka</i>', linked=True, lang="en")["linked"]

    assert linked.startswith("&lt;i onclick=&quot;x&quot;&gt;<a class=")
    assert 'href="https://portal.example.org/glossary/apache-kafka"' in linked
    assert linked.endswith(">Kafka</a>&lt;/i&gt;")


def test_markdown_and_html_with_links_stay_what_they_are(portal: Portal) -> None:
    url = "https://portal.example.org/glossary/etl"
    markdown = annotated(portal, text="*ETL* `ETL`\n", format="markdown", linked=True)
    html = annotated(portal, text="<p>ETL <code>ETL</code>", format="html", linked=True)

    assert markdown["linked"] == f"*[ETL]({url})* `ETL`\n"
    assert html["linked"].startswith(f'<p><a class="glossary-term" href="{url}" title="')
    assert html["linked"].endswith('data-concept="etl">ETL</a> <code>ETL</code>')


def test_concepts_may_be_left_out(portal: Portal) -> None:
    assert annotated(portal, text="ETL", without=["Etl"])["mentions"] == []


def test_an_empty_text_mentions_nothing(portal: Portal) -> None:
    assert annotated(portal, text="", linked=True) == {
        "encoding": "utf-16",
        "mentions": [],
        "concepts": [],
        "linked": "",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "must have required property 'text'"),
        ({"text": 1}, "request/body/text must be string"),
        ({"text": "", "format": "rst"}, "plain, markdown, html"),
        ({"text": "", "encoding": "latin-1"}, "utf-16, utf-32, utf-8"),
        ({"text": "", "once": "yes"}, "request/body/once"),
        ({"text": "", "txt": ""}, "must NOT have additional properties"),
        ({"text": "가" * (MAX_TEXT + 1)}, "it has 100001: send it in parts"),
    ],
)
def test_a_wrong_request_is_told_what_is_allowed(
    portal: Portal, body: dict[str, Any], message: str
) -> None:
    response = post(portal, **body)

    assert response.status_code == 400
    assert message in (response.json or {})["error"]["message"]


def test_a_body_that_is_too_large_is_refused(portal: Portal) -> None:
    assert post(portal, text="a" * 2_000_000).status_code == 413


def test_a_new_label_is_found_after_the_next_sync(make_portal: MakePortal) -> None:
    path = "catalog/etl/catalog-info.yaml"
    text = (ROOT / path).read_text()
    glossary = (ROOT / "catalog/education-lv3/catalog-info.yaml").read_text()
    files = {path: text, "catalog/education-lv3/catalog-info.yaml": glossary}
    portal = make_portal(files, targets=("catalog/**/catalog-info.yaml",))
    assert annotated(portal, text="이티엘로프")["mentions"] == []

    portal.repository.commit({path: text.replace("hidden: [추", "hidden: [이티엘로프, 추")})
    portal.sync()

    assert [one["text"] for one in annotated(portal, text="이티엘로프를")["mentions"]] == [
        "이티엘로프"
    ]


# --- the script ------------------------------------------------------------------


def test_the_script_is_small_and_served_to_any_site(portal: Portal) -> None:
    response = portal.client.get("/api/glossary/annotate.js")

    assert response.mimetype == "text/javascript"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.data == _SCRIPT
    assert len(_SCRIPT) < 8 * 1024
    again = portal.client.get(
        "/api/glossary/annotate.js", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status_code == 304


def test_other_sites_may_annotate_when_the_operator_names_them(portal: Portal) -> None:
    def answer(origin: str) -> TestResponse:
        return portal.client.post(
            "/api/glossary/annotate", json={"text": "ETL"}, headers={"Origin": origin}
        )

    welcome = answer("https://docs.example.org")
    assert welcome.status_code == 200
    assert welcome.headers["Access-Control-Allow-Origin"] == "https://docs.example.org"
    assert answer("https://evil.example.com").status_code == 403


def test_the_script_needs_no_credentials_and_texts_do(make_portal: MakePortal) -> None:
    portal = make_portal({"catalog-info.yaml": ""}, service_token="s" * 24, host="0.0.0.0")

    assert portal.client.get("/api/glossary/annotate.js").status_code == 200
    assert post(portal, text="ETL").status_code == 401


# --- pages of concepts -----------------------------------------------------------


def test_pages_of_concepts_link_the_terms_of_others(portal: Portal) -> None:
    page = portal.client.get("/glossary/etl?lang=en").text

    assert '<a class="term" href="/glossary/data-warehouse?lang=en" title="' in page
    assert page.count('<a class="term" href="/glossary/data-warehouse?lang=en"') == 1
    assert 'class="term" href="/glossary/etl' not in page
