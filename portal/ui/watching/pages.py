"""The pages of sources and of problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask import Response
from flask import request

from portal.catalog.reading.entity_reader import EntityReader
from portal.catalog.reading.explanation import Explanations
from portal.catalog.reading.refresh_queue import RefreshQueue
from portal.ui.frame import reader
from portal.ui.frame.names import names_of
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.page import page_number
from portal.ui.frame.paging import page_count
from portal.web.doors import asks

PAGE_SIZE = 50
_LEVELS = {"error": 0, "warning": 1}
_OWNED_BY = "ownedBy"


@dataclass(frozen=True)
class WatchingPages:
    """The pages of sources and of problems.

    Attributes:
        explanations: The state of sources, and problems.
        queue: Takes requests to read a source.
        reader: Owners of entities.
    """

    explanations: Explanations
    queue: RefreshQueue
    reader: EntityReader

    def sources(self) -> Response:
        """Return the page of all sources."""
        problems = self.explanations.problems()
        counts: dict[str, int] = {}
        for row in problems:
            counts[row["source"]] = counts.get(row["source"], 0) + 1
        return page(
            "watching/sources",
            reader.reader_of(request),
            sources=self.explanations.sources(),
            counts=counts,
            failures=[one for one in self.explanations.failures() if str(one["stage"]) != "source"],
            asked=request.args.get("asked", ""),
            refreshable=self.queue.refreshable(),
        )

    def problems(self) -> Response:
        """Return the page of problems, errors first."""
        reads = reader.reader_of(request)
        rows = sorted(self.explanations.problems(), key=lambda row: _LEVELS.get(row["level"], 2))
        owners = self._owners(rows)
        names = names_of(self.reader, {*owners.values(), *(row["entityRef"] for row in rows)})
        chosen = {name: request.args.get(name, "") for name in ("source", "owner")}
        found = [
            row
            for row in rows
            if (not chosen["source"] or row["source"] == chosen["source"])
            and (not chosen["owner"] or owners.get(row["entityRef"]) == chosen["owner"])
        ]
        pages = page_count(len(found), PAGE_SIZE)
        number = min(page_number(), pages)
        return page(
            "watching/problems",
            reads,
            rows=found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
            total=len(found),
            number=number,
            pages=pages,
            chosen=chosen,
            sources=sorted({row["source"] for row in rows}),
            owners=owners,
            names=names,
        )

    def _owners(self, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
        refs = sorted({row["entityRef"] for row in rows if row["entityRef"]})
        found = {}
        for ref, entity in self.reader.documents_by_ref(refs).items():
            relations = entity.get("relations") or ()
            owner = next((one for one in relations if one["type"] == _OWNED_BY), None)
            if owner is not None:
                found[ref] = owner["targetRef"]
        return found


def watching_pages(pages: WatchingPages) -> AddPages:
    """Return the pages of sources and of problems."""

    def add(bp: Blueprint) -> None:
        @bp.get("/sources")
        @asks("catalog.entity.read")
        def get_sources() -> Response:
            """Show how every source is doing."""
            return pages.sources()

        @bp.post("/sources/<path:name>/refresh")
        @asks("catalog.entity.refresh")
        def post_source_refresh(name: str) -> Response:
            """Have a source read now."""
            pages.queue.ask_source(name)
            reads = reader.reader_of(request)
            return Response(status=303, headers={"Location": reads.url("/sources", asked=name)})

        @bp.get("/problems")
        @asks("catalog.entity.read")
        def get_problems() -> Response:
            """Show what is wrong with the content."""
            return pages.problems()

    return add
