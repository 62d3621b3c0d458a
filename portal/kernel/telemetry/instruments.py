"""Counters and histograms of what the portal does, for Prometheus.

Every one is declared here. They count nothing until ``start`` has made a folder for them in
which every process of one ``portal serve`` has files of its own (prometheus-client's
multi-process mode); a command that does not serve never loads the library.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from portal.kernel.processes.presence import hold
from portal.kernel.processes.presence import is_held

#: The variable by which the processes of one portal, and the library, know the folder.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: A file system in memory: the files are mapped, and a full disk would end the process.
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes folders in it, 0700  # nosec B108
_PREFIX = "portal-metrics-"
#: The file whose lock the process that made a folder holds while it lives.
_HELD = "held"
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SLOW = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600)


class Instrument:
    """A counter, or a histogram when it has buckets.

    Args:
        name: Its name.
        meaning: What it counts or measures.
        labels: The names of its labels.
        buckets: The upper bounds of a histogram, in seconds.
    """

    def __init__(
        self,
        name: str,
        meaning: str,
        labels: tuple[str, ...] = (),
        buckets: tuple[float, ...] = (),
    ) -> None:
        self.name, self.meaning, self.labels, self.buckets = name, meaning, labels, buckets
        self._made: Any = None
        self._children: dict[tuple[str, ...], Any] = {}

    def bind(self, counter: Any, histogram: Any, registry: Any) -> None:
        """Count from now on.

        Args:
            counter: The library's class of counters.
            histogram: Its class of histograms.
            registry: Where it is registered.
        """
        made_of = self.name, self.meaning, self.labels
        if self.buckets:
            self._made = histogram(*made_of, buckets=self.buckets, registry=registry)
        else:
            self._made = counter(*made_of, registry=registry)
        self._children.clear()

    def _child(self, labels: tuple[str, ...]) -> Any:
        child = self._children.get(labels)
        if child is None:
            child = self._made.labels(*labels) if labels else self._made
            self._children[labels] = child
        return child

    def add(self, *labels: str, amount: float = 1) -> None:
        """Add to a counter."""
        if self._made is not None:
            self._child(labels).inc(amount)

    def observe(self, seconds: float, *labels: str) -> None:
        """Add a duration to a histogram."""
        if self._made is not None:
            self._child(labels).observe(seconds)

    @contextmanager
    def timing(self, *labels: str) -> Iterator[None]:
        """Measure how long the body of the ``with`` statement takes."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - started, *labels)


REQUESTS = Instrument(
    "portal_http_requests_total",
    "Requests that were answered, by route template.",
    ("method", "route", "status"),
)
REQUEST_SECONDS = Instrument(
    "portal_http_request_seconds",
    "From the arrival of a request to the beginning of its answer.",
    ("method", "route"),
    _FAST,
)
SYNC_SECONDS = Instrument(
    "portal_sync_stage_seconds",
    "Duration of the stages of reading a source.",
    ("stage",),
    _SLOW,
)
SYNCS = Instrument("portal_syncs_total", "Runs of sources, by their outcome.", ("outcome",))
GIT_SECONDS = Instrument(
    "portal_git_seconds", "Duration of git commands.", ("command", "outcome"), _SLOW
)
CACHE = Instrument(
    "portal_cache_requests_total", "Answers looked up in a cache.", ("cache", "result")
)
TASK_SECONDS = Instrument("portal_task_seconds", "Duration of runs of tasks.", ("outcome",), _SLOW)
ALL = (REQUESTS, REQUEST_SECONDS, SYNC_SECONDS, SYNCS, GIT_SECONDS, CACHE, TASK_SECONDS)


def make_folder() -> Path:
    """Make the folder for the processes that are started from now on; return it."""
    place = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    _remove_left(place)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    hold(folder / _HELD)
    os.environ[FOLDER_VARIABLE] = str(folder)
    return folder


def _remove_left(place: Path) -> None:
    """Remove the folders of processes that were killed; one without a lock may be in the making."""
    for folder in place.glob(f"{_PREFIX}*"):
        if is_held(folder / _HELD) is False:
            remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove the folder, after the last process has ended."""
    shutil.rmtree(folder, ignore_errors=True)


def start() -> None:
    """Count from now on, if a folder was made for it; before any request is answered."""
    if not os.environ.get(FOLDER_VARIABLE):
        return
    from prometheus_client import CollectorRegistry
    from prometheus_client import Counter
    from prometheus_client import Histogram

    registry = CollectorRegistry()
    for instrument in ALL:
        instrument.bind(Counter, Histogram, registry)


def exposed(collector: Any) -> bytes:
    """Return what all processes have counted, in Prometheus' text format.

    Args:
        collector: A collector of the library with further metrics.
    """
    from prometheus_client import CollectorRegistry
    from prometheus_client import generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    registry.register(collector)
    if os.environ.get(FOLDER_VARIABLE):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
