"""``debug:*``: log values and wait; for authors of templates."""

from __future__ import annotations

import time

from portal.kernel.errors import InputError
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import text

#: The longest wait of a step, in seconds.
LONGEST_WAIT = 600.0
#: Seconds between two checks whether the task was cancelled.
_POLL_SECONDS = 0.1
_UNITS = {"minutes": 60.0, "seconds": 1.0, "milliseconds": 0.001}


def _log(context: ActionContext) -> ActionResult:
    given = context.input
    context.log(stringify(dict(given), "  "))
    if given.get("message"):
        context.log(given["message"])
    if listing := given.get("listWorkspace"):
        paths = sorted(context.tree)
        if listing == "with-contents":
            parts = [f" - {path}:\n\n  {_shown(context, path)}" for path in paths]
        else:
            parts = [f"  - {path}" for path in paths]
        lines = "\n".join(parts)
        context.log(f"Workspace:\n{lines}")
    return ActionResult(context.tree)


def _shown(context: ActionContext, path: str) -> str:
    return context.tree[path].data.decode("utf-8", "replace")


def _wait(context: ActionContext) -> ActionResult:
    seconds = sum(float(context.input.get(unit) or 0) * size for unit, size in _UNITS.items())
    if not 0 <= seconds <= LONGEST_WAIT:
        raise InputError(
            "Waiting duration is longer than the maximum threshold of 0 hours, 10 minutes"
        )
    wait(context, seconds)
    return ActionResult(context.tree)


def wait(context: ActionContext, seconds: float) -> None:
    """Wait, unless the task is cancelled."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not context.is_cancelled():
        time.sleep(min(left, _POLL_SECONDS))


_DURATION = {unit: {"type": "number", "description": f"How many {unit}"} for unit in _UNITS}

DEBUGGING = (
    Action(
        "debug:log",
        "Writes a message, and the workspace's files, into the log.",
        _log,
        an_object(
            message=text("What to write"),
            listWorkspace={
                "anyOf": [
                    {"type": "boolean"},
                    {"type": "string", "enum": ["with-filenames", "with-contents"]},
                ],
                "description": "Whether to list the files, and how",
            },
        ),
    ),
    Action(
        "debug:wait",
        "Waits, ten minutes at most.",
        _wait,
        an_object((), **_DURATION),
        supports_dry_run=False,
    ),
)
