"""The state of the portal as metrics, read when somebody asks for them."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.catalog.failures import Failure
from portal.health.service import Health
from portal.health.service import Report
from portal.kernel.files import bytes_below

#: Seconds for which the size of the mirrors is taken to be what it was.
_SIZE_SECONDS = 60.0
#: A name, a meaning, the names of labels, and the values by those of the labels.
Gauge = tuple[str, str, tuple[str, ...], Iterable[tuple[tuple[str, ...], float]]]


class Gauges:
    """Reads gauges; a collector of prometheus-client.

    Args:
        health: Observes the portal.
        failures: Returns the current failures.
        mirrors: The folder of the mirrors.
    """

    def __init__(
        self, health: Health, failures: Callable[[], list[Failure]], mirrors: Path
    ) -> None:
        self._health = health
        self._failures = failures
        self._mirrors = mirrors
        self._size = (-_SIZE_SECONDS, 0)

    def collect(self) -> Iterator[Any]:
        """Yield the gauges as the library's metrics."""
        from prometheus_client.core import GaugeMetricFamily

        now = dt.datetime.now(dt.UTC)
        told = (*of_report(self._health.report(), now), *self._others())
        for name, meaning, labels, values in told:
            family = GaugeMetricFamily(name, meaning, labels=labels)
            for given, value in values:
                family.add_metric(given, value)
            yield family

    def _others(self) -> Iterator[Gauge]:
        stages = Counter(str(failure.stage) for failure in self._failures())
        failing = [((stage,), float(number)) for stage, number in stages.items()]
        yield "portal_failures", "What fails now, by stage.", ("stage",), failing
        yield _one("portal_mirrors_bytes", "Size of the mirrors.", self._mirrors_size())

    def _mirrors_size(self) -> float:
        read_at, size = self._size
        if time.monotonic() > read_at + _SIZE_SECONDS:
            size = bytes_below(self._mirrors)
            self._size = (time.monotonic(), size)
        return size


def _one(name: str, meaning: str, value: float) -> Gauge:
    return name, meaning, (), (((), value),)


def _age(moment: str, now: dt.datetime) -> float:
    return max(0.0, (now - dt.datetime.fromisoformat(moment)).total_seconds()) if moment else 0.0


def of_report(report: Report, now: dt.datetime) -> Iterator[Gauge]:
    """Yield the gauges of an observation and its findings."""
    seen = report.seen
    yield _one("portal_ready", "Whether this process may be sent requests.", report.is_ready)
    findings = {found.check for found in report.findings}
    degraded = [((check,), 1.0) for check in sorted(findings)]
    yield "portal_degraded", "1 for each check that is not as it should be.", ("check",), degraded
    yield _one("portal_catalog_generation", "The state of the catalog.", seen.generation)
    lag = seen.generation - max(seen.indexed, 0)
    yield _one("portal_index_lag_generations", "States that search is behind.", lag)
    behind = _age(seen.behind_since, now)
    yield _one("portal_index_lag_seconds", "Age of the first change search lacks.", behind)
    pending = float(seen.are_pages_pending)
    yield _one("portal_index_pages_pending", "Whether pages are not in the index yet.", pending)
    states = [((state,), float(number)) for state, number in sorted(seen.tasks.items())]
    yield "portal_tasks", "Tasks by state.", ("state",), states
    waits = _age(seen.waiting_since, now)
    yield _one("portal_task_oldest_waiting_seconds", "Age of the oldest waiting task.", waits)
    ages = [
        ((each.role.value, each.machine, str(each.pid)), _age(each.heard_at, now))
        for each in seen.processes
    ]
    labels = ("role", "machine", "pid")
    yield "portal_heartbeat_age_seconds", "Since a process was heard of.", labels, ages
    read = _age(seen.read_at, now)
    yield _one("portal_sources_read_age_seconds", "Since any source was asked.", read)
    yield _one("portal_disk_free_bytes", "Left where data_dir is.", seen.disk_free)
    yield _one("portal_disk_size_bytes", "Size of that disk.", seen.disk_total)
