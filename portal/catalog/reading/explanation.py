"""Explanations for owners: the state and problems of sources, locations and entities."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import tables as t
from portal.catalog.failures import Failure
from portal.catalog.failures import Stage
from portal.catalog.failures import later
from portal.catalog.processing import history
from portal.catalog.processing import problems
from portal.catalog.processing import source_states
from portal.catalog.processing.source_states import SourceState
from portal.catalog.reading.sight import sight_of
from portal.catalog.reading.source_status import visible_problems
from portal.catalog.reading.source_status import visible_sources
from portal.kernel.blocking import may_block
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.model.entity import Entity
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.permission.access import UNRESTRICTED
from portal.permission.access import Access

#: The annotation with the former refs of an entity.
FORMERLY = "portal/formerly"
_FORMERLY_KEY = f"metadata.annotations.{FORMERLY}"
#: The name of the error by rule; ``InputError`` for all others.
_ERRORS = {"allow": "NotAllowedError", "target": "NotFoundError", "conflict": "ConflictError"}
_SERVED = sa.select(
    t.entities.c.ref,
    t.entities.c.uid,
    t.entities.c.source,
    t.entities.c["items"].label("status_items"),
    t.entities.c.final,
)
#: Returns the newest commit of a source's remote; raises ``PortalError``.
Look = Callable[[str], str]


def _unknown_size(_name: str) -> int | None:
    """Return nothing: no copies are here."""


class Explanations:
    """Explains sources, locations and entities to their owners.

    Args:
        database: The database of the catalog.
        interval: Seconds between two reads of a source.
        look: Returns the newest commit of a source.
        size: Returns how many bytes the copy of a source has here; ``None`` where none is.
        failing: Returns the current failures.
        access: What the caller may do: what they may not see is not told of.
    """

    def __init__(
        self,
        database: Database,
        interval: float,
        look: Look,
        failing: Callable[[], Iterable[Failure]],
        access: Access = UNRESTRICTED,
        size: Callable[[str], int | None] = _unknown_size,
    ) -> None:
        self._access = access
        self._size = size
        self._database = database
        self._interval = interval
        self._look = look
        self._failing = failing

    def problems(self) -> list[dict[str, Any]]:
        """Return the problems of all sources as JSON."""
        with self._database.connect() as connection:
            seen = visible_problems(connection, self._access, problems.load_problems(connection))
        return [to_json(row) for row in seen]

    def source(self, name: str) -> dict[str, Any]:
        """Return the state of a source as JSON: its commit, problems and next read.

        Raises:
            NotFoundError: When it was never read.
        """
        with self._database.connect() as connection:
            state = source_states.load_source(connection, name)
            counts = visible_sources(connection, sight_of(self._access))
            if not state.checked_at or (counts is not None and name not in counts):
                raise NotFoundError(f"There is no source '{name}', or it was never read")
            found = problems.load_problems(connection, name)
            rows = visible_problems(connection, self._access, found)
            if counts is None:
                query = sa.select(sa.func.count()).where(t.entities.c.source == name)
                counts = {name: connection.scalar(query) or 0}
        return {
            **self._state(state),
            "entities": counts[name],
            "problems": [to_json(row) for row in rows],
        }

    def sources(self) -> list[dict[str, Any]]:
        """Return the state of every source as JSON."""
        with self._database.connect() as connection:
            seen = visible_sources(connection, sight_of(self._access))
            states = source_states.load_sources(connection)
        return [self._state(each) for each in states if seen is None or each.name in seen]

    def failures(self) -> list[dict[str, Any]]:
        """Return the current failures as JSON: sources, providers, pages and the index."""
        return [failure.to_json() for failure in self.current_failures()]

    def current_failures(self) -> list[Failure]:
        """Return the current failures; who does not see everything, those of their sources."""
        with self._database.connect() as connection:
            seen = visible_sources(connection, sight_of(self._access))
        return [
            each
            for each in self._failing()
            if seen is None or (each.stage == Stage.SOURCE and each.name in seen)
        ]

    def _state(self, state: SourceState) -> dict[str, Any]:
        # The size tells of everything in the repository, whoever sees how much of it.
        sees_everything = sight_of(self._access).condition is None
        answer: dict[str, Any] = {
            "source": state.name,
            "state": _word(state),
            "commit": state.commit_id or None,
            "committedAt": state.committed_at,
            "readAt": state.read_at or None,
            "checkedAt": state.checked_at or None,
            "nextCheckAt": self._next_check(state),
            "bytes": self._size(state.name) if sees_everything else None,
        }
        if state.failing_since:
            answer["error"] = {"message": state.error, "since": state.failing_since}
        if state.held_commit:
            answer["held"] = {"commit": state.held_commit, "removals": state.held_removals}
        return answer

    def _next_check(self, state: SourceState) -> str | None:
        return later(state.checked_at, self._interval) or None

    def location(self, name: str) -> dict[str, Any]:
        """Return the state of a registered location, whether it was read already or not."""
        try:
            return self.source(name)
        except NotFoundError:
            return {**self._state(SourceState(name)), "entities": 0, "problems": []}

    def entity(self, ref: EntityRef) -> dict[str, Any]:
        """Return the origin of an entity, its problems, and what a refresh would do.

        Raises:
            NotFoundError: When the catalog never had it.
        """
        sight = sight_of(self._access)
        with self._database.connect() as connection:
            if not sight.sees(connection, str(ref)):
                raise NotFoundError(f"Nothing is known of {ref}")
            row = connection.execute(
                sa.select(t.entities.c.source, t.entities.c.path, t.entities.c.line).where(
                    t.entities.c.ref == str(ref)
                )
            ).first()
            changes = history.load(connection, str(ref), limit=20)
            found = self._problems(connection, str(ref), row.path if row else "")
            if row is None and not changes and not found:
                raise NotFoundError(f"Nothing is known of {ref}")
            source = row.source if row else (changes[0] if changes else found[0])["source"]
            state = source_states.load_source(connection, source)
        return {
            "entityRef": str(ref),
            "exists": row is not None,
            "file": row.path if row else None,
            "line": row.line if row else None,
            "source": self._state(state),
            "problems": found,
            "lastChanges": changes,
            "now": self._now(state),
        }

    def _problems(self, connection: Connection, ref: str, path: str) -> list[dict[str, Any]]:
        rows = visible_problems(connection, self._access, problems.load_problems(connection))
        return [to_json(row) for row in rows if row["ref"] == ref or (path and row["path"] == path)]

    def _now(self, state: SourceState) -> str:
        """Return what a refresh would do, after asking the remote for its newest commit."""
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
        """Return an entity as it was at a time or commit, without relations.

        Raises:
            InputError: When ``at`` is neither.
            NotFoundError: When it did not exist then, or the commit was never read.
        """
        may_block()
        with self._database.connect() as connection:
            generation = history.generation_at(connection, at)
            if generation is None:
                raise NotFoundError(f"No commit {at} was ever read")
            is_seen = sight_of(self._access).sees(connection, str(ref))
            document = history.document_at(connection, str(ref), generation) if is_seen else None
        if document is None:
            raise NotFoundError(f"There was no {ref} at {at}")
        return document

    def failed(self) -> list[dict[str, Any]]:
        """Return the entities with errors, in the format of ``/entities/unprocessed/failed``."""
        with self._database.connect() as connection:
            sight = sight_of(self._access)
            errors: dict[str, list[dict[str, Any]]] = {}
            sources: dict[str, str] = {}
            found = problems.load_problems(connection)
            for row in visible_problems(connection, self._access, found):
                if row["ref"] and row["level"] == "error":
                    errors.setdefault(row["ref"], []).append(_error_of(row))
                    sources[row["ref"]] = row["source"]
            states = {state.name: state for state in source_states.load_sources(connection)}
            has_items = t.entities.c["items"] != ""
            rows = connection.execute(
                _SERVED.where(
                    has_items | t.entities.c.ref.in_(errors), *sight.of_entities(t.entities.c.id)
                )
            ).all()
            shown = sight.shown(connection, [row.final for row in rows])
        finals = {row.ref: json.loads(text or "") for row, text in zip(rows, shown, strict=True)}
        served = {row.ref: row for row in rows}
        for ref, entity in served.items():
            # Of a file that cannot be read, the Locations that lead to it have the errors.
            kept = [item["error"] for item in finals[ref].get("status", {}).get("items", ())]
            if ref not in errors and kept:
                errors[ref], sources[ref] = kept, entity.source
        return [
            self._unprocessed(ref, told, served.get(ref), finals.get(ref), states[sources[ref]])
            for ref, told in errors.items()
        ]

    def _unprocessed(
        self,
        ref: str,
        errors: list[dict[str, Any]],
        row: Any,
        served: Entity | None,
        state: SourceState,
    ) -> dict[str, Any]:
        parsed = parse_ref(ref)
        metadata = {"name": parsed.name, "namespace": parsed.namespace}
        answer = {
            "entity_id": row.uid if row else "",
            "entity_ref": ref,
            # An invalid descriptor is not stored.
            "unprocessed_entity": served or {"kind": parsed.kind, "metadata": metadata},
            "errors": errors,
            "last_discovery_at": state.checked_at,
            "next_update_at": self._next_check(state),
        }
        return {**answer, "processed_entity": served} if served else answer

    def moved_to(self, ref: EntityRef) -> EntityRef | None:
        """Return the ref of the entity that had the ref formerly; ``None`` without one."""
        may_block()
        query = (
            sa.select(t.entities.c.ref, t.entities.c.document)
            .join(t.search, t.search.c.entity_id == t.entities.c.id)
            .where(t.search.c.key == _FORMERLY_KEY)
        )
        with self._database.connect() as connection:
            found = connection.execute(query).all()
            sight = sight_of(self._access)
            seen = {row.ref for row in found}
            if sight.condition is not None:
                seen = sight.refs(connection, seen)
        for row in (row for row in found if row.ref in seen):
            present = parse_ref(row.ref)
            annotation = json.loads(row.document)["metadata"]["annotations"][FORMERLY]
            if str(ref) in _former_refs(annotation, present):
                return present
        return None


def _former_refs(annotation: str, present: EntityRef) -> set[str]:
    """Parse a list of refs; kind and namespace default to those of the entity."""
    found = set()
    for text in annotation.split(","):
        with suppress(ValueError):
            found.add(str(parse_ref(text, present.kind, present.namespace)))
    return found


def _error_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": _ERRORS.get(row["rule"], "InputError"), "message": row["message"]}


def _word(state: SourceState) -> str:
    if not state.checked_at:
        return "unread"
    if state.failing_since:
        return "failing"
    return "held" if state.held_commit else "current"


def to_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored problem as JSON for clients."""
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
