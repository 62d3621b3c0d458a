"""Single files of a plain web server: read when they changed, kept when it fails."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.scm.http_tree import HttpMirror
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import component
from tests.http_server import http_server
from tests.http_server import reply


@dataclass
class Files:
    """What the server has, and what it was asked for."""

    content: dict[str, str]
    has_etags: bool = True
    status: int = 0
    port: int = 0
    seen: list[tuple[str, int]] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    files: Files

    def log_message(self, *_args: Any) -> None: ...

    def do_GET(self) -> None:
        text = self.files.content.get(self.path.lstrip("/"))
        etag = f'"{hash(text)}"' if self.files.has_etags else ""
        status = self.files.status or (404 if text is None else 200)
        if status == 200 and etag and self.headers.get("If-None-Match") == etag:
            status = 304
        self.files.seen.append((self.path, status))
        body = (text or "").encode() if status == 200 else b""
        reply(self, status, {"ETag": etag} if etag else {}, body)


@pytest.fixture
def files() -> Iterator[Files]:
    """Return a running web server."""
    state = Files({"reg/reg.yaml": "one", "reg/other.yaml": "two"})
    with http_server(type("H", (_Handler,), {"files": state})) as state.port:
        yield state


MakeMirror = Callable[[], HttpMirror]


@pytest.fixture
def make_mirror(tmp_path: Path, files: Files) -> MakeMirror:
    """Return a function that opens the same copy anew, as every run does."""
    return lambda: HttpMirror(tmp_path / "copy", f"http://{files.host}/{{path}}", 5)


def read(mirror: HttpMirror, path: str = "reg/reg.yaml") -> bytes:
    return mirror.snapshot(mirror.fetch()).read(path).data


class TestReading:
    def test_a_file_is_read(self, make_mirror: MakeMirror) -> None:
        assert read(make_mirror()) == b"one"

    def test_it_has_the_id_git_would_give_it(self, make_mirror: MakeMirror) -> None:
        mirror = make_mirror()
        blob = mirror.snapshot(mirror.fetch()).read("reg/reg.yaml")
        assert blob.id == "43dd47ea691c90a5fa7827892c70241913351963"

    def test_a_file_that_is_not_there(self, make_mirror: MakeMirror) -> None:
        with pytest.raises(NotFoundError, match="file none does not exist"):
            read(make_mirror(), "none")
        mirror = make_mirror()
        assert mirror.snapshot(mirror.fetch()).glob("none") == []

    def test_globs_are_refused(self, make_mirror: MakeMirror) -> None:
        mirror = make_mirror()
        with pytest.raises(InputError, match="Unsupported search pattern URL"):
            mirror.snapshot(mirror.fetch()).glob("reg/*.yaml")

    def test_each_file_is_asked_for_once_in_a_run(
        self, make_mirror: MakeMirror, files: Files
    ) -> None:
        mirror = make_mirror()
        tree = mirror.snapshot(mirror.fetch())
        assert tree.glob("reg/reg.yaml") == ["reg/reg.yaml"]
        assert tree.read("reg/reg.yaml").data == tree.read("reg/reg.yaml").data == b"one"
        assert files.seen == [("/reg/reg.yaml", 200)]

    @pytest.mark.parametrize("status", [500, 403, 204])
    def test_a_server_that_fails_is_no_missing_file(
        self, make_mirror: MakeMirror, files: Files, status: int
    ) -> None:
        files.status = status
        with pytest.raises(SourceError, match=f"could not read http://.*, {status}"):
            read(make_mirror())


class TestLooking:
    def test_the_id_stays_while_the_files_do(self, make_mirror: MakeMirror) -> None:
        read(make_mirror())
        assert make_mirror().look() == make_mirror().look()

    def test_any_of_the_files_changes_it(self, make_mirror: MakeMirror, files: Files) -> None:
        read(make_mirror())
        read(make_mirror(), "reg/other.yaml")
        before = make_mirror().look()
        files.content["reg/other.yaml"] = "three"
        after = make_mirror().look()
        assert after != before
        del files.content["reg/other.yaml"]
        assert make_mirror().look() not in {before, after}

    def test_what_did_not_change_is_not_sent_again(
        self, make_mirror: MakeMirror, files: Files
    ) -> None:
        read(make_mirror())
        assert read(make_mirror()) == b"one"
        assert files.seen == [("/reg/reg.yaml", 200), ("/reg/reg.yaml", 304)]

    def test_a_server_without_etags_is_followed_too(
        self, make_mirror: MakeMirror, files: Files
    ) -> None:
        files.has_etags = False
        read(make_mirror())
        before = make_mirror().look()
        assert make_mirror().look() == before
        files.content["reg/reg.yaml"] = "new"
        assert make_mirror().look() != before
        assert read(make_mirror()) == b"new"

    def test_a_copy_that_was_damaged_is_made_anew(
        self, make_mirror: MakeMirror, tmp_path: Path
    ) -> None:
        read(make_mirror())
        (tmp_path / "copy" / "index.json").write_text("{")
        assert read(make_mirror()) == b"one"

    def test_tidying_keeps_what_is_needed(
        self, make_mirror: MakeMirror, files: Files, tmp_path: Path
    ) -> None:
        read(make_mirror())
        files.content["reg/reg.yaml"] = "new"
        mirror = make_mirror()
        read(mirror)
        mirror.tidy()
        assert len(list((tmp_path / "copy").iterdir())) == 2
        assert read(make_mirror()) == b"new"


class TestAsALocation:
    """A file of a web server registered as a location."""

    @pytest.fixture
    def portal(self, make_portal: MakePortal, files: Files) -> Portal:
        files.content["reg/reg.yaml"] = component("one")
        return make_portal({"catalog-info.yaml": component("main")}, reading_allow=(files.host,))

    def add(self, portal: Portal, files: Files, path: str = "reg/reg.yaml") -> Any:
        found = portal.services.registrations.add("url", f"http://{files.host}/{path}", False)
        portal.sync()
        return found

    def names(self, portal: Portal) -> set[str]:
        found = portal.get("/api/catalog/entities?filter=kind=component&fields=metadata.name")
        return {entity["metadata"]["name"] for entity in found}

    def test_its_entities_come_and_follow_and_go(self, portal: Portal, files: Files) -> None:
        location = self.add(portal, files)
        assert self.names(portal) == {"main", "one"}
        files.content["reg/reg.yaml"] = component("two")
        portal.sync()
        assert self.names(portal) == {"main", "two"}
        portal.services.registrations.remove(location.id)
        assert self.names(portal) == {"main"}

    def test_annotations_are_those_of_a_web_address(self, portal: Portal, files: Files) -> None:
        self.add(portal, files)
        found = portal.get("/api/catalog/entities/by-name/component/default/one")
        url = f"http://{files.host}/reg/reg.yaml"
        assert found["metadata"]["annotations"] == {
            "backstage.io/managed-by-location": f"url:{url}",
            "backstage.io/managed-by-origin-location": f"url:{url}",
            "backstage.io/view-url": url,
        }

    def test_nested_locations_are_followed(self, portal: Portal, files: Files) -> None:
        files.content["all.yaml"] = (
            "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: all}\n"
            "spec: {targets: [./reg/reg.yaml, ./none.yaml]}\n"
        )
        self.add(portal, files, "all.yaml")
        assert self.names(portal) == {"main", "one"}
        (problem,) = portal.get("/api/catalog/problems")["items"]
        assert problem["message"] == (
            f"Unable to read url, no matching files found for http://{files.host}/none.yaml"
        )
        files.content["none.yaml"] = component("there-now")
        portal.sync()
        assert self.names(portal) == {"main", "one", "there-now"}

    def test_a_server_that_fails_takes_nothing_away(self, portal: Portal, files: Files) -> None:
        self.add(portal, files)
        files.status = 503
        reports = portal.sync()
        assert "failed" in {report.outcome for report in reports}
        assert self.names(portal) == {"main", "one"}

    def test_an_unchanged_file_writes_nothing(self, portal: Portal, files: Files) -> None:
        self.add(portal, files)
        portal.sync()
        generation = portal.services.catalog.generation()
        assert {report.outcome for report in portal.sync()} == {"unchanged"}
        assert portal.services.catalog.generation() == generation

    def test_other_hosts_are_not_read(self, portal: Portal, files: Files) -> None:
        for url in (f"http://localhost:{files.port}/reg/reg.yaml", f"http://{files.host}@x/y"):
            with pytest.raises(InputError, match=r"is not allowed|credentials"):
                portal.services.registrations.add("url", url, False)
