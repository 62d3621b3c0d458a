"""Lists of entities: filters, orders, pages, and what each row shows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.catalog.reading.cursors import OrderField
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.entity_reader import EntityReader
from portal.catalog.reading.queries import QueryRequest
from portal.glossary.concepts import titles_of
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import parse_ref
from portal.ui.frame.names import names_of
from portal.ui.frame.paging import page_count

PAGE_SIZE = 50
#: The greatest number of entities in a file.
MOST_EXPORTED = 20_000
#: The parameters of a list by the field that they filter.
FILTERS: Mapping[str, str] = {
    "kind": "kind",
    "type": "spec.type",
    "owner": "relations.ownedBy",
    "lifecycle": "spec.lifecycle",
    "tag": "metadata.tags",
}
#: The columns that lists may be sorted by.
ORDERS: Mapping[str, str] = {
    "name": "metadata.name",
    "kind": "kind",
    "type": "spec.type",
    "lifecycle": "spec.lifecycle",
}
_TEXT_FIELDS = (
    "metadata.name",
    "metadata.title",
    "metadata.description",
    "spec.profile.displayname",
)
_LOCATION = "Location"
#: The greatest number of values of a filter that are offered.
_MOST_VALUES = 300
_FIELDS = (
    "kind",
    "metadata.name",
    "metadata.namespace",
    "metadata.title",
    "metadata.description",
    "metadata.tags",
    "spec.type",
    "spec.owner",
    "spec.lifecycle",
    "spec.target",
    "spec.labels",
    "spec.title",
    "spec.text",
    "spec.profile",
)
#: Beginnings of cells that spreadsheets take for formulas.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is listed.

    Attributes:
        filters: The chosen values, by the names of ``FILTERS``.
        text: Words in names, titles or descriptions.
        order: One of ``ORDERS``.
        descends: Whether the last comes first.
        with_locations: Whether Locations are listed too.
        page: The page, from 1.
    """

    filters: Mapping[str, str]
    text: str = ""
    order: str = "name"
    descends: bool = False
    with_locations: bool = False
    page: int = 1

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address, without the page."""
        found = {name: value for name, value in self.filters.items() if value}
        if self.text:
            found["q"] = self.text
        if self.order != "name" or self.descends:
            found["sort"] = f"-{self.order}" if self.descends else self.order
        if self.with_locations:
            found["locations"] = "1"
        return found

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out by choice."""
        return bool(self.text or any(self.filters.values()))

    def sorted_by(self, order: str) -> dict[str, str]:
        """Return the parameters with another order; a second time it is turned round."""
        turned = self.order == order and not self.descends
        rest = {name: value for name, value in self.query.items() if name != "sort"}
        sort = f"-{order}" if turned else order
        return rest if sort == "name" else {**rest, "sort": sort}

    @property
    def predicate(self) -> dict[str, Any] | None:
        """The filters as a predicate of the catalog."""
        parts: list[dict[str, Any]] = [
            {FILTERS[name]: value} for name, value in self.filters.items() if value
        ]
        if not (self.with_locations or self.filters.get("kind")):
            parts.append({"$not": {"kind": _LOCATION}})
        return {"$all": parts} if parts else None


@dataclass(frozen=True, slots=True)
class Row:
    """One entity in a list."""

    ref: str
    kind: str
    type: str
    name: str
    title: str
    description: str
    owner: str
    owner_name: str
    lifecycle: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a filter, its name, and how many entities have it."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class EntityPage:
    """A page of entities.

    Attributes:
        rows: The entities of the page.
        total: The number of entities on all pages.
        page: The number of the page, from 1.
        pages: The number of pages.
        values: The values to filter by, by the names of ``FILTERS``.
    """

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    values: Mapping[str, tuple[Value, ...]]


def list_entities(
    catalog: EntitiesCatalog, reader: EntityReader, wanted: Wanted, language: str
) -> EntityPage:
    """Return a page of entities; the last page if the wanted one is beyond it."""
    found = _found(catalog, wanted, (wanted.page - 1) * PAGE_SIZE, PAGE_SIZE)
    pages = page_count(found["totalItems"], PAGE_SIZE)
    page = min(wanted.page, pages)
    if page != wanted.page:
        found = _found(catalog, wanted, (page - 1) * PAGE_SIZE, PAGE_SIZE)
    rows = tuple(_rows(reader, found["items"], language))
    values = _values(catalog, reader, wanted)
    return EntityPage(rows, found["totalItems"], page, pages, values)


def _found(catalog: EntitiesCatalog, wanted: Wanted, offset: int, limit: int) -> Any:
    order = OrderField(ORDERS[wanted.order], "desc" if wanted.descends else "asc")
    request = QueryRequest(
        predicate=wanted.predicate,
        order=order,
        term=wanted.text,
        term_fields=_TEXT_FIELDS if wanted.text else None,
        limit=limit,
        offset=offset,
    )
    key = ("ui", json.dumps([wanted.query, offset, limit]))
    return json.loads(catalog.by_query(key, request, _FIELDS))


def _values(
    catalog: EntitiesCatalog, reader: EntityReader, wanted: Wanted
) -> dict[str, tuple[Value, ...]]:
    """Return what there is to filter by: all kinds, and the other values of the chosen kind."""
    kind = wanted.filters.get("kind")
    inner = {"kind": kind} if kind else None
    kinds = _facet(catalog, "kind", None)
    if not wanted.with_locations:
        kinds = [one for one in kinds if one[0] != _LOCATION]
    found = {"kind": tuple(Value(value, value, count) for value, count in kinds)}
    for name, field in FILTERS.items():
        if name != "kind":
            rows = _facet(catalog, field, inner)[:_MOST_VALUES]
            names = names_of(reader, [row[0] for row in rows]) if name == "owner" else {}
            found[name] = tuple(
                Value(value, names.get(value, value.rpartition("/")[2] or value), count)
                for value, count in rows
            )
    return found


def _facet(
    catalog: EntitiesCatalog, field: str, predicate: dict[str, str] | None
) -> list[tuple[str, int]]:
    key = ("ui", field, json.dumps(predicate))
    answer = json.loads(catalog.facets(key, [field], predicate))
    return [(row["value"], row["count"]) for row in answer["facets"][field]]


def _rows(reader: EntityReader, entities: Sequence[Entity], language: str) -> Iterator[Row]:
    titles = titles_of(entities)
    owners = [_owner_of(entity) for entity in entities]
    names = names_of(reader, owners)
    for entity, owner in zip(entities, owners, strict=True):
        ref, spec, metadata = ref_of(entity), entity.get("spec") or {}, entity["metadata"]
        yield Row(
            str(ref),
            ref.kind,
            _text(spec.get("type")),
            ref.name,
            titles[str(ref)].get(language) or titles[str(ref)][""],
            summary(entity, language),
            owner,
            names.get(owner, owner.rpartition("/")[2]),
            _text(spec.get("lifecycle") or spec.get("status")),
            tuple(map(str, metadata.get("tags") or ())),
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _owner_of(entity: Entity) -> str:
    owner = (entity.get("spec") or {}).get("owner")
    namespace = entity["metadata"].get("namespace") or "default"
    try:
        return str(parse_ref(owner, "group", namespace)) if isinstance(owner, str) else ""
    except ValueError:
        return ""


def summary(entity: Entity, language: str) -> str:
    """Return the description of an entity, that of a concept in the given language."""
    spec = entity.get("spec") or {}
    texts = spec.get("text")
    text = texts.get(language) if isinstance(texts, Mapping) else None
    if isinstance(text, Mapping):
        return str(text.get("summary", ""))
    return str(entity["metadata"].get("description") or spec.get("target") or "")


def export(
    catalog: EntitiesCatalog,
    reader: EntityReader,
    wanted: Wanted,
    language: str,
    heads: Iterable[str],
) -> str:
    """Return all entities of a list as CSV, up to ``MOST_EXPORTED``."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    for start in range(0, MOST_EXPORTED, 1_000):
        items = _found(catalog, wanted, start, 1_000)["items"]
        for row in _rows(reader, items, language):
            cells = (
                row.ref,
                row.title,
                row.kind,
                row.type,
                row.owner,
                row.owner_name,
                row.lifecycle,
                " ".join(row.tags),
                row.description,
            )
            writer.writerow(map(_cell, cells))
        if len(items) < 1_000:
            break
    return text.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text
