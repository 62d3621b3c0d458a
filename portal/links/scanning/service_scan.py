"""One service: its files are scanned, graded and judged, and become what is stored of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from portal.evidence.checks.check import CheckResult as Graded
from portal.evidence.checks.check import Grade
from portal.evidence.checks.expectation import unmet
from portal.evidence.finding import Finding
from portal.evidence.finding import Scan as FileScan
from portal.evidence.scanning.component import Component
from portal.evidence.scanning.limits import Limits
from portal.evidence.scanning.scan import look
from portal.kernel.clock import now
from portal.kernel.errors import PortalError
from portal.links.link import CheckOutcome
from portal.links.link import CheckResult
from portal.links.link import Completeness
from portal.links.link import Gap
from portal.links.link import Link
from portal.links.link import LinkStatus
from portal.links.link import Scan
from portal.links.scanning.deciding import Known
from portal.links.scanning.deciding import decide
from portal.links.scanning.deciding import stored
from portal.links.scanning.judgments import Judgments
from portal.links.scanning.places import Place
from portal.links.scanning.places import Repository
from portal.links.scanning.recent import Opened
from portal.links.scanning.saving import Outcome
from portal.links.scanning.services import Concepts
from portal.links.store import LinkRecord
from portal.links.store import StoredScan
from portal.model.entity import Relation
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.updating.note import read_note
from portal.scm.snapshot import FileTree

#: What a scan leaves out that makes it partial.
_MISSING = frozenset({"limit", "size", "unreadable"})
#: The statuses of links that show that a service implements the concept.
_IMPLEMENTED = frozenset({LinkStatus.VERIFIED, LinkStatus.SUGGESTED, LinkStatus.CONFIRMED})


@dataclass(frozen=True, slots=True)
class Pass:
    """What all scans of one pass over the catalog use.

    Attributes:
        concepts: The concepts.
        judgments: What persons said.
        scans: The last scan of each service, by ref.
        without: The folders of components, by repository.
    """

    concepts: Concepts
    judgments: Judgments
    scans: Mapping[str, StoredScan]
    without: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Before:
    """What is stored of a service.

    Attributes:
        links: Its links, by concept.
        memory: Returns the memory of its last scan; asked for only when it is of use.
    """

    links: Mapping[str, Link] = field(default_factory=dict)
    memory: Callable[[], bytes] = bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """The files of a service at a commit.

    Attributes:
        place: The service, and its repository.
        repository: The opened repository.
        folder: The service's folder.
        opened: The files of the repository, and what is known of those of its services.
        inputs: The hash of all that decides what the scan comes to.
    """

    place: Place
    repository: Repository
    folder: str
    opened: Opened
    inputs: str


def scan_service(reading: Reading, going: Pass, before: Before, limits: Limits) -> Outcome:
    """Scan the files of a service; return what is to be stored of it.

    Args:
        reading: Its files.
        going: What all scans of the pass use.
        before: What is stored of it.
        limits: When to stop.
    """
    service, commit = reading.place.service, reading.repository.commit
    started = time.perf_counter()
    found = _files_of(reading, going, before, limits)
    at = now()
    known = Known(
        service.ref,
        service.declared,
        going.judgments.of(service.ref),
        going.concepts.starters,
        _template(reading.opened.tree, reading.folder),
        reading.place.is_own,
    )
    findings = _named_by_ref(found.findings, going.concepts.refs)
    records = decide(known, findings, before.links, commit, at)
    graded = [_graded(record, found, going.concepts, service.document) for record in records]
    gaps = tuple(_gaps(records, found, going.concepts, service.document, service.ref))
    last = going.scans.get(service.ref)
    result = _scan_of(reading, found, at, time.perf_counter() - started)
    return Outcome(
        StoredScan(result, reading.inputs, reading.repository.files_at),
        graded,
        gaps,
        found.memory,
        reading.opened.committed_at,
        last.scan.scanned_at if last else "",
    )


def _files_of(reading: Reading, going: Pass, before: Before, limits: Limits) -> FileScan:
    """Scan the files of a service, and keep what is known of them for the next commit."""
    ref, opened = reading.place.service.ref, reading.opened
    without = below(going.without.get(reading.place.key, ()), reading.folder)
    component = Component(opened.tree, reading.folder, without, limits.file_bytes)
    matchers, earlier = going.concepts.criteria.matchers, opened.earlier.get(ref)
    found, seen = look(component, matchers, limits, before.memory, earlier)
    if seen is not None:
        opened.seen[ref] = seen
    return found


def _scan_of(reading: Reading, found: FileScan, at: str, seconds: float) -> Scan:
    repository = reading.repository
    is_partial = any(gap.reason in _MISSING for gap in found.gaps)
    return Scan(
        reading.place.service.ref,
        Completeness.PARTIAL if is_partial else Completeness.COMPLETE,
        repository.name,
        reading.folder,
        repository.commit,
        repository.mirror.tree_id(repository.commit, reading.folder),
        found.rule_set,
        at,
        at,
        round(seconds, 3),
        found.files,
        found.read,
        tuple(
            {"reason": gap.reason, "message": gap.message, "path": gap.path} for gap in found.gaps
        ),
    )


def leave_service(
    place: Place,
    going: Pass,
    inputs: str,
    completeness: Completeness,
    reason: str,
    before: Before,
) -> Outcome:
    """Return what is stored of a service whose files cannot be read.

    One that fails keeps the links of its last scan. Where there never was one, and where there
    is nothing to read, its links are what its descriptor and persons say.
    """
    ref, at = place.service.ref, now()
    last = going.scans.get(ref)
    base = last.scan if last else Scan(ref, completeness)
    since = base.failing_since or at
    failed = replace(
        base, completeness=completeness, error=reason, checked_at=at, failing_since=since
    )
    records = None
    if completeness is Completeness.UNREADABLE or not base.commit:
        known = Known(ref, place.service.declared, going.judgments.of(ref))
        records = decide(known, (), before.links, "", at)
    files_at = last.files_at if last else ""
    return Outcome(StoredScan(failed, inputs, files_at), records, read_before=base.scanned_at)


def below(folders: Iterable[str], folder: str) -> tuple[str, ...]:
    """Return the folders below another one, which are components of their own."""
    start = f"{folder}/" if folder else ""
    return tuple(one for one in folders if one != folder and one.startswith(start))


def relations_of(links: Iterable[Link]) -> tuple[Relation, ...]:
    """Return the relations of links that persons confirmed and no descriptor declares."""
    return tuple(
        relation
        for link in links
        if link.status is LinkStatus.CONFIRMED and not link.is_declared
        for relation in (
            Relation(link.entity, "implementsConcept", link.concept),
            Relation(link.concept, "conceptImplementedBy", link.entity),
        )
    )


def _named_by_ref(findings: Iterable[Finding], refs: Mapping[str, str]) -> Iterator[Finding]:
    """Yield findings with the refs of their concepts instead of the names that rules have."""
    for finding in findings:
        yield replace(finding, concept=refs[finding.concept])


def _template(tree: FileTree, folder: str) -> str:
    """Return the ref of the template that made a service; empty when none is known."""
    for path in dict.fromkeys((f"{folder}/{PATH}".lstrip("/"), PATH)):
        if path in tree.entries:
            with suppress(PortalError):
                return str(read_note(tree.read(path).data).template)
    return ""


# --- checks and expectations ------------------------------------------------------


def _graded(
    record: LinkRecord, found: FileScan, concepts: Concepts, entity: Mapping[str, object]
) -> LinkRecord:
    """Return a link with its level and the results of the checks, where its concept has any."""
    name = (
        concepts.placed[record.link.concept].document["metadata"]["name"]
        if (record.link.concept in concepts.placed)
        else ""
    )
    if record.link.status is LinkStatus.REFUTED or name not in concepts.criteria.checks:
        return record
    grade: Grade = concepts.criteria.grade(name, found, dict(entity))
    checks = tuple(map(_result, grade.results))
    return replace(record, link=replace(record.link, level=grade.level), checks=checks)


def _result(one: Graded) -> CheckResult:
    findings = tuple(map(stored, one.findings))
    outcome = CheckOutcome(one.state.value)
    return CheckResult(one.check.id, one.check.level, outcome, one.reason.value, findings=findings)


def _gaps(
    records: Sequence[LinkRecord],
    found: FileScan,
    concepts: Concepts,
    entity: Mapping[str, object],
    ref: str,
) -> Iterator[Gap]:
    """Yield the concepts that are expected of a service and not there."""
    names = {ref: name for name, ref in concepts.refs.items()}
    there = {
        names[record.link.concept]
        for record in records
        if record.link.status in _IMPLEMENTED and record.link.concept in names
    }
    for one in unmet(concepts.criteria.expectations, found, there, dict(entity)):
        expectation = one.expectation
        yield Gap(
            concepts.refs[expectation.concept],
            ref,
            expectation.id,
            expectation.because,
            tuple(map(stored, one.findings)),
        )
