"""What an analysis says: one result, and how its report is parsed."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: How many results of one report are read.
MOST_RESULTS = 20_000


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """One result of an analysis.

    Attributes:
        tool: The name of what analysed.
        id: The rule or check.
        at: Finds the line of the report that tells it, from 1.
        path: The file it is about, as the report writes it; empty for the whole repository.
        line: The line of that file, from 1.
        score: The score from 0 to 10, where the analysis gives one.
    """

    tool: str
    id: str
    at: Callable[[], int]
    path: str = ""
    line: int = 1
    score: float | None = None


def parsed(text: str) -> dict[str, Any]:
    """Return a report's JSON object.

    Raises:
        ValueError: When it is none.
    """
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("a report is a JSON object")
    return document


def objects(several: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list; nothing of what is no list."""
    return (
        (one for one in several if isinstance(one, dict)) if isinstance(several, list) else iter(())
    )


def member(document: Any, *names: str) -> Any:
    """Return what is below some names; ``None`` where there is something else."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document
