"""Validates descriptors that are not committed yet, by the server's own rules."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from portal.catalog.ingestion.ingested import CheckTogether
from portal.catalog.ingestion.ingested import Defined
from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.ingestion.ingested import Known
from portal.catalog.ingestion.targets import Roots
from portal.catalog.ingestion.walk import ingest
from portal.kernel import yaml12
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.model.refs import LocationRef
from portal.scm.snapshot import FileTree

#: Globs of descriptors in a folder whose root has no ``catalog-info.yaml``.
_ANYWHERE = ("**/catalog-info.yaml", "**/catalog-info.yml")
_ROOT_FILES = ("catalog-info.yaml", "catalog-info.yml")


#: Judges files that belong to entities and are no descriptors; items have their position, and
#: the ref of the entity. Takes the tree, and its entities with their places.
CheckBeside = Callable[[FileTree, Sequence[Defined]], Iterable[StatusItem]]


def _nothing(_tree: FileTree, _defined: Sequence[Defined]) -> Iterable[StatusItem]:
    return ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of a check.

    Attributes:
        entities: The number of entities.
        files: The number of files that were read.
        items: The problems, in the order of files and lines.
    """

    entities: int
    files: int
    items: tuple[StatusItem, ...]

    @property
    def errors(self) -> int:
        """The number of items that are errors."""
        return sum(item.level == "error" for item in self.items)


def check(
    tree: FileTree,
    targets: tuple[str, ...],
    check_together: CheckTogether,
    check_beside: CheckBeside = _nothing,
) -> CheckReport:
    """Validate the descriptors of a file tree.

    Args:
        tree: The files.
        targets: The files to validate; empty means what the root's ``catalog-info.yaml``
            leads to, or all files of that name when there is none.
        check_together: Rules over all entities of the tree, selected or not.
        check_beside: Rules for files beside descriptors; those of selected ones are told.
    """
    whole = tuple(name for name in _ROOT_FILES if name in tree.entries) or _ANYWHERE
    if not targets:
        return _check(tree, whole, check_together, check_beside)
    judged = frozenset(path for target in targets for path in tree.glob(target))
    return _check(tree, (*targets, *whole), check_together, check_beside, judged)


def _check(
    tree: FileTree,
    targets: tuple[str, ...],
    check_together: CheckTogether,
    check_beside: CheckBeside,
    judged: frozenset[str] | None = None,
) -> CheckReport:
    """Read everything and report on the ``judged`` files; on all of them when ``None``."""
    existing = tuple(target for target in targets if tree.glob(target))
    ingested = ingest(tree, Roots(LocationRef("file", "."), existing), Known(""))
    read = [found for found in ingested.entities.values() if found.entity]
    entities = [found.entity for found in read if found.entity]
    together = [_placed(item, ingested, tree) for item in check_together(entities)]
    beside = list(check_beside(tree, read))
    items = sorted((*ingested.items, *together, *beside), key=_place)
    defined = [found.path for found in ingested.entities.values() if found.path]
    files = ingested.broken_paths.union(defined)
    if judged is not None:
        refs = {found.ref for found in read if found.path in judged}
        judged |= {one.position.path for one in beside if one.position and one.ref in refs}
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
