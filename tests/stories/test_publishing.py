"""From a form to the catalog, in a whole portal: published, registered, found; once, always."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MakeRepository
from tests.conftest import Serving as GitServer
from tests.stories.test_tasks import Serving

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: service}
spec:
  owner: guests
  type: service
  parameters:
    properties:
      component: {type: string}
      remote: {type: string}
      password: {type: string, ui:field: Secret}
  steps:
    - id: fetch
      action: fetch:template
      input: {url: ./skeleton, values: {name: "${{ parameters.component }}"}}
    - id: publish
      action: publish:git
      input: {remoteUrl: "${{ parameters.remote }}", token: "${{ secrets.tok }}"}
    - id: register
      action: catalog:register
      input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}
  output:
    commit: ${{ steps.publish.output.commitHash }}
    entityRef: ${{ steps.register.output.entityRef }}
"""
DESCRIPTOR = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: "${{ values.name }}", links: [{url: "${{ portalUrl }}/x"}]}
spec: {type: service, lifecycle: production, owner: guests}
"""
FILES = {"catalog-info.yaml": TEMPLATE, "skeleton/catalog-info.yaml": DESCRIPTOR}
#: Kills the process that runs tasks as soon as it has pushed, before it can note that.
KILLING_HOOK = """#!/bin/sh
[ -e {folder}/killed ] && exit 0
touch {folder}/killed
kill -9 $(cat {folder}/pid)
"""


@pytest.fixture
def remote(serving: GitServer) -> Path:
    """Return an empty bare repository behind HTTP."""
    path = serving.root / "acme/orders.git"
    subprocess.run(("git", "init", "-q", "--bare", "-b", "main", str(path)), check=True)
    subprocess.run(("git", "config", "http.receivepack", "true"), cwd=path, check=True)
    return path


@pytest.fixture
def portal(
    tmp_path: Path, make_repository: MakeRepository, serving: GitServer
) -> Iterator[Serving]:
    source = make_repository(FILES, "templates")
    hosts = json.dumps([serving.host])
    settings = (
        f"sources: [{{name: templates, url: {json.dumps(str(source.path))}}}]\n"
        f"publish_hosts: {hosts}\nlocation_hosts: {hosts}\n"
    )
    folder = tmp_path / "portal"
    folder.mkdir()
    found = Serving(folder, settings)
    yield found
    found.stop()


def _commits(remote: Path) -> list[str]:
    done = subprocess.run(
        ("git", "rev-list", "--all"), cwd=remote, check=True, capture_output=True, text=True
    )
    return done.stdout.split()


def _published(portal: Serving, serving: GitServer) -> dict[str, str]:
    """Run the template to its end and return its output."""
    values = {"component": "orders", "remote": f"http://{serving.host}/acme/orders.git"}
    task = portal.ask("service", password="hidden-answer", **values)
    portal.until(lambda: portal.get(f"/api/scaffolder/v2/tasks/{task}")[1]["status"] != "open")
    *_, last = portal.watch(task)
    assert last["body"]["message"] == "Run completed with status: completed", last
    output: dict[str, str] = last["body"]["output"]
    return output


@pytest.mark.slow
def test_what_a_form_makes_is_published_and_found_in_the_catalog(
    portal: Serving, serving: GitServer, remote: Path
) -> None:
    output = _published(portal, serving)
    assert _commits(remote) == [output["commit"]]
    assert output["entityRef"] == "component:default/orders"
    where = "/api/catalog/entities/by-name/component/default/orders"
    portal.until(lambda: portal.get(where)[0] == 200)
    entity = portal.get(where)[1]
    [link] = entity["metadata"]["links"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/x", link["url"])
    note = subprocess.run(
        ("git", "show", "main:.portal/provenance.yaml"), cwd=remote, capture_output=True, check=True
    ).stdout.decode()
    assert "template:default/service" in note
    assert "hidden-answer" not in note


@pytest.mark.slow
def test_a_process_killed_right_after_its_push_publishes_nothing_twice(
    portal: Serving, serving: GitServer, remote: Path, tmp_path: Path
) -> None:
    (tmp_path / "pid").write_text(str(portal.children()[1]))
    hook = remote / "hooks/post-receive"
    hook.write_text(KILLING_HOOK.format(folder=tmp_path))
    hook.chmod(0o755)
    output = _published(portal, serving)
    assert (tmp_path / "killed").exists()
    assert _commits(remote) == [output["commit"]]
    assert output["entityRef"] == "component:default/orders"
