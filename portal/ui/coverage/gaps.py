"""Gaps: where what is declared, found and written down do not agree."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from portal.links.link import Completeness
from portal.links.link import Gap as ExpectedConcept
from portal.links.link import LinkStatus
from portal.links.reading.coverage import Cell
from portal.links.reading.coverage import Coverage
from portal.links.reading.coverage import Service
from portal.ui.coverage.marks import IMPLEMENTED

#: How many of a part are shown beside the others, and alone.
FEW, PAGE = 10, 50
#: The parts, the most telling first.
PARTS = ("expected", "declared", "suggested", "concepts", "unread")
_READ = ("", Completeness.COMPLETE.value)


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap: a link, a concept nobody implements, or a service that was not read whole.

    ``why`` tells of a concept that is expected of a service, by language.
    """

    concept: str = ""
    service: Service | None = None
    link: str = ""
    why: Mapping[str, str] = field(default_factory=dict)


def gaps_of(
    whole: Coverage, expected: Iterable[ExpectedConcept], owner: str = ""
) -> Mapping[str, Sequence[Gap]]:
    """Return the gaps by part.

    Args:
        whole: All that the caller may see.
        expected: The concepts that are expected of services and not there.
        owner: The ref of an owner: only gaps of its services; empty for all.
    """
    services = {one.ref: one for one in whole.services if not owner or one.owner == owner}
    cells = [cell for cell in whole.cells if cell.entity in services]
    implemented = {cell.concept for cell in cells if cell.status in IMPLEMENTED}
    return {
        "expected": [
            Gap(one.concept, services[one.entity], why=one.message)
            for one in expected
            if one.entity in services
        ],
        "declared": _links(cells, services, LinkStatus.DECLARED),
        "suggested": _links(cells, services, LinkStatus.SUGGESTED),
        "concepts": [Gap(ref) for ref in whole.concepts if ref not in implemented],
        "unread": [Gap(service=one) for one in services.values() if one.completeness not in _READ],
    }


def _links(cells: Sequence[Cell], services: Mapping[str, Service], status: LinkStatus) -> list[Gap]:
    return [
        Gap(cell.concept, services[cell.entity], cell.link)
        for cell in cells
        if cell.status is status
    ]
