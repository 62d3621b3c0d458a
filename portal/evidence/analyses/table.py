"""Which file is which report: one table."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from itertools import islice

from portal.evidence.analyses.result import MOST_RESULTS
from portal.evidence.analyses.result import AnalysisResult
from portal.evidence.analyses.sarif import sarif
from portal.evidence.analyses.scorecard import scorecard

_READERS: tuple[tuple[re.Pattern[str], Callable[[str], Iterator[AnalysisResult]]], ...] = (
    (re.compile(r".+\.sarif(?:\.json)?"), sarif),
    (re.compile(r"[\w.\-]*scorecard[\w.\-]*\.json"), scorecard),
)


def is_report(path: str) -> bool:
    """Return whether a file is a report, by its name."""
    name = path.rpartition("/")[2].casefold()
    return any(pattern.fullmatch(name) for pattern, _ in _READERS)


def results_of(path: str, text: str) -> Iterator[AnalysisResult]:
    """Yield the first results of a report; none for any other file.

    Raises:
        ValueError: When the file is not what its name says.
    """
    name = path.rpartition("/")[2].casefold()
    for pattern, read in _READERS:
        if pattern.fullmatch(name):
            yield from islice(read(text), MOST_RESULTS)
            return
