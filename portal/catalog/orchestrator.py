"""One commit of one source becomes the set of entities it defines.

Pure: a snapshot and what is already known go in, an ``Ingested`` comes out. The
walk starts at the source's targets, follows Location entities and settles who
owns a ref; a file whose content is known is not parsed again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath

from portal.catalog.parser import Descriptor
from portal.catalog.parser import parse
from portal.catalog.placeholders import Placeholders
from portal.catalog.placeholders import ReadFile
from portal.catalog.placeholders import refuse_elsewhere
from portal.catalog.processor import Origin
from portal.catalog.processor import complete
from portal.catalog.processor import process
from portal.kernel.errors import InputError
from portal.kernel.errors import PortalError
from portal.kernel.files import relative_path
from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import Position
from portal.model.entity import Relation
from portal.model.entity import StatusItem
from portal.model.refs import DEFAULT_NAMESPACE
from portal.model.refs import LocationRef
from portal.model.refs import file_address
from portal.model.refs import path_of_address
from portal.scm.mirror import Blob
from portal.scm.mirror import FileTree

_LOG = logging.getLogger(__name__)
#: How many Locations may lead to one another.
_MAX_DEPTH = 16
#: How many descriptor files one source may have.
_MAX_FILES = 50_000
#: How many ways from a Location to a file are followed.
_MAX_STEPS = 200_000
#: How many comparisons of a path with a glob one walk may take.
_MAX_COMPARISONS = 10_000_000
#: The longest path of a descriptor, in bytes: it is a key of the database.
_LONGEST_PATH = 1_000


@dataclass(frozen=True, slots=True)
class Roots:
    """Where a source is entered, and what it may define.

    Attributes:
        address: The location ref of the repository's root folder; where a file's
            path is not at the end of its address, the target holds ``{path}``.
        targets: Globs from there.
        allow: Kinds allowed, lower case; empty allows all.
        origin: What the Location made of the target is called, when not after the
            target itself.
        is_optional: Whether a target that matches nothing is no problem; then it
            has no Location either.
        entity_name: What the Location made of the target is called; empty names it
            after the target.
        elsewhere: Reads what placeholders name outside of the repository.
    """

    address: LocationRef
    targets: tuple[str, ...]
    allow: frozenset[str] = frozenset()
    origin: LocationRef | None = None
    is_optional: bool = False
    entity_name: str = ""
    elsewhere: ReadFile = refuse_elsewhere

    def location(self, path: str) -> LocationRef:
        """Return the location ref of a path of the repository."""
        return LocationRef(self.address.type, file_address(self.address.target, path))


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as an earlier run left it: its content's id and what it defined.

    Attributes:
        blob_id: The content's id.
        dependencies: Files its placeholders read, path to blob id.
        refs: The entities it defines.
        root: The configured target that led to it.
    """

    blob_id: str
    dependencies: Mapping[str, str]
    refs: tuple[str, ...]
    root: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog holds before a run.

    Attributes:
        files: Files of this source that had nothing wrong, by path.
        owners: For every ref of the catalog: its source and path.
        locations: The Location entities of this source by ref.
    """

    source: str
    files: Mapping[str, KnownFile] = field(default_factory=dict)
    owners: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    locations: Mapping[str, Entity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Defined:
    """One entity a commit defines.

    Attributes:
        ref: Its identity.
        path: The file; empty for the Location made of a configured target.
        line: Where its document begins.
        entity: Its data; ``None`` when the file is known and unchanged.
        relations: What it says of others; empty when unchanged.
    """

    ref: str
    path: str
    line: int = 1
    entity: Entity | None = None
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Ingested:
    """All a commit defines.

    Attributes:
        entities: By ref, in the order they were met.
        files: Every file that was read: its state for the next run.
        parents: Pairs of a ref and the ref of a Location that leads to it.
        items: Everything wrong.
        broken_paths: Files with an error: they are parsed again in the next run.
        kept_paths: Files that could not be read to their end: what they used to
            define and define no more is kept, for nobody can tell.
        kept_refs: Entities whose descriptor is wrong: they stay as they were.
    """

    entities: Mapping[str, Defined]
    files: Mapping[str, KnownFile]
    parents: frozenset[tuple[str, str]]
    items: tuple[StatusItem, ...]
    broken_paths: frozenset[str]
    kept_paths: frozenset[str] = frozenset()
    kept_refs: frozenset[str] = frozenset()


#: Rules over many entities at once; yields items that carry a ``ref``.
CheckTogether = Callable[[Iterable[Entity]], Iterable[StatusItem]]


def ingest(
    snapshot: FileTree,
    roots: Roots,
    known: Known,
    on_file: Callable[[int], None] = lambda _count: None,
) -> Ingested:
    """Walk a snapshot from its roots.

    Args:
        snapshot: The repository at the commit.
        roots: Where to begin.
        known: What the catalog holds now.
        on_file: Told the number of files read so far, for a progress bar.
    """
    walk = _Walk(snapshot, roots, known, on_file)
    for target in roots.targets:
        walk.enter(target)
    return walk.result()


@dataclass(frozen=True, slots=True)
class _Step:
    """A target still to be followed: who leads there, and from where."""

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
        """Begin at a configured target and make its Location entity."""
        paths = self._snapshot.glob(target)
        if not paths and self._roots.is_optional:
            return
        root = self._roots.origin or self._roots.location(target)
        name = self._roots.entity_name or root.entity_name
        entity = _generated_location(root, name)
        ref = f"location:{DEFAULT_NAMESPACE}/{name}"
        self._claims[ref] = [Defined(ref, "", 1, entity)]
        if not paths:
            self._items.append(_missing(root, None, ref))
        self._enqueue(_Step(path, ref, root, 0) for path in paths)
        self._follow_all()

    def result(self) -> Ingested:
        """Settle conflicts and return what was found."""
        kept_paths, kept_refs = self._kept()
        entities = {}
        for ref, claims in self._claims.items():
            winner, *losers = self._in_order_of_right(ref, claims)
            holder = self._holder(ref, claims)
            if holder:
                losers = claims
            else:
                entities[ref] = winner
            for loser in losers:
                self._items.extend(_conflict(ref, None if holder else winner, loser, holder))
        broken = frozenset(item.position.path for item in self._errors() if item.position)
        clean = {path: f for path, f in self._files.items() if path not in broken}
        return Ingested(
            entities,
            clean,
            frozenset(self._led_to(entities)),
            tuple(self._items),
            broken,
            kept_paths,
            kept_refs,
        )

    def _led_to(self, entities: Mapping[str, Defined]) -> Iterator[tuple[str, str]]:
        """Yield an entity and a parent: of those a file defines, or is kept for."""
        for ref, parent, path in self._parents:
            if ref in entities:
                is_its_file = entities[ref].path == path
            else:
                is_its_file = self._known.owners.get(ref) == (self._known.source, path)
            if is_its_file:
                yield ref, parent

    def _errors(self) -> Iterator[StatusItem]:
        return (item for item in self._items if item.level == "error")

    def _kept(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the files, and the entities, of which the last good state stays."""
        errors = list(self._errors())
        return (
            frozenset(e.position.path for e in errors if e.position and not e.ref),
            frozenset(e.ref for e in errors if e.ref),
        )

    def _glob(self, pattern: str) -> list[str]:
        """Return the paths of a glob; the same one is looked for once.

        Raises:
            InputError: When the source asks for too much.
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
        """Note who leads to the file's entities; it counts for those the file keeps."""
        self._parents.update((ref, step.parent, step.path) for ref in refs if ref != step.parent)

    def _read(self, step: _Step) -> None:
        known = self._known.files.get(step.path)
        if known and self._is_unchanged(step, known):
            self._reuse(step, known)
        else:
            self._parse(step)

    def _is_unchanged(self, step: _Step, known: KnownFile) -> bool:
        blobs = {step.path: known.blob_id, **known.dependencies}
        entries = self._snapshot.entries
        return known.root == str(step.root) and all(
            path in entries and entries[path].id == blob and not entries[path].is_link
            for path, blob in blobs.items()
        )

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
            hint = "Only regular files are read." if "link" in error.message else ""
            self._items.append(
                StatusItem("read", error.message, Position(step.path), hint=hint, error=error.name)
            )
        except Exception as error:  # noqa: BLE001 - no file may end the reading of all others
            _LOG.exception("cannot process %s", step.path)
            message = f"the file cannot be processed ({type(error).__name__})"
            self._items.append(StatusItem("internal", message, Position(step.path), error="Error"))
        self._keep(step, self._items[before:])

    def _keep(self, step: _Step, items: Iterable[StatusItem]) -> None:
        """Go on below what a file with errors used to define: it stays for now."""
        errors = [item for item in items if item.level == "error"]
        if not errors:
            return
        failing = {item.ref for item in errors}
        file = self._files[step.path]
        kept = [
            ref
            for ref in self._known_refs.get(step.path, ())
            if ("" in failing or ref in failing) and ref not in file.refs
        ]
        self._files[step.path] = replace(file, refs=(*file.refs, *kept))
        self._adopt(kept, step)
        for ref in kept:
            if ref in self._known.locations:
                self._targets(step, ref, self._known.locations[ref], None)

    @cached_property
    def _known_refs(self) -> Mapping[str, list[str]]:
        """The entities of this source by file, as the catalog has them."""
        found: dict[str, list[str]] = {}
        for ref, (source, path) in self._known.owners.items():
            if source == self._known.source:
                found.setdefault(path, []).append(ref)
        return found

    def _parse_blob(self, step: _Step, blob: Blob) -> None:
        roots = self._roots
        placeholders = Placeholders(
            step.path, roots.address.target, self._snapshot.read, roots.elsewhere
        )
        origin = Origin(self._roots.location(step.path), step.root, self._roots.allow)
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
        origin: Origin,
        placeholders: Placeholders,
    ) -> str:
        result = process(descriptor, origin, placeholders)
        self._items.extend(result.items)
        if result.entity is None or result.ref == step.parent:
            return ""
        defined = Defined(result.ref, step.path, descriptor.line, result.entity, result.relations)
        self._claims.setdefault(result.ref, []).append(defined)
        if result.entity["kind"] == "Location":
            self._targets(step, result.ref, result.entity, descriptor)
        return result.ref

    def _targets(
        self, step: _Step, ref: str, entity: Entity, descriptor: Descriptor | None
    ) -> None:
        """Queue what a Location entity leads to."""
        is_optional = entity["spec"].get("presence") == "optional"
        for path, target in targets_of(entity):
            try:
                pattern = self._resolve(step.path, target)
                found = self._glob(pattern)
                problem = None if found or is_optional else "missing"
            except InputError as error:
                found, problem = [], error.message
            if step.depth >= _MAX_DEPTH:
                found, problem = [], f"Locations are nested more than {_MAX_DEPTH} deep"
            self._enqueue(_Step(name, ref, step.root, step.depth + 1) for name in found)
            if problem:
                where = descriptor.position(path) if descriptor else Position(step.path)
                item = _missing(self._target_ref(step, target), where, ref, path)
                if problem != "missing":
                    item = replace(item, message=f"{target}: {problem}", rule="target")
                self._items.append(item)

    def _resolve(self, path: str, target: str) -> str:
        """Return the path, or glob, inside the repository a target stands for."""
        is_absolute = "://" in target or target.startswith("/")
        inside = path_of_address(self._roots.address.target, target)
        if is_absolute and inside is not None:
            return relative_path("", inside)
        if "://" in target:
            msg = "it is not in this repository; add its repository as a source"
            raise InputError(msg)
        return relative_path(str(PurePosixPath(path).parent), target)

    def _target_ref(self, step: _Step, target: str) -> LocationRef:
        try:
            return self._roots.location(self._resolve(step.path, target))
        except InputError:
            return LocationRef(self._roots.address.type, target)

    def _holder(self, ref: str, claims: list[Defined]) -> str:
        """Return who has a ref that none of these claims can have; empty when one can."""
        source, path = self._known.owners.get(ref, ("", ""))
        if not source:
            return ""
        if source != self._known.source:
            return f"{path or 'a configured target'} of source {source}"
        is_claimed = any(claim.path == path for claim in claims)
        is_kept = any(
            item.position and item.position.path == path and item.ref in {"", ref}
            for item in self._errors()
        )
        return path if is_kept and not is_claimed else ""

    def _in_order_of_right(self, ref: str, claims: list[Defined]) -> list[Defined]:
        """Return the claims on a ref, the one that keeps it first."""
        owner = self._known.owners.get(ref)
        if owner is None or len(claims) == 1:
            return claims
        return sorted(claims, key=lambda claim: (self._known.source, claim.path) != owner)


def _conflict(
    ref: str, winner: Defined | None, loser: Defined, holder: str
) -> Iterator[StatusItem]:
    """Yield what a lost claim is told at, and what the winner in this source is told."""
    here = Position(loser.path, loser.line)
    if winner:
        holder = f"{winner.path}:{winner.line}"
        yield StatusItem(
            "conflict",
            f"{ref} is defined again at {here.path}:{here.line}, which is ignored",
            Position(winner.path, winner.line),
            hint="Remove or rename one of the two.",
            error="ConflictError",
            ref=ref,
            level="warning",
        )
    yield StatusItem(
        "conflict",
        f"{ref} is already defined at {holder}, which keeps it",
        here,
        hint="Remove or rename one of the two.",
        error="ConflictError",
        ref=ref,
    )


def _generated_location(root: LocationRef, name: str) -> Entity:
    entity = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Location",
        "metadata": {"name": name},
        "spec": {"type": root.type, "target": root.target},
    }
    return complete(entity, Origin(root, root))


def targets_of(entity: Entity) -> Iterator[tuple[JsonPath, str]]:
    """Yield where a Location entity leads, and where in it that stands."""
    spec = entity["spec"]
    if spec.get("target"):
        yield ("spec", "target"), spec["target"]
    for index, target in enumerate(spec.get("targets") or ()):
        yield ("spec", "targets", index), target


def _missing(
    target: LocationRef, where: Position | None, ref: str, path: JsonPath = ()
) -> StatusItem:
    if target.type == "file":
        message = f"file {target.target} does not exist"
    else:
        message = f"Unable to read url, no matching files found for {target.target}"
    return StatusItem(
        "target",
        message,
        where,
        path,
        "Correct the target, or set presence: optional.",
        error="NotFoundError",
        ref=ref,
    )


def _too_many(step: _Step, what: str) -> StatusItem:
    return StatusItem(
        "limit",
        f"the source has more than {what}; the rest is not read",
        Position(step.path),
        hint="Narrow the targets, or split the source.",
    )
