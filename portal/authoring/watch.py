"""A task is watched while it runs: what it tells is shown, how it ends is remembered."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from portal.authoring import texts
from portal.authoring.remote import PortalClient

Json = Any
_COMPLETED = "completed"


class Watch:
    """What was seen of a task.

    Attributes:
        error: Why it failed; empty when it did not, or has not ended.
        output: What its template says at the end.

    Args:
        say: Prints lines.
    """

    def __init__(self, say: Callable[[Iterable[str]], None]) -> None:
        self.error = ""
        self.output: Mapping[str, Json] = {}
        self._say = say
        self._after = 0
        self._done: set[str] = set()

    def follow(self, client: PortalClient, task: str) -> None:
        """Show what the task tells from where it was left, until it ends.

        Raises:
            PortalError: When the portal is gone.
        """
        for event in client.events(task, self._after):
            self._after = max(self._after, event["id"])
            self._take(event)

    def _take(self, event: Mapping[str, Json]) -> None:
        body = event["body"]
        self._say(texts.event_lines(event))
        if body.get("status") == _COMPLETED:
            self._done.add(body["stepId"])
        if event["type"] == "completion":
            self.error = str(body.get("error", {}).get("message", ""))
            self.output = body.get("output") or {}

    def has_published(self, steps: Sequence[Mapping[str, Json]]) -> bool:
        """Say whether a step that publishes was done."""
        published = {step["id"] for step in steps if step["action"].startswith("publish:")}
        return bool(published & self._done)
