"""Backstage's reader gets what its own backend would give it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from portal.techdocs.material import STYLESHEET
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import COMPONENT
from tests.descriptors import component
from tests.descriptors import descriptor

REF = "default/component/shop"
STATIC = f"/api/techdocs/static/docs/{REF}"
UNABLE = "Unable to get metadata for"
NO_ANNOTATION = "No backstage.io/techdocs-ref annotation provided in entity"
PNG = b"\x89PNG\r\n\x1a\n"
CONTENT: dict[str, str | bytes | None] = {
    "catalog-info.yaml": descriptor(
        "Component", "shop", COMPONENT, annotations={"backstage.io/techdocs-ref": "dir:."}
    )
    + component("bare"),
    "mkdocs.yml": "site_name: The Shop\nsite_description: About\n",
    "docs/index.md": "# Welcome\n\n[start](guides/start.md) ![a](a.png)\n",
    "docs/guides/start.md": "# Start\n\n## First *steps*\n\n[back](../index.md#welcome)\n",
    "docs/a.png": PNG,
    "docs/evil.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "docs/evil.html": "<script>alert(1)</script>",
    "docs/app.bin": b"\0\1",
    "docs/lfs.png": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "secret.txt": "not in the documentation",
}


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal(CONTENT)


def static(portal: Portal, path: str) -> TestResponse:
    return portal.client.get(f"{STATIC}/{path}")


def test_the_metadata_of_a_site(portal: Portal) -> None:
    found = portal.get(f"/api/techdocs/metadata/techdocs/{REF}")

    assert found["site_name"] == "The Shop"
    assert found["site_description"] == "About"
    assert found["build_timestamp"] == 1_735_689_600_000
    assert len(found["etag"]) == 40
    assert {"index.html", "guides/start/index.html", "a.png", "techdocs_metadata.json"} <= set(
        found["files"]
    )
    assert static(portal, "techdocs_metadata.json").json == found


def test_letter_case_of_a_ref_does_not_matter(portal: Portal) -> None:
    url = "/api/techdocs/metadata/techdocs/Default/Component/Shop"

    assert portal.get(url)["site_name"] == "The Shop"


def test_the_metadata_of_an_entity_says_where_its_documentation_is(portal: Portal) -> None:
    found = portal.get(f"/api/techdocs/metadata/entity/{REF}")

    assert found["metadata"]["name"] == "shop"
    assert found["locationMetadata"] == {"type": "dir", "target": "."}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "metadata/techdocs/default/component/none",
            "Unable to get metadata for 'component:default/none'",
        ),
        (
            "metadata/entity/default/component/none",
            "Unable to get metadata for 'component:default/none'",
        ),
        (
            "metadata/entity/default/component/bare",
            f"{UNABLE} 'component:default/bare'; caused by InputError: {NO_ANNOTATION}: bare",
        ),
        ("sync/default/component/none", "Entity metadata UID missing"),
    ],
)
def test_what_is_not_there_is_said_in_backstages_words(
    portal: Portal, url: str, message: str
) -> None:
    response = portal.client.get(f"/api/techdocs/{url}")

    assert response.status_code == 404
    assert response.get_json()["error"] == {"name": "NotFoundError", "message": message}


def test_nothing_has_to_be_built(portal: Portal) -> None:
    response = portal.client.get(f"/api/techdocs/sync/{REF}")

    assert response.content_type == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.text == 'event: finish\ndata: {"updated":false}\n\n'
    assert "event: error" in portal.client.get("/api/techdocs/sync/default/component/bare").text


def test_a_branch_is_read_on_demand_and_kept_by_no_proxy(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT)
    portal.repository.git("checkout", "--quiet", "-b", "next")
    commit = portal.repository.commit({"docs/index.md": "# Upcoming", "docs/new.md": "# New"})
    portal.repository.git("checkout", "--quiet", "main")

    assert "Upcoming" not in static(portal, "index.html").text
    page = static(portal, "index.html?at=next")
    assert "Upcoming" in page.text
    assert page.headers["Cache-Control"] == "private, max-age=0"
    assert portal.get(f"/api/techdocs/metadata/techdocs/{REF}?at=next")["etag"] == commit
    assert static(portal, "new?at=next").headers["Location"].endswith("/new/?at=next")
    assert "event: finish" in portal.client.get(f"/api/techdocs/sync/{REF}?at=next").text
    assert "no branch" in portal.client.get(f"/api/techdocs/sync/{REF}?at=nope").text
    assert static(portal, "index.html?at=nope").status_code == 404


def test_a_page_has_the_markup_backstages_reader_looks_for(portal: Portal) -> None:
    response = static(portal, "guides/start/index.html")

    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=0"
    for text in (
        'class="md-header"',
        'class="md-sidebar md-sidebar--primary"',
        'class="md-sidebar md-sidebar--secondary"',
        'class="md-content"',
        '<article class="md-content__inner md-typeset">',
        f'<link rel="stylesheet" href="../../{STYLESHEET}">',
        '<h2 id="first-steps">',
        '<a href="#first-steps" class="md-nav__link">',
        '<a href="../../#welcome">back</a>',
        'rel="prev"',
    ):
        assert text in response.text
    assert "<script" not in response.text


def test_links_and_images_are_relative_to_the_folder_of_a_page(portal: Portal) -> None:
    html = static(portal, "").text

    assert '<a href="guides/start/">start</a> <img src="a.png" alt="a">' in html
    assert html == static(portal, "index.html").text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.png", "image/png"),
        ("evil.svg", "text/plain; charset=utf-8"),
        ("evil.html", "text/plain; charset=utf-8"),
        ("app.bin", "application/octet-stream"),
        (STYLESHEET, "text/css; charset=utf-8"),
        ("search/search_index.json", "application/json; charset=utf-8"),
    ],
)
def test_no_file_is_sent_as_something_a_browser_runs(portal: Portal, path: str, kind: str) -> None:
    response = static(portal, path)

    assert response.status_code == 200
    assert response.content_type == kind
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_is_not_sent_again_that_the_browser_has(portal: Portal) -> None:
    etag = static(portal, "a.png").headers["ETag"]
    again = portal.client.get(f"{STATIC}/a.png", headers={"If-None-Match": etag})

    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "none/",
        "none.html",
        "index.md",
        "lfs.png",
        "../secret.txt",
        "..%2fsecret.txt",
        "guides/../../secret.txt",
        "/etc/passwd",
        "%00",
    ],
)
def test_nothing_else_is_there(portal: Portal, path: str) -> None:
    response = static(portal, path)

    assert response.status_code == 404
    assert response.data == b""


def test_addresses_are_put_right(portal: Portal) -> None:
    page = static(portal, "guides/start")
    upper = portal.client.get("/api/techdocs/static/docs/default/Component/Shop/index.html")

    assert (page.status_code, page.headers["Location"]) == (301, f"{STATIC}/guides/start/")
    assert (upper.status_code, upper.headers["Location"]) == (301, f"{STATIC}/index.html")


def test_the_search_index_has_every_heading(portal: Portal) -> None:
    response = static(portal, "search/search_index.json")
    docs = response.get_json()["docs"]

    assert {"location": "guides/start/#first-steps", "title": "First steps", "text": "back"} in docs


def test_a_new_commit_is_another_page(make_portal: MakePortal) -> None:
    portal = make_portal(CONTENT)
    before = static(portal, "")
    portal.repository.commit({"docs/index.md": "# Changed"})
    portal.sync()
    after = static(portal, "")

    assert "Welcome" in before.text
    assert "Changed" in after.text
    assert before.headers["ETag"] != after.headers["ETag"]


def test_files_need_the_cookie_or_a_token_and_nothing_else_takes_the_cookie(
    make_portal: MakePortal,
) -> None:
    portal = make_portal(CONTENT, service_token="a-token-of-tests", guest_access="always")
    bearer = {"Authorization": f"Bearer {portal.guest_token()}"}
    client = portal.client.application.test_client(use_cookies=False)
    assert client.get(f"{STATIC}/a.png").status_code == 401
    assert client.get(f"{STATIC}/a.png", headers=bearer).status_code == 200
    cookie = client.get("/api/techdocs/.backstage/auth/v1/cookie", headers=bearer)
    value = cookie.headers["Set-Cookie"].partition(";")[0]
    headers = {"Cookie": value}

    assert client.get(f"{STATIC}/a.png", headers=headers).status_code == 200
    metadata = f"/api/techdocs/metadata/techdocs/{REF}"
    assert client.get(metadata, headers=headers).status_code == 401
    wrong = {"Cookie": f"{value}x"}
    assert client.get(f"{STATIC}/a.png", headers=wrong).status_code == 401


@pytest.fixture
def external(tmp_path: Path) -> Path:
    """Return a folder with a site that was built elsewhere."""
    home = tmp_path / "sites" / "default" / "component" / "bare"
    (home / "sub" / "page").mkdir(parents=True)
    for name in ("index.html", "sub/page/index.html"):
        (home / name).write_text("<html><body><h1>Hi</h1></body></html>\n")
    metadata = {"site_name": "web", "build_timestamp": 1, "etag": "e1", "files": ["index.html"]}
    (home / "techdocs_metadata.json").write_text(json.dumps(metadata))
    (home / "a.js").write_text("x\n")
    (tmp_path / "secret.txt").write_text("secret")
    (home / "link.txt").symlink_to(tmp_path / "secret.txt")
    return tmp_path / "sites"


def test_a_site_that_was_built_elsewhere_is_served_as_it_is(
    make_portal: MakePortal, external: Path
) -> None:
    portal = make_portal(CONTENT, techdocs_folder=str(external))
    base = "/api/techdocs/static/docs/default/component/bare"

    metadata = portal.get("/api/techdocs/metadata/techdocs/default/component/bare")
    assert (metadata["site_name"], metadata["etag"]) == ("web", "e1")
    assert portal.client.get(f"{base}/sub/page/").text.startswith("<html>")
    assert portal.client.get(f"{base}/sub/page").headers["Location"] == f"{base}/sub/page/"
    script = portal.client.get(f"{base}/a.js")
    assert script.content_type == "application/javascript; charset=utf-8"
    for path in ("link.txt", "../../../secret.txt", "none", "..%2f..%2f..%2f..%2fsecret.txt"):
        assert portal.client.get(f"{base}/{path}").status_code == 404
    assert portal.get(f"/api/techdocs/metadata/techdocs/{REF}")["site_name"] == "The Shop"
