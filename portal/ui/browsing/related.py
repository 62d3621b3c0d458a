"""What an entity is related to, by display names; and a drawing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from portal.catalog.reading.entity_reader import EntityReader
from portal.glossary.concepts import titles_of
from portal.model.entity import Entity
from portal.model.entity import ref_of

#: The greatest number of relations of one type on a page; the rest has pages of its own.
MOST_LINKS = 25
#: The greatest number of entities on each side of a drawing.
_MOST_DRAWN = 6
#: Types that are drawn before the entity: what it belongs to and builds on.
_BEFORE = (
    "ownedBy",
    "partOf",
    "childOf",
    "memberOf",
    "broader",
    "inGlossary",
    "dependsOn",
    "consumesApi",
    "implementsConcept",
    "replaces",
)
_WIDTH, _HEIGHT, _GAP, _LANE = 190, 40, 14, 130
_MOST_UNITS = 23.0


@dataclass(frozen=True, slots=True)
class Link:
    """Another entity; ``exists`` tells whether the catalog has it."""

    ref: str
    kind: str
    title: str
    exists: bool


@dataclass(frozen=True, slots=True)
class Links:
    """The targets of one relation type: the first ones, and the number of further ones."""

    type: str
    links: tuple[Link, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Node:
    """An entity in a drawing: its place, its text, and the relation that leads to it."""

    x: int
    y: int
    text: str
    link: Link
    relation: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing of an entity and its neighbours, in pixels.

    Attributes:
        width: Its width.
        height: Its height.
        x: The left edge of the entity.
        y: Its top.
        text: Its title.
        before: What it belongs to and builds on, at the left.
        after: What belongs to it or builds on it, at the right.
        node_width: The width of every node.
        node_height: The height of every node.
    """

    width: int
    height: int
    x: int
    y: int
    text: str
    before: tuple[Node, ...]
    after: tuple[Node, ...]
    node_width: int = _WIDTH
    node_height: int = _HEIGHT


def relations_of_page(reader: EntityReader, entity: Entity, language: str) -> tuple[Links, ...]:
    """Return the relations of an entity by type, with the names of their targets."""
    targets = _targets(entity)
    shown = {ref for refs in targets.values() for ref in refs[:MOST_LINKS]}
    links = _links(reader, sorted(shown), language)
    return tuple(
        Links(
            kind,
            tuple(links[ref] for ref in refs[:MOST_LINKS]),
            max(0, len(refs) - MOST_LINKS),
        )
        for kind, refs in targets.items()
    )


def related(
    reader: EntityReader, entity: Entity, relation: str, language: str, start: int, count: int
) -> tuple[tuple[Link, ...], int]:
    """Return a part of the targets of one relation type, and their number."""
    refs = _targets(entity).get(relation, [])
    links = _links(reader, refs[start : start + count], language)
    return tuple(links.values()), len(refs)


def _targets(entity: Entity) -> dict[str, list[str]]:
    targets: dict[str, list[str]] = {}
    for relation in entity.get("relations") or ():
        targets.setdefault(relation["type"], []).append(relation["targetRef"])
    return targets


def _links(reader: EntityReader, refs: Sequence[str], language: str) -> dict[str, Link]:
    found = reader.documents(refs)
    titles, kinds = titles_of(found), {str(ref_of(x)): x["kind"] for x in found}
    links = {}
    for ref in refs:
        kind, _, rest = ref.partition(":")
        known = titles.get(ref, {})
        title = known.get(language) or known.get("") or rest
        links[ref] = Link(ref, kinds.get(ref, kind), title, bool(known))
    return links


def drawing_of(title: str, relations: Sequence[Links]) -> Drawing | None:
    """Return a drawing of an entity's neighbours; ``None`` without any."""
    before: list[tuple[str, Link]] = []
    after: list[tuple[str, Link]] = []
    for group in relations:
        side = before if group.type in _BEFORE else after
        side += [(group.type, link) for link in group.links]
    before, after = before[:_MOST_DRAWN], after[:_MOST_DRAWN]
    if not before and not after:
        return None
    rows = max(len(before), len(after), 1)
    height = rows * (_HEIGHT + _GAP) - _GAP
    middle = _WIDTH + _LANE if before else 0
    width = middle + _WIDTH + (_LANE + _WIDTH if after else 0)
    return Drawing(
        width,
        height,
        middle,
        (height - _HEIGHT) // 2,
        _fitted(title),
        tuple(_column(before, 0, height)),
        tuple(_column(after, middle + _WIDTH + _LANE, height)),
    )


def _column(rows: Sequence[tuple[str, Link]], x: int, height: int) -> list[Node]:
    used = len(rows) * (_HEIGHT + _GAP) - _GAP
    top = (height - used) // 2
    return [
        Node(x, top + at * (_HEIGHT + _GAP), _fitted(link.title), link, relation)
        for at, (relation, link) in enumerate(rows)
    ]


def _fitted(text: str) -> str:
    """Return a text cut to the width of a node: wide characters count as two."""
    used = 0.0
    for at, character in enumerate(text):
        used += 1.75 if east_asian_width(character) in "WF" else 1.0
        if used > _MOST_UNITS:
            return f"{text[: at - 1].rstrip()}…"
    return text
