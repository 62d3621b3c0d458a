"""Checks of OpenSSF Scorecard: how a repository is worked on, with a score from 0 to 10."""

from __future__ import annotations

from collections.abc import Iterator

from portal.evidence.analyses.result import AnalysisResult
from portal.evidence.analyses.result import objects
from portal.evidence.analyses.result import parsed
from portal.evidence.manifests.dependency import line_of

_TOOL = "scorecard"


def scorecard(text: str) -> Iterator[AnalysisResult]:
    """Yield the checks of the output of ``scorecard --format json``; -1 is no score.

    Raises:
        ValueError: When the file is no such output.
    """
    document = parsed(text)
    if not isinstance(document.get("scorecard"), dict):
        raise ValueError("a report of Scorecard has a member scorecard")
    for check in objects(document.get("checks")):
        name, score = check.get("name"), check.get("score")
        if isinstance(name, str) and isinstance(score, int | float) and 0 <= score <= 10:
            yield AnalysisResult(_TOOL, name, line_of(text, f'"{name}"'), score=float(score))
