"""Formats results for the terminal: run reports, check results, search results, concepts."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import click

import portal
from portal.catalog.ingestion.checker import CheckReport
from portal.catalog.outcomes import RunOutcome
from portal.catalog.processing.run_report import Progress
from portal.catalog.processing.run_report import RunReport
from portal.catalog.sources.discovery import ListingReport
from portal.glossary.concepts import ConceptView
from portal.glossary.schemas import concept_to_json
from portal.model.entity import StatusItem
from portal.roles.doctor import Diagnosis
from portal.search.documents import ResultSet

_STAGES = ("look", "fetch", "read", "save", "stitch", "index")
_BAR = 24
#: The greatest number of refs in a list; the rest is only counted.
_LISTED = 20
_SHORT = 12


def progress(name: str) -> Progress:
    """Return the progress callback of a source: a bar on a terminal, else plain lines."""
    return _bar(name) if sys.stderr.isatty() else _lines(name)


def _bar(name: str) -> Progress:
    def show(stage: str, done: int, _total: int) -> None:
        filled = _BAR * (_STAGES.index(stage) + 1) // len(_STAGES)
        bar = "█" * filled + "░" * (_BAR - filled)
        count = f" {done:,} files" if stage == "read" else ""
        click.echo(f"\r\033[K{name} {bar} {stage}{count}", nl=False, err=True)
        if stage == _STAGES[-1]:
            click.echo("\r\033[K", nl=False, err=True)

    return show


def _lines(name: str) -> Progress:
    seen: list[str] = []

    def show(stage: str, _done: int, _total: int) -> None:
        if stage not in seen:
            seen.append(stage)
            click.echo(f"{name}: {stage}", err=True)

    return show


def print_report(report: RunReport | ListingReport) -> None:
    """Print the report of a run, or of listing a provider's repositories."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
    lines = _listing_lines(report) if isinstance(report, ListingReport) else _run_lines(report)
    for line in lines:
        click.echo(line)


def _listing_lines(report: ListingReport) -> Iterator[str]:
    head = f"the list of provider {report.provider}"
    if report.outcome is RunOutcome.FAILED:
        yield click.style(f"{head} cannot be read: {report.error}", fg="red")
        yield "  The last list stays. Run 'portal doctor' for what to do."
    elif report.outcome is RunOutcome.HELD:
        count = len(report.removed)
        yield click.style(f"{head} is held, it would remove {count} repositories", fg="yellow")
        yield from _listed("-", report.removed)
        yield f"  Accept it with: portal sync --confirm {report.held_id}"


def _run_lines(report: RunReport) -> Iterator[str]:
    head = f"{report.source} at {report.commit[:_SHORT] or 'no commit'}"
    if report.outcome is RunOutcome.FAILED:
        yield click.style(f"{head}: cannot be read: {report.error}", fg="red")
        yield "  The last good state stays. Run 'portal doctor' for what to do."
        return
    if report.outcome is RunOutcome.HELD:
        count = len(report.removed)
        yield click.style(f"{head}: held, it would remove {count} entities", fg="yellow")
        yield from _listed("-", report.removed)
        accepted = report.confirm or report.commit[:_SHORT]
        yield f"  Accept it with: portal sync --confirm {accepted}"
        return
    if report.outcome is RunOutcome.UNCHANGED and not report.items:
        yield f"{head}: unchanged ({report.seconds:.2f} s)"
        return
    yield (
        f"{head}: {len(report.added)} added, {len(report.changed)} changed, "
        f"{len(report.removed)} removed, {len(report.items)} problems "
        f"(generation {report.generation}, {report.seconds:.2f} s)"
    )
    yield from _listed("+", report.added)
    yield from _listed("~", report.changed)
    yield from _listed("-", report.removed)
    yield from (f"  {line}" for item in report.items for line in _item_lines(item))


def _listed(mark: str, refs: tuple[str, ...]) -> Iterator[str]:
    for ref in refs[:_LISTED]:
        yield f"  {mark} {ref}"
    if len(refs) > _LISTED:
        yield f"  {mark} … and {len(refs) - _LISTED:,} more"


def _item_lines(item: StatusItem) -> Iterator[str]:
    place = str(item.position) if item.position else item.ref
    color = "red" if item.level == "error" else "yellow"
    level = click.style(item.level, fg=color)
    yield f"{plain(place)}: {level} [{item.rule}] {plain(item.message)}"
    if item.hint:
        yield f"    hint: {plain(item.hint)}"


def plain(text: str) -> str:
    """Return untrusted text for a terminal: one line, without control characters."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _check_text(report: CheckReport) -> str:
    lines = [line for item in report.items for line in _item_lines(item)]
    warnings = len(report.items) - report.errors
    lines.append(
        f"{report.entities} entities in {report.files} files: "
        f"{report.errors} errors, {warnings} warnings"
    )
    return "\n".join(lines)


def _check_json(report: CheckReport) -> str:
    items = [
        {
            "file": item.position.path if item.position else None,
            "line": item.position.line if item.position else None,
            "column": item.position.column if item.position else None,
            "path": list(item.json_path),
            "entityRef": item.ref or None,
            "level": item.level,
            "rule": item.rule,
            "message": item.message,
            "hint": item.hint or None,
        }
        for item in report.items
    ]
    content = {"entities": report.entities, "errors": report.errors, "items": items}
    return json.dumps(content, ensure_ascii=False, indent=2)


def _check_github(report: CheckReport) -> str:
    """Return workflow commands, which GitHub shows beside the lines of a pull request."""
    return "\n".join(_github_line(item) for item in report.items)


def _github_line(item: StatusItem) -> str:
    level = "error" if item.level == "error" else "warning"
    text = f"{item.message} {item.hint}".strip()
    text = _github_escaped(text)
    if item.position is None:
        return f"::{level} title={item.rule}::{text}"
    path = _github_escaped(item.position.path).replace(",", "%2C").replace(":", "%3A")
    place = f"file={path},line={item.position.line},col={item.position.column}"
    return f"::{level} {place},title={item.rule}::{text}"


def _github_escaped(text: str) -> str:
    """Return text escaped so that GitHub does not read it as a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _check_sarif(report: CheckReport) -> str:
    """Return SARIF 2.1.0, the exchange format of static analysis (OASIS)."""
    rules = sorted({item.rule for item in report.items})
    run = {
        "tool": {
            "driver": {
                "name": "portal check",
                "version": portal.__version__,
                "rules": [{"id": rule} for rule in rules],
            }
        },
        "results": [_sarif_result(item) for item in report.items],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    content = {"$schema": schema, "version": "2.1.0", "runs": [run]}
    return json.dumps(content, ensure_ascii=False, indent=2)


def _sarif_result(item: StatusItem) -> dict[str, Any]:
    text = f"{item.message} {item.hint}".strip()
    result: dict[str, Any] = {
        "ruleId": item.rule,
        "level": item.level,
        "message": {"text": text},
    }
    if item.position is not None:
        region = {"startLine": item.position.line, "startColumn": item.position.column}
        artifact = {"uri": item.position.path}
        location = {"artifactLocation": artifact, "region": region}
        result["locations"] = [{"physicalLocation": location}]
    return result


#: The output formats of ``portal check``.
CHECK_FORMATS: dict[str, Callable[[CheckReport], str]] = {
    "text": _check_text,
    "json": _check_json,
    "sarif": _check_sarif,
    "github": _check_github,
}


#: The greatest length of a result's text, in characters.
_MOST_CHARACTERS = 300


def search_text(found: ResultSet) -> str:
    """Return search results as lines of text, with matches in bold."""
    if not found.hits:
        return "Nothing found. Try another word, or its English or Korean name."
    lines = [f"{found.total} found"]
    for hit in found.hits:
        title = _highlighted(hit.highlights.get("title"), str(hit.fields.get("title", "")))
        text = _highlighted(hit.highlights.get("text"), str(hit.fields.get("text", "")))
        lines.append(f"\n{title}  ({hit.ref})")
        if text:
            lines.append(f"  {text}")
    return "\n".join(lines)


def _highlighted(runs: Iterable[tuple[str, bool]] | None, text: str) -> str:
    if runs is None:
        return textwrap.shorten(text, _MOST_CHARACTERS, placeholder=" …")
    return "".join(click.style(piece, bold=True) if match else piece for piece, match in runs)


def search_json(found: ResultSet) -> str:
    """Return search results as JSON."""
    hits = [
        {"ref": hit.ref, "type": hit.type, "tier": hit.tier, "document": dict(hit.fields)}
        for hit in found.hits
    ]
    return json.dumps({"total": found.total, "results": hits}, ensure_ascii=False, indent=2)


_HEADINGS = {
    "ko": (
        "3줄 요약",
        "심층 설명",
        "Vibe Coder에게 왜 중요한가?",
        "실제 사용 용례",
        "이런 고민이 있다면",
    ),
    "en": (
        "In three lines",
        "In depth",
        "Why it matters to a vibe coder",
        "In practice",
        "You may be looking for this when",
    ),
}


def concept_text(view: ConceptView) -> str:
    """Return a concept as a page of text."""
    overview, explanation, relevance, use_cases, symptoms = _HEADINGS.get(
        view.language, _HEADINGS["en"]
    )
    names = " · ".join(dict.fromkeys([*view.titles.values(), *view.alternatives]))
    sections = [
        click.style(view.title, bold=True),
        names,
        _wrapped(view.summary),
        _section(overview, "\n".join(view.overview)),
        _section(explanation, view.explanation),
        _section(relevance, view.relevance),
        _section(use_cases, "\n".join(f"{c.title}: {c.description}" for c in view.use_cases)),
    ]
    if view.symptoms:
        sections.append(_section(symptoms, "\n".join(f"- {one}" for one in view.symptoms)))
    if view.is_fallback:
        sections.insert(0, f"(not written in the language asked for; shown in {view.language})")
    return "\n\n".join(sections)


def _section(heading: str, text: str) -> str:
    return f"{click.style(heading, bold=True)}\n{_wrapped(text)}"


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(line, 88) for line in text.splitlines())


def concept_json(view: ConceptView) -> str:
    """Return a concept as JSON, in the form of the API."""
    return json.dumps(concept_to_json(view), ensure_ascii=False, indent=2)


def doctor_text(findings: Iterable[Diagnosis]) -> str:
    """Return the results of ``portal doctor`` as lines, with a remedy below each bad one."""
    lines = []
    for finding in findings:
        mark = click.style("ok  ", fg="green") if finding.is_good else click.style("BAD ", fg="red")
        lines.append(f"{mark} {finding.what}: {finding.detail}")
        if not finding.is_good and finding.remedy:
            lines.append(f"       {finding.remedy}")
    return "\n".join(lines)
