"""One run: a source is read at a commit and the catalog becomes what it says.

``Engine.refresh`` reads as the list of what happens. All of a run is one
transaction with one generation number: a reader sees the old commit or the new
one. A failed read deletes nothing, and a commit that would remove too much is
held until it is confirmed.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import history
from portal.catalog import store
from portal.catalog import tables as t
from portal.catalog.history import Change
from portal.catalog.locations import Location
from portal.catalog.orchestrator import CheckTogether
from portal.catalog.orchestrator import Defined
from portal.catalog.orchestrator import Ingested
from portal.catalog.orchestrator import ingest
from portal.catalog.stitcher import stitch_refs
from portal.catalog.store import NewDocument
from portal.catalog.store import SourceState
from portal.catalog.store import StoredEntity
from portal.kernel import yaml12
from portal.kernel.database import lock_writers
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.model.entity import canonical_json
from portal.model.entity import content_hash
from portal.model.entity import json_text
from portal.scm.mirror import FileTree

#: Told how far a run is: the stage, what is done of it, and the total (0: unknown).
Progress = Callable[[str, int, int], None]
#: Told the number of each generation after its commit.
OnStitched = Callable[[int], None]

UNCHANGED, CHANGED, HELD, FAILED = "unchanged", "changed", "held", "failed"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did, for people and for the API.

    Attributes:
        source: The source's name.
        outcome: ``unchanged``, ``changed``, ``held`` or ``failed``.
        commit: The commit that was read; empty when none could be.
        generation: The catalog's generation after the run.
        added: Refs that are new.
        changed: Refs whose data changed.
        removed: Refs that are gone; when held, those that would be.
        items: Everything wrong with the content.
        error: Why the source could not be read.
        seconds: How long the run took.
        confirm: What accepts a held run, when not the commit's id.
        counted: What ``removed`` names; repositories in a provider's list.
    """

    source: str
    outcome: str
    commit: str = ""
    generation: int = 0
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    items: tuple[StatusItem, ...] = ()
    error: str = ""
    seconds: float = 0.0
    confirm: str = ""
    counted: str = "entities"


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between a commit and the catalog."""

    added: tuple[NewDocument, ...] = ()
    changed: tuple[NewDocument, ...] = ()
    removed: tuple[StoredEntity, ...] = ()
    kept: Mapping[str, StoredEntity] = field(default_factory=dict)
    #: The new lines of unchanged entities, by row id.
    moved: Mapping[int, int] = field(default_factory=dict)

    def refs(self) -> set[str]:
        """Return every ref whose data is new, different or gone."""
        written = (new.defined.ref for new in (*self.added, *self.changed))
        return {*written, *(row.ref for row in self.removed)}


class Engine:
    """Brings the catalog to the commits of its sources.

    Args:
        database: Where the catalog is.
        removal_share: See the setting of that name.
        check_together: Rules over all entities of ``together_kinds``.
        together_kinds: The kinds those rules look at.
        on_stitched: Told the number of each generation after its commit.
    """

    def __init__(
        self,
        database: Database,
        removal_share: float,
        check_together: CheckTogether = lambda _entities: (),
        together_kinds: Collection[str] = (),
        on_stitched: OnStitched = lambda _generation: None,
    ) -> None:
        self._database = database
        self._removal_share = removal_share
        self._check_together = check_together
        self._together_kinds = tuple(together_kinds)
        self._on_stitched = on_stitched
        # Runs of one process wait here, not at the database, which gives up at last.
        self._writing = Lock()

    def refresh(
        self,
        location: Location,
        confirm: str = "",
        progress: Progress = lambda _stage, _done, _total: None,
    ) -> RunReport:
        """Bring the catalog to the location's newest commit.

        Args:
            location: What to read.
            confirm: The id (or its beginning) of a held commit to accept.
            progress: Told how far the run is.
        """
        started = time.perf_counter()
        with self._database.connect() as connection:
            state = store.load_source(connection, location.name)
            has_heirs = store.has_heirs(connection, location.name)
        try:
            progress("look", 0, 0)
            commit = location.mirror.look()
            if self._is_current(location, state, commit) and not has_heirs:
                self._note_checked(location.name)
                return RunReport(location.name, UNCHANGED, commit)
            progress("fetch", 0, 0)
            commit = location.mirror.fetch()
            report = self._run(location, commit, state, confirm, progress)
        except SourceError as error:
            report = self._note_failure(location.name, error)
        finally:
            location.mirror.close()
        if report is None:
            return self.refresh(location, confirm, progress)
        return replace(report, seconds=time.perf_counter() - started)

    def _is_current(self, location: Location, state: SourceState, commit: str) -> bool:
        return (
            state.commit_id == commit
            and state.fingerprint == location.fingerprint
            and not state.held_commit
        )

    def _note_checked(self, name: str) -> None:
        """Remember that the source answered: one row, nothing of the catalog."""
        with self._writing, self._database.begin() as connection:
            lock_writers(connection)
            state = store.load_source(connection, name)
            fresh = replace(state, checked_at=_now(), error="", failing_since="")
            store.save_source(connection, fresh)

    def _note_failure(self, name: str, error: PortalError) -> RunReport:
        now = _now()
        with self._writing, self._database.begin() as connection:
            lock_writers(connection)
            state = store.load_source(connection, name)
            failing_since = state.failing_since or now
            fresh = replace(state, checked_at=now, error=error.message, failing_since=failing_since)
            store.save_source(connection, fresh)
        return RunReport(state.name, FAILED, state.commit_id, error=error.message)

    def _run(
        self,
        location: Location,
        commit: str,
        state: SourceState,
        confirm: str,
        progress: Progress,
    ) -> RunReport | None:
        snapshot = location.mirror.snapshot(commit)
        with self._writing:
            return self._write(location, snapshot, state, confirm, progress)

    def _write(
        self,
        location: Location,
        snapshot: FileTree,
        before: SourceState,
        confirm: str,
        progress: Progress,
    ) -> RunReport | None:
        """Execute a run; return ``None`` when another process was first.

        What was fetched may be older than what that one wrote.
        """
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            run = _Run(self, connection, location, snapshot, progress)
            if run.state.read_at != before.read_at:
                return None
            report = run.execute(confirm)
        if report.outcome == CHANGED:
            progress("index", 0, 0)
            self._on_stitched(report.generation)
        return report

    def is_too_much(self, removed: int, total: int) -> bool:
        """Whether removing that many of a source's entities needs a confirmation."""
        return removed > 1 and removed > self._removal_share * total

    def check(self, connection: Connection) -> Iterator[StatusItem]:
        """Yield what the rules over many entities find now."""
        if self._together_kinds:
            # By ref, for which there is an index: a look at every row takes long.
            ref = t.entities.c.ref
            begins = [f"{kind.lower()}:" for kind in self._together_kinds]
            among = [sa.and_(ref >= begin, ref < f"{begin[:-1]};") for begin in begins]
            query = sa.select(t.entities.c.document).where(sa.or_(*among))
            documents = [json.loads(text) for text in connection.scalars(query)]
            yield from self._check_together(documents)


class _Run:
    """One run inside its transaction."""

    def __init__(
        self,
        engine: Engine,
        connection: Connection,
        location: Location,
        snapshot: FileTree,
        progress: Progress,
    ) -> None:
        self._engine = engine
        self._connection = connection
        self._location = location
        self._snapshot = snapshot
        self._progress = progress
        self.state = store.load_source(connection, location.name)
        self.stitched: set[str] = set()

    def execute(self, confirm: str) -> RunReport:
        """Read, compare, guard, save, stitch; return what happened."""
        started = time.perf_counter()
        ingested = self._ingest()
        rows = store.load_entities(self._connection, source=self._name, with_documents=False)
        own = {row.ref: row for row in rows}
        changes = _compare(ingested, own)
        if self._must_hold(changes, len(own), confirm):
            return self._hold(changes, ingested)
        changes = self._with_documents(changes)
        touched = self._save(ingested, changes)
        items = (*ingested.items, *self._checked_together())
        touched |= self._save_items(items, changes)
        generation = self._stitch(touched, changes)
        report = _report(self._name, self._commit, generation, changes, items)
        if not self.stitched and not changes.removed:
            report = replace(report, outcome=UNCHANGED)
        self._log(report, changes, time.perf_counter() - started)
        return report

    def _with_documents(self, changes: Changes) -> Changes:
        """Read what the history needs: the last data of what changes or goes."""
        changed = [new.defined.ref for new in changes.changed]
        refs = [*changed, *(row.ref for row in changes.removed)]
        rows = {row.ref: row for row in store.load_entities(self._connection, refs)}
        return replace(
            changes,
            removed=tuple(rows[row.ref] for row in changes.removed),
            kept={**changes.kept, **{ref: rows[ref] for ref in changed}},
        )

    @property
    def _name(self) -> str:
        return self._location.name

    @property
    def _commit(self) -> str:
        return self._snapshot.commit

    def _ingest(self) -> Ingested:
        known = store.load_known(self._connection, self._name)
        if self.state.fingerprint != self._location.fingerprint:
            known = replace(known, files={})
        return ingest(
            self._snapshot,
            self._location.roots,
            known,
            lambda count: self._progress("read", count, 0),
        )

    def _must_hold(self, changes: Changes, total: int, confirm: str) -> bool:
        is_confirmed = bool(confirm) and self._commit.startswith(confirm)
        return not is_confirmed and self._engine.is_too_much(len(changes.removed), total)

    def _hold(self, changes: Changes, ingested: Ingested) -> RunReport:
        removed = tuple(row.ref for row in changes.removed)
        state = replace(
            self.state,
            checked_at=_now(),
            error="",
            failing_since="",
            held_commit=self._commit,
            held_removals=len(removed),
        )
        store.save_source(self._connection, state)
        generation = store.generation(self._connection)
        return RunReport(
            self._name, HELD, self._commit, generation, removed=removed, items=ingested.items
        )

    def _save(self, ingested: Ingested, changes: Changes) -> set[str]:
        """Write documents and relations; return the refs whose relations moved."""
        self._progress("save", 0, 0)
        connection = self._connection
        written = [*changes.added, *changes.changed]
        emitters = changes.refs()
        touched = store.touched_refs(connection, emitters)
        store.remove_entities(connection, changes.removed)
        store.delete_relations(connection, [new.defined.ref for new in changes.changed])
        store.add_entities(connection, self._name, changes.added)
        store.change_entities(connection, changes.changed)
        store.move_entities(connection, changes.moved)
        relations = {new.defined.ref: new.defined.relations for new in written}
        store.add_relations(connection, relations)
        store.save_files(connection, self._name, ingested)
        touched |= {r.source for found in relations.values() for r in found}
        return touched | set(relations)

    def _checked_together(self) -> Iterator[StatusItem]:
        """Give the items of the rules over many entities their place in a file."""
        for item in self._engine.check(self._connection):
            row = self._connection.execute(
                sa.select(t.entities.c.path, t.entities.c.line).where(
                    t.entities.c.ref == item.ref, t.entities.c.source == self._name
                )
            ).first()
            if row is not None:
                yield replace(item, position=self._position(row.path, row.line, item))

    def _position(self, path: str, line: int, item: StatusItem) -> Position:
        try:
            data = self._snapshot.read(path).data
            return Position(path, *yaml12.position(data, line, item.json_path))
        except PortalError:
            return Position(path, line)

    def _save_items(self, items: Sequence[StatusItem], changes: Changes) -> set[str]:
        """Store what is wrong; return the refs whose status changed."""
        store.save_problems(self._connection, self._name, items, self._commit, _now())
        wanted = _status_by_ref(items, changes.kept)
        updates: dict[int, str] = {}
        touched: set[str] = set()
        added = [new.defined.ref for new in changes.added if new.defined.ref in wanted]
        fresh = store.load_entities(self._connection, added)
        for row in (*changes.kept.values(), *fresh):
            text = canonical_json(wanted[row.ref]) if row.ref in wanted else ""
            if text != row.items:
                updates[row.id] = text
                touched.add(row.ref)
        store.save_items(self._connection, updates)
        return touched

    def _stitch(self, touched: set[str], changes: Changes) -> int:
        self._progress("stitch", 0, len(touched))
        self.stitched = stitch_refs(self._connection, touched)
        if self.stitched or changes.removed:
            return store.next_generation(self._connection)
        return store.generation(self._connection)

    def _log(self, report: RunReport, changes: Changes, seconds: float) -> None:
        """Append to the history and remember where the source is now."""
        now = _now()
        entries = list(self._history(changes))
        if entries:
            mirror = self._location.mirror
            commits = mirror.authors(
                {entry.path for entry in entries if entry.path},
                self.state.commit_id or None,
                self._commit,
            )
            history.append(
                self._connection,
                report.generation,
                self._name,
                entries,
                commits,
                mirror.commit(self._commit),
                now,
            )
        if report.outcome == CHANGED:
            store.insert(self._connection, t.runs, [_run_row(report, now, seconds)])
        state = SourceState(self._name, self._location.fingerprint, self._commit, now, now)
        store.save_source(self._connection, state)

    def _history(self, changes: Changes) -> Iterator[Change]:
        refs = [new.defined.ref for new in (*changes.added, *changes.changed)]
        rows = {row.ref: row for row in store.load_entities(self._connection, refs)}
        for new in changes.added:
            uid = rows[new.defined.ref].uid
            yield Change(new.defined.ref, uid, "added", new.defined.path)
        for new in changes.changed:
            row = rows[new.defined.ref]
            old = changes.kept[row.ref].document
            diff = history.document_diff(json.loads(old), json.loads(row.document))
            yield Change(row.ref, row.uid, "changed", new.defined.path, diff)
        for gone in changes.removed:
            yield Change(gone.ref, gone.uid, "removed", gone.path, document=gone.document)


def _compare(ingested: Ingested, own: Mapping[str, StoredEntity]) -> Changes:
    added: list[NewDocument] = []
    changed: list[NewDocument] = []
    moved: dict[int, int] = {}
    for ref, defined in ingested.entities.items():
        if defined.entity is None:
            continue
        new = _new_document(defined)
        if ref not in own:
            added.append(new)
        elif own[ref].document_hash != new.document_hash or own[ref].path != defined.path:
            changed.append(new)
        elif own[ref].line != defined.line:
            moved[own[ref].id] = defined.line
    removed = tuple(
        row
        for ref, row in own.items()
        if ref not in ingested.entities
        and ref not in ingested.kept_refs
        and row.path not in ingested.kept_paths
    )
    gone = {row.ref for row in removed}
    kept = {ref: row for ref, row in own.items() if ref not in gone}
    return Changes(tuple(added), tuple(changed), removed, kept, moved)


def _new_document(defined: Defined) -> NewDocument:
    text = json_text(defined.entity)
    return NewDocument(defined, text, content_hash(text))


def _status_by_ref(
    items: Iterable[StatusItem], kept: Mapping[str, StoredEntity]
) -> dict[str, list[dict[str, Any]]]:
    """Return ``status.items`` by entity.

    An error without an entity of its own (a file that is no YAML) belongs to
    all entities the file defined before. Conflicts are reported, but are no
    fault of the entity that is served, so they are not part of its status.
    """
    by_path: dict[str, list[str]] = {}
    for row in kept.values():
        by_path.setdefault(row.path, []).append(row.ref)
    found: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        if item.rule == "conflict":
            continue
        path = item.position.path if item.position else ""
        refs = [item.ref] if item.ref else by_path.get(path, [])
        for ref in refs:
            found.setdefault(ref, []).append(item.on_the_wire())
    return found


def _report(
    name: str,
    commit: str,
    generation: int,
    changes: Changes,
    items: tuple[StatusItem, ...],
) -> RunReport:
    return RunReport(
        name,
        CHANGED,
        commit,
        generation,
        tuple(new.defined.ref for new in changes.added),
        tuple(new.defined.ref for new in changes.changed),
        tuple(row.ref for row in changes.removed),
        items,
    )


def _run_row(report: RunReport, now: str, seconds: float) -> dict[str, Any]:
    counts = {
        "added": len(report.added),
        "changed": len(report.changed),
        "removed": len(report.removed),
        "problems": len(report.items),
    }
    return {
        "source": report.source,
        "commit_id": report.commit,
        "generation": report.generation,
        "started_at": now,
        "seconds": seconds,
        "outcome": report.outcome,
        "report": json.dumps(counts),
    }


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
