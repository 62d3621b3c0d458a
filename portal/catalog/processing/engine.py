"""Runs: reads a source at its newest commit and brings the catalog to it.

A run is one transaction with one generation number: a reader sees the old commit or the
new one. A failed read deletes nothing, and a commit that would remove too many entities is
held until it is confirmed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from dataclasses import replace
from threading import Lock

from sqlalchemy.engine import Engine as Database

from portal.catalog.failures import reason_of
from portal.catalog.ingestion.ingested import CheckTogether
from portal.catalog.outcomes import RunOutcome
from portal.catalog.processing import problems
from portal.catalog.processing import source_states
from portal.catalog.processing import store
from portal.catalog.processing.run import Run
from portal.catalog.processing.run import RunRules
from portal.catalog.processing.run_report import Progress
from portal.catalog.processing.run_report import RunReport
from portal.catalog.processing.source_states import SourceState
from portal.catalog.processing.stitcher import stitch_refs
from portal.catalog.sources.opening import Location
from portal.catalog.transactions import BeforeCommit
from portal.catalog.transactions import write_nothing
from portal.catalog.transactions import writing
from portal.kernel.clock import now
from portal.kernel.database import lock_writers
from portal.kernel.errors import SourceError
from portal.kernel.telemetry.instruments import SYNC_SECONDS
from portal.kernel.telemetry.instruments import SYNCS
from portal.kernel.telemetry.spans import span
from portal.model.entity import Relation
from portal.model.entity import StatusItem
from portal.scm.snapshot import FileTree

#: Called with the number of each generation after its commit.
OnStitched = Callable[[int], None]

#: Attempts of a run while other processes write the same source first.
_MOST_TRIES = 5


class Engine:
    """Brings the catalog to the commits of its sources.

    Args:
        database: The database of the catalog.
        removal_share: The share of a source's entities (0 to 1) that may be removed
            without confirmation; the setting of that name.
        check_together: Rules over all entities of ``together_kinds``.
        together_kinds: The kinds those rules read.
        on_stitched: Called with the number of each generation after its commit.
        before_commit: Called at the end of each transaction that may make a generation.
    """

    def __init__(
        self,
        database: Database,
        removal_share: float,
        check_together: CheckTogether = lambda _entities: (),
        together_kinds: Collection[str] = (),
        on_stitched: OnStitched = lambda _generation: None,
        before_commit: BeforeCommit = write_nothing,
    ) -> None:
        self._before_commit = before_commit
        self._database = database
        self._rules = RunRules(removal_share, check_together, tuple(together_kinds))
        self._on_stitched = on_stitched
        # Runs of one process wait for this lock, not for the database's, which times out.
        self._writing = Lock()

    def refresh(
        self,
        location: Location,
        confirm: str = "",
        progress: Progress = lambda _stage, _done, _total: None,
    ) -> RunReport:
        """Bring the catalog to the location's newest commit.

        When another process has written the source meanwhile, the fetched commit may be
        older than the written one, so the run is repeated, up to ``_MOST_TRIES`` times.

        Args:
            location: The opened source.
            confirm: The id, or a prefix of it, of a held commit to accept.
            progress: Called with the stage and the progress of the run.
        """
        started = time.perf_counter()
        try:
            report = self._refresh(location, confirm, progress)
        except SourceError as error:
            report = self.note_failure(location.name, error)
        SYNCS.add(report.outcome)
        return replace(report, seconds=time.perf_counter() - started)

    def _refresh(self, location: Location, confirm: str, progress: Progress) -> RunReport:
        for _ in range(_MOST_TRIES):
            report = self._try_refresh(location, confirm, progress)
            if report is not None:
                return report
        raise SourceError(
            f"another process wrote this source first, {_MOST_TRIES} times in a row; "
            "the next run tries again"
        )

    def _try_refresh(
        self, location: Location, confirm: str, progress: Progress
    ) -> RunReport | None:
        """Return what a run did; ``None`` when another process was first."""
        with self._database.connect() as connection:
            state = source_states.load_source(connection, location.name)
            has_unblocked_refs = problems.has_unblocked_refs(connection, location.name)
        try:
            progress("look", 0, 0)
            with SYNC_SECONDS.timing("look"), span("sync look"):
                commit = location.mirror.look()
            if self._is_current(location, state, commit) and not has_unblocked_refs:
                self._note_checked(location.name)
                return RunReport(location.name, RunOutcome.UNCHANGED, commit)
            progress("fetch", 0, 0)
            with SYNC_SECONDS.timing("fetch"), span("sync fetch"):
                commit = location.mirror.fetch()
            return self._run(
                location, commit, state, confirm, progress, is_whole=has_unblocked_refs
            )
        finally:
            location.mirror.close()

    def _is_current(self, location: Location, state: SourceState, commit: str) -> bool:
        return (
            state.commit_id == commit
            and state.fingerprint == location.fingerprint
            and not state.held_commit
        )

    def _note_checked(self, name: str) -> None:
        """Store that the source answered; the catalog is not changed."""
        with self._writing, self._database.begin() as connection:
            lock_writers(connection)
            state = source_states.load_source(connection, name)
            fresh = replace(state, checked_at=now(), error="", failing_since="")
            source_states.save_source(connection, fresh)

    def note_page_problems(self, name: str, items: list[StatusItem], commit: str) -> None:
        """Store what is wrong with the documentation of a source at a commit."""
        with self._writing, self._database.begin() as connection:
            lock_writers(connection)
            problems.save_later_problems(connection, problems.PAGE_RULE, name, items, commit, now())

    def note_link_problems(self, name: str, items: list[StatusItem], commit: str) -> None:
        """Store what is wrong with what persons said of links in a source at a commit."""
        with self._database.connect() as connection:
            if not items and not problems.has_problems(connection, problems.LINK_RULE, name):
                return
        with self._writing, self._database.begin() as connection:
            lock_writers(connection)
            problems.save_later_problems(connection, problems.LINK_RULE, name, items, commit, now())

    def replace_relations(self, emitter: str, relations: Iterable[Relation]) -> bool:
        """Store the relations that a later stage makes, in place of those it made before.

        Args:
            emitter: What tells them from others; no ref of an entity.
            relations: The relations, both directions.

        Returns:
            Whether that changed any.
        """
        wanted = sorted(set(relations))
        with self._database.connect() as connection:
            if store.load_emitted(connection, emitter) == wanted:
                return False
        with self._writing, writing(self._database, self._before_commit) as connection:
            touched = store.touched_refs(connection, [emitter])
            store.delete_relations(connection, [emitter])
            store.add_relations(connection, {emitter: wanted})
            touched |= {relation.source for relation in wanted}
            generation = 0
            if stitch_refs(connection, touched):
                generation = store.next_generation(connection)
        if generation:
            self._on_stitched(generation)
        return True

    def note_failure(self, name: str, error: Exception) -> RunReport:
        """Store why a source cannot be read; its last state stays in the catalog.

        Returns:
            The report of the failed run.
        """
        noted_at, reason = now(), reason_of(error)
        with self._writing, self._database.begin() as connection:
            lock_writers(connection)
            state = source_states.load_source(connection, name)
            failing_since = state.failing_since or noted_at
            fresh = replace(state, checked_at=noted_at, error=reason, failing_since=failing_since)
            source_states.save_source(connection, fresh)
        return RunReport(name, RunOutcome.FAILED, state.commit_id, error=reason)

    def _run(
        self,
        location: Location,
        commit: str,
        state: SourceState,
        confirm: str,
        progress: Progress,
        *,
        is_whole: bool,
    ) -> RunReport | None:
        snapshot = location.mirror.snapshot(commit)
        with self._writing:
            return self._write(location, snapshot, state, confirm, progress, is_whole=is_whole)

    def _write(
        self,
        location: Location,
        snapshot: FileTree,
        before: SourceState,
        confirm: str,
        progress: Progress,
        *,
        is_whole: bool,
    ) -> RunReport | None:
        """Execute a run in one transaction; ``None`` when another process was first.

        The fetched commit may be older than the one that process wrote.
        """
        with (
            SYNC_SECONDS.timing("write"),
            span("sync write"),
            writing(self._database, self._before_commit) as connection,
        ):
            run = Run(self._rules, connection, location, snapshot, progress, is_whole=is_whole)
            if run.state.read_at != before.read_at:
                return None
            report = run.execute(confirm)
        if report.outcome is RunOutcome.CHANGED:
            progress("index", 0, 0)
            with SYNC_SECONDS.timing("index"), span("sync index"):
                self._on_stitched(report.generation)
        return report

    def is_too_much(self, removed: int, total: int) -> bool:
        """Return whether removing ``removed`` of ``total`` entities needs confirmation."""
        return self._rules.is_too_much(removed, total)
