"""A task uses its template as the catalog has it, whatever its repository has become."""

from __future__ import annotations

import pytest

from portal.config.sources import Source
from portal.model.refs import EntityRef
from portal.scaffolder.tasks.serving.service import TaskRequest
from tests.conftest import Forge
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.task_bench import run_all

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: one}
spec:
  owner: guests
  type: service
  steps:
    - {id: f, name: F, action: fetch:plain, input: {url: ./skeleton}}
    - {id: d, name: D, action: fs:delete, input: {files: [FAILS]}}
"""
WORKS = TEMPLATE.replace("FAILS", "none")
FILES = {"catalog-info.yaml": WORKS, "skeleton/file": "as the catalog has it"}
REF = EntityRef("template", "default", "one")


def ask(portal: Portal) -> str:
    task: str = portal.services.tasks.create(TaskRequest(REF, {}, {}))
    return task


def made(portal: Portal, task: str) -> str:
    """Run what waits; return what the task made of the skeleton."""
    run_all(portal.services)
    data: bytes = portal.services.tasks.files(task)["file"].data
    return data.decode()


def head(portal: Portal) -> str:
    commit: str = portal.repository.git("rev-parse", "HEAD").strip()
    return commit


def test_a_skeleton_that_moved_on_in_git_is_used_as_the_catalog_shows_it(
    make_portal: MakePortal,
) -> None:
    portal = make_portal(FILES)
    known = head(portal)
    portal.repository.commit({"skeleton/file": "pushed since"})
    task = ask(portal)
    assert made(portal, task) == "as the catalog has it"
    assert portal.services.tasks.get(task).template_commit == known
    portal.sync()
    assert made(portal, ask(portal)) == "pushed since"


def test_a_task_that_waits_while_the_catalog_moves_on_uses_what_was_shown(
    make_portal: MakePortal,
) -> None:
    portal = make_portal(FILES)
    task = ask(portal)
    portal.repository.commit({"skeleton/file": "synced since"})
    portal.sync()
    assert made(portal, task) == "as the catalog has it"


def test_so_does_one_that_is_tried_again(make_portal: MakePortal) -> None:
    portal = make_portal(FILES)
    task = ask(portal)
    run_all(portal.services)
    portal.repository.commit({"skeleton/file": "synced since"})
    portal.sync()
    portal.services.tasks.retry(task, {})
    assert made(portal, task) == "as the catalog has it"


def test_a_commit_that_is_held_is_not_used(make_portal: MakePortal) -> None:
    more = "".join(f"---\n{WORKS.replace('one', f't{n}')}" for n in range(9))
    portal = make_portal({**FILES, "catalog-info.yaml": f"{WORKS}{more}"})
    portal.repository.commit({"catalog-info.yaml": WORKS, "skeleton/file": "held"})
    assert [report.outcome for report in portal.sync()] == ["held"]
    assert made(portal, ask(portal)) == "as the catalog has it"


def test_a_repository_that_is_away_holds_no_task_up(make_portal: MakePortal) -> None:
    portal = make_portal(FILES)
    portal.repository.path.rename(portal.repository.path.with_name("away"))
    assert made(portal, ask(portal)) == "as the catalog has it"


def test_each_source_has_its_own_commit(make_portal: MakePortal) -> None:
    other = {"catalog-info.yaml": WORKS.replace("one", "two"), "skeleton/file": "another"}
    portal = make_portal(
        sources=[(Source("first", ""), FILES), (Source("second", ""), other)],
    )
    find = portal.services.entity_reader.document_at
    for name, source in (("one", "first"), ("two", "second")):
        found = find(f"template:default/{name}")
        assert found is not None
        entity, commit = found
        assert entity["metadata"]["name"] == name
        assert commit == portal.repositories[source].git("rev-parse", "HEAD").strip()
    assert find("template:default/three") is None
    assert find("template:default/\0") is None


def test_a_source_with_the_same_address_and_without_the_commit_does_no_harm(
    make_portal: MakePortal,
) -> None:
    address = "url:https://git.example.org/team/content/tree/main/"
    portal = make_portal(
        sources=[
            (Source("empty", "", targets=("none.yaml",), location=address), {"README.md": "x"}),
            (Source("full", "", location=address), FILES),
        ],
    )
    portal.repositories["full"].commit({"skeleton/file": "pushed since"})
    assert made(portal, ask(portal)) == "as the catalog has it"


@pytest.mark.parametrize("moves_on", [False, True])
def test_a_registered_location_s_template_is_used_likewise(
    make_portal: MakePortal, forge: Forge, moves_on: bool
) -> None:
    clone = forge.make("team/templates", FILES)
    portal = make_portal(
        {"catalog-info.yaml": ""},
        location_hosts=(forge.host,),
        location_kinds=(),
    )
    target = f"http://{forge.host}/team/templates/blob/main/catalog-info.yaml"
    portal.services.registrations.add("url", target, refresh_existing=False)
    portal.sync()
    if moves_on:
        clone.commit({"skeleton/file": "pushed since"})
        clone.git("push", "--quiet", "origin", "main")
    assert made(portal, ask(portal)) == "as the catalog has it"
