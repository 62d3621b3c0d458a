"""Alerts on their way: written down first, then sent, and sent again until somebody took them.

An alert's id is the name of its file. What is found again on the next run is known already, so
a receiver hears of each regime once. Only a crash between "taken" and "noted" can send one
twice; the id travels along, so the receiver can tell.
"""

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from driftwatch import messages
from driftwatch.demand import Alert
from driftwatch.files import write_whole

_ATTEMPTS = 3
_FIRST_PAUSE_SECONDS = 0.5
_TIMEOUT_SECONDS = 5.0
_ACTIVE = timedelta(days=1)
_ALLOWED = ("http://", "https://")


class UnreachableError(RuntimeError):
    """The receiver did not take an alert."""


class Receiver(Protocol):
    """Who takes alerts."""

    def send(self, alert: Mapping[str, Any]) -> None:
        """Hand one alert over.

        Raises:
            UnreachableError: it was not taken.

        """


@dataclass(frozen=True)
class Webhook:
    """A URL that takes an alert as JSON: an inventory system, a chat, a workflow."""

    url: str

    def send(self, alert: Mapping[str, Any]) -> None:
        """Post the alert."""
        _post(self.url, alert)


@dataclass(frozen=True)
class Alertmanager:
    """Prometheus Alertmanager, which groups, silences and routes what it is given."""

    url: str

    def send(self, alert: Mapping[str, Any]) -> None:
        """Post the alert in the form of Alertmanager's API, version 2."""
        labels = {
            "alertname": "ConceptDrift",
            "product": alert["product"],
            "kind": alert["kind"],
            "day": alert["day"],
        }
        summary = messages.SUMMARY[alert["kind"]].format(**alert)
        # Without an end Alertmanager takes it for resolved after five minutes.
        end = (datetime.now(UTC) + _ACTIVE).isoformat()
        annotations = {"summary": summary, "id": alert["id"]}
        content = [{"labels": labels, "annotations": annotations, "endsAt": end}]
        _post(f"{self.url.rstrip('/')}/api/v2/alerts", content)


class Outbox:
    """The alerts there ever were, one file each, and whether they were taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, alerts: Iterable[Alert]) -> int:
        """Write down the alerts that are new; return how many."""
        new = [alert for alert in alerts if not self._path(alert.id).exists()]
        for alert in new:
            self._write({**describe(alert), "is_taken": False})
        return len(new)

    def deliver(self, receiver: Receiver, pause: Callable[[float], None] = time.sleep) -> int:
        """Send what nobody has taken yet; return how many were taken.

        Raises:
            UnreachableError: the receiver is away; the rest waits for the next run.

        """
        waiting = [entry for entry in self.entries() if not entry["is_taken"]]
        for entry in waiting:
            _insist(receiver, {key: entry[key] for key in entry if key != "is_taken"}, pause)
            self._write({**entry, "is_taken": True})
        return len(waiting)

    def entries(self) -> list[dict[str, Any]]:
        """Read all alerts, by day."""
        paths = self._folder.glob("*.json")
        found = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        return sorted(found, key=lambda entry: (entry["day"], entry["product"]))

    def _write(self, entry: Mapping[str, Any]) -> None:
        write_whole(self._path(entry["id"]), json.dumps(entry, ensure_ascii=False))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def describe(alert: Alert) -> dict[str, Any]:
    """Return what a receiver gets to know."""
    return {
        "id": alert.id,
        "product": alert.product,
        "kind": alert.kind,
        "day": str(alert.day),
        "before": round(alert.before, 1),
        "after": round(alert.after, 1),
        "change_percent": alert.change_percent,
    }


def receiver_from_environment(environment: Mapping[str, str] = os.environ) -> Receiver | None:
    """Return whom the environment names: ALERTMANAGER_URL or DRIFT_WEBHOOK_URL, or nobody."""
    if url := environment.get("ALERTMANAGER_URL"):
        return Alertmanager(url)
    if url := environment.get("DRIFT_WEBHOOK_URL"):
        return Webhook(url)
    return None


def _insist(receiver: Receiver, alert: Mapping[str, Any], pause: Callable[[float], None]) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            return receiver.send(alert)
        except UnreachableError:
            if attempt == _ATTEMPTS - 1:
                raise
            pause(_FIRST_PAUSE_SECONDS * 2**attempt)
    return None


def _post(url: str, content: object) -> None:
    if not url.startswith(_ALLOWED):
        raise UnreachableError(messages.BAD_URL.format(schemes=", ".join(_ALLOWED)))
    body = json.dumps(content, ensure_ascii=False).encode()
    call = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(call, timeout=_TIMEOUT_SECONDS):  # noqa: S310
            pass
    except (OSError, ValueError) as error:
        raise UnreachableError(messages.NOT_TAKEN.format(reason=error)) from error
