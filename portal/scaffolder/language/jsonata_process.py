"""The process that evaluates one JSONata expression, see ``language.jsonata``.

Reads ``[expression, data]`` from standard input and writes an ``Answer`` to standard output.
"""

from __future__ import annotations

import json
import resource
import sys

from jsonata import Jsonata

from portal.kernel.json_text import Json
from portal.scaffolder.language.jsonata import SECONDS
from portal.scaffolder.language.jsonata import Answer

#: The limits of the process: its address space in bytes, and its answer in characters.
_BYTES = 1024 * 1024 * 1024
_LONGEST = 10 * 1024 * 1024


def main() -> None:
    """Evaluate an expression within the limits."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    expression, data = json.load(sys.stdin)
    sys.stdout.write(_written(_answer(expression, data)))


def _answer(expression: str, data: Json) -> Answer:
    try:
        found = Jsonata(expression).evaluate(data)
    except Exception as error:  # noqa: BLE001 - what the library raises is no closed set
        return {"error": str(error) or type(error).__name__}
    return {} if found is None else {"result": found}


def _written(answer: Answer) -> str:
    try:
        text = json.dumps(answer, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return json.dumps({"error": "its result is no JSON"})
    return text if len(text) <= _LONGEST else json.dumps({"error": "its result is too large"})


if __name__ == "__main__":
    main()
