"""Judging descriptors that are not committed yet, by the server's own rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace

from portal.catalog.orchestrator import CheckTogether
from portal.catalog.orchestrator import Ingested
from portal.catalog.orchestrator import Known
from portal.catalog.orchestrator import Roots
from portal.catalog.orchestrator import ingest
from portal.kernel import yaml12
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.model.refs import LocationRef
from portal.scm.mirror import FileTree

#: What a folder's descriptors are called when its root has no ``catalog-info.yaml``.
_ANYWHERE = ("**/catalog-info.yaml", "**/catalog-info.yml")
_ROOT_FILES = ("catalog-info.yaml", "catalog-info.yml")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes:
        entities: How many entities are defined.
        files: How many files were read.
        items: Everything wrong, in the order of files and lines.
    """

    entities: int
    files: int
    items: tuple[StatusItem, ...]

    @property
    def errors(self) -> int:
        """How many of the items are errors."""
        return sum(item.level == "error" for item in self.items)


def check(tree: FileTree, targets: tuple[str, ...], check_together: CheckTogether) -> CheckReport:
    """Judge the descriptors of a file tree.

    Args:
        tree: The files.
        targets: What to judge; none means what the root's ``catalog-info.yaml``
            leads to, or all files of that name when there is none.
        check_together: Rules over all entities of the tree, judged or not.
    """
    whole = tuple(name for name in _ROOT_FILES if name in tree.entries) or _ANYWHERE
    if not targets:
        return _check(tree, whole, check_together)
    judged = frozenset(path for target in targets for path in tree.glob(target))
    return _check(tree, (*targets, *whole), check_together, judged)


def _check(
    tree: FileTree,
    targets: tuple[str, ...],
    check_together: CheckTogether,
    judged: frozenset[str] | None = None,
) -> CheckReport:
    """Read everything, and report on the files that are ``judged``: all when ``None``."""
    existing = tuple(target for target in targets if tree.glob(target))
    ingested = ingest(tree, Roots(LocationRef("file", "."), existing), Known(""))
    entities = [found.entity for found in ingested.entities.values() if found.entity]
    together = [_placed(item, ingested, tree) for item in check_together(entities)]
    items = sorted((*ingested.items, *together), key=_place)
    defined = [found.path for found in ingested.entities.values() if found.path]
    files = ingested.broken_paths.union(defined)
    if judged is not None:
        items = [item for item in items if item.position and item.position.path in judged]
        defined = [path for path in defined if path in judged]
        files &= judged
    return CheckReport(len(defined), len(files), tuple(items))


def _placed(item: StatusItem, ingested: Ingested, tree: FileTree) -> StatusItem:
    defined = ingested.entities[item.ref]
    data = tree.read(defined.path).data
    line, column = yaml12.position(data, defined.line, item.json_path)
    return replace(item, position=Position(defined.path, line, column))


def _place(item: StatusItem) -> tuple[str, int, int]:
    if item.position is None:
        return "", 0, 0
    return item.position.path, item.position.line, item.position.column


def missing_targets(tree: FileTree, targets: tuple[str, ...]) -> Iterator[str]:
    """Yield the targets that match no file."""
    return (target for target in targets if not tree.glob(target))
