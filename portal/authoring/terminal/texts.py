"""The output of the template commands: values to lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import click

from portal.authoring.finding import RuleViolation
from portal.authoring.offline import Rendering
from portal.authoring.proof.project_tests import TestRun
from portal.authoring.proof.proof import CaseProof
from portal.authoring.proof.proof import TemplateProof
from portal.authoring.proof.updates import UpdateProof
from portal.reports import plain
from portal.scaffolder.forms.answers import shown
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.running.action import LEVELS
from portal.scaffolder.running.action import WARN
from portal.scaffolder.workspace.tree import Tree

_SKIPPED = "skipped"


def error_lines(message: str) -> Iterator[str]:
    """Yield the lines of an error message."""
    first, *rest = message.split("\n") or [""]
    if not rest:
        yield click.style(f"portal: {plain(first)}", fg="red")
        return
    yield click.style("portal: these answers will not do:", fg="red")
    yield from (click.style(f"  {plain(line)}", fg="red") for line in (first, *rest))


def left_out_lines(spec: TemplateSpec, rendering: Rendering) -> Iterator[str]:
    """Yield the skipped steps with their reasons, and the warnings of the others."""
    actions = {step.id: step.action for step in spec.steps}
    for entry in rendering.log:
        step, message = entry.get("stepId", ""), str(entry["message"])
        if message.startswith(LEVELS[WARN]):
            yield plain(f"warning: {step}: {message.removeprefix(LEVELS[WARN])}")
        if entry.get("status") == _SKIPPED:
            yield plain(f"not done: {step} ({actions.get(step, '')}): {message}")


# --- proofs --------------------------------------------------------------------

_DIFF_COLORS = {"+": "green", "-": "red", "@": "cyan"}
_MOST_DETAIL = 200
#: The cells of a table's row; the last one is the verdict.
_Row = tuple[str, ...]


def proof_lines(proof: TemplateProof) -> Iterator[str]:
    """Yield the violations of a template, and its updated golden files."""
    for finding in proof.findings:
        place = f"{proof.path}/{finding.place}" if finding.rule != "template" else finding.place
        yield from _finding_lines(finding, place)
    for update in proof.updates:
        if not update.name:
            for finding in update.findings:
                yield from _finding_lines(finding, f"{proof.path}/{finding.place}")
    findings = [(finding, case.name) for case in proof.cases for finding in case.findings]
    findings += [
        (finding, one.name) for one in proof.updates for finding in one.findings if one.name
    ]
    findings.sort(key=lambda pair: (pair[0].rule, pair[0].place, pair[0].message, pair[0].detail))
    for finding, same in groupby(findings, key=lambda pair: pair[0]):
        cases = ", ".join(case for _, case in same)
        yield from _finding_lines(finding, f"{proof.path} ({cases}) {finding.place}")
    for case in proof.cases:
        if case.is_updated:
            yield from _updated_lines(proof, case)


def _finding_lines(finding: RuleViolation, place: str) -> Iterator[str]:
    mark = click.style("error", fg="red")
    yield f"{plain(place)}: {mark} [{finding.rule}] {plain(finding.message)}"
    for line in finding.detail[:_MOST_DETAIL]:
        yield f"    {_diff_line(plain(line))}"
    if len(finding.detail) > _MOST_DETAIL:
        yield f"    … {len(finding.detail) - _MOST_DETAIL} more lines"


def _diff_line(line: str) -> str:
    return click.style(line, fg=_DIFF_COLORS.get(line[:1]))


def _updated_lines(proof: TemplateProof, case: CaseProof) -> Iterator[str]:
    yield f"{proof.path} ({case.name}): golden files written, {len(case.changes)} changed"
    yield from (f"  {change.mark} {plain(change.path)}" for change in case.changes)


def proof_table(proofs: Sequence[TemplateProof]) -> str:
    """Return a table of the results of templates and cases."""
    rows: list[_Row] = [("template", "case", "files", "golden", "tests", "")]
    for proof in proofs:
        own = (proof.name, "-", "", "", "", _verdict(len(proof.findings)))
        rows += [own] if proof.findings or not proof.cases else []
        rows += [_case_row(proof, case) for case in proof.cases]
    return _table(rows)


def update_table(proofs: Sequence[TemplateProof], since: str) -> str:
    """Return a table of the updates of a former release's cases."""
    rows: list[_Row] = [("template", "case", "since", "update", "asks", "tests", "")]
    rows += [_update_row(proof, one, since) for proof in proofs for one in proof.updates]
    return _table(rows)


def _update_row(proof: TemplateProof, one: UpdateProof, since: str) -> _Row:
    if one.is_new:
        return (proof.name, one.name, since, "was not there", "", "", _SKIPPED)
    changed = "" if one.changed is None else f"{one.changed} changed"
    tests = _tests_word(one.tests) if one.name else ""
    verdict = _verdict(len(one.findings))
    return (proof.name, one.name or "-", since, changed, ", ".join(one.questions), tests, verdict)


def _table(rows: Sequence[_Row]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    return "\n".join(_row(row, widths) for row in rows)


def _case_row(proof: TemplateProof, case: CaseProof) -> _Row:
    files = "" if case.files is None else str(case.files)
    verdict = _verdict(len(case.findings))
    return (proof.name, case.name, files, _golden_word(case), _tests_word(case.tests), verdict)


def _tests_word(tests: TestRun | None) -> str:
    return f"{tests.seconds:.0f} s" if tests else "not run"


def _golden_word(case: CaseProof) -> str:
    if case.files is None:
        return ""
    if case.is_updated:
        return "written"
    return f"{len(case.changes)} differ" if case.changes else "same"


def _verdict(faults: int) -> str:
    return f"{faults} wrong" if faults else "ok"


def _row(row: _Row, widths: Sequence[int]) -> str:
    *cells, verdict = row
    colors = {"ok": "green", _SKIPPED: "yellow"}
    shown = click.style(verdict, fg=colors.get(verdict, "red")) if verdict else ""
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{'  '.join(padded)}  {shown}".rstrip()


# --- projects ------------------------------------------------------------------


def tree_lines(tree: Tree) -> Iterator[str]:
    """Yield the files of a tree with their sizes; executables are marked."""
    width = max((len(f"{len(file.data):,}") for file in tree.values()), default=0)
    for path, file in sorted(tree.items()):
        mark = "*" if file.is_executable else ""
        yield f"{len(file.data):>{width},}  {plain(path)}{mark}"
    size = sum(len(file.data) for file in tree.values())
    yield f"{len(tree)} files, {size:,} bytes"


def output_lines(output: Mapping[str, Any]) -> Iterator[str]:
    """Yield the output of a template: texts, then links."""
    for item in _items(output, "text"):
        title = str(item.get("title") or "")
        content = str(item.get("content") or "")
        yield from (plain(line) for line in (title, *content.splitlines()) if line)
    for item in _items(output, "links"):
        target = item.get("url") or item.get("entityRef")
        if target:
            yield plain(f"{item.get('title') or 'Link'}: {target}")


def _items(output: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = output.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
#: Log lines about single files; they are left out, since the files are listed at the end.
_OF_A_FILE = re.compile(r"info: (?:Writing (?:file|directory)|Copying file/directory) ")


def event_lines(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of an event, without those about files; logs of steps are indented."""
    body = event["body"]
    text = _ESCAPES.sub("", str(body.get("message", "")))
    if _OF_A_FILE.match(text):
        return
    is_inside = "stepId" in body and "status" not in body
    color = {"failed": "red", "cancelled": "yellow"}.get(str(body.get("status", "")))
    for line in text.splitlines():
        yield click.style(f"{'  ' if is_inside else ''}{plain(line)}", fg=color)


def request_lines(ref: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the request that would be sent to a portal."""
    yield plain(f"{ref} would be run with")
    for name, value in values.items():
        yield plain(f"  {name}: {shown(value)}")
    yield "Name the template's folder instead to see the files it makes."
