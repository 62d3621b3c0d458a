"""A file tree in the shape of a snapshot, so that the catalog's rules can read it."""

from __future__ import annotations

from collections.abc import Iterator

from portal.authoring.finding import Finding
from portal.catalog.checker import check
from portal.kernel.errors import NotFoundError
from portal.scaffolder.tree import Tree
from portal.scm import globs
from portal.scm.commit import blob_id
from portal.scm.mirror import Blob
from portal.scm.mirror import Entry


class TreeSnapshot:
    """The files of a tree, as the catalog reads them."""

    commit = ""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.entries = {path: Entry("", len(file.data)) for path, file in tree.items()}

    def read(self, path: str) -> Blob:
        """Return the content of a file.

        Raises:
            NotFoundError: When there is none.
        """
        if path not in self._tree:
            raise NotFoundError(f"file {path} does not exist")
        data = self._tree[path].data
        return Blob(path, data, blob_id(data))

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted."""
        return sorted(filter(globs.matcher(pattern), self.entries))


def descriptor_findings(tree: Tree, targets: tuple[str, ...], rule: str) -> Iterator[Finding]:
    """Yield what the catalog would refuse of a tree's descriptors."""
    for item in check(TreeSnapshot(tree), targets, lambda _entities: ()).items:
        if item.level == "error":
            place = str(item.position) if item.position else item.ref
            yield Finding(rule, place, f"{item.message} {item.hint}".strip())
