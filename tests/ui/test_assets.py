"""Static files: named by content, compressed, and the vendored ones as they were published."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest

from tests.conftest import MakePortal
from tests.conftest import Portal

UI = Path(__file__).parents[2] / "portal/ui"


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal({"catalog-info.yaml": ""})


def style_address(portal: Portal) -> str:
    found = re.search(r'href="(/static/portal\.[0-9a-f]+\.css)"', portal.client.get("/").text)
    assert found
    return found[1]


def test_styles_are_one_file_that_browsers_keep_for_ever(portal: Portal) -> None:
    response = portal.client.get(style_address(portal))

    assert "immutable" in response.headers["Cache-Control"]
    assert response.mimetype == "text/css"
    for part in (UI / "styles").glob("*.css"):
        assert part.read_text() in response.text


@pytest.mark.parametrize(
    ("coding", "unpacked"), [("br", brotli.decompress), ("gzip", gzip.decompress)]
)
def test_static_files_are_packed_for_who_accepts_it(
    portal: Portal, coding: str, unpacked: object
) -> None:
    address = style_address(portal)
    whole = portal.client.get(address).data
    response = portal.client.get(address, headers={"Accept-Encoding": coding})

    assert response.headers["Content-Encoding"] == coding
    assert "Accept-Encoding" in response.headers["Vary"]
    assert callable(unpacked)
    assert unpacked(response.data) == whole
    assert len(response.data) < len(whole) / 2


def test_a_file_that_did_not_change_is_not_sent_again(portal: Portal) -> None:
    address = style_address(portal)
    etag = portal.client.get(address).headers["ETag"]

    assert portal.client.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_another_hash_is_no_address(portal: Portal) -> None:
    assert portal.client.get("/static/portal.0000000000.css").status_code == 404
    assert portal.client.get("/static/../blueprint.py").status_code == 404


def test_browsers_that_ask_for_the_old_icon_get_one(portal: Portal) -> None:
    assert portal.client.get("/favicon.ico").mimetype == "image/svg+xml"


def test_pages_are_packed_and_small_answers_are_not(portal: Portal) -> None:
    headers = {"Accept-Encoding": "gzip, br"}
    page = portal.client.get("/", headers=headers)
    small = portal.client.get("/.backstage/health/v1/liveness", headers=headers)

    assert page.headers["Content-Encoding"] == "br"
    assert b"</html>" in brotli.decompress(page.data)
    assert "Content-Encoding" not in small.headers
    assert "Content-Encoding" not in portal.client.get("/").headers


def test_vendored_files_are_those_that_were_published() -> None:
    folder = UI / "static/vendor"
    rows = json.loads((folder / "files.json").read_text())

    assert {row["file"] for row in rows} | {"files.json"} == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }
    for row in rows:
        assert hashlib.sha256((folder / row["file"]).read_bytes()).hexdigest() == row["sha256"]
        assert row["licence"]


def test_every_form_that_posts_carries_the_token_of_its_session() -> None:
    forms = [
        form
        for path in (UI / "templates").rglob("*.html")
        for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), re.DOTALL)
    ]

    assert len(forms) > 6
    assert [form for form in forms if "form_token" not in form] == []
