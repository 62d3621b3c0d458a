"""The catalog for people: lists by kind, and one entity with all it is tied to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.catalog.cursors import OrderField
from portal.catalog.queries import QueryRequest
from portal.catalog.service import Catalog
from portal.glossary.concepts import titles_of
from portal.kernel.errors import NotFoundError
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import EntityRef
from portal.ui.results import page_count

PAGE_SIZE = 50
#: How many relations of one type a page shows.
MOST_LINKS = 60
#: How many changes a page shows.
MOST_CHANGES = 5
_ORDER = OrderField("metadata.name", "asc")
_FIELDS = (
    "kind",
    "metadata.name",
    "metadata.namespace",
    "metadata.title",
    "metadata.description",
    "spec.type",
    "spec.target",
    "spec.labels",
    "spec.title",
    "spec.text",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One entity in a list."""

    ref: str
    kind: str
    type: str
    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of entities.

    Attributes:
        kinds: Every kind there is, with the number of its entities.
        kind: The kind that is shown, ``""`` for all.
    """

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    kinds: tuple[tuple[str, int], ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Link:
    """Another entity; ``exists`` tells whether the catalog has it."""

    ref: str
    kind: str
    title: str
    exists: bool


@dataclass(frozen=True, slots=True)
class Links:
    """What one relation type leads to: some of it, and how much more there is."""

    type: str
    links: tuple[Link, ...]
    more: int


def list_entities(catalog: Catalog, kind: str, page: int, language: str) -> Listing:
    """Return a page of entities by name, the last one when there are not so many."""
    kinds = _kinds(catalog)
    known = {name.lower(): name for name, _ in kinds}
    if kind and kind.lower() not in known:
        return Listing((), 0, 1, 1, kinds, kind)
    kind = known.get(kind.lower(), "")
    total = sum(count for name, count in kinds if kind in ("", name))
    pages = page_count(total, PAGE_SIZE)
    page = min(page, pages)
    request = QueryRequest(
        predicate={"kind": kind} if kind else None,
        order=_ORDER,
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
        count_total=False,
    )
    answer = json.loads(catalog.by_query(("ui", kind, page), request, _FIELDS))
    rows = tuple(_rows(answer["items"], language))
    return Listing(rows, total, page, pages, kinds, kind)


def _kinds(catalog: Catalog) -> tuple[tuple[str, int], ...]:
    answer = json.loads(catalog.facets(("ui", "kinds"), ["kind"], None))
    return tuple((row["value"], row["count"]) for row in answer["facets"]["kind"])


def _rows(entities: list[Entity], language: str) -> Iterable[Row]:
    titles = titles_of(entities)
    for entity in entities:
        ref, spec = ref_of(entity), entity.get("spec") or {}
        title = titles[str(ref)].get(language) or titles[str(ref)][""]
        about = _summary(entity, language)
        yield Row(str(ref), ref.kind, str(spec.get("type", "")), ref.name, title, about)


def _summary(entity: Entity, language: str) -> str:
    """Return what an entity is in one line; a concept says it in every language."""
    spec = entity.get("spec") or {}
    texts = spec.get("text")
    text = texts.get(language) if isinstance(texts, Mapping) else None
    if isinstance(text, Mapping):
        return str(text.get("summary", ""))
    return str(entity["metadata"].get("description") or spec.get("target") or "")


def relations_of_page(catalog: Catalog, entity: Entity, language: str) -> tuple[Links, ...]:
    """Return the relations of an entity by type, with the titles of what they name."""
    targets: dict[str, list[str]] = {}
    for relation in entity.get("relations") or ():
        targets.setdefault(relation["type"], []).append(relation["targetRef"])
    shown = {ref for refs in targets.values() for ref in refs[:MOST_LINKS]}
    found = catalog.documents(sorted(shown))
    titles, kinds = titles_of(found), {str(ref_of(x)): x["kind"] for x in found}

    def link(ref: str) -> Link:
        kind, _, rest = ref.partition(":")
        known = titles.get(ref, {})
        title = known.get(language) or known.get("") or rest
        return Link(ref, kinds.get(ref, kind), title, bool(known))

    return tuple(
        Links(kind, tuple(map(link, refs[:MOST_LINKS])), max(0, len(refs) - MOST_LINKS))
        for kind, refs in targets.items()
    )


def last_changes(catalog: Catalog, ref: EntityRef) -> list[dict[str, Any]]:
    """Return the newest changes of an entity, none when nothing is known of it."""
    try:
        items: list[dict[str, Any]] = catalog.history(ref)["items"]
    except NotFoundError:
        return []
    return items[:MOST_CHANGES]
