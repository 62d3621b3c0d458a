"""Follows a running task: prints its events and stores its result."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from portal.authoring.terminal import texts
from portal.authoring.terminal.remote import PortalClient
from portal.kernel.json_text import Json

_COMPLETED = "completed"


class Watch:
    """The events of a task so far.

    Attributes:
        error: Why it failed; empty if it did not, or has not ended.
        output: The template's output.

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
        """Print the events of the task after the last one seen, until it ends.

        Raises:
            PortalError: When the portal does not answer.
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
        """Return whether a publishing step was completed."""
        published = {step["id"] for step in steps if step["action"].startswith("publish:")}
        return bool(published & self._done)
