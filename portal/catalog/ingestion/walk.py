"""Walks a snapshot: returns the entities that one commit of one source defines.

A pure function of a snapshot and a ``Known``. The walk starts at the source's targets,
follows Location entities and resolves conflicts of refs; a file with known content is not
parsed again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from functools import cached_property

from portal.catalog.ingestion.documentation import documentation_problem
from portal.catalog.ingestion.documentation import state_of_pages
from portal.catalog.ingestion.ingested import Defined
from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.ingestion.ingested import Known
from portal.catalog.ingestion.ingested import KnownFile
from portal.catalog.ingestion.ownership import Settlement
from portal.catalog.ingestion.ownership import settle
from portal.catalog.ingestion.parser import Descriptor
from portal.catalog.ingestion.parser import parse
from portal.catalog.ingestion.placeholders import Placeholders
from portal.catalog.ingestion.processor import DescriptorOrigin
from portal.catalog.ingestion.processor import process
from portal.catalog.ingestion.targets import Roots
from portal.catalog.ingestion.targets import generated_location
from portal.catalog.ingestion.targets import missing_target
from portal.catalog.ingestion.targets import targets_of
from portal.kernel.errors import InputError
from portal.kernel.errors import PortalError
from portal.model.entity import Entity
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.model.refs import DEFAULT_NAMESPACE
from portal.model.refs import LocationRef
from portal.scm.snapshot import Blob
from portal.scm.snapshot import FileTree

_LOG = logging.getLogger(__name__)
#: The greatest depth of Locations that refer to further Locations.
_MAX_DEPTH = 16
#: The greatest number of descriptor files of one source.
_MAX_FILES = 50_000
#: The greatest number of steps from a Location to a file.
_MAX_STEPS = 200_000
#: The greatest number of comparisons of a path with a glob.
_MAX_COMPARISONS = 10_000_000
#: The longest path of a descriptor, in bytes; databases limit the size of keys.
_LONGEST_PATH = 1_000


def ingest(
    snapshot: FileTree,
    roots: Roots,
    known: Known,
    on_file: Callable[[int], None] = lambda _count: None,
) -> Ingested:
    """Walk a snapshot from its roots.

    Args:
        snapshot: The repository at the commit.
        roots: The configured targets.
        known: The state of the catalog before the run.
        on_file: Called with the number of files read so far, for progress.
    """
    walk = _Walk(snapshot, roots, known, on_file)
    for target in roots.targets:
        walk.enter(target)
    return walk.result()


def ingest_files(
    snapshot: FileTree, roots: Roots, known: Known, leading: Mapping[str, LocationRef]
) -> Ingested:
    """Read some files of a snapshot, and follow no Locations.

    Args:
        snapshot: The repository at the commit.
        roots: The configured targets.
        known: What the catalog has of these files.
        leading: The configured target that leads to each of them, by path.
    """
    walk = _Walk(snapshot, roots, known, lambda _count: None)
    walk.follow(_Step(path, "", root, _MAX_DEPTH) for path, root in leading.items())
    return walk.result()


@dataclass(frozen=True, slots=True)
class _Step:
    """A file to be read: the Location that leads to it, its root and its depth."""

    path: str
    parent: str
    root: LocationRef
    depth: int


class _Walk:
    """The state of one walk; only ``ingest`` makes one."""

    def __init__(
        self,
        snapshot: FileTree,
        roots: Roots,
        known: Known,
        on_file: Callable[[int], None],
    ) -> None:
        self._snapshot = snapshot
        self._roots = roots
        self._known = known
        self._on_file = on_file
        self._queue: deque[_Step] = deque()
        self._claims: dict[str, list[Defined]] = {}
        self._files: dict[str, KnownFile] = {}
        self._parents: set[tuple[str, str, str]] = set()
        self._items: list[StatusItem] = []
        self._found: dict[str, list[str]] = {}
        self._steps: set[tuple[str, str]] = set()
        self._comparisons = 0

    def enter(self, target: str) -> None:
        """Queue a configured target and define its Location entity."""
        paths = self._snapshot.glob(target)
        if not paths and self._roots.is_optional:
            return
        root = self._roots.origin or self._roots.location(target)
        name = self._roots.entity_name or root.entity_name
        entity = generated_location(root, name)
        ref = f"location:{DEFAULT_NAMESPACE}/{name}"
        self._claims[ref] = [Defined(ref, "", 1, entity)]
        if not paths:
            self._items.append(missing_target(root, None, ref))
        self.follow(_Step(path, ref, root, 0) for path in paths)

    def follow(self, steps: Iterable[_Step]) -> None:
        """Read some files, and those that they lead to."""
        self._enqueue(steps)
        self._follow_all()

    def result(self) -> Ingested:
        """Resolve conflicts and return the result."""
        errors = self._errors()
        settled = settle(self._claims, self._known, errors, self._roots.location)
        self._items += settled.conflicts
        broken = frozenset(item.position.path for item in self._errors() if item.position)
        # A file that another source owns is parsed again: that source may give it up.
        unsettled = broken.union(settled.shared.values())
        return Ingested(
            settled.entities,
            files={path: file for path, file in self._files.items() if path not in unsettled},
            parents=frozenset(self._led_to(settled)),
            items=tuple(self._items),
            broken_paths=broken,
            leading=self._leading(broken),
            kept_paths=frozenset(e.position.path for e in errors if e.position and not e.ref),
            kept_refs=frozenset(e.ref for e in errors if e.ref),
        )

    def _leading(self, paths: Collection[str]) -> dict[str, frozenset[str]]:
        """Return the refs of the Locations that lead to some files."""
        found: dict[str, set[str]] = {}
        for path, parent in self._steps:
            if path in paths:
                found.setdefault(path, set()).add(parent)
        return {path: frozenset(parents) for path, parents in found.items()}

    def _led_to(self, settled: Settlement) -> Iterator[tuple[str, str]]:
        """Yield pairs of an entity, new, retained or shared, and a Location leading to it."""
        for ref, parent, path in self._parents:
            if ref in settled.entities:
                is_its_file = settled.entities[ref].path == path
            elif ref in settled.shared:
                is_its_file = settled.shared[ref] == path
            else:
                is_its_file = self._known.owners.get(ref) == (self._known.source, path)
            if is_its_file:
                yield ref, parent

    def _errors(self) -> list[StatusItem]:
        return [item for item in self._items if item.level == "error"]

    def _glob(self, pattern: str) -> list[str]:
        """Return the paths that match a glob; results are cached.

        Raises:
            InputError: When the source exceeds the limit of comparisons.
        """
        if pattern not in self._found:
            self._comparisons += len(self._snapshot.entries) if "*" in pattern else 1
            if self._comparisons > _MAX_COMPARISONS:
                msg = "the source has too many globs for its number of files"
                raise InputError(msg)
            self._found[pattern] = self._snapshot.glob(pattern)
        return self._found[pattern]

    def _enqueue(self, steps: Iterable[_Step]) -> None:
        for step in steps:
            way = (step.path, step.parent)
            if way in self._steps:
                continue
            if len(self._steps) >= _MAX_STEPS:
                self._items.append(_too_many(step, f"{_MAX_STEPS:,} ways to a descriptor file"))
                return
            self._steps.add(way)
            self._queue.append(step)

    def _follow_all(self) -> None:
        while self._queue:
            step = self._queue.popleft()
            if step.path in self._files:
                self._adopt(self._files[step.path].refs, step)
            elif len(self._files) >= _MAX_FILES:
                self._items.append(_too_many(step, f"{_MAX_FILES:,} descriptor files"))
                self._queue.clear()
            else:
                self._read(step)
                self._on_file(len(self._files))

    def _adopt(self, refs: Iterable[str], step: _Step) -> None:
        """Record the parent of a file's entities, retained ones included."""
        self._parents.update((ref, step.parent, step.path) for ref in refs if ref != step.parent)

    def _read(self, step: _Step) -> None:
        known = self._known.files.get(step.path)
        if known and self._is_unchanged(step, known):
            self._reuse(step, known)
        else:
            self._parse(step)

    def _is_unchanged(self, step: _Step, known: KnownFile) -> bool:
        blobs = {step.path: known.blob_id, **known.dependencies}
        return known.root == str(step.root) and all(
            self._is_as_before(path, blob) for path, blob in blobs.items()
        )

    def _is_as_before(self, path: str, blob: str) -> bool:
        """Return whether a file's content, or whether a folder has pages, is unchanged."""
        if path.endswith("/"):
            return state_of_pages(path[:-1], self._snapshot) == blob
        entry = self._snapshot.entries.get(path)
        if entry is None or not blob:
            return entry is None and not blob
        return entry.id == blob and not entry.why_left_out

    def _reuse(self, step: _Step, known: KnownFile) -> None:
        self._files[step.path] = known
        self._adopt(known.refs, step)
        for ref in known.refs:
            self._claims.setdefault(ref, []).append(Defined(ref, step.path))
            if ref in self._known.locations:
                self._targets(step, ref, self._known.locations[ref], None)

    def _parse(self, step: _Step) -> None:
        before = len(self._items)
        self._files[step.path] = KnownFile("", {}, (), str(step.root))
        try:
            if len(step.path.encode()) > _LONGEST_PATH:
                msg = f"its path has more than {_LONGEST_PATH:,} bytes"
                raise InputError(msg)
            self._parse_blob(step, self._snapshot.read(step.path))
        except PortalError as error:
            hint = "Only regular files are read." if "symbolic link" in error.message else ""
            self._items.append(
                StatusItem("read", error.message, Position(step.path), hint=hint, error=error.name)
            )
        except Exception as error:  # noqa: BLE001 - one file must not fail all others
            _LOG.exception("cannot process %s", step.path)
            message = f"the file cannot be processed ({type(error).__name__})"
            self._items.append(StatusItem("internal", message, Position(step.path), error="Error"))
        self._retain(step, self._items[before:])

    def _retain(self, step: _Step, items: Iterable[StatusItem]) -> None:
        """Retain the former entities of a file with errors, and follow its Locations."""
        errors = [item for item in items if item.level == "error"]
        if not errors:
            return
        failing = {item.ref for item in errors}
        file = self._files[step.path]
        retained = [
            ref
            for ref in self._known_refs.get(step.path, ())
            if ("" in failing or ref in failing) and ref not in file.refs
        ]
        self._files[step.path] = replace(file, refs=(*file.refs, *retained))
        self._adopt(retained, step)
        for ref in retained:
            if ref in self._known.locations:
                self._targets(step, ref, self._known.locations[ref], None)

    @cached_property
    def _known_refs(self) -> Mapping[str, list[str]]:
        """The refs of this source by file, in the catalog before the run."""
        found: dict[str, list[str]] = {}
        for ref, (source, path) in self._known.owners.items():
            if source == self._known.source:
                found.setdefault(path, []).append(ref)
        return found

    def _parse_blob(self, step: _Step, blob: Blob) -> None:
        roots = self._roots
        placeholders = Placeholders(
            step.path, roots.address.target, self._snapshot.read, roots.elsewhere, roots.forges
        )
        origin = DescriptorOrigin(
            roots.location(step.path), step.root, roots.allow, roots.limits, roots.kinds
        )
        refs: list[str] = []
        for item in parse(blob):
            if isinstance(item, StatusItem):
                self._items.append(item)
            else:
                ref = self._define(step, item, origin, placeholders)
                refs.extend(filter(None, [ref]))
        self._files[step.path] = KnownFile(
            blob.id, dict(placeholders.used), tuple(refs), str(step.root)
        )
        self._adopt(refs, step)

    def _define(
        self,
        step: _Step,
        descriptor: Descriptor,
        origin: DescriptorOrigin,
        placeholders: Placeholders,
    ) -> str:
        result = process(descriptor, origin, placeholders)
        self._items.extend(result.items)
        if result.entity is None or result.ref == step.parent:
            return ""
        problem, depends = documentation_problem(result.entity, descriptor, self._snapshot)
        self._items.extend(filter(None, [problem]))
        placeholders.used.update(depends)
        defined = Defined(result.ref, step.path, descriptor.line, result.entity, result.relations)
        self._claims.setdefault(result.ref, []).append(defined)
        if result.entity["kind"] == "Location":
            self._targets(step, result.ref, result.entity, descriptor)
        return result.ref

    def _targets(
        self, step: _Step, ref: str, entity: Entity, descriptor: Descriptor | None
    ) -> None:
        """Queue the targets of a Location entity."""
        is_optional = entity["spec"].get("presence") == "optional"
        for path, target in targets_of(entity):
            try:
                pattern = self._roots.resolve(step.path, target)
                found = self._glob(pattern)
                problem = None if found or is_optional else "missing"
            except InputError as error:
                found, problem = [], error.message
            if step.depth >= _MAX_DEPTH:
                found, problem = [], f"Locations are nested more than {_MAX_DEPTH} deep"
            self._enqueue(_Step(name, ref, step.root, step.depth + 1) for name in found)
            if problem:
                where = descriptor.position(path) if descriptor else Position(step.path)
                item = missing_target(self._roots.target_ref(step.path, target), where, ref, path)
                if problem != "missing":
                    item = replace(item, message=f"{target}: {problem}", rule="target")
                self._items.append(item)


def _too_many(step: _Step, what: str) -> StatusItem:
    return StatusItem(
        "limit",
        f"the source has more than {what}; the rest is not read",
        Position(step.path),
        hint="Narrow the targets, or split the source.",
    )
