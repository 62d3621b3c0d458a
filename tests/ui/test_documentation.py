"""The portal's own reader: whole without scripts, in both languages, at any commit."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from portal.permission.policy import DENY
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import COMPONENT
from tests.descriptors import component
from tests.descriptors import descriptor
from tests.policies import TablePolicy
from tests.tables import each

HOME = "/docs/default/component/shop/"
DOCUMENTED = {"backstage.io/techdocs-ref": "dir:."}
SVG = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
CONTENT: dict[str, str | bytes | None] = {
    "catalog-info.yaml": descriptor("Component", "shop", COMPONENT, annotations=DOCUMENTED)
    + descriptor(
        "Component", "empty", COMPONENT, annotations={"backstage.io/techdocs-ref": "dir:./x"}
    )
    + descriptor(
        "Component",
        "part",
        COMPONENT,
        annotations={
            "backstage.io/techdocs-entity": "component:default/shop",
            "backstage.io/techdocs-entity-path": "/guides/start",
        },
    )
    + descriptor(
        "Component", "odd", COMPONENT, annotations={"backstage.io/techdocs-ref": "s3:bucket"}
    )
    + component("bare"),
    "mkdocs.yml": "site_name: The Shop\nrepo_url: https://h.example/a\nedit_uri: edit/main/docs\n",
    "docs/index.md": "# Welcome\n\n[start](guides/start.md) ![a](a.svg)\n",
    "docs/guides/start.md": "# Start\n\n## First *steps*\n\nOpen the xylophone console.\n",
    "docs/ko/index.md": "# 환영합니다\n\n실로폰\n",
    "docs/a.svg": SVG,
    "docs/run.html": "<script>alert(1)</script>",
    "docs/app.bin": b"\0",
    "secret.txt": "what nobody may read",
}


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal(CONTENT)


def see(portal: Portal, path: str, language: str = "en") -> TestResponse:
    headers = {"Accept": "text/html", "Accept-Language": language}
    # Without cookies: a chosen language stays in one.
    client = portal.client.application.test_client(use_cookies=False)
    return client.get(path, headers=headers)


def test_the_list_has_every_entity_with_documentation(portal: Portal) -> None:
    html = see(portal, "/docs").text

    assert f'href="{HOME}"' in html
    assert "component/bare" not in html


def test_a_portal_without_documentation_says_how_to_begin(make_portal: MakePortal) -> None:
    portal = make_portal({"catalog-info.yaml": component("bare")})

    assert "techdocs-ref" in see(portal, "/docs").text
    assert "docs/index.md를" in see(portal, "/docs", "ko").text


def test_a_page_has_navigation_contents_neighbours_and_its_last_change(portal: Portal) -> None:
    html = see(portal, f"{HOME}guides/start/").text

    assert '<h2 id="first-steps">' in html
    assert '<a href="#first-steps">First steps</a>' in html
    assert f'<a href="{HOME}guides/start/" aria-current="page">Start</a>' in html
    assert f'rel="prev" href="{HOME}"' in html
    assert "Last changed by Ada Author" in html
    assert 'href="https://h.example/a/edit/main/docs/guides/start.md"' in html
    assert "<script>" not in html
    assert " style=" not in html


def test_links_and_images_lead_below_the_documentation(portal: Portal) -> None:
    html = see(portal, HOME).text

    assert f'<a href="{HOME}guides/start/">start</a> <img src="{HOME}a.svg" alt="a">' in html


def test_a_chosen_language_stays_in_links(portal: Portal) -> None:
    assert f'href="{HOME}guides/start/?lang=ko"' in see(portal, f"{HOME}?lang=ko").text


def test_the_words_around_a_page_are_in_the_readers_language(portal: Portal) -> None:
    assert "이 페이지 고치기" in see(portal, HOME, "ko").text
    assert "Edit this page" in see(portal, HOME).text


def test_a_translation_is_offered_both_ways(portal: Portal) -> None:
    english, korean = see(portal, HOME).text, see(portal, HOME, "ko").text

    assert f'<a href="{HOME}ko/?lang=ko" lang="ko" hreflang="ko">' in english
    assert f'<a href="{HOME}?lang=en" lang="en" hreflang="en">' in korean


def test_a_reader_gets_the_page_in_their_language_where_there_are_two(portal: Portal) -> None:
    assert "환영합니다" in see(portal, HOME, "ko").text
    assert "Welcome" in see(portal, HOME).text
    there, back = see(portal, f"{HOME}index.md", "ko"), see(portal, f"{HOME}ko/?lang=en", "ko")
    assert there.headers["Location"] == f"{HOME}ko/"
    assert back.headers["Location"] == f"{HOME}?lang=en"
    # A page without a twin is shown in the language it has.
    assert "First" in see(portal, f"{HOME}guides/start/", "ko").text


def test_the_navigation_has_each_page_once_in_the_readers_language(portal: Portal) -> None:
    korean, english = see(portal, HOME, "ko").text, see(portal, HOME).text

    assert f'<a href="{HOME}ko/" aria-current="page">환영합니다</a>' in korean
    assert f'<a href="{HOME}">Welcome</a>' not in korean
    assert f'<a href="{HOME}" aria-current="page">Welcome</a>' in english
    assert "환영합니다" not in english
    assert f'<a href="{HOME}guides/start/">Start</a>' in korean


TWINS: dict[str, str | bytes | None] = {
    "docs/guides/.pages": "title: For readers\n",
    "docs/ko/guides/.pages": "title: 읽는 사람에게\n",
    "docs/guides/twin.md": "# Twin\n\n## First\n\nA\n\n## Second\n\nThe theremin hums.\n",
    "docs/ko/guides/twin.md": "# 쌍둥이\n\n## 첫째\n\n가\n\n## 둘째\n\ntheremin 소리\n",
}


def test_a_page_that_is_called_after_its_language_has_its_own_title(
    make_portal: MakePortal,
) -> None:
    nav = "nav: [{한국어: index.md}, {English: en/index.md}]\n"
    pages = {"docs/index.md": "# 개념", "docs/en/index.md": "# A concept", "mkdocs.yml": nav}
    portal = make_portal({"catalog-info.yaml": CONTENT["catalog-info.yaml"], **pages})

    assert f'<a href="{HOME}" aria-current="page">개념</a>' in see(portal, HOME, "ko").text
    assert f'<a href="{HOME}en/" aria-current="page">A concept</a>' in see(portal, HOME).text


def test_search_leads_to_the_section_in_the_readers_language_and_names_it_once(
    make_portal: MakePortal,
) -> None:
    portal = make_portal(CONTENT | TWINS)

    for path in ("/search?q=theremin", f"{HOME}?q=theremin"):
        korean, english = see(portal, path, "ko").text, see(portal, path).text
        assert korean.count(f'href="{HOME}ko/guides/twin/#_3"') == 1
        assert f"{HOME}guides/twin/" not in korean.partition("<main")[2].partition("docs-side")[0]
        assert english.count(f'href="{HOME}guides/twin/#second"') == 1
        assert "/ko/guides/twin/#" not in english
    assert ">둘째</a>" in see(portal, "/search?q=theremin", "ko").text
    assert "<summary>읽는 사람에게</summary>" in see(portal, HOME, "ko").text
    assert "<summary>For readers</summary>" in see(portal, HOME).text


@pytest.mark.parametrize(
    ("path", "kind", "is_download"),
    [
        ("a.svg", "image/svg+xml", False),
        ("run.html", "text/plain; charset=utf-8", False),
        ("app.bin", "application/octet-stream", True),
    ],
)
def test_a_file_can_run_nothing(portal: Portal, path: str, kind: str, is_download: bool) -> None:
    response = see(portal, HOME + path)

    assert response.content_type == kind
    assert response.headers["Content-Security-Policy"].endswith("sandbox")
    assert ("Content-Disposition" in response.headers) == is_download


@pytest.mark.parametrize(
    "path",
    ["nope/", "nope.png", "../secret.txt", "..%2fsecret.txt", "guides/../../secret.txt"],
)
def test_what_is_not_there_is_not_found(portal: Portal, path: str) -> None:
    response = see(portal, HOME + path)

    assert response.status_code == 404
    assert "nobody may read" not in response.text


@pytest.mark.parametrize("path", ["guides/start", "guides/start.md", "guides/start/index.html"])
def test_a_page_has_one_address(portal: Portal, path: str) -> None:
    response = see(portal, HOME + path)

    assert (response.status_code, response.headers["Location"]) == (302, f"{HOME}guides/start/")


def test_shared_documentation_leads_to_the_entity_that_has_it(portal: Portal) -> None:
    response = see(portal, "/docs/default/component/part/")

    assert (response.status_code, response.headers["Location"]) == (302, f"{HOME}guides/start/")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty", "folder &#39;x/docs&#39; does not exist"),
        ("bare", "No backstage.io/techdocs-ref annotation"),
        ("odd", "&#39;s3&#39; is not supported"),
    ],
)
def test_without_documentation_the_page_says_why(portal: Portal, name: str, reason: str) -> None:
    response = see(portal, f"/docs/default/component/{name}/")

    assert response.status_code == 404
    assert reason in response.text


def test_search_within_leads_to_the_heading(portal: Portal) -> None:
    html = see(portal, f"{HOME}?q=xylophone").text

    assert f'<a href="{HOME}guides/start/#first-steps">First steps</a>' in html
    assert "<mark>xylophone</mark>" in html
    assert "Nothing in this documentation" in see(portal, f"{HOME}?q=zzzzqqqq").text


def test_an_older_commit_can_be_read_and_says_so(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT)
    old = portal.repository.git("rev-parse", "HEAD").strip()
    portal.repository.commit({"docs/index.md": "# Changed\n\n[start](guides/start.md)"})
    portal.sync()

    assert "Changed" in see(portal, HOME).text
    html = see(portal, f"{HOME}?at={old[:10]}").text
    assert "Welcome" in html
    assert f"older commit {old[:10]}" in html
    assert f'href="{HOME}guides/start/?at={old[:10]}"' in html


def test_only_commits_of_the_history_that_is_shown_can_be_read(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT)
    portal.repository.git("checkout", "--quiet", "-b", "secret")
    other = portal.repository.commit({"docs/index.md": "# Not yet public"})
    portal.repository.git("checkout", "--quiet", "main")
    portal.repository.commit({"docs/index.md": "# Public"})
    portal.sync()

    for at in (other, other[:10], "0" * 40, "--all", "abc", "refs/portal/x", "a..b", "@{1}"):
        response = see(portal, f"{HOME}?at={at}")
        assert response.status_code == 404
        assert "Not yet public" not in response.text


def _with_a_pull_request(portal: Portal, ref: str) -> str:
    """Add a pull request to the remote that the catalog does not follow; return its commit."""
    git = portal.repository.git
    git("checkout", "--quiet", "-b", "proposed")
    commit = portal.repository.commit({"docs/index.md": "# Proposed\n\n[s](guides/start.md)"})
    git("checkout", "--quiet", "main")
    git("update-ref", ref, commit)
    git("branch", "--quiet", "-D", "proposed")
    return commit


_PREVIEWS = [
    ("refs/heads/feature/login", "feature/login"),
    ("refs/heads/Feature", "refs/heads/Feature"),
    ("refs/tags/v2", "v2"),
    ("refs/pull/12/head", "refs/pull/12/head"),
    ("refs/pull/12/head", "#12"),
    ("refs/merge-requests/7/head", "refs/merge-requests/7/head"),
    ("refs/merge-requests/7/head", "!7"),
    ("refs/pull-requests/8/from", "8"),
]


def test_a_branch_or_pull_request_can_be_previewed_and_says_so(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT)
    commits = {ref: _with_a_pull_request(portal, ref) for ref, _ in _PREVIEWS}

    @each(_PREVIEWS)
    def is_previewed(preview: tuple[str, str]) -> None:
        ref, at = preview
        html = see(portal, f"{HOME}?at={quote(at)}").text
        assert "Proposed" in html
        name, commit = ref.removeprefix("refs/heads/"), commits[ref]
        assert f"preview of {name} at the commit {commit[:10]}" in html
        assert f'href="{HOME}guides/start/?at={quote(at, safe="")}"' in html
        assert f'<a href="{HOME}">See the current one</a>' in html
        assert "Edit this page" not in html
        # Its commit was fetched, and is none of the history that is shown.
        assert see(portal, f"{HOME}?at={commit}").status_code == 404

    is_previewed()
    assert "Welcome" in see(portal, HOME).text


def test_an_unknown_branch_has_a_page_that_leads_back(make_portal: MakePortal) -> None:
    response = see(make_portal(CONTENT), f"{HOME}?at=no-such-branch")

    assert response.status_code == 404
    assert "no branch, tag or pull request &#39;no-such-branch&#39;" in response.text
    assert f'href="{HOME}"' in response.text


def test_a_preview_needs_its_permission(make_portal: MakePortal) -> None:
    portal = make_portal(
        CONTENT, permission_policy=TablePolicy(everybody={"portal.docs.preview": DENY})
    )
    _with_a_pull_request(portal, "refs/pull/12/head")

    assert see(portal, f"{HOME}?at=refs/pull/12/head").status_code == 403
    assert "Preview a branch" not in see(portal, HOME).text
    path = "/api/techdocs/static/docs/default/component/shop/index.html?at=refs/pull/12/head"
    assert see(portal, path).status_code == 403


def test_previews_are_counted_as_registrations_are(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT, quotas={"registrations": 1})

    statuses = [see(portal, f"{HOME}?at=branch-{number}").status_code for number in range(2)]
    assert statuses == [404, 429]
    assert see(portal, HOME).status_code == 200


def test_an_entity_links_to_its_documentation(portal: Portal) -> None:
    assert f'href="{HOME}"' in see(portal, "/catalog/default/component/shop").text
    assert "Read the documentation" not in see(portal, "/catalog/default/component/bare").text


DRAWN = "# Drawn\n\n```mermaid\ngraph TD; A-->B\n```\n\n$a^2$\n"


def test_libraries_are_loaded_only_by_pages_that_use_them(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT | {"docs/drawn.md": DRAWN})
    drawn, plain = see(portal, f"{HOME}drawn/"), see(portal, HOME)

    assert "katex.min" in drawn.text
    assert 'src="/docs/diagrams"' in drawn.text
    assert "katex.min" not in plain.text
    assert "/docs/diagrams" not in plain.text
    assert "'unsafe-inline'" not in drawn.headers["Content-Security-Policy"]


def test_the_frame_of_diagrams_has_no_content_and_loads_one_script(portal: Portal) -> None:
    frame = see(portal, "/docs/diagrams")

    assert frame.text.count("<script src=") == 1
    assert "<body></body>" in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
