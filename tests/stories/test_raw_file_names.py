"""Files whose names are not UTF-8: said once, in one sentence; everything else goes on.

Git keeps names as bytes: ``caf\\xe9`` is what an old system writes for ``café``.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from portal.scaffolder.workspace.tree import File
from portal.scm.command import Git
from portal.scm.commit import Author
from portal.scm.commit import NewCommit
from portal.scm.commit import write_commit
from tests.command_line import run
from tests.conftest import MakePortal
from tests.conftest import MakeRepository
from tests.conftest import Portal
from tests.conftest import Repository
from tests.descriptors import component

_RAW = b"caf\xe9"
#: The name as Python has it, and as people see it.
_NAME, _SHOWN = os.fsdecode(_RAW), r"caf\xe9"
_WHY = "its name is not UTF-8: rename it"
_TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: tpl}
spec:
  type: service
  steps:
    - {id: fetch, action: fetch:template, input: {url: ./skeleton}}
"""
_DOCS = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: docs, annotations: {backstage.io/techdocs-ref: "dir:."}}
spec: {type: service, lifecycle: production, owner: team}
"""


def problems(portal: Portal) -> list[tuple[str, str]]:
    """Return level and message of every problem of the catalog."""
    found = portal.get("/api/catalog/problems")["items"]
    return [(item["level"], item["message"]) for item in found]


def test_a_descriptor_is_told_and_the_others_are_there(make_portal: MakePortal) -> None:
    files = {f"services/{_NAME}/catalog-info.yaml": component("lost"), "a/b.txt": "x"}
    files |= {f"services/{name}/catalog-info.yaml": component(name) for name in ("a", "b")}
    portal = make_portal(files, targets=("services/*/catalog-info.yaml",))
    names = portal.get("/api/catalog/entities?filter=kind=component&fields=metadata.name")
    assert sorted(one["metadata"]["name"] for one in names) == ["a", "b"]
    path = f"services/{_SHOWN}/catalog-info.yaml"
    assert problems(portal) == [("error", f"file {path} is left out: {_WHY}")]
    old, new = f"services/{_NAME}", "services/c"
    portal.repository.git("mv", old, new)
    portal.repository.commit()
    portal.sync()
    assert problems(portal) == []
    assert portal.get("/api/catalog/entities/by-name/component/default/lost")


def test_names_beside_the_catalog_do_not_matter(make_portal: MakePortal) -> None:
    portal = make_portal({"catalog-info.yaml": component("a"), f"logo-{_NAME}.png": b"\x89"})
    assert problems(portal) == []
    portal.repository.commit({f"{_NAME}/x.txt": "x", "catalog-info.yaml": component("b")})
    portal.sync()
    assert portal.get("/api/catalog/entities/by-name/component/default/b")


def test_a_page_is_told_at_its_entity_and_the_others_are_shown(make_portal: MakePortal) -> None:
    files = {"catalog-info.yaml": _DOCS, "docs/index.md": "# Falcon\n", "docs/two.md": "# Heron\n"}
    portal = make_portal(files)
    assert problems(portal) == []
    portal.repository.commit({f"docs/{_NAME}.md": "# Lost\n"})
    portal.sync()
    # Once at the entity, and once at the file.
    whole = f"its documentation cannot be shown whole: docs/{_SHOWN}.md is left out: {_WHY}"
    assert problems(portal) == [("warning", whole), ("warning", f"it is left out: {_WHY}")]
    found = portal.get("/api/search/query?term=heron&types[0]=techdocs")
    assert found["numberOfResults"] == 1
    assert portal.get("/api/search/query?term=lost&types[0]=techdocs")["numberOfResults"] == 0
    portal.repository.git("mv", f"docs/{_NAME}.md", "docs/three.md")
    portal.repository.commit()
    portal.sync()
    assert problems(portal) == []


@pytest.fixture
def templates(make_repository: MakeRepository) -> Repository:
    """Return a repository with a template whose skeleton has such a file."""
    skeleton = {f"skeleton/{_NAME}.txt": "lost", "skeleton/sub/한글.txt": "kept"}
    return make_repository({"template.yaml": _TEMPLATE, **skeleton})


def test_the_command_line_says_so_too(templates: Repository, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("template", "render", templates.path, "--out", out)
    assert result.exit_code == 0, result.output
    assert f"Leaving out {_SHOWN}.txt: {_WHY}" in result.output
    assert [path.name for path in out.rglob("*") if path.is_file()] == ["한글.txt"]


def test_check_reads_a_folder_with_such_names(tmp_path: Path) -> None:
    (tmp_path / "catalog-info.yaml").write_text(component("a"))
    folder = tmp_path / _NAME
    folder.mkdir()
    (folder / "catalog-info.yaml").write_text(component("b"))
    (tmp_path / "x" / "catalog-info.yaml").parent.mkdir()
    good = run("check", tmp_path)
    assert good.exit_code == 0, good.output
    (tmp_path / "catalog-info.yaml").unlink()
    bad = run("check", tmp_path)
    assert bad.exit_code == 1, bad.output
    assert rf"{_SHOWN}/catalog-info.yaml is left out: {_WHY}" in bad.output
    assert "Traceback" not in bad.output


def test_a_push_over_such_names_keeps_their_bytes(
    make_repository: MakeRepository, tmp_path: Path
) -> None:
    remote = make_repository({f"{_NAME}.txt": "kept", "a.txt": "a"})
    parent = remote.git("rev-parse", "HEAD").strip()
    new = NewCommit({"b.txt": File(b"b")}, "More", Author("Ada", "ada@example.org"), 1_700_000_000)
    commit = write_commit(remote.path / ".git", new, Git(tmp_path, 30.0), parent)
    listing = subprocess.run(
        ("git", "ls-tree", "-r", "-z", "--name-only", commit),
        cwd=remote.path,
        check=True,
        capture_output=True,
    ).stdout
    assert listing.split(b"\0")[:3] == [b"a.txt", b"b.txt", _RAW + b".txt"]
