"""The links as they were at a time or commit, told from their changes."""

from __future__ import annotations

import datetime as dt
import re

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import removals
from portal.catalog import tables as catalog
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.links import store
from portal.links import tables as t
from portal.links.link import Link
from portal.links.reading.coverage import Cell

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def cell_of(link: Link) -> Cell:
    """Return the cell of a link as it is now."""
    return Cell(link.id, link.concept, link.entity, link.status, link.level, link.confidence)


def cells_then(connection: Connection, until: sa.ColumnElement[bool]) -> list[Cell]:
    """Return the links as they were after the last change that meets a condition."""
    last = sa.select(sa.func.max(t.changes.c.id)).where(until).group_by(t.changes.c.link_id)
    query = sa.select(t.changes).where(t.changes.c.id.in_(last), t.changes.c.after != "")
    changes = [store.change_of(row) for row in connection.execute(query).mappings()]
    return [
        Cell(one.link, one.concept, one.entity, one.after, one.level_after, one.confidence)
        for one in changes
        if one.after is not None
    ]


def moment_of(connection: Connection, at: str) -> tuple[sa.ColumnElement[bool], str]:
    """Return the condition of the changes up to a time or commit, and that time.

    Raises:
        InputError: When it is neither.
        NotFoundError: When nothing is known of that commit, or of that time any more.
    """
    until, moment = _moment_of(connection, at)
    removed = removals.load(connection, removals.LINKS)
    if moment < removed.until:
        raise NotFoundError(
            f"changes of links are kept since {removed.until} only; link_history_retention keeps "
            "them longer"
        )
    return until, moment


def _moment_of(connection: Connection, at: str) -> tuple[sa.ColumnElement[bool], str]:
    if _COMMIT.fullmatch(at) and not (at.isdigit() and len(at) == len("20261130")):
        return _moment_of_commit(connection, at)
    moment = _time(at, "at")
    return t.changes.c.recorded_at <= moment, moment


def _moment_of_commit(connection: Connection, at: str) -> tuple[sa.ColumnElement[bool], str]:
    begins = t.changes.c.commit_id.startswith(at, autoescape=True)
    row = connection.execute(
        sa.select(sa.func.max(t.changes.c.id), sa.func.max(t.changes.c.recorded_at)).where(begins)
    ).one()
    if row[0] is not None:
        return t.changes.c.id <= row[0], row[1]
    for commit, time in (
        (t.scans.c.commit_id, t.scans.c.scanned_at),
        (catalog.runs.c.commit_id, catalog.runs.c.started_at),
    ):
        query = sa.select(sa.func.max(time)).where(commit.startswith(at, autoescape=True))
        if moment := connection.scalar(query):
            return t.changes.c.recorded_at <= moment, str(moment)
    raise NotFoundError(f"no scan and no run of the catalog was at commit {at}")


def _time(text: str, name: str) -> str:
    """Return a time as the tables have it: ISO 8601 in UTC.

    Raises:
        InputError: When it is none.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{name} must be a time such as 2026-11-30T12:00:00Z"
            + (" or seven or more digits of a commit's id" if name == "at" else "")
        ) from None
    return (
        moment.replace(tzinfo=moment.tzinfo or dt.UTC)
        .astimezone(dt.UTC)
        .isoformat("T", "milliseconds")
    )


def later_than(since: str) -> sa.ColumnElement[bool]:
    """Return the condition of the changes after a time.

    Raises:
        InputError: When it is none.
    """
    return t.changes.c.recorded_at > _time(since, "since")
