"""The matrix of concepts and services: what is shown of the coverage, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from portal.links.link import LinkStatus
from portal.links.reading.coverage import Cell
from portal.links.reading.coverage import Coverage
from portal.links.reading.coverage import CoverageQuery
from portal.links.reading.coverage import Service
from portal.links.reading.coverage import make_coverage
from portal.ui.coverage.marks import IMPLEMENTED
from portal.ui.frame.paging import page_count

#: How many services and concepts are on one page.
ROWS, COLUMNS = 40, 12
#: The parameters that narrow the matrix.
FILTERS = ("concept", "owner", "system", "domain", "status")


@dataclass(frozen=True)
class Wanted:
    """What of the coverage is asked for.

    Attributes:
        filters: The values of ``FILTERS``; empty ones ask for all.
        number: The page of services, from 1.
        columns: The page of concepts, from 1.
    """

    filters: Mapping[str, str] = field(default_factory=dict)
    number: int = 1
    columns: int = 1

    @property
    def query(self) -> dict[str, str]:
        """The filters that are set, as parameters of an address."""
        return {name: value for name, value in self.filters.items() if value}

    def coverage_query(self) -> CoverageQuery:
        """Return the filters as the coverage has them."""
        chosen = {name: tuple(filter(None, [self.filters.get(name, "")])) for name in FILTERS}
        return CoverageQuery(
            chosen["concept"], chosen["owner"], chosen["system"], chosen["domain"], by="owner"
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A service, and its links by concept."""

    service: Service
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """How many of the services of an owner implement at least one of the concepts.

    Attributes:
        owner: The ref of the owner; empty for services without one.
        services: How many services there are.
        covered: How many of them implement one.
        counts: How many links of each status there are.
    """

    owner: str
    services: int
    covered: int
    counts: Mapping[LinkStatus, int]

    @property
    def percent(self) -> int:
        """The share of services, from 0 to 100."""
        return round(100 * self.covered / self.services) if self.services else 0


@dataclass(frozen=True)
class Matrix:
    """One page of the matrix.

    Attributes:
        concepts: The concepts of this page, and their titles by language.
        rows: The services of this page.
        total: How many services there are on all pages.
        pages: How many pages of services there are.
        column_pages: How many pages of concepts there are.
        counts: How many links of each status there are, on all pages.
        owners: The services by owner.
        choices: What each filter can be set to.
    """

    concepts: Mapping[str, Mapping[str, str]]
    rows: Sequence[Row]
    total: int
    pages: int
    column_pages: int
    counts: Mapping[LinkStatus, int]
    owners: Sequence[OwnerShare]
    choices: Mapping[str, Sequence[str]]


def matrix_of(whole: Coverage, wanted: Wanted) -> Matrix:
    """Return a page of the matrix; services without a link come last.

    Args:
        whole: All that the caller may see.
        wanted: What of it is asked for.
    """
    shown = narrowed(whole, wanted)
    by_service: dict[str, dict[str, Cell]] = {}
    for cell in shown.cells:
        by_service.setdefault(cell.entity, {})[cell.concept] = cell
    linked = [one for one in shown.services if one.ref in by_service]
    others = [one for one in shown.services if one.ref not in by_service]
    services = linked if _wants_links(wanted) else linked + others
    pages = page_count(len(services), ROWS)
    start = (min(wanted.number, pages) - 1) * ROWS
    concepts, column_pages = _columns(shown, wanted)
    return Matrix(
        concepts,
        [Row(one, by_service.get(one.ref, {})) for one in services[start : start + ROWS]],
        len(services),
        pages,
        column_pages,
        _count(shown.cells),
        owner_shares(services, shown.cells),
        _choices(whole),
    )


def narrowed(whole: Coverage, wanted: Wanted) -> Coverage:
    """Return the part of the coverage that the filters ask for."""
    status = wanted.filters.get("status", "")
    cells = [cell for cell in whole.cells if not status or cell.status == status]
    return make_coverage(whole.concepts, whole.services, cells, wanted.coverage_query(), whole.at)


def _wants_links(wanted: Wanted) -> bool:
    """Return whether services without a link are left out."""
    return bool(wanted.filters.get("status") or wanted.filters.get("concept"))


def _columns(shown: Coverage, wanted: Wanted) -> tuple[dict[str, Mapping[str, str]], int]:
    pages = page_count(len(shown.concepts), COLUMNS)
    start = (min(wanted.columns, pages) - 1) * COLUMNS
    return dict(list(shown.concepts.items())[start : start + COLUMNS]), pages


def _count(cells: Iterable[Cell]) -> dict[LinkStatus, int]:
    found: dict[LinkStatus, int] = {}
    for cell in cells:
        found[cell.status] = found.get(cell.status, 0) + 1
    return found


def owner_shares(services: Sequence[Service], cells: Sequence[Cell]) -> list[OwnerShare]:
    """Return the services by owner; those without one come last."""
    owners = {one.ref: one.owner for one in services}
    grouped: dict[str, list[Cell]] = {owner: [] for owner in owners.values()}
    for cell in cells:
        if cell.entity in owners:
            grouped[owners[cell.entity]].append(cell)
    return [
        OwnerShare(
            owner,
            sum(one == owner for one in owners.values()),
            len({cell.entity for cell in found if cell.status in IMPLEMENTED}),
            _count(found),
        )
        for owner, found in sorted(grouped.items(), key=lambda pair: (not pair[0], pair[0]))
    ]


def _choices(whole: Coverage) -> dict[str, list[str]]:
    services = whole.services
    return {
        "concept": list(whole.concepts),
        "owner": sorted({one.owner for one in services if one.owner}),
        "system": sorted({one.system for one in services if one.system}),
        "domain": sorted({one.domain for one in services if one.domain}),
        "status": [status.value for status in LinkStatus],
    }
