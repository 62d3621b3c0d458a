"""JSONata, the query language of ``roadiehq:utils:jsonata``: an expression and JSON to JSON.

An expression may run without end or fill the memory, and the library stops neither within a
function or a pattern. So it is evaluated in a process of its own, without the environment, whose
time and memory the system limits (``jsonata_process``).
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TypedDict

from portal.kernel.errors import RenderingError
from portal.kernel.json_text import Json
from portal.kernel.json_text import parse_json
from portal.scaffolder.expressions.javascript import UNDEFINED

#: The processor time of one expression.
SECONDS = 10
_COMMAND = (sys.executable, "-I", "-m", "portal.scaffolder.language.jsonata_process")


class Answer(TypedDict, total=False):
    """What the process says: a result, an error, or neither when the result is undefined."""

    result: Json
    error: str


class JsonataError(RenderingError):
    """An expression cannot be evaluated."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"JSONata failed to evaluate the expression: {reason}")


def evaluate(expression: str, data: Json) -> Json:
    """Return what an expression gives; ``UNDEFINED`` when it is nothing.

    Raises:
        JsonataError: When it cannot be evaluated, or not within the limits.
    """
    try:
        done = subprocess.run(
            _COMMAND,
            input=json.dumps([expression, data]).encode(),
            capture_output=True,
            timeout=SECONDS + 5,
            env={},
            check=False,
        )
        answer: Answer = parse_json(done.stdout)
    except subprocess.TimeoutExpired:
        raise JsonataError(f"it takes longer than {SECONDS} seconds") from None
    except ValueError:
        raise JsonataError("it needs too much time or memory") from None
    if "error" in answer:
        raise JsonataError(answer["error"])
    return answer.get("result", UNDEFINED)
