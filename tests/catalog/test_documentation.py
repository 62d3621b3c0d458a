"""The folder of an entity's pages, and what is said when there are none."""

from __future__ import annotations

import unicodedata

import pytest

from portal.catalog.ingestion.documentation import docs_folder
from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.ingestion.ingested import Known
from portal.catalog.ingestion.targets import Roots
from portal.catalog.ingestion.walk import ingest
from portal.model.refs import LocationRef
from portal.scm.commit import blob_id
from portal.scm.file_names import FileNames
from portal.scm.snapshot import Blob
from portal.scm.snapshot import Entry

ROOTS = Roots(LocationRef("url", "https://git.test/o/r/blob/main"), ("catalog-info.yaml",))
COMPONENT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: docs
  annotations:
    backstage.io/techdocs-ref: dir:{}
spec: {{type: service, lifecycle: production, owner: me}}
"""


class Files:
    """A commit made of texts."""

    commit = "c"

    def __init__(self, files: dict[str, str]) -> None:
        self._files = {path: text.encode() for path, text in files.items()}
        self.entries = {path: Entry(blob_id(data), 1) for path, data in self._files.items()}
        self.names = FileNames(self._files.keys())

    def read(self, path: str) -> Blob:
        """Return a file."""
        path = self.names.find(path)
        return Blob(path, self._files[path], self.entries[path].id)

    def glob(self, pattern: str) -> list[str]:
        """Return what a glob matches."""
        return self.names.matching(pattern)


def walked(files: dict[str, str], before: Ingested | None = None) -> Ingested:
    """Return what a commit defines, after another one."""
    known = Known("s")
    if before is not None:
        owners = {ref: ("s", one.path) for ref, one in before.entities.items()}
        known = Known("s", files=before.files, owners=owners)
    return ingest(Files(files), ROOTS, known)


def warnings(found: Ingested) -> list[str]:
    """Return what is said of documentation."""
    return [item.message for item in found.items if item.rule == "documentation"]


@pytest.mark.parametrize(
    ("configuration", "folder"),
    [
        ("docs_dir: pages\n", "pages"),
        ("docs_dir: ./pages/\nplugins: !ENV [A, b]\n", "pages"),
        ("docs_dir: pages\nmarkdown_extensions:\n  - x: {f: !!python/name:a.b ''}\n", "pages"),
        ("site_name: x\n", "docs"),
        ("docs_dir: [1]\n", "docs"),
        ("a: [\n", "docs"),
    ],
)
@pytest.mark.parametrize("name", ["mkdocs.yml", "mkdocs.yaml"])
def test_the_folder_is_that_of_mkdocs(name: str, configuration: str, folder: str) -> None:
    annotations = {"backstage.io/techdocs-ref": "dir:sub"}
    entity = {"kind": "Component", "metadata": {"name": "x", "annotations": annotations}}
    tree = Files({f"at/sub/{name}": configuration})
    assert docs_folder(entity, "at", tree) == f"at/sub/{folder}"


def test_documentation_elsewhere_has_no_folder_here() -> None:
    annotations = {"backstage.io/techdocs-ref": "url:https://git.test/o/docs"}
    entity = {"kind": "Component", "metadata": {"name": "x", "annotations": annotations}}
    assert docs_folder(entity, "", Files({})) is None
    assert docs_folder({"kind": "Component", "metadata": {"name": "x"}}, "", Files({})) is None


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, ["its documentation cannot be shown: the folder 'docs' does not exist"]),
        (
            {"docs/a.txt": "x"},
            ["its documentation cannot be shown: the folder 'docs' has no Markdown pages"],
        ),
        ({"docs/deep/a.md": "x"}, []),
        ({"mkdocs.yml": "docs_dir: 문서\n", unicodedata.normalize("NFD", "문서/a.md"): "x"}, []),
        (
            {"mkdocs.yml": "docs_dir: ../..\n"},
            ["its documentation cannot be shown: '../..' points outside of the repository"],
        ),
    ],
)
def test_documentation_without_pages_is_told_at_the_entity(
    files: dict[str, str], message: list[str]
) -> None:
    found = walked({"catalog-info.yaml": COMPONENT.format("."), **files})
    assert warnings(found) == message
    assert "component:default/docs" in found.entities
    for item in found.items:
        assert (item.level, item.ref) == ("warning", "component:default/docs")
        assert str(item.position) == "catalog-info.yaml:6:5"


def test_the_warning_comes_and_goes_though_the_descriptor_stays() -> None:
    descriptor = {"catalog-info.yaml": COMPONENT.format(".")}
    missing = walked(descriptor)
    assert len(warnings(missing)) == 1
    added = walked({**descriptor, "docs/a.md": "x"}, missing)
    assert warnings(added) == []
    assert added.entities["component:default/docs"].entity is not None, "it was read again"
    unchanged = walked({**descriptor, "docs/a.md": "x", "docs/b.md": "y"}, added)
    assert unchanged.entities["component:default/docs"].entity is None, "nothing was read"
    moved = walked({**descriptor, "docs/a.md": "x", "mkdocs.yml": "docs_dir: other\n"}, unchanged)
    assert len(warnings(moved)) == 1
    assert len(warnings(walked(descriptor, unchanged))) == 1
