"""An unmodified Backstage frontend, in a browser, walks through the scaffolder of a portal.

``tests/clients/scaffolder_walk.mjs`` walks; here stands what must have been there. Needs
chromium and a built Backstage app (``tests/clients/frontend_app.py``).
``PORTAL_TEST_PICTURES`` keeps pictures of the pages.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.frontend_app import App
from tests.clients.frontend_app import running_app
from tests.clients.node_clients import install_packages
from tests.clients.node_clients import run_client
from tests.conftest import repository_at
from tests.stories.test_tasks import Serving

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parent.parent.parent
_REMOTE = "acme/kafka-orders.git"
#: Beside the templates of this repository.
TEMPLATES = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: waiting, title: 기다리는 템플릿}
spec:
  owner: guests
  type: service
  parameters: [{title: 하나, properties: {name: {type: string, title: 이름}}}]
  steps:
    - {id: wait, name: 기다림, action: debug:wait, input: {seconds: 60}}
    - {id: after, name: 이후, action: debug:log, input: {message: never}}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: failing, title: 실패하는 템플릿}
spec:
  owner: guests
  type: service
  parameters: [{title: 하나, properties: {name: {type: string, title: 이름}}}]
  steps:
    - {id: fetch, name: 가져오기, action: fetch:plain, input: {url: ./none}}
    - {id: after, name: 이후, action: debug:log, input: {message: never}}
"""


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    """Return the server of the app; its backend is told later."""
    with running_app() as app:
        yield app


def _content() -> dict[str, bytes]:
    """Return this repository's descriptors, glossary and starters."""
    folders = ("catalog", "templates/apache-kafka", "docs/reference")
    paths = [path for folder in folders for path in (_ROOT / folder).rglob("*") if path.is_file()]
    found = {path.relative_to(_ROOT).as_posix(): path.read_bytes() for path in paths}
    descriptor = (_ROOT / "catalog-info.yaml").read_bytes()
    return found | {"catalog-info.yaml": descriptor, "more/templates.yaml": TEMPLATES.encode()}


@pytest.fixture(scope="module")
def seen(
    app: App, tmp_path_factory: pytest.TempPathFactory, make_shared_serving: Callable[[Path], Any]
) -> dict[str, Any]:
    """Return the text of each page."""
    install_packages()
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is not installed")
    folder = tmp_path_factory.mktemp("walk")
    remotes = make_shared_serving(folder / "remotes")
    bare = str(folder / "remotes" / _REMOTE)
    subprocess.run(("git", "init", "-q", "--bare", "-b", "main", bare), check=True)
    subprocess.run(("git", "-C", bare, "config", "http.receivepack", "true"), check=True)
    frontend = f"http://localhost:{app.port}"
    serving = Serving(folder, _settings(folder, remotes.host, frontend))
    try:
        waiting = "/api/catalog/entities/by-name/template/default/waiting"
        serving.until(lambda: serving.get(waiting)[0] == 200)
        app.handler.backend = f"http://127.0.0.1:{serving.port}"
        remote = f"http://{remotes.host}/{_REMOTE}"
        pictures = [found] if (found := os.environ.get("PORTAL_TEST_PICTURES")) else []
        return run_client("scaffolder_walk.mjs", frontend, browser, remote, *pictures, seconds=240)
    finally:
        serving.stop()


def _settings(folder: Path, host: str, frontend: str) -> str:
    source = {
        "name": "glossary",
        "url": str(repository_at(folder / "glossary", _content()).path),
        "targets": ["catalog-info.yaml", "more/templates.yaml"],
    }
    settings = {
        "sources": [source],
        "publish_hosts": [host],
        "location_hosts": [host],
        "cors_origins": [frontend],
    }
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())


def test_templates_are_listed(seen: dict[str, Any]) -> None:
    for title in ("아파치 카프카 시작 프로젝트", "기다리는 템플릿", "실패하는 템플릿"):
        assert title in seen["templates"]


def test_a_form_judges_what_is_typed_before_it_goes_on(seen: dict[str, Any]) -> None:
    assert "'이름 / Name' must match pattern" in seen["a wrong name"]
    assert "커밋 간격(이벤트 수)" in seen["second page"]


def test_answers_are_shown_before_anything_is_made(seen: dict[str, Any]) -> None:
    for answer in ("kafka-orders", "주문 이벤트를 셋이 함께 읽습니다", "한국어", "3", _REMOTE):
        assert answer in seen["review"]


def test_a_task_shows_its_steps_and_where_its_result_is(seen: dict[str, Any]) -> None:
    for text in ("코드 / Code", "게시 / Publish", "등록 / Register", "Finished step 등록"):
        assert text in seen["completed"]
    assert any(str(link).endswith(_REMOTE) for link in seen["links"])
    assert "/catalog/default/component/kafka-orders" in seen["links"]


def test_what_was_made_is_in_the_catalog(seen: dict[str, Any]) -> None:
    for text in ("kafka-orders", "주문 이벤트를 셋이 함께 읽습니다", "Platform", "apache-kafka"):
        assert text in seen["component"]


def test_a_task_is_watched_while_it_runs(seen: dict[str, Any]) -> None:
    assert "Beginning step 기다림" in seen["running"]
    assert "Finished step" not in seen["running"]


def test_a_cancelled_task_says_so(seen: dict[str, Any]) -> None:
    assert "Step wait has been cancelled." in seen["cancelled"]


def test_a_failed_task_says_why(seen: dict[str, Any]) -> None:
    assert "Error: ENOENT: no such file or directory, 'more/none'" in seen["failed"]
    assert "Skipping step after because a previous step failed" in seen["failed"]


def test_tasks_are_listed(seen: dict[str, Any]) -> None:
    for name in ("tasks", "all tasks"):
        titles = re.findall(r"실패하는|기다리는|아파치 카프카", seen[name])
        assert titles == ["실패하는", "기다리는", "아파치 카프카"]


def test_what_templates_may_use_is_told(seen: dict[str, Any]) -> None:
    assert "Registers a descriptor with the catalog." in seen["actions"]
    assert "parseEntityRef" in seen["extensions"]


def test_the_editor_tries_a_template_out(seen: dict[str, Any]) -> None:
    [file] = seen["tried"]["directoryContents"]
    assert base64.b64decode(file["base64Content"]).decode() == "안녕, 세계"
    assert "인사.md" in seen["dry run"]
    assert "Finished step 가져오기" in seen["dry run log"]
    skipped = "Skipping because catalog:register does not support dry-run"
    assert skipped in seen["dry run skipped"]
    assert "세계의 집" in seen["dry run output"]


def test_the_browser_complains_of_nothing_but_the_missing_websocket(seen: dict[str, Any]) -> None:
    expected = ("/api/signals", "Form validation failed")
    assert [error for error in seen["errors"] if not any(e in error for e in expected)] == []
    assert "GET /api/scaffolder/v2/actions" in seen["asked"]
