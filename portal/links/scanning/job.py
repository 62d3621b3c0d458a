"""The job that scans services: what is due, when, and what becomes of failures."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import tables as t
from portal.catalog.failures import Stage
from portal.catalog.failures import reason_of
from portal.catalog.processing import store as catalog
from portal.catalog.processing.engine import Engine
from portal.catalog.reading.failure_log import FailureLog
from portal.catalog.sources.registry import OpenLocation
from portal.evidence.languages.syntax import AVAILABLE
from portal.evidence.scanning.limits import LIMITS
from portal.jobs.job import Dispatcher
from portal.jobs.job import Job
from portal.jobs.job import JobKind
from portal.kernel.clock import now
from portal.kernel.errors import PortalError
from portal.links import store
from portal.links.link import Completeness
from portal.links.scanning.judgments import Judgments
from portal.links.scanning.judgments import read_judgments
from portal.links.scanning.places import Place
from portal.links.scanning.places import Places
from portal.links.scanning.places import Repository
from portal.links.scanning.recent import Opened
from portal.links.scanning.recent import Recent
from portal.links.scanning.saving import Outcome
from portal.links.scanning.saving import forget
from portal.links.scanning.saving import save
from portal.links.scanning.service_scan import Before
from portal.links.scanning.service_scan import Pass
from portal.links.scanning.service_scan import Reading
from portal.links.scanning.service_scan import below
from portal.links.scanning.service_scan import leave_service
from portal.links.scanning.service_scan import relations_of
from portal.links.scanning.service_scan import scan_service
from portal.links.scanning.services import load_concepts
from portal.links.scanning.services import load_services

_LOG = logging.getLogger(__name__)
#: Counted up when the same inputs lead to other links: all services are scanned again.
_VERSION = 1
#: Seconds between two looks whether the catalog has changed.
_LOOK = 1.0
#: What a job is told apart by in the list of failures when it is not about one repository.
_ALL = "links"


@dataclass(frozen=True, slots=True)
class PassReport:
    """What a pass over all services did.

    Attributes:
        scanned: The refs of the services whose files were scanned.
        failed: Those whose files could not be read.
        unchanged: How many there was nothing to do for.
    """

    scanned: tuple[str, ...]
    failed: tuple[str, ...]
    unchanged: int


class LinkJob:
    """Scans the services of the catalog whenever it, or one of their repositories, has changed.

    Args:
        database: The database.
        openers: Returns how every source is opened, by name.
        places: Finds and opens the repositories of services.
        engine: Stores problems of judgments, and relations of what persons confirmed.
        failure_log: Stores which repositories cannot be read.
        interval: Seconds between two looks at repositories that are no sources, and at those
            that failed.
        seconds: How long one scan of a service may take.
        labels: Returns the labels of the workers that sources are pinned to, by source.
    """

    def __init__(
        self,
        database: Database,
        openers: Callable[[], Mapping[str, OpenLocation]],
        places: Places,
        engine: Engine,
        failure_log: FailureLog,
        interval: float,
        seconds: float,
        labels: Callable[[], Mapping[str, str]],
    ) -> None:
        self._labels = labels
        self._database = database
        self._openers = openers
        self._places = places
        self._engine = engine
        self._failure_log = failure_log
        self._interval = interval
        self._limits = replace(LIMITS, seconds=seconds)
        self._recent = Recent()
        self._state: tuple[object, ...] = ()
        self._rests = False
        self._scanning = threading.Lock()
        self._due = -float("inf")

    def run(self, is_over: threading.Event, dispatcher: Dispatcher | None = None) -> None:
        """Work until the event is set; failures are stored and tried again.

        Args:
            is_over: Ends it.
            dispatcher: Hands the scans to any worker; ``None`` does all of them here.
        """
        while not is_over.wait(_LOOK):
            try:
                if self.is_due():
                    with self._failure_log.noting(Stage.EVIDENCE, _ALL):
                        if dispatcher is None:
                            self.scan_all(is_over.is_set)
                        else:
                            dispatcher.send(self.plan())
            except Exception:  # noqa: BLE001 - it is stored; after the interval it is tried again
                self._due, self._rests = time.monotonic() + self._interval, True

    def is_due(self) -> bool:
        """Return whether the catalog has changed since the last pass, or the interval is over."""
        if time.monotonic() >= self._due:
            return True
        with self._database.connect() as connection:
            return not self._rests and _state(connection) != self._state

    def scan_all(self, is_stopped: Callable[[], bool] = lambda: False) -> PassReport:
        """Look at every service once, and scan those of which something has changed.

        Args:
            is_stopped: Tells that the rest is to be left for another time.
        """
        state, groups, going = self._begin()
        done: list[tuple[str, Completeness | None]] = []
        for group in groups:
            if is_stopped():
                return _report(done)
            done += self._scan_repository(group, going)
        self._end(state, groups, going)
        return _report(done)

    def plan(self) -> list[Job]:
        """Return the scans that are due, one for each repository and commit."""
        state, groups, going = self._begin()
        self._end(state, groups, going)
        labels = {f"source {name}": label for name, label in self._labels().items()}
        return [
            Job(JobKind.SCAN, group[0].key, group[0].commit, label=labels.get(group[0].key, ""))
            for group in groups
            if not all(_is_known_commit(place, going) for place in group)
        ]

    def scan(self, job: Job) -> Iterable[Job]:
        """Scan the services of one repository, at the commit the catalog is at now.

        The commit of the job is another one if the catalog went on meanwhile.
        """
        with self._scanning, self._failure_log.noting(Stage.EVIDENCE, _ALL):
            _, groups, going = self._begin()
            for group in groups:
                if group[0].key == job.name:
                    for _ in self._scan_repository(group, going):
                        """Each is stored when it is yielded."""
        return ()

    def _begin(self) -> tuple[tuple[object, ...], list[list[Place]], Pass]:
        """Return the state of the catalog, and what there is to scan, by repository."""
        with self._database.connect() as connection:
            state = _state(connection)
            concepts, services = load_concepts(connection), load_services(connection)
            scans = store.load_scans(connection)
        judgments = read_judgments(concepts.placed.values(), services, self._openers())
        self._note_problems(judgments)
        places = self._places.of(services)
        going = Pass(concepts, judgments, scans, _inner_folders(places))
        return state, _by_repository(places), going

    def _end(self, state: tuple[object, ...], groups: Iterable[list[Place]], going: Pass) -> None:
        """Forget services that are gone, and note what has been looked at."""
        there = {place.service.ref for group in groups for place in group}
        for gone in sorted(going.scans.keys() - there):
            self._engine.replace_relations(_emitter(gone), ())
            forget(self._database, gone, now())
        self._state, self._rests = state, False
        self._due = time.monotonic() + self._interval

    def _note_problems(self, judgments: Judgments) -> None:
        for source, items in judgments.problems.items():
            self._engine.note_link_problems(source, items, judgments.commits[source])

    # --- one repository -------------------------------------------------------------

    def _scan_repository(
        self, group: list[Place], going: Pass
    ) -> Iterator[tuple[str, Completeness | None]]:
        """Scan the services of one repository; yield each with what came of it."""
        if group[0].problem:
            for place in group:
                yield (
                    place.service.ref,
                    self._leave(place, going, group[0].problem, is_failed=False),
                )
            return
        name = group[0].key.partition(" ")[2]
        if all(_is_known_commit(place, going) for place in group):
            for place in group:
                yield place.service.ref, None
            return
        try:
            with self._failure_log.noting(Stage.EVIDENCE, name):
                repository = self._places.open(group[0])
                try:
                    yield from self._scan_group(group, repository, going)
                finally:
                    repository.mirror.close()
        except (PortalError, OSError) as error:
            for place in group:
                yield place.service.ref, self._leave(place, going, reason_of(error))

    def _scan_group(
        self, group: list[Place], repository: Repository, going: Pass
    ) -> list[tuple[str, Completeness | None]]:
        opened: Opened | None = None
        done: list[tuple[str, Completeness | None]] = []
        for place in group:
            inputs = _inputs(place, repository.commit, going)
            known = going.scans.get(place.service.ref)
            if known is not None and known.inputs == inputs and not known.scan.error:
                done.append((place.service.ref, None))
                continue
            if opened is None:
                opened = self._recent.open(place.key, repository.mirror, repository.commit)
            folder = self._places.folder_of(place, repository)
            reading = Reading(place, repository, folder, opened, inputs)
            before = self._before(place.service.ref)
            outcome = scan_service(reading, going, before, self._limits)
            done.append((place.service.ref, self._store(outcome)))
        if opened is not None:
            self._recent.keep(group[0].key, opened)
        return done

    def _store(self, outcome: Outcome) -> Completeness:
        """Store what a scan came to, and the relations of what persons confirmed."""
        scan = outcome.stored.scan
        if save(self._database, outcome, now()) and outcome.records is not None:
            relations = relations_of(record.link for record in outcome.records)
            self._engine.replace_relations(_emitter(scan.entity), relations)
        return scan.completeness

    def _leave(
        self, place: Place, going: Pass, reason: str, *, is_failed: bool = True
    ) -> Completeness:
        """Store why the files of a service cannot be read."""
        ref, inputs = place.service.ref, _inputs(place, "", going)
        known = going.scans.get(ref)
        completeness = Completeness.FAILED if is_failed else Completeness.UNREADABLE
        kept = (known.scan.completeness, known.scan.error, known.inputs) if known else ()
        if kept == (completeness, reason, inputs):
            return completeness
        return self._store(
            leave_service(place, going, inputs, completeness, reason, self._before(ref))
        )

    def _before(self, ref: str) -> Before:
        with self._database.connect() as connection:
            links = store.load_links(connection, entities=[ref])
        return Before({link.concept: link for link in links}, lambda: self._memory(ref))

    def _memory(self, ref: str) -> bytes:
        with self._database.connect() as connection:
            return store.load_memory(connection, ref)


def _state(connection: Connection) -> tuple[object, ...]:
    """Return what changes with everything that a pass reads of the catalog."""
    newest = sa.select(sa.func.count(), sa.func.max(t.sources.c.read_at))
    return catalog.generation(connection), *connection.execute(newest).one()


def _report(done: Iterable[tuple[str, Completeness | None]]) -> PassReport:
    listed = list(done)
    unread = {Completeness.FAILED, Completeness.UNREADABLE}
    return PassReport(
        tuple(ref for ref, one in listed if one is not None and one not in unread),
        tuple(ref for ref, one in listed if one in unread),
        sum(one is None for _, one in listed),
    )


def _by_repository(places: Iterable[Place]) -> list[list[Place]]:
    groups: dict[tuple[str, str, str], list[Place]] = {}
    for place in places:
        groups.setdefault((place.key, place.commit, place.problem), []).append(place)
    return list(groups.values())


def _inner_folders(places: Iterable[Place]) -> dict[str, tuple[str, ...]]:
    """Return the folders of components, by repository."""
    folders: dict[str, set[str]] = {}
    for place in places:
        if place.service.is_component and not place.problem and not place.address:
            folders.setdefault(place.key, set()).add(place.folder)
    return {key: tuple(sorted(found)) for key, found in folders.items()}


def _inputs(place: Place, commit: str, going: Pass) -> str:
    """Return the hash of all that decides what a scan of a service comes to."""
    service = place.service
    said = going.judgments.of(service.ref)
    inner = below(going.without.get(place.key, ()), place.folder)
    relations = [[one["type"], one["targetRef"]] for one in service.document.get("relations", ())]
    parts = (
        relations,
        [_VERSION, AVAILABLE, going.concepts.id, place.key, place.folder, place.is_own],
        [commit, sorted(service.declared), inner, place.problem],
        [[concept, repr(said[concept])] for concept in sorted(said)],
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _is_known_commit(place: Place, going: Pass) -> bool:
    """Return whether nothing has changed, as far as that is known without the repository."""
    known = going.scans.get(place.service.ref)
    return bool(
        place.commit
        and known is not None
        and not known.scan.error
        and known.inputs == _inputs(place, place.commit, going)
    )


def _emitter(ref: str) -> str:
    """Return under what the relations of confirmed links of a service are stored."""
    return f"links of {ref}"
