"""The pages of the catalog: lists of entities, and each entity."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint
from flask import Response
from flask import request

from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.entity_reader import EntityReader
from portal.catalog.reading.source_status import SourceStatus
from portal.glossary.concepts import titles_of
from portal.kernel import yaml12
from portal.kernel.errors import NotFoundError
from portal.model.entity import Entity
from portal.model.refs import EntityRef
from portal.ui.browsing import changes
from portal.ui.browsing import listing
from portal.ui.browsing import related
from portal.ui.browsing.definitions import definition_of
from portal.ui.frame import reader
from portal.ui.frame.highlight import highlighted
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.page import page_number
from portal.ui.frame.paging import page_count
from portal.ui.frame.panels import Panel
from portal.ui.frame.panels import panels_of
from portal.ui.frame.reader import Reader
from portal.web.doors import asks

_ENTITY = "/catalog/<namespace>/<kind>/<name>"
_LONGEST = 200
_RELATED_SIZE = 100
_BOM = "\ufeff"


@dataclass(frozen=True)
class CatalogPages:
    """The pages of the catalog.

    Attributes:
        catalog: What there is.
        reader: Reads what an entity is related to.
        status: The problems of the content.
        panels: Sections that other rooms add to the pages of entities.
    """

    catalog: EntitiesCatalog
    reader: EntityReader
    status: SourceStatus
    panels: Sequence[Panel] = ()

    def entity(self, namespace: str, kind: str, name: str) -> tuple[Entity, EntityRef]:
        """Return an entity and its ref as written.

        Raises:
            NotFoundError: When there is none.
        """
        entity: Entity = json.loads(self.catalog.by_name(EntityRef(kind, namespace, name)))
        metadata = entity["metadata"]
        return entity, EntityRef(
            entity["kind"], metadata.get("namespace", namespace), metadata["name"]
        )

    def title(self, entity: Entity, reads: Reader) -> str:
        """Return the name of an entity in the reader's language."""
        (titles,) = titles_of([entity]).values()
        return titles.get(reads.language) or titles[""]

    def show(self, entity: Entity, ref: EntityRef) -> Response:
        """Return the page of an entity."""
        reads = reader.reader_of(request)
        title = self.title(entity, reads)
        relations = related.relations_of_page(self.reader, entity, reads.language)
        return page(
            "browsing/entity",
            reads,
            entity=entity,
            ref=ref,
            entity_title=title,
            description=listing.summary(entity, reads.language),
            relations=relations,
            drawing=related.drawing_of(title, relations),
            has_definition=bool((entity.get("spec") or {}).get("definition")),
            problems=self._problems(ref),
            history=changes.last_changes(self.catalog, ref),
            panels=panels_of(self.panels, entity, reads),
        )

    def _problems(self, ref: EntityRef) -> list[dict[str, object]]:
        wanted = str(ref)
        return [dict(row) for row in self.status.problems() if row["ref"] == wanted]

    def part(self, entity: Entity, ref: EntityRef, name: str, **values: object) -> Response:
        """Return a page with one part of an entity."""
        reads = reader.reader_of(request)
        title = self.title(entity, reads)
        return page(f"browsing/{name}", reads, entity=entity, ref=ref, entity_title=title, **values)


def wanted_list() -> listing.Wanted:
    """Return what the request wants to be listed; unknown orders count as none."""
    given = request.args
    sort = given.get("sort", "")
    order = sort.removeprefix("-")
    is_known = order in listing.ORDERS
    return listing.Wanted(
        {name: given.get(name, "").strip()[:_LONGEST] for name in listing.FILTERS},
        " ".join(given.get("q", "").split())[:_LONGEST],
        order if is_known else "name",
        is_known and sort.startswith("-"),
        given.get("locations") == "1",
        page_number(),
    )


def catalog_pages(pages: CatalogPages) -> AddPages:
    """Return the pages of the catalog."""

    def add(bp: Blueprint) -> None:
        _add_lists(bp, pages)
        _add_entity(bp, pages)
        _add_parts(bp, pages)

    return add


def _add_lists(bp: Blueprint, pages: CatalogPages) -> None:
    @bp.get("/catalog")
    @asks("catalog.entity.read")
    def get_catalog() -> Response:
        """List entities."""
        reads, wanted = reader.reader_of(request), wanted_list()
        found = listing.list_entities(pages.catalog, pages.reader, wanted, reads.language)
        return page("browsing/catalog", reads, found=found, wanted=wanted, orders=listing.ORDERS)

    @bp.get("/catalog.csv")
    @asks("catalog.entity.read")
    def get_catalog_csv() -> Response:
        """Download a list of entities for a spreadsheet."""
        reads = reader.reader_of(request)
        names = ("ref", "name", "kind", "type", "owner", "ownerName", "lifecycle", "tags")
        heads = [reads.text(f"csv.{name}") for name in (*names, "description")]
        text = listing.export(pages.catalog, pages.reader, wanted_list(), reads.language, heads)
        response = Response(_BOM + text, content_type="text/csv; charset=utf-8")
        response.headers.set("Content-Disposition", "attachment", filename="catalog.csv")
        return response


def _add_entity(bp: Blueprint, pages: CatalogPages) -> None:
    @bp.get(_ENTITY)
    @asks("catalog.entity.read")
    def get_entity(namespace: str, kind: str, name: str) -> Response:
        """Show one entity."""
        return pages.show(*pages.entity(namespace, kind, name))

    @bp.get(f"{_ENTITY}/relations/<relation>")
    @asks("catalog.entity.read")
    def get_relations(namespace: str, kind: str, name: str, relation: str) -> Response:
        """List everything that an entity has one relation to.

        Raises:
            NotFoundError: When there is nothing.
        """
        entity, ref = pages.entity(namespace, kind, name)
        number, language = page_number(), reader.reader_of(request).language
        start = (number - 1) * _RELATED_SIZE
        links, total = related.related(
            pages.reader, entity, relation, language, start, _RELATED_SIZE
        )
        if not links:
            raise NotFoundError(f"{ref} has no such relations")
        return pages.part(
            entity,
            ref,
            "relations",
            relation=relation,
            links=links,
            total=total,
            number=number,
            pages=page_count(total, _RELATED_SIZE),
        )


def _add_parts(bp: Blueprint, pages: CatalogPages) -> None:
    @bp.get(f"{_ENTITY}/history")
    @asks("catalog.entity.read")
    def get_history(namespace: str, kind: str, name: str) -> Response:
        """Show every change of an entity."""
        entity, ref = pages.entity(namespace, kind, name)
        items = changes.history_of(pages.catalog, ref)
        rows = [(item, changes.differences(item)) for item in items]
        return pages.part(entity, ref, "history", rows=rows)

    @bp.get(f"{_ENTITY}/yaml")
    @asks("catalog.entity.read")
    def get_yaml(namespace: str, kind: str, name: str) -> Response:
        """Show an entity as it is served, as YAML."""
        entity, ref = pages.entity(namespace, kind, name)
        text = yaml12.write(entity)
        return pages.part(entity, ref, "yaml", code=highlighted(text, "yaml"))

    @bp.get(f"{_ENTITY}/definition")
    @asks("catalog.entity.read")
    def get_definition(namespace: str, kind: str, name: str) -> Response:
        """Show the definition of an API.

        Raises:
            NotFoundError: When it has none.
        """
        entity, ref = pages.entity(namespace, kind, name)
        definition = definition_of(entity)
        if definition is None:
            raise NotFoundError(f"{ref} has no definition")
        return pages.part(entity, ref, "definition", definition=definition)
