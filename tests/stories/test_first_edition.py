"""Projects of the starters' first edition, edited by hand, follow their templates to today's.

Each is made by the portal from the template as it was, published to a git server, edited as a
user would, updated by a request over the API, and merged. Then it has what the user did and, in
every other place, what the template makes today; and its own tests pass.

The own tests of the four projects that install up to 200 MB run always, those of all where
``FIRST_EDITION_TESTS`` is ``all``, and of none where it is ``none``.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from portal.config.sources import Integration
from portal.config.sources import Source
from portal.kernel import yaml12
from portal.scaffolder.publishing.provenance import key_of
from portal.scm.push import KEPT
from tests.conftest import Forge
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.scaffolder.remotes import Remote
from tests.scaffolder.updating.conftest import TOKEN
from tests.scaffolder.updating.conftest import GiteaApi
from tests.task_bench import run_all

ROOT = Path(__file__).resolve().parents[2]
#: The last commit before the second edition of the starters.
FIRST = "f33a425"
CONCEPTS = sorted(path.parent.name for path in ROOT.glob("templates/*/template.yaml"))
#: Up to some 200 MB.
LIGHT = {"apache-kafka", "circuit-breaker", "idempotency", "tech-lead"}
RUN = {"all": set(CONCEPTS), "none": set()}.get(os.environ.get("FIRST_EDITION_TESTS", ""), LIGHT)
NOTE = ".portal/provenance.yaml"
WORKFLOW, MOVED = ".github/workflows/ci.yml", ".github/workflows/checks.yml"
OURS = "notes/ours.md"
BEFORE, AFTER = "lifecycle: experimental\n", "lifecycle: production\n"

Json = Any


def git(folder: Path, *arguments: str) -> bytes:
    command = ("git", "-c", "user.name=Kim", "-c", "user.email=kim@example.org", *arguments)
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout


def first_edition(concept: str) -> dict[str, bytes]:
    """Return the files of a template as they were."""
    data = git(ROOT, "archive", FIRST, f"templates/{concept}")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = [one for one in archive.getmembers() if one.isfile()]
        files = {one.name: archive.extractfile(one) for one in members}
        return {path: file.read() for path, file in files.items() if file}


def make_project(
    make_portal: MakePortal, forge: Forge, concept: str, api: GiteaApi
) -> tuple[Portal, Remote]:
    """Make a project of the first edition, publish it, and have the catalog read it."""
    forge.api, forge.change, forge.password = api.get, api.change, TOKEN
    integration = Integration(forge.host, "gitea", f"http://{forge.host}/api/v1", "FORGE_TOKEN")
    source = Source("starters", "", targets=(f"templates/{concept}/template.yaml",))
    portal = make_portal(
        sources=[(source, first_edition(concept))],
        integrations=(integration,),
        host_tokens={forge.host: "FORGE_TOKEN"},
        publish_hosts=(forge.host,),
        location_hosts=(forge.host,),
    )
    case = yaml12.read_one((ROOT / f"templates/{concept}/cases/en.yaml").read_bytes())["values"]
    remote = Remote(forge, "acme/shop")
    forge.make_empty(remote.name)
    api.repositories[remote.name] = {"clone_url": remote.url, "default_branch": "main"}
    values = {**case, "name": "shop", "remoteUrl": remote.url}
    task = portal.client.post(
        "/api/scaffolder/v2/tasks",
        json={"templateRef": f"template:default/{concept}", "values": values},
    )
    assert task.status_code == 201, task.text
    run_all(portal.services)
    where = f"/api/scaffolder/v2/tasks/{task.get_json()['id']}"
    assert portal.get(where)["status"] == "completed", portal.get(f"{where}/events")
    portal.sync()
    return portal, remote


def edit(work: Path) -> None:
    """Edit a project as a user would: a file of its own, a changed line, a moved file."""
    (work / OURS).parent.mkdir()
    (work / OURS).write_text("# What we decided\n")
    entity = work / "catalog-info.yaml"
    text = entity.read_text()
    assert BEFORE in text
    entity.write_text(text.replace(BEFORE, AFTER))
    git(work, "mv", WORKFLOW, MOVED)
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", "Ours")
    git(work, "push", "--quiet", "origin", "HEAD:main")


def follow(portal: Portal, concept: str) -> None:
    """Commit the template as it is today; the portal reads it."""
    repository = portal.repositories["starters"]
    folder = repository.path / "templates" / concept
    shutil.rmtree(folder)
    listing = git(ROOT, "ls-files", "-z", f"templates/{concept}").decode()
    for name in filter(None, listing.split("\0")):
        target = repository.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    repository.commit()
    portal.sync("starters")


def tree(folder: Path, commit: str) -> dict[str, bytes]:
    data = git(folder, "archive", commit)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {one.name: archive.extractfile(one) for one in archive.getmembers() if one.isfile()}
        return {path: file.read() for path, file in found.items() if file}


def passes(work: Path, folder: Path) -> str:
    """Install a project from its lock and run its own tests; return their last line."""
    tools = folder / "tools"
    tools.mkdir()
    ours = str(Path(sys.prefix, "bin"))
    found = shutil.which("uv", path=f"{ours}{os.pathsep}{os.environ['PATH']}")
    if found:
        (tools / "uv").symlink_to(found)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PORTAL_", "MAKE", "MFLAGS", "PYTEST", "PYTHON", "VIRTUAL_ENV"))
    }
    path = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if part != ours)
    python = getattr(sys, "_base_executable", "") or sys.executable
    environment = {**kept, "PATH": f"{tools}{os.pathsep}{path}", "PYTHON": python}
    done = subprocess.run(
        ("make", "test"),
        check=False,
        cwd=work,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return next(line for line in reversed(done.stdout.splitlines()) if " passed" in line)


@pytest.mark.slow
@pytest.mark.parametrize("concept", CONCEPTS)
def test_an_edited_project_of_the_first_edition_becomes_one_of_today(
    make_portal: MakePortal,
    forge: Forge,
    concept: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if subprocess.run(("git", "cat-file", "-e", FIRST), cwd=ROOT, check=False).returncode:
        pytest.skip(f"{FIRST} is not in this copy of the repository: it is a shallow one")
    monkeypatch.setenv("FORGE_TOKEN", TOKEN)
    api = GiteaApi(forge)
    portal, remote = make_project(make_portal, forge, concept, api)
    work = tmp_path / "work"
    git(tmp_path, "clone", "--quiet", str(remote.path), str(work))
    edit(work)
    follow(portal, concept)
    update = "/api/scaffolder/v2/projects/default/component/shop/update"
    plan = portal.get(update)
    assert (plan["state"], plan["conflicts"]) == ("ready", []), plan
    made = portal.client.post(update, json={})
    assert made.status_code == 200, made.text
    [pull] = api.pulls
    assert made.get_json()["request"] == {"number": pull["number"], "url": pull["html_url"]}

    git(work, "pull", "--quiet", "origin", pull["head"]["ref"])
    git(work, "push", "--quiet", "origin", "HEAD:main")
    merged = tree(work, "HEAD")
    expected = tree(remote.path, f"{KEPT}{key_of(merged[NOTE])}")
    del expected["catalog-info.yaml"], merged[NOTE]
    assert merged.pop(OURS) == b"# What we decided\n"
    assert AFTER in merged.pop("catalog-info.yaml").decode()
    expected[MOVED] = expected.pop(WORKFLOW)
    assert merged == expected
    portal.sync()
    assert portal.get(update)["state"] == "current"
    if concept in RUN:
        assert " passed" in passes(work, tmp_path)
