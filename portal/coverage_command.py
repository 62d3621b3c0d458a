"""``portal coverage``: which services implement which concepts."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from portal.authoring.terminal.remote import PortalClient
from portal.config.loading import read_setting
from portal.config.settings import Config
from portal.kernel.database import WORKER_PATIENCE
from portal.links.answers import coverage_of
from portal.links.answers import coverage_to_json
from portal.links.reading.coverage import GROUPINGS
from portal.links.reading.coverage import Coverage
from portal.links.reading.coverage import as_csv
from portal.links.reading.coverage import query_of
from portal.reports import plain
from portal.roles.services import Services

#: Reads the settings of ``--config`` and ``--data-dir``.
ReadConfig = Callable[[Path | None, str | None], Config]
_STATUSES = ("verified", "confirmed", "declared", "suggested", "template", "refuted")


def coverage_command(
    settings: Callable[[Any], Any],
    read_config: ReadConfig,
    errors: Callable[[], AbstractContextManager[None]],
) -> click.Command:
    """Return the command.

    Args:
        settings: Adds the options of commands that read settings.
        read_config: Reads the settings.
        errors: Prints what a person can act on, and exits.
    """

    @click.command("coverage")
    @settings
    @_narrowing
    @click.option("--scan", is_flag=True, help="Look into the repositories of services before.")
    @click.option("--url", help="Ask a running portal instead of the database.")
    @click.option(
        "--format",
        "form",
        type=click.Choice(sorted(_FORMATS)),
        default="text",
        show_default=True,
        help="How to print it.",
    )
    def coverage(
        config_file: Path | None,
        data_dir: str | None,
        scan: bool,
        url: str | None,
        form: str,
        **asked: Any,
    ) -> None:
        """Print which services implement which concepts: status, level, confidence."""
        with errors():
            if url is not None:
                client = PortalClient(url, read_setting("service_token"))
                shown = coverage_of(client.coverage(_parameters(asked)))
            else:
                services = Services(read_config(config_file, data_dir), patience=WORKER_PATIENCE)
                if scan:
                    services.link_job.scan_all()
                shown = services.links.coverage(query_of(**_without_nothing(asked)))
        click.echo(_FORMATS[form](shown), nl=False)

    return coverage


def _narrowing(command: Any) -> Any:
    """Add the options that say what of the coverage is asked for."""
    options = (
        click.option("--concept", multiple=True, help="Only this concept; may be repeated."),
        click.option("--owner", multiple=True, help="Only services of this owner."),
        click.option("--system", multiple=True, help="Only services of this system."),
        click.option("--domain", multiple=True, help="Only services of this domain."),
        click.option("--by", type=click.Choice(sorted(GROUPINGS)), help="Print sums of groups."),
        click.option("--at", default="", help="As it was at a time, or at a commit."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _without_nothing(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value}


def _parameters(asked: Mapping[str, Any]) -> str:
    return urlencode(_without_nothing(asked), doseq=True)


def _text(coverage: Coverage) -> str:
    return "".join(f"{plain(line)}\n" for line in _lines(coverage))


def _lines(coverage: Coverage) -> Iterator[str]:
    if coverage.at:
        yield f"As it was at {coverage.at}"
    if coverage.groups:
        yield from _group_lines(coverage)
        return
    if not coverage.services:
        yield "No service has been scanned yet."
    width = max((len(ref) for ref in coverage.concepts), default=0)
    for service in coverage.services:
        cells = [cell for cell in coverage.cells if cell.entity == service.ref]
        note = f" ({service.completeness})" if service.completeness != "complete" else ""
        yield f"{service.ref}{note}"
        for cell in cells:
            level = "" if cell.level is None else f"  level {cell.level}"
            status = f"{cell.status.value:<9}"
            yield f"  {cell.concept:<{width}}  {status}  {cell.confidence:.2f}{level}"
    yield from _count_lines(coverage.counts)


def _group_lines(coverage: Coverage) -> Iterator[str]:
    for group in coverage.groups:
        number = f"{group.services} {'service' if group.services == 1 else 'services'}"
        yield f"{group.name or 'none'}: {number}"
        yield from _count_lines(group.counts)


def _count_lines(counts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    for concept, found in counts.items():
        told = ", ".join(f"{found[status]} {status}" for status in _STATUSES if status in found)
        yield f"  {concept}: {told}"


def _json(coverage: Coverage) -> str:
    return json.dumps(coverage_to_json(coverage), ensure_ascii=False, indent=2) + "\n"


#: The formats by name.
_FORMATS: dict[str, Callable[[Coverage], str]] = {"text": _text, "json": _json, "csv": as_csv}
