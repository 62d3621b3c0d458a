"""Results of SARIF 2.1.0 (OASIS): what a static analysis found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from portal.evidence.analyses.result import AnalysisResult
from portal.evidence.analyses.result import member
from portal.evidence.analyses.result import objects
from portal.evidence.analyses.result import parsed
from portal.evidence.manifests.dependency import line_of

#: The portal's own output proves nothing to the portal.
_OWN = "glossary-portal"


def sarif(text: str) -> Iterator[AnalysisResult]:
    """Yield the results of a SARIF file: those that apply, stand, and are not suppressed.

    Raises:
        ValueError: When the file is no SARIF.
    """
    document = parsed(text)
    if not isinstance(document.get("runs"), list):
        raise ValueError("a SARIF file has a list of runs")
    for run in objects(document["runs"]):
        tool = member(run, "tool", "driver", "name")
        if isinstance(tool, str) and tool != _OWN:
            for result in objects(run.get("results")):
                yield from _result(text, tool, result)


def _result(text: str, tool: str, result: dict[str, Any]) -> Iterator[AnalysisResult]:
    id = result.get("ruleId") or member(result, "rule", "id")  # noqa: A001
    is_void = result.get("kind") == "notApplicable" or result.get("baselineState") == "absent"
    if not isinstance(id, str) or is_void or result.get("suppressions"):
        return
    at = line_of(text, f'"{id}"')
    places = [one.get("physicalLocation") for one in objects(result.get("locations"))]
    for place in places[:1] or [None]:
        uri = member(place, "artifactLocation", "uri")
        line = member(place, "region", "startLine")
        path = _path(uri) if isinstance(uri, str) else ""
        yield AnalysisResult(tool, id, at, path, line if type(line) is int and line > 0 else 1)


def _path(uri: str) -> str:
    """Return the path of a place: SARIF writes it relative to the root of the repository."""
    return unquote(uri).removeprefix("./").lstrip("/")
