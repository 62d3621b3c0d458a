"""One run inside its transaction: walk, compare, hold back or save, stitch, log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.ingestion.ingested import CheckTogether
from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.ingestion.walk import ingest
from portal.catalog.outcomes import RunOutcome
from portal.catalog.processing import history
from portal.catalog.processing import known_files
from portal.catalog.processing import problems
from portal.catalog.processing import source_states
from portal.catalog.processing import store
from portal.catalog.processing.changes import Changes
from portal.catalog.processing.changes import compare
from portal.catalog.processing.edits import Edits
from portal.catalog.processing.edits import read_edits
from portal.catalog.processing.history import EntityChange
from portal.catalog.processing.run_report import Progress
from portal.catalog.processing.run_report import RunReport
from portal.catalog.processing.source_states import SourceState
from portal.catalog.processing.stitcher import stitch_refs
from portal.catalog.processing.store import StoredEntity
from portal.catalog.sources.opening import Location
from portal.kernel import yaml12
from portal.kernel.clock import now
from portal.kernel.errors import PortalError
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.model.entity import canonical_json
from portal.scm.snapshot import FileTree


@dataclass(frozen=True, slots=True)
class RunRules:
    """The rules of a run.

    Attributes:
        removal_share: The share of a source's entities (0 to 1) that may be removed
            without confirmation.
        check_together: Rules over all entities of ``together_kinds``.
        together_kinds: The kinds those rules read.
    """

    removal_share: float
    check_together: CheckTogether
    together_kinds: tuple[str, ...]

    def is_too_much(self, removed: int, total: int) -> bool:
        """Return whether removing ``removed`` of ``total`` entities needs confirmation."""
        return removed > 1 and removed > self.removal_share * total

    def check(self, connection: Connection) -> Iterator[StatusItem]:
        """Yield the problems that the rules over many entities find."""
        if self.together_kinds:
            # By prefixes of refs, which are indexed: a scan of all rows takes long.
            ref = t.entities.c.ref
            begins = [f"{kind.lower()}:" for kind in self.together_kinds]
            among = [sa.and_(ref >= begin, ref < f"{begin[:-1]};") for begin in begins]
            query = sa.select(t.entities.c.document).where(sa.or_(*among))
            documents = [json.loads(text) for text in connection.scalars(query)]
            yield from self.check_together(documents)


class Run:
    """One run inside its transaction."""

    def __init__(
        self,
        rules: RunRules,
        connection: Connection,
        location: Location,
        snapshot: FileTree,
        progress: Progress,
        *,
        is_whole: bool,
    ) -> None:
        self._rules = rules
        self._connection = connection
        self._location = location
        self._snapshot = snapshot
        self._progress = progress
        self.state = source_states.load_source(connection, location.name)
        self.stitched: set[str] = set()
        self._edits: Edits | None = None
        if not is_whole:
            kinds = rules.together_kinds
            self._edits = read_edits(connection, location, self.state, snapshot, kinds)

    def execute(self, confirm: str) -> RunReport:
        """Walk, compare, hold back or save, stitch and log; return the report."""
        started = time.perf_counter()
        ingested = self._ingest() if self._edits is None else self._edits.ingested
        own = self._own_rows() if self._edits is None else self._edits.own
        changes = compare(ingested, own)
        if self._must_hold(changes, len(own), confirm):
            return self._hold(changes, ingested)
        changes = self._with_documents(changes)
        touched = self._save(ingested, changes)
        items: tuple[StatusItem, ...] = ()
        if self._edits is None:  # nothing is wrong with what is edited, before and after
            items = (*ingested.items, *self._checked_together())
            touched |= self._save_items(items, changes, ingested.leading)
        generation = self._stitch(touched, changes)
        report = _report(self._name, self._commit, generation, changes, items)
        if not self.stitched and not changes.removed:
            report = replace(report, outcome=RunOutcome.UNCHANGED)
        self._log(report, changes, time.perf_counter() - started)
        return report

    def _own_rows(self) -> dict[str, StoredEntity]:
        rows = store.load_entities(self._connection, source=self._name, with_documents=False)
        return {row.ref: row for row in rows}

    def _with_documents(self, changes: Changes) -> Changes:
        """Load the documents of changed and removed entities, for the history."""
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
        known = known_files.load_known(self._connection, self._name)
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
        return not is_confirmed and self._rules.is_too_much(len(changes.removed), total)

    def _hold(self, changes: Changes, ingested: Ingested) -> RunReport:
        removed = tuple(row.ref for row in changes.removed)
        state = replace(
            self.state,
            checked_at=now(),
            error="",
            failing_since="",
            held_commit=self._commit,
            held_removals=len(removed),
        )
        source_states.save_source(self._connection, state)
        generation = store.generation(self._connection)
        return RunReport(
            self._name,
            RunOutcome.HELD,
            self._commit,
            generation,
            removed=removed,
            items=ingested.items,
        )

    def _save(self, ingested: Ingested, changes: Changes) -> set[str]:
        """Write documents and relations; return the refs whose relations changed."""
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
        if self._edits is None:
            known_files.save_files(connection, self._name, ingested)
        else:
            known_files.save_edited(connection, self._name, ingested.files)
        touched |= {r.source for found in relations.values() for r in found}
        return touched | set(relations)

    def _checked_together(self) -> Iterator[StatusItem]:
        """Yield the items of rules over many entities, with their positions."""
        for item in self._rules.check(self._connection):
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

    def _save_items(
        self,
        items: Sequence[StatusItem],
        changes: Changes,
        leading: Mapping[str, Iterable[str]],
    ) -> set[str]:
        """Store the problems; return the refs whose status changed."""
        problems.save_problems(self._connection, self._name, items, self._commit, now())
        wanted = problems.status_by_ref(items, changes.kept, leading)
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
        """Append to the history and store the source's new state."""
        logged_at = now()
        entries = list(self._history(changes))
        mirror = self._location.mirror
        head = mirror.commit(self._commit)
        if entries:
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
                head,
                logged_at,
            )
        if report.outcome is RunOutcome.CHANGED:
            store.insert(self._connection, t.runs, [_run_row(report, logged_at, seconds)])
        state = SourceState(
            self._name,
            self._location.fingerprint,
            self._commit,
            logged_at,
            logged_at,
            committed_at=head.time,
        )
        source_states.save_source(self._connection, state)

    def _history(self, changes: Changes) -> Iterator[EntityChange]:
        refs = [new.defined.ref for new in (*changes.added, *changes.changed)]
        rows = {row.ref: row for row in store.load_entities(self._connection, refs)}
        for new in changes.added:
            uid = rows[new.defined.ref].uid
            yield EntityChange(new.defined.ref, uid, "added", new.defined.path)
        for new in changes.changed:
            row = rows[new.defined.ref]
            old = changes.kept[row.ref].document
            diff = history.document_diff(json.loads(old), json.loads(row.document))
            yield EntityChange(row.ref, row.uid, "changed", new.defined.path, diff)
        for gone in changes.removed:
            yield EntityChange(gone.ref, gone.uid, "removed", gone.path, document=gone.document)


def _report(
    name: str,
    commit: str,
    generation: int,
    changes: Changes,
    items: tuple[StatusItem, ...],
) -> RunReport:
    return RunReport(
        name,
        RunOutcome.CHANGED,
        commit,
        generation,
        tuple(new.defined.ref for new in changes.added),
        tuple(new.defined.ref for new in changes.changed),
        tuple(row.ref for row in changes.removed),
        items,
    )


def _run_row(report: RunReport, logged_at: str, seconds: float) -> dict[str, Any]:
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
        "started_at": logged_at,
        "seconds": seconds,
        "outcome": report.outcome,
        "report": json.dumps(counts),
    }
