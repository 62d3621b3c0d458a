"""The start page: the glossary, and the state of the content."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint
from flask import Response
from flask import request

from portal.catalog.failures import Failure
from portal.catalog.reading.source_status import SourceStatus
from portal.glossary.concepts import ConceptView
from portal.glossary.concepts import titles_of
from portal.glossary.service import Glossary
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.ui.frame import reader
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.reader import Reader
from portal.web.doors import asks

#: The greatest number of recent changes.
_MOST_CHANGES = 6
#: Returns so many recent changes, each with the entity.
RecentChanges = Callable[[int], "list[tuple[dict[str, str], Entity]]"]


def start_pages(
    source_status: SourceStatus,
    glossary: Glossary,
    failures: Callable[[], Sequence[Failure]],
    changes: RecentChanges,
) -> AddPages:
    """Return the start page.

    Args:
        source_status: The state of the sources.
        glossary: The concepts, localized.
        failures: Returns the current failures.
        changes: Returns what changed lately.
    """

    def add(bp: Blueprint) -> None:
        @bp.get("/")
        @asks("catalog.entity.read")
        def get_start() -> Response:
            """Show the glossary: what it is, its concepts, what changed, what needs care."""
            reads = reader.reader_of(request)
            concepts = glossary.concepts([reads.language])
            by = request.args.get("by", "")
            order = by if by in ORDERS else "order"
            sources = {state.name: state for state in source_status.sources()}
            return page(
                "finding/start",
                reads,
                schemes=glossary.schemes([reads.language]),
                concepts=concepts,
                groups=ORDERS[order](concepts, reads),
                by=order,
                orders=tuple(ORDERS),
                sources=tuple(sources.values()),
                read={name for name, state in sources.items() if state.commit_id},
                failures=failures(),
                problem_count=len(source_status.problems()),
                changes=_recent(changes, reads),
            )

    return add


def _by_order(
    concepts: Sequence[ConceptView], _reads: Reader
) -> list[tuple[str, list[ConceptView]]]:
    """Leave concepts in the order of the glossary."""
    return [("", list(concepts))]


def _by_theme(
    concepts: Sequence[ConceptView], reads: Reader
) -> list[tuple[str, list[ConceptView]]]:
    """Group concepts by their type, in the order in which the glossary first names each."""
    groups: dict[str, list[ConceptView]] = {}
    for concept in concepts:
        groups.setdefault(concept.type, []).append(concept)
    return [(reads.name("type", name), found) for name, found in groups.items()]


def _by_name(
    concepts: Sequence[ConceptView], _reads: Reader
) -> list[tuple[str, list[ConceptView]]]:
    """Group concepts by the first letter of their title; Hangul by its first consonant."""
    groups: dict[str, list[ConceptView]] = {}
    for concept in sorted(concepts, key=lambda one: one.title.casefold()):
        groups.setdefault(_first_letter(concept.title), []).append(concept)
    return list(groups.items())


def _first_letter(title: str) -> str:
    first = title[:1].upper()
    at = ord(first or " ") - _FIRST_SYLLABLE
    return _INITIALS[at // _SYLLABLES_OF_AN_INITIAL] if 0 <= at < _SYLLABLES else first


#: The ways to group concepts, the default first.
ORDERS: Mapping[
    str, Callable[[Sequence[ConceptView], Reader], list[tuple[str, list[ConceptView]]]]
] = {"order": _by_order, "theme": _by_theme, "name": _by_name}
#: Unicode's Hangul syllables: each initial consonant has 588 of them.
_FIRST_SYLLABLE, _SYLLABLES, _SYLLABLES_OF_AN_INITIAL = 0xAC00, 11_172, 588
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"


@dataclass(frozen=True, slots=True)
class Change:
    """A recent change of an entity that is still there."""

    ref: str
    title: str
    kind: str
    operation: str
    author: str
    subject: str
    time: str


def _recent(changes: RecentChanges, reads: Reader) -> list[Change]:
    """Return the last change of each entity that changed lately."""
    found = changes(_MOST_CHANGES)
    titles = titles_of(entity for _, entity in found)
    return [
        Change(
            str(ref_of(entity)),
            titles[str(ref_of(entity))].get(reads.language) or titles[str(ref_of(entity))][""],
            entity["kind"],
            row["operation"],
            row["author"],
            row["subject"],
            row["time"],
        )
        for row, entity in found
    ]
