"""Reads links for clients: what the caller of a request may see of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import tables as catalog
from portal.catalog.reading.sight import Sight
from portal.catalog.reading.sight import sight_of
from portal.evidence.checks.check import Check
from portal.evidence.checks.check import checks_of
from portal.evidence.rule import rules_of
from portal.integrations.pages import line_page
from portal.kernel.database import batches
from portal.kernel.database import begin_reading
from portal.kernel.errors import NotFoundError
from portal.links import store
from portal.links import tables as t
from portal.links.link import CheckResult
from portal.links.link import Gap
from portal.links.link import Link
from portal.links.link import LinkChange
from portal.links.link import LinkDetail
from portal.links.link import LinkFinding
from portal.links.link import Scan
from portal.links.reading import catalog_facts
from portal.links.reading.coverage import Coverage
from portal.links.reading.coverage import CoverageQuery
from portal.links.reading.coverage import make_coverage
from portal.links.reading.moments import cell_of
from portal.links.reading.moments import cells_then
from portal.links.reading.moments import later_than
from portal.links.reading.moments import moment_of
from portal.links.store import StoredScan
from portal.model.entity import Entity
from portal.permission.access import Access

_BATCH = 500
#: How many changes one answer has at most.
MOST_CHANGES = 1_000


@dataclass(frozen=True, slots=True)
class EntityLinks:
    """The concepts of one service.

    Attributes:
        scan: How its files were read; ``None`` before the first scan.
        links: Its links, by concept.
        gaps: The concepts that are expected of it and not there, by concept.
    """

    scan: Scan | None
    links: tuple[Link, ...]
    gaps: tuple[Gap, ...] = ()


class Links:
    """Reads links, coverage and changes, within what the caller may see.

    A link is seen by who sees both its concept and its service.

    Args:
        database: Where they are.
        access: What the caller of the current request may do.
    """

    def __init__(self, database: Database, access: Access) -> None:
        self._database = database
        self._access = access

    def of_entity(self, ref: str) -> EntityLinks:
        """Return the concepts of a service.

        Raises:
            NotFoundError: When there is no such entity that the caller may see.
        """
        with self._database.connect() as connection:
            begin_reading(connection)
            sight = self._sight()
            _require(connection, sight, ref)
            stored = store.load_scans(connection, [ref]).get(ref)
            links = _seen(connection, sight, store.load_links(connection, entities=[ref]))
            gaps = _seen_gaps(
                connection, sight, store.load_gaps(connection, entities=[ref]), stored
            )
        return EntityLinks(stored.scan if stored else None, tuple(links), gaps)

    def of_concept(self, ref: str) -> tuple[Link, ...]:
        """Return the services of a concept, by ref.

        Raises:
            NotFoundError: When there is no such concept that the caller may see.
        """
        with self._database.connect() as connection:
            begin_reading(connection)
            sight = self._sight()
            _require(connection, sight, ref)
            return tuple(_seen(connection, sight, store.load_links(connection, concepts=[ref])))

    def gaps(self) -> tuple[Gap, ...]:
        """Return every concept that is expected of a service and not there."""
        with self._database.connect() as connection:
            begin_reading(connection)
            return _seen_gaps(connection, self._sight(), store.load_gaps(connection))

    def gaps_of_concept(self, ref: str) -> tuple[Gap, ...]:
        """Return of which services a concept is expected that do not implement it, by ref.

        Raises:
            NotFoundError: When there is no such concept that the caller may see.
        """
        with self._database.connect() as connection:
            begin_reading(connection)
            sight = self._sight()
            _require(connection, sight, ref)
            found = store.load_gaps(connection, concepts=[ref])
            return _seen_gaps(connection, sight, found)

    def detail(self, id: str) -> LinkDetail:  # noqa: A002
        """Return a link with all that shows it.

        Raises:
            NotFoundError: When there is no such link that the caller may see.
        """
        with self._database.connect() as connection:
            begin_reading(connection)
            link = store.load_link(connection, id)
            if link is None or not _seen(connection, self._sight(), [link]):
                raise NotFoundError(f"there is no link '{id[:40]}'")
            stored = store.load_scans(connection, [link.entity]).get(link.entity)
            findings = store.load_findings(connection, id)
            checks = store.load_checks(connection, [id]).get(id, [])
            concept = _document(connection, link.concept)
        placed = [(check, _with_address(finding, stored)) for check, finding in findings]
        return LinkDetail(
            link,
            stored.scan if stored else None,
            tuple(finding for check, finding in placed if not check),
            tuple(_complete(check, placed, _texts(link.concept, concept)) for check in checks),
            _looked_for(link.concept, concept),
        )

    def coverage(self, query: CoverageQuery) -> Coverage:
        """Return which services implement which concepts.

        Services are all that have been scanned or have a link. Owners, systems and domains are
        those of now, also for an older time.

        Raises:
            InputError: When ``at`` is neither a time nor the beginning of a commit's id.
            NotFoundError: When nothing is known of that commit.
        """
        with self._database.connect() as connection:
            begin_reading(connection)
            sight = self._sight()
            if query.at:
                until, shown_at = moment_of(connection, query.at)
                cells = cells_then(connection, until)
            else:
                shown_at = ""
                cells = [cell_of(link) for link in store.load_links(connection)]
            scans = store.load_scans(connection)
            refs = {cell.entity for cell in cells} | scans.keys()
            services = catalog_facts.services(connection, sight, refs, scans)
            concepts = catalog_facts.concepts(connection, sight)
        return make_coverage(concepts, services, cells, query, shown_at)

    def changes(
        self, since: str = "", *, entity: str = "", concept: str = "", limit: int = 100
    ) -> tuple[LinkChange, ...]:
        """Return what changed, the newest first.

        Args:
            since: A time (ISO 8601): only later ones; empty for all.
            entity: The ref of a service; empty for all.
            concept: The ref of a concept; empty for all.
            limit: How many, at most ``MOST_CHANGES``.

        Raises:
            InputError: When ``since`` is no time.
        """
        query = sa.select(t.changes).order_by(t.changes.c.id.desc())
        if since:
            query = query.where(later_than(since))
        if entity:
            query = query.where(t.changes.c.entity_ref == entity)
        if concept:
            query = query.where(t.changes.c.concept_ref == concept)
        found: list[LinkChange] = []
        with self._database.connect() as connection:
            begin_reading(connection)
            sight, wanted = self._sight(), min(limit, MOST_CHANGES)
            rows = connection.execute(query).mappings()
            for batch in batches(rows, _BATCH):
                changes = [store.change_of(row) for row in batch]
                refs = {ref for one in changes for ref in (one.concept, one.entity)}
                seen = sight.refs(connection, refs)
                found += [one for one in changes if {one.concept, one.entity} <= seen]
                if len(found) >= wanted:
                    break
        return tuple(found[:wanted])

    def _sight(self) -> Sight:
        return sight_of(self._access)


def _require(connection: Connection, sight: Sight, ref: str) -> None:
    if not sight.refs(connection, [ref]):
        raise NotFoundError(f"Entity not found for {ref}")


def _seen(connection: Connection, sight: Sight, links: list[Link]) -> list[Link]:
    """Return the links whose concept and service there are, and the caller may see."""
    refs = sight.refs(connection, {ref for link in links for ref in (link.concept, link.entity)})
    return [link for link in links if link.concept in refs and link.entity in refs]


def _seen_gaps(
    connection: Connection, sight: Sight, gaps: list[Gap], stored: StoredScan | None = None
) -> tuple[Gap, ...]:
    """Return the gaps that the caller may see, with their places if the scan is given."""
    refs = sight.refs(connection, {ref for gap in gaps for ref in (gap.concept, gap.entity)})
    seen = [gap for gap in gaps if gap.concept in refs and gap.entity in refs]
    if stored is None:
        return tuple(seen)
    return tuple(
        replace(
            gap,
            findings=tuple(
                _with_address(finding, stored)
                for _, finding in store.load_findings(connection, gap.id)
            ),
        )
        for gap in seen
    )


def _document(connection: Connection, ref: str) -> Entity:
    query = sa.select(catalog.entities.c.document).where(catalog.entities.c.ref == ref)
    found: Entity = json.loads(connection.scalar(query) or "{}")
    return found


def _looked_for(ref: str, concept: Entity) -> tuple[Mapping[str, str], ...]:
    rules = rules_of(ref, concept.get("spec") or {})
    return tuple({tuple(rule.because.items()): rule.because for rule in rules}.values())


# --- addresses --------------------------------------------------------------------


def _with_address(finding: LinkFinding, stored: StoredScan | None) -> LinkFinding:
    if stored is None or not stored.files_at:
        return finding
    place = finding.place
    url = line_page(stored.files_at, place.commit, place.path, place.line)
    return replace(finding, place=replace(place, url=url))


def _texts(ref: str, concept: Entity) -> dict[str, Check]:
    return {check.id: check for check in checks_of(ref, concept.get("spec") or {})}


def _complete(
    check: CheckResult, placed: Iterable[tuple[str, LinkFinding]], texts: Mapping[str, Check]
) -> CheckResult:
    """Return the result of a check with its places, and the texts of the check."""
    findings = tuple(finding for id, finding in placed if id == check.id)  # noqa: A001
    if check.id not in texts:
        return replace(check, findings=findings)
    said = texts[check.id]
    return replace(
        check,
        findings=findings,
        title=said.title,
        description=said.description,
        remedy=said.remedy,
    )
