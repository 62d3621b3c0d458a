"""What answers, files and logs tell to whom (cases A14, G3, G4, I10, K3, and smuggled requests)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.conftest import StartPortal
from tests.attacks.running import LIVENESS
from tests.attacks.running import READINESS
from tests.attacks.running import RunningPortal

#: Each starts a portal of its own, as a process.
pytestmark = pytest.mark.slow

_TOKEN = "correct-horse-battery"
_TRUSTED = {"Authorization": f"Bearer {_TOKEN}"}
_ANNOTATED = ("view-url", "edit-url", "source-location", "techdocs-ref")
_SCRIPTS = {
    "data": "data:text/html,<script>alert(1)</script>",
    "vbscript": "VbScript:msgbox(1)",
    "javascript": "java\tscript:alert(1)",
    "control": "\x01data:text/html,x",
}


def _component(name: str, url: str) -> str:
    annotations = "".join(
        f"    backstage.io/{key}: {_quoted(prefix + url)}\n"
        for key, prefix in zip(_ANNOTATED, ("", "", "url:", "url:"), strict=True)
    )
    return (
        "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
        f"metadata:\n  name: {name}\n  annotations:\n{annotations}"
        "spec: {type: service, lifecycle: production, owner: guests}\n---\n"
    )


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\x{ord(c):02x}" if ord(c) < 32 else c for c in text) + '"'


@pytest.fixture(scope="module")
def portal(start_portal: StartPortal) -> RunningPortal:
    """Return a portal that asks for a token, with a forge that does not answer."""
    files = {"catalog-info.yaml": "".join(_component(*item) for item in _SCRIPTS.items())}
    forge = {"name": "secret-forge", "type": "gitea", "api": "http://127.0.0.1:9/api/v1"}
    return start_portal(files, service_token=_TOKEN, providers=[{**forge, "owner": "acme"}])


def test_readiness_names_no_reasons_to_strangers(portal: RunningPortal) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong-horse-battery"}):
        assert portal.ask("GET", READINESS, headers=headers).json == {"status": "ok"}


def test_readiness_names_them_to_who_is_let_in(portal: RunningPortal) -> None:
    told = portal.ask("GET", READINESS, headers=_TRUSTED).json
    assert [item["provider"] for item in told["stale"]] == ["secret-forge"]


@pytest.mark.parametrize("name", list(_SCRIPTS))
def test_annotations_hold_no_scripts(portal: RunningPortal, name: str) -> None:
    path = f"/api/catalog/entities/by-name/component/default/{name}"
    annotations = portal.ask("GET", path, headers=_TRUSTED).json["metadata"]["annotations"]
    for key in _ANNOTATED:
        found = annotations[f"backstage.io/{key}"]
        assert found.removeprefix("url:").startswith("https://backstage.io/annotation-rejected")


@pytest.mark.parametrize("headers", [{}, _TRUSTED])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/none",
        "/api/catalog/entities",
        "/api/catalog/entities?limit=x",
        "/api/catalog/entity-facets?facet=kind",
        "/api/search/query?term=x",
        "/api/scaffolder/v2/tasks",
        "/api/scaffolder/v2/tasks/none/eventstream",
        "/api/auth/v1/userinfo",
        "/api/openapi.json",
        "/api/none",
        READINESS,
    ],
)
def test_no_cache_gives_an_answer_to_another(
    portal: RunningPortal, path: str, headers: dict[str, str]
) -> None:
    answer = portal.ask("GET", path, headers=headers)
    varying = {name.strip().lower() for name in answer.headers.get("vary", "").split(",")}
    assert varying >= {"authorization", "cookie"}


@pytest.mark.parametrize(
    ("version", "framing"),
    [
        ("1.1", "Content-Length: 4\r\nTransfer-Encoding: chunked"),
        ("1.1", "Transfer-Encoding: chunked\r\nContent-Length: 4"),
        ("1.1", "Transfer-Encoding: chunked\r\nContent-Length: 5"),
        ("1.0", "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 4"),
        ("1.0", "Connection: keep-alive\r\nTransfer-Encoding: chunked"),
        ("1.1", "Content-Length: 4\r\nContent-Length: 5"),
        ("1.1", "Content-Length: 4, 4"),
        ("1.1", "Content-Length: +4"),
        ("1.1", "Transfer-Encoding: gzip, chunked"),
        ("1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    ],
)
def test_a_request_with_two_ends_closes_the_connection(
    portal: RunningPortal, version: str, framing: str
) -> None:
    smuggled = f"GET {LIVENESS} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request = (
        f"POST /api/catalog/refresh HTTP/{version}\r\nHost: localhost\r\n{framing}\r\n\r\n"
        f"0\r\n\r\n{smuggled}"
    )
    answers = portal.send(request.encode(), timeout=20)
    assert len(re.findall(rb"(?m)^HTTP/1", answers)) == 1
    assert answers.split(b" ")[1] in {b"400", b"501"}
    assert b'"ok"' not in answers


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if not path.is_symlink())


def test_data_is_the_users_only(portal: RunningPortal) -> None:
    found = list(_files(portal.folder / "data"))
    assert {"portal.db", "portal.db-wal", "index", "git"} <= {path.name for path in found}
    assert [str(path) for path in found if path.stat().st_mode & 0o077] == []


_FORGED = "2026-01-01 00:00:00,000 INFO    portal: forged"


@pytest.mark.parametrize(
    "mark", ["%0A", "%0D", "%0D%0A", "%C2%85", "%E2%80%A8", "%1B%5B2K%0D", "%E2%80%AE", "%0B"]
)
def test_no_path_forges_a_line_of_the_log(portal: RunningPortal, mark: str) -> None:
    portal.ask("GET", f"/api/x{mark}{_FORGED.replace(' ', '%20')}", headers=_TRUSTED)
    portal.ask("POST", f"/api/webhooks/github{mark}", {"x": _FORGED})
    assert not re.search(rf"(?m)^.?{_FORGED}", portal.log)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", portal.log)
