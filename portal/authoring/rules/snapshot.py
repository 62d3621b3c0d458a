"""A file tree with the interface of a snapshot, so that the catalog can read it."""

from __future__ import annotations

from collections.abc import Iterator

from portal.authoring.finding import RuleViolation
from portal.catalog.ingestion.checker import check
from portal.kernel.errors import NotFoundError
from portal.scaffolder.workspace.tree import Tree
from portal.scm.commit import blob_id
from portal.scm.file_names import FileNames
from portal.scm.snapshot import Blob
from portal.scm.snapshot import Entry


class TreeSnapshot:
    """A file tree as ``FileTree``."""

    commit = ""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.entries = {path: Entry("", len(file.data)) for path, file in tree.items()}
        self.names = FileNames(tree.keys())

    def read(self, path: str) -> Blob:
        """Return the content of a file.

        Raises:
            NotFoundError: When there is no such file.
        """
        path = self.names.find(path)
        if path not in self._tree:
            raise NotFoundError(f"file {path} does not exist")
        data = self._tree[path].data
        return Blob(path, data, blob_id(data))

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted."""
        return self.names.matching(pattern)


def descriptor_findings(tree: Tree, targets: tuple[str, ...], rule: str) -> Iterator[RuleViolation]:
    """Yield the problems the catalog finds in a tree's descriptors."""
    for item in check(TreeSnapshot(tree), targets, lambda _entities: ()).items:
        if item.level == "error":
            place = str(item.position) if item.position else item.ref
            yield RuleViolation(rule, place, f"{item.message} {item.hint}".strip())
