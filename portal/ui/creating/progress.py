"""The events of a task as its steps: state, times and lines of each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
#: Log lines about single files, which are listed anyway.
_OF_A_FILE = re.compile(r"info: (?:Writing (?:file|directory)|Copying file/directory) ")
#: The greatest number of lines of a step; the end says the most.
MOST_LINES = 200
#: A step that has not begun.
WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a run.

    Attributes:
        id: Its id.
        name: Its name.
        action: The id of its action.
        status: ``waiting``, ``processing``, ``completed``, ``failed``, ``skipped``,
            ``cancelled``.
        lines: Its log; at most ``MOST_LINES``.
        cut: How many lines before them are left out.
        files: How many lines tell of single files.
        began_at: When it began, ISO 8601; empty if it has not.
        ended_at: When it ended.
    """

    id: str
    name: str
    action: str
    status: str = WAITING
    lines: tuple[str, ...] = ()
    cut: int = 0
    files: int = 0
    began_at: str = ""
    ended_at: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """A run so far.

    Attributes:
        steps: Its steps.
        notes: Lines that are of no step.
        last: The id of the last event.
        error: Why it failed; empty if it did not.
        output: The template's output.
    """

    steps: tuple[StepView, ...]
    notes: tuple[str, ...]
    last: int
    error: str
    output: Mapping[str, Any]

    @property
    def done(self) -> int:
        """How many steps are over and did not fail."""
        return sum(step.status in {"completed", "skipped"} for step in self.steps)


def steps_of(
    steps: Iterable[Mapping[str, Any]], events: Sequence[Mapping[str, Any]]
) -> tuple[StepView, ...]:
    """Return the steps of a run.

    Args:
        steps: The steps of the template: ``id``, ``name``, ``action``.
        events: The events; each has a ``body`` and perhaps ``createdAt``.
    """
    by_step: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        by_step.setdefault(str(event["body"].get("stepId") or ""), []).append(event)
    return tuple(_step(step, by_step.get(str(step["id"]), [])) for step in steps)


def _step(step: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> StepView:
    states = [event for event in events if event["body"].get("status")]
    status = str(states[-1]["body"]["status"]) if states else WAITING
    texts = [_ESCAPES.sub("", str(event["body"].get("message", ""))) for event in events]
    told = [text for text in texts if not _OF_A_FILE.match(text)]
    lines = [line for text in told for line in text.splitlines()]
    is_over = status not in {WAITING, "processing"}
    return StepView(
        str(step["id"]),
        str(step.get("name") or step["id"]),
        str(step["action"]),
        status,
        tuple(lines[-MOST_LINES:]),
        max(0, len(lines) - MOST_LINES),
        len(texts) - len(told),
        str(events[0].get("createdAt", "")) if events else "",
        str(states[-1].get("createdAt", "")) if states and is_over else "",
    )


def progress_of(
    steps: Iterable[Mapping[str, Any]], events: Sequence[Mapping[str, Any]]
) -> Progress:
    """Return a run so far, from the events since it was last begun anew."""
    ends = [event for event in events if event["type"] == "completion"]
    end = ends[-1]["body"] if ends else {}
    error = end.get("error")
    notes = [
        _ESCAPES.sub("", str(event["body"].get("message", "")))
        for event in events
        if not event["body"].get("stepId") and event["type"] != "completion"
    ]
    return Progress(
        steps_of(steps, events),
        tuple(notes[-MOST_LINES:]),
        max((int(event["id"]) for event in events), default=0),
        str(error.get("message", "")) if isinstance(error, dict) else "",
        end.get("output") or {},
    )
