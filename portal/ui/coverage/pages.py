"""The pages of coverage: the matrix, its course, its gaps, and each link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask import Response
from flask import request

from portal.catalog.reading.entity_reader import EntityReader
from portal.config.quotas import Quota
from portal.kernel.errors import PortalError
from portal.links.link import Link
from portal.links.link import LinkStatus
from portal.links.proposing.service import Proposals
from portal.links.proposing.service import Proposed
from portal.links.reading.coverage import Coverage
from portal.links.reading.coverage import CoverageQuery
from portal.links.reading.coverage import as_csv
from portal.links.reading.service import Links
from portal.permission.access import Access
from portal.ui.coverage.gaps import FEW
from portal.ui.coverage.gaps import PAGE
from portal.ui.coverage.gaps import PARTS
from portal.ui.coverage.gaps import gaps_of
from portal.ui.coverage.marks import SIGNS
from portal.ui.coverage.marks import badge_text
from portal.ui.coverage.marks import by_rule
from portal.ui.coverage.marks import judgment_text
from portal.ui.coverage.marks import levels_of
from portal.ui.coverage.marks import missing_for_next
from portal.ui.coverage.marks import patch_of
from portal.ui.coverage.matrix import FILTERS
from portal.ui.coverage.matrix import Wanted
from portal.ui.coverage.matrix import matrix_of
from portal.ui.coverage.matrix import narrowed
from portal.ui.coverage.panels import titles_in
from portal.ui.coverage.trend import SPANS
from portal.ui.coverage.trend import times_of
from portal.ui.coverage.trend import trend_of
from portal.ui.frame import reader
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.page import page_number
from portal.ui.frame.paging import page_count
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.errors import outcome_of

_LONGEST = 200
_DEFAULT_SPAN = 30
_MOST_CHANGES = 20
_PROPOSE = "scaffolder.task.create"
_EDIT_URL = "backstage.io/edit-url"
_BOM = "\ufeff"


@dataclass(frozen=True)
class CoveragePages:
    """The pages of coverage.

    Attributes:
        links: Reads links, within what the caller may see.
        entities: Reads names.
        proposals: Turns suggestions into claims.
        access: What callers may do.
    """

    links: Links
    entities: EntityReader
    proposals: Proposals
    access: Access

    def matrix(self) -> Response:
        """Return the page of the matrix."""
        reads, wanted = reader.reader_of(request), _wanted()
        matrix = matrix_of(self._whole(), wanted)
        named = {one for name in ("owner", "system", "domain") for one in matrix.choices[name]}
        return page(
            "coverage/matrix",
            reads,
            matrix=matrix,
            wanted=wanted,
            names=self._names((*named, *matrix.choices["concept"]), reads.language),
            signs=SIGNS,
        )

    def csv(self) -> Response:
        """Return the links that the filters ask for, as CSV."""
        text = as_csv(narrowed(self._whole(), _wanted()))
        response = Response(_BOM + text, content_type="text/csv; charset=utf-8")
        response.headers.set("Content-Disposition", "attachment", filename="coverage.csv")
        return response

    def trend(self) -> Response:
        """Return the page of coverage over time."""
        reads = reader.reader_of(request)
        days = request.args.get("days", "")
        span = int(days) if days in map(str, SPANS) else _DEFAULT_SPAN
        owner = request.args.get("owner", "")[:_LONGEST]
        owners = tuple(filter(None, [owner]))
        times = times_of(span, dt.datetime.now(dt.UTC))
        trend = trend_of(times, lambda at: self.links.coverage(CoverageQuery(owners=owners, at=at)))
        refs = [line.ref for line in (*trend.concepts, *trend.owners) if line.ref]
        choices = matrix_of(self._whole(), Wanted()).choices["owner"]
        return page(
            "coverage/trend",
            reads,
            trend=trend,
            span=span,
            spans=SPANS,
            owner=owner,
            owners=choices,
            names=self._names((*refs, *choices), reads.language),
        )

    def gaps(self) -> Response:
        """Return the page of gaps: all parts, or one of them page by page."""
        reads, whole = reader.reader_of(request), self._whole()
        owner = request.args.get("owner", "")[:_LONGEST]
        part = request.args.get("part", "")
        part = part if part in PARTS else ""
        found = gaps_of(whole, self.links.gaps(), owner)
        pages = page_count(len(found[part]), PAGE) if part else 1
        number = min(page_number(), pages)
        start = (number - 1) * PAGE
        shown = {
            name: items[start : start + PAGE] if part else items[:FEW]
            for name, items in found.items()
            if not part or name == part
        }
        owners = sorted({one.owner for one in whole.services if one.owner})
        return page(
            "coverage/gaps",
            reads,
            shown=shown,
            totals={name: len(items) for name, items in found.items()},
            part=part,
            owner=owner,
            owners=owners,
            number=number,
            pages=pages,
            names=self._names((*owners, *whole.concepts), reads.language),
        )

    def propose(self, link_id: str) -> Response:
        """Propose that the descriptor claims the concept; return the page that says what came.

        Sent again, it proposes nothing twice.
        """
        self.links.detail(link_id)  # a link that is not there is no problem of the forge
        try:
            done = self.proposals.propose(link_id, request.form.get("token", "").strip())
        except PortalError as error:
            return self.link(link_id, error)
        return self.link(link_id, done)

    def link(self, link_id: str, came: Proposed | PortalError | None = None) -> Response:
        """Return the page of a link: what shows it, and what a person can do about it.

        Args:
            link_id: The link.
            came: What came of proposing it, if that was just done.
        """
        reads = reader.reader_of(request)
        detail = self.links.detail(link_id)
        link = detail.link
        changes = self.links.changes(entity=link.entity, concept=link.concept, limit=_MOST_CHANGES)
        (service,) = self.entities.documents([link.entity]) or ({},)
        notes = service.get("metadata", {}).get("annotations") or {}
        today = dt.datetime.now(dt.UTC).date().isoformat()
        said = LinkStatus.CONFIRMED if link.status is LinkStatus.REFUTED else LinkStatus.REFUTED
        names = self._names((link.concept, link.entity), reads.language)
        title = names.get(link.concept, link.concept)
        return page(
            "coverage/link",
            reads,
            outcome_of(came)[0] if isinstance(came, PortalError) else 200,
            detail=detail,
            link=link,
            groups=by_rule(detail.findings),
            names=names,
            badge=badge_text(link, title, reader.public_url()),
            levels=levels_of(detail.checks),
            missing=missing_for_next(link, detail.checks),
            patch=patch_of(link),
            **self._proposing(link, came),
            edit_url=notes.get(_EDIT_URL, ""),
            judgment=judgment_text(link, said, today),
            said=said.value,
            changes=changes,
            signs=SIGNS,
        )

    def _proposing(self, link: Link, came: Proposed | PortalError | None) -> dict[str, Any]:
        """Return what the page shows of proposing a link."""
        return {
            "offer": self.proposals.offer(link.id) if patch_of(link) else None,
            "may_propose": self.access.may(_PROPOSE),
            "proposed": came if isinstance(came, Proposed) else None,
            "problem": came.message if isinstance(came, PortalError) else "",
        }

    def _whole(self) -> Coverage:
        return self.links.coverage(CoverageQuery())

    def _names(self, refs: Iterable[str], language: str) -> dict[str, str]:
        return titles_in(self.entities, refs, language)


def _wanted() -> Wanted:
    """Return what the request asks for."""
    columns = request.args.get("columns", "")
    return Wanted(
        {name: request.args.get(name, "").strip()[:_LONGEST] for name in FILTERS},
        page_number(),
        int(columns) if columns.isdecimal() and 0 < len(columns) < len("10000") else 1,
    )


def coverage_pages(pages: CoveragePages) -> AddPages:
    """Return the pages of coverage."""

    def add(bp: Blueprint) -> None:
        @bp.get("/coverage")
        @asks("catalog.entity.read")
        def get_coverage() -> Response:
            """Show which services implement which concepts."""
            return pages.matrix()

        @bp.get("/coverage.csv")
        @asks("catalog.entity.read")
        def get_coverage_csv() -> Response:
            """Download the links for a spreadsheet."""
            return pages.csv()

        @bp.get("/coverage/trend")
        @asks("catalog.entity.read")
        def get_coverage_trend() -> Response:
            """Show coverage over time."""
            return pages.trend()

        @bp.get("/coverage/gaps")
        @asks("catalog.entity.read")
        def get_coverage_gaps() -> Response:
            """Show where declarations, findings and services do not agree."""
            return pages.gaps()

        _add_links(bp, pages)

    return add


def _add_links(bp: Blueprint, pages: CoveragePages) -> None:
    @bp.get("/coverage/links/<link_id>")
    @asks("catalog.entity.read")
    def get_coverage_link(link_id: str) -> Response:
        """Show what is known of one concept in one service."""
        return pages.link(link_id)

    @bp.post("/coverage/links/<link_id>/pull-request")
    @asks(_PROPOSE, "catalog.entity.read")
    @counts(Quota.TASKS)
    def post_coverage_link_pull_request(link_id: str) -> Response:
        """Propose to its owners that the service declares the concept."""
        return pages.propose(link_id)
