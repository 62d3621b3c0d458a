"""A web node beside a worker on another machine: its data folder is empty, or cannot be there."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.faults.running import CONTENT
from tests.faults.running import Running
from tests.faults.running import running

pytestmark = pytest.mark.slow
TEMPLATE = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: maker, title: Maker}
spec:
  owner: o
  type: service
  parameters: [{title: Name, properties: {name: {type: string}}}]
  steps: [{id: files, action: "fetch:template", input: {url: ./skeleton}}]
"""
CONCEPT = (Path(__file__).parents[1] / "catalog/idempotency/catalog-info.yaml").read_text()
FILES = {
    "catalog-info.yaml": f"{CONTENT['catalog-info.yaml']}---\n{TEMPLATE}---\n{CONCEPT}",
    "docs/index.md": CONTENT["docs/index.md"],
    "skeleton/README.md": "# A project\n",
}
#: What a node answers from the database alone.
SHARED = (
    "/",
    "/catalog",
    "/catalog/default/component/site",
    "/search?q=wombat",
    "/docs/default/concept/idempotency/",
    "/api/techdocs/static/docs/default/concept/idempotency/index.html",
    "/create",
    "/create/default/maker",
    "/api/catalog/entities",
    "/api/catalog/entities/by-name/component/default/site",
    "/api/catalog/locations",
    "/api/search/query?term=site",
    "/api/search/suggest?term=si",
    "/api/scaffolder/v2/actions",
    "/api/scaffolder/v2/tasks",
    "/api/scaffolder/v2/templates/default/template/maker/parameter-schema",
    "/.backstage/health/v1/readiness",
    "/.backstage/health/v1/liveness",
    "/api/auth/.well-known/jwks.json",
    "/metrics",
)
#: What is read from repositories.
DOCUMENTATION = "/api/techdocs/static/docs/default/component/site/index.html"
#: Nothing is asked of the forge: a node without a folder refuses before.
ANALYZED = {
    "location": {"type": "url", "target": "https://github.com/o/r/blob/main/catalog-info.yaml"}
}


@pytest.fixture
def worker(make_portal: MakePortal) -> Portal:
    """The machine that has read everything."""
    return make_portal(FILES, search_engine="postgresql", task_key="k" * 40)


def deny(place: Path) -> None:
    """Let no data folder be made, not even by root: its name is a link to nowhere."""
    (place / "data").symlink_to(place / "nowhere" / "data")


@pytest.fixture(params=["empty", "none"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a node is started; its data folder is ``data`` in it."""
    place = tmp_path / "node"
    place.mkdir()
    if request.param == "none":
        deny(place)
    return place


@contextlib.contextmanager
def node(worker: Portal, folder: Path, **settings: Any) -> Iterator[Running]:
    made = {
        "database_url": worker.config.database_url,
        "search_engine": "postgresql",
        "task_key": "k" * 40,
        "web_processes": 1,
        "tasks_at_once": 2,
        **settings,
    }
    with running(folder, worker.repository, jobs=False, **made) as portal:
        yield portal


def post(portal: Running, path: str, body: Any) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=20)
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_it_answers_from_the_database_what_it_can_and_says_what_it_cannot(
    worker: Portal, folder: Path
) -> None:
    has_folder = not (folder / "data").is_symlink()
    with node(worker, folder) as portal:
        answers = {path: portal.get(path)[0] for path in SHARED}
        assert answers == dict.fromkeys(SHARED, 200), portal.log.read_text()
        assert portal.found("wombat") == ["Welcome"]

        status, body = post(
            portal,
            "/api/scaffolder/v2/tasks",
            {"templateRef": "template:default/maker", "values": {"name": "x"}},
        )
        assert status == 201, body

        read = {path: portal.get(path) for path in (DOCUMENTATION, "/docs/default/component/site/")}
        told = {path: status for path, (status, _) in read.items()}
        assert told == dict.fromkeys(read, 200 if has_folder else 503)
        if not has_folder:
            status, body = post(portal, "/api/catalog/analyze-location", ANALYZED)
            assert (status, "no data folder" in body) == (503, True)
            assert "저장소의 내용을 읽지 못합니다" in read["/docs/default/component/site/"][1]
            assert all("no data folder" in text for _, text in read.values())
            assert not any(str(folder) in text for _, text in read.values())
            assert not (folder / "data").exists()


def test_a_commit_is_found_on_a_node_without_a_folder_as_soon_as_it_is_read(
    worker: Portal, folder: Path
) -> None:
    with node(worker, folder) as portal:
        assert portal.found("zebra") == []
        text = FILES["catalog-info.yaml"].replace("name: site", "name: zebra")
        worker.repository.commit({"catalog-info.yaml": text}, "Rename it")
        worker.sync()
        assert portal.found("zebra") == ["zebra"]


def test_what_needs_a_folder_says_so_at_the_start(worker: Portal, tmp_path: Path) -> None:
    place = tmp_path / "node"
    place.mkdir()
    deny(place)
    with (
        pytest.raises(pytest.fail.Exception, match="needs task_key"),
        node(worker, place, task_key=""),
    ):
        pass
    with (
        pytest.raises(pytest.fail.Exception, match="choose another data_dir"),
        node(worker, place, database_url="", search_engine="whoosh"),
    ):
        pass
