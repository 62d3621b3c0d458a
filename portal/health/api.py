"""Health checks: whether the process answers, and whether the portal is ready."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask import Response

from portal.catalog.reading.failure_log import FailureLog
from portal.catalog.reading.source_status import SourceStatus
from portal.catalog.sources.discovery import Discovery
from portal.health.findings import Finding
from portal.health.service import Health
from portal.server.lanes import HEALTH
from portal.web.doors import public
from portal.web.responses import json_response

_NOT_STARTED = {"message": "Backend has not started yet", "status": "error"}


@dataclass(frozen=True, slots=True)
class HealthRoutes:
    """What the routes need.

    Attributes:
        health: Observes the portal.
        failure_log: The current failures.
        status: Tells which commits of sources are held.
        discovery: Tells which lists of repositories are held.
        is_let_in: Returns whether the caller may know reasons.
    """

    health: Health
    failure_log: FailureLog
    status: SourceStatus
    discovery: Discovery
    is_let_in: Callable[[], bool]

    def add_to(self, app: Flask) -> None:
        """Add the routes to an application."""

        @app.get(f"{HEALTH}/liveness")
        @public("tells that the process answers, and nothing else")
        def get_liveness() -> Response:
            """Say that the process answers."""
            return json_response({"status": "ok"})

        @app.get(f"{HEALTH}/readiness")
        @public("tells whether the portal is ready; reasons only to who is let in")
        def get_readiness() -> Response:
            """Say whether there is a catalog to serve and search.

            Whoever is let in also learns whether its work is done, and what of it is stale.
            """
            report = self.health.report()
            if not report.is_ready:
                return json_response(_NOT_STARTED, 503)
            if not self.is_let_in():
                return json_response({"status": "ok"})
            return json_response(self._told(report.findings))

    def _told(self, findings: Iterable[Finding]) -> dict[str, Any]:
        told = {
            "degraded": [_finding(each) for each in findings],
            "stale": _stale(self.failure_log),
            "held": [*_held_sources(self.status), *_held_lists(self.discovery)],
        }
        status = "degraded" if told["degraded"] or told["stale"] else "ok"
        return {"status": status, **{name: items for name, items in told.items() if items}}


def _finding(found: Finding) -> dict[str, Any]:
    return {"check": found.check, "since": found.since or None, "reason": found.reason}


def _stale(failure_log: FailureLog) -> list[dict[str, Any]]:
    return [
        {failure.stage: failure.name, "since": failure.since, "reason": failure.reason}
        for failure in failure_log.current()
    ]


def _held_sources(status: SourceStatus) -> list[dict[str, Any]]:
    return [
        {"source": state.name, "commit": state.held_commit, "removals": state.held_removals}
        for state in status.sources()
        if state.held_commit
    ]


def _held_lists(discovery: Discovery) -> list[dict[str, Any]]:
    return [
        {"provider": listing.provider, "list": listing.held_id}
        for listing in discovery.states()
        if listing.held_id
    ]
