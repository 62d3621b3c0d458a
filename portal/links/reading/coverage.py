"""Coverage: which services implement which concepts, as a table, by group, and as CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass

from portal.kernel.errors import InputError
from portal.links.link import LinkStatus
from portal.model.refs import parse_ref


@dataclass(frozen=True, slots=True)
class CoverageQuery:
    """What of the coverage is asked for; empty members ask for all.

    Attributes:
        concepts: Refs of concepts.
        owners: Refs of owners of services.
        systems: Refs of systems that services are part of.
        domains: Refs of domains that those systems are part of.
        at: A time (ISO 8601), or the beginning of a commit's id: as it was then.
        by: How services are grouped: ``owner``, ``system``, ``domain``; empty for not at all.
    """

    concepts: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    at: str = ""
    by: str = ""


def query_of(
    concept: Iterable[str] = (),
    owner: Iterable[str] = (),
    system: Iterable[str] = (),
    domain: Iterable[str] = (),
    at: str = "",
    by: str = "",
) -> CoverageQuery:
    """Return the query for refs as people write them: kinds and namespaces may be left out.

    Raises:
        InputError: When a text is no ref.
    """
    return CoverageQuery(
        refs_of(concept, "concept"),
        refs_of(owner, "group"),
        refs_of(system, "system"),
        refs_of(domain, "domain"),
        at,
        by,
    )


def refs_of(texts: Iterable[str], kind: str) -> tuple[str, ...]:
    """Return refs in full; ``kind`` is that of refs without one.

    Raises:
        InputError: When a text is no ref.
    """
    try:
        return tuple(str(parse_ref(text, kind)) for text in texts)
    except ValueError as error:
        raise InputError(str(error)) from None


@dataclass(frozen=True, slots=True)
class Service:
    """A service in the coverage.

    Attributes:
        ref: Its ref.
        title: Its title, or its name.
        owner: The ref of its owner; empty when it has none that the caller may see.
        system: The ref of the system it is part of; may be empty.
        domain: The ref of the domain of that system; may be empty.
        completeness: How much of it the last scan read; empty when there was none.
    """

    ref: str
    title: str
    owner: str = ""
    system: str = ""
    domain: str = ""
    completeness: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One concept and one service.

    Attributes:
        link: The id of the link.
        concept: The ref of the concept.
        entity: The ref of the service.
        status: What is known of them.
        level: The level that is reached; ``None`` without checks.
        confidence: How likely the service implements the concept, from 0 to 1.
    """

    link: str
    concept: str
    entity: str
    status: LinkStatus
    level: int | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Group:
    """The services of one owner, system or domain.

    Attributes:
        name: The ref of that owner, system or domain; empty for services without one.
        services: How many there are.
        counts: How many links of each status they have, by concept.
    """

    name: str
    services: int
    counts: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which services implement which concepts.

    Attributes:
        concepts: The refs of the concepts, each with its titles by language.
        services: The services, by ref.
        cells: The links, by concept and service.
        counts: How many links of each status there are, by concept.
        groups: The services in groups, if that was asked for.
        at: The time of what is shown, ISO 8601; empty for now.
    """

    concepts: Mapping[str, Mapping[str, str]]
    services: tuple[Service, ...]
    cells: tuple[Cell, ...]
    counts: Mapping[str, Mapping[str, int]]
    groups: tuple[Group, ...] = ()
    at: str = ""


#: How services are grouped, by name.
GROUPINGS: Mapping[str, Callable[[Service], str]] = {
    "owner": lambda service: service.owner,
    "system": lambda service: service.system,
    "domain": lambda service: service.domain,
}
_COLUMNS = (
    "concept",
    "entity",
    "title",
    "owner",
    "system",
    "domain",
    "status",
    "level",
    "confidence",
)
#: A cell that begins so is a formula for spreadsheets.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def make_coverage(
    concepts: Mapping[str, Mapping[str, str]],
    services: Iterable[Service],
    cells: Iterable[Cell],
    query: CoverageQuery,
    at: str = "",
) -> Coverage:
    """Return the part of the coverage that is asked for.

    Args:
        concepts: The titles of the concepts that the caller may see, by ref.
        services: The services that the caller may see.
        cells: The links between both.
        query: What is asked for.
        at: The time of what is shown.
    """
    names = {
        ref: titles
        for ref, titles in concepts.items()
        if not query.concepts or ref in query.concepts
    }
    shown = {one.ref: one for one in services if _is_asked_for(one, query)}
    kept = tuple(
        sorted(
            (cell for cell in cells if cell.concept in names and cell.entity in shown),
            key=lambda cell: (cell.concept, cell.entity),
        )
    )
    ordered = tuple(shown[ref] for ref in sorted(shown))
    groups = _groups(ordered, kept, GROUPINGS[query.by]) if query.by else ()
    return Coverage(names, ordered, kept, counts_of(kept), groups, at)


def _is_asked_for(service: Service, query: CoverageQuery) -> bool:
    asked = (
        (query.owners, service.owner),
        (query.systems, service.system),
        (query.domains, service.domain),
    )
    return all(not wanted or value in wanted for wanted, value in asked)


def counts_of(cells: Iterable[Cell]) -> dict[str, dict[str, int]]:
    """Return how many links of each status there are, by concept."""
    found: dict[str, Counter[str]] = {}
    for cell in cells:
        found.setdefault(cell.concept, Counter())[cell.status.value] += 1
    return {concept: dict(counter) for concept, counter in found.items()}


def _groups(
    services: tuple[Service, ...], cells: tuple[Cell, ...], key: Callable[[Service], str]
) -> tuple[Group, ...]:
    names = {service.ref: key(service) for service in services}
    sizes = Counter(names.values())
    return tuple(
        Group(name, size, counts_of(cell for cell in cells if names[cell.entity] == name))
        for name, size in sorted(sizes.items())
    )


def as_csv(coverage: Coverage) -> str:
    """Return the links as CSV with a header, one a row (RFC 4180)."""
    services = {service.ref: service for service in coverage.services}
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(_COLUMNS)
    for cell in coverage.cells:
        service = services[cell.entity]
        texts = (cell.concept, service.ref, service.title, service.owner, service.system)
        level = "" if cell.level is None else cell.level
        rows.writerow(
            (*map(_harmless, (*texts, service.domain)), cell.status.value, level, cell.confidence)
        )
    return written.getvalue()


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) else text
