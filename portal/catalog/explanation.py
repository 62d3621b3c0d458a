"""Why is it as it is: one entity or one location explained to its owner."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import history
from portal.catalog import store
from portal.catalog import tables as t
from portal.catalog.store import SourceState
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.model.entity import Entity
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref

#: The annotation under which an entity keeps the refs it was known by before.
FORMERLY = "portal/formerly"
_FORMERLY_KEY = f"metadata.annotations.{FORMERLY}"
#: The error's name by the rule that was broken; the others are InputErrors.
_ERRORS = {"allow": "NotAllowedError", "target": "NotFoundError", "conflict": "ConflictError"}
#: Asks a source's remote for its newest commit; raises ``PortalError``.
Look = Callable[[str], str]


class Explanations:
    """Answers what owners ask about their descriptors.

    Args:
        database: Where the catalog is.
        interval: Seconds between two looks at a source.
        look: Asks a source for its newest commit.
    """

    def __init__(self, database: Database, interval: float, look: Look) -> None:
        self._database = database
        self._interval = interval
        self._look = look

    def problems(self) -> list[dict[str, Any]]:
        """Return everything wrong with the content of all sources."""
        with self._database.connect() as connection:
            return [on_the_wire(row) for row in store.load_problems(connection)]

    def source(self, name: str) -> dict[str, Any]:
        """Return how a source is doing: what was read, what is wrong, what comes next.

        Raises:
            NotFoundError: When it was never looked at.
        """
        with self._database.connect() as connection:
            state = store.load_source(connection, name)
            if not state.checked_at:
                raise NotFoundError(f"There is no source '{name}', or it was never read")
            problems = store.load_problems(connection, name)
            count = connection.scalar(sa.select(sa.func.count()).where(t.entities.c.source == name))
        return {
            **self._state(state),
            "entities": count,
            "problems": [on_the_wire(row) for row in problems],
        }

    def sources(self) -> list[dict[str, Any]]:
        """Return how every source is doing."""
        with self._database.connect() as connection:
            return [self._state(state) for state in store.load_sources(connection)]

    def _state(self, state: SourceState) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "source": state.name,
            "state": _word(state),
            "commit": state.commit_id or None,
            "readAt": state.read_at or None,
            "checkedAt": state.checked_at or None,
            "nextCheckAt": self._next_check(state),
        }
        if state.failing_since:
            answer["error"] = {"message": state.error, "since": state.failing_since}
        if state.held_commit:
            answer["held"] = {"commit": state.held_commit, "removals": state.held_removals}
        return answer

    def _next_check(self, state: SourceState) -> str | None:
        if not state.checked_at:
            return None
        checked = dt.datetime.fromisoformat(state.checked_at)
        return (checked + dt.timedelta(seconds=self._interval)).isoformat()

    def location(self, name: str) -> dict[str, Any]:
        """Return how a registered location is doing, read already or not."""
        try:
            return self.source(name)
        except NotFoundError:
            return {**self._state(SourceState(name)), "entities": 0, "problems": []}

    def entity(self, ref: EntityRef) -> dict[str, Any]:
        """Return where an entity comes from and what would happen now.

        Raises:
            NotFoundError: When the catalog has it not and never had it.
        """
        with self._database.connect() as connection:
            row = connection.execute(
                sa.select(t.entities.c.source, t.entities.c.path, t.entities.c.line).where(
                    t.entities.c.ref == str(ref)
                )
            ).first()
            changes = history.load(connection, str(ref), limit=20)
            problems = self._problems(connection, str(ref), row.path if row else "")
            if row is None and not changes and not problems:
                raise NotFoundError(f"Nothing is known of {ref}")
            source = row.source if row else (changes[0] if changes else problems[0])["source"]
            state = store.load_source(connection, source)
        return {
            "entityRef": str(ref),
            "exists": row is not None,
            "file": row.path if row else None,
            "line": row.line if row else None,
            "source": self._state(state),
            "problems": problems,
            "lastChanges": changes,
            "now": self._now(state),
        }

    def _problems(self, connection: Connection, ref: str, path: str) -> list[dict[str, Any]]:
        rows = store.load_problems(connection)
        return [
            on_the_wire(row) for row in rows if row["ref"] == ref or (path and row["path"] == path)
        ]

    def _now(self, state: SourceState) -> str:
        """Say what a refresh would do, after asking the remote."""
        try:
            commit = self._look(state.name)
        except PortalError as error:
            return (
                f"nothing: the source cannot be read ({error.message}); the last good state stays"
            )
        if state.held_commit == commit:
            return f"nothing: commit {commit[:12]} is held until it is confirmed"
        if state.commit_id == commit:
            return f"nothing: the catalog is at the source's newest commit {commit[:12]}"
        return f"commit {commit[:12]} would be read; the catalog is at {state.commit_id[:12]}"

    def at(self, ref: EntityRef, at: str) -> Entity:
        """Return an entity as it was at a time or commit; relations are not kept.

        Raises:
            InputError: When ``at`` is neither.
            NotFoundError: When it was not there then, or the commit was never read.
        """
        with self._database.connect() as connection:
            generation = history.generation_at(connection, at)
            if generation is None:
                raise NotFoundError(f"No commit {at} was ever read")
            document = history.document_at(connection, str(ref), generation)
        if document is None:
            raise NotFoundError(f"There was no {ref} at {at}")
        return document

    def failed(self) -> list[dict[str, Any]]:
        """Return the entities with errors, as Backstage's page for developers shows them."""
        with self._database.connect() as connection:
            errors: dict[str, list[Mapping[str, Any]]] = {}
            for row in store.load_problems(connection):
                if row["ref"] and row["level"] == "error":
                    errors.setdefault(row["ref"], []).append(row)
            states = {state.name: state for state in store.load_sources(connection)}
            query = sa.select(t.entities.c.ref, t.entities.c.uid, t.entities.c.final)
            found = connection.execute(query.where(t.entities.c.ref.in_(errors))).all()
        served = {row.ref: row for row in found}
        return [
            self._unprocessed(ref, rows, served.get(ref), states[rows[0]["source"]])
            for ref, rows in errors.items()
        ]

    def _unprocessed(
        self, ref: str, rows: list[Mapping[str, Any]], row: Any, state: SourceState
    ) -> dict[str, Any]:
        parsed = parse_ref(ref)
        metadata = {"name": parsed.name, "namespace": parsed.namespace}
        served = json.loads(row.final) if row else None
        answer = {
            "entity_id": row.uid if row else "",
            "entity_ref": ref,
            # What the descriptor says now is not kept while it is wrong.
            "unprocessed_entity": served or {"kind": parsed.kind, "metadata": metadata},
            "errors": [
                {"name": _ERRORS.get(x["rule"], "InputError"), "message": x["message"]}
                for x in rows
            ],
            "last_discovery_at": state.checked_at,
            "next_update_at": self._next_check(state),
        }
        return {**answer, "processed_entity": served} if served else answer

    def moved_to(self, ref: EntityRef) -> EntityRef | None:
        """Return the entity that was formerly called ``ref``."""
        query = (
            sa.select(t.entities.c.ref, t.entities.c.document)
            .join(t.search, t.search.c.entity_id == t.entities.c.id)
            .where(t.search.c.key == _FORMERLY_KEY)
        )
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            present = parse_ref(row.ref)
            annotation = json.loads(row.document)["metadata"]["annotations"][FORMERLY]
            if str(ref) in _former_refs(annotation, present):
                return present
        return None


def _former_refs(annotation: str, present: EntityRef) -> set[str]:
    """Read a list of refs; kind and namespace are the entity's own when left out."""
    found = set()
    for text in annotation.split(","):
        with suppress(ValueError):
            found.add(str(parse_ref(text, present.kind, present.namespace)))
    return found


def _word(state: SourceState) -> str:
    if not state.checked_at:
        return "unread"
    if state.failing_since:
        return "failing"
    return "held" if state.held_commit else "current"


def on_the_wire(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored problem as clients get it."""
    return {
        "source": row["source"],
        "entityRef": row["ref"] or None,
        "level": row["level"],
        "rule": row["rule"],
        "message": row["message"],
        "hint": row["hint"] or None,
        "file": row["path"] or None,
        "line": row["line"],
        "column": row["column"],
        "path": json.loads(row["json_path"]),
        "since": {"commit": row["commit_id"], "time": row["since"]},
    }
