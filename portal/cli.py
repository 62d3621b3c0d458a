"""The command line: parses arguments, makes one call, and prints its result."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

import portal
from portal import reports
from portal.app import create_app
from portal.audit.api import microseconds
from portal.audit.log import line_of
from portal.audit.store import AuditQuery
from portal.authoring.commands import template
from portal.authoring.new_command import new
from portal.authoring.update_command import diff_command
from portal.authoring.update_command import update_command
from portal.backup_command import backup_commands
from portal.catalog.ingestion.checker import check
from portal.catalog.ingestion.checker import missing_targets
from portal.config.loading import load_config
from portal.config.settings import Config
from portal.coverage_command import coverage_command
from portal.evidence.checks.proof import check_checks
from portal.evidence.proof import check_rules
from portal.evidence_command import evidence
from portal.glossary.integrity import check_glossary
from portal.health.heartbeats import Role
from portal.kernel.causes import cause_of
from portal.kernel.database import START_PATIENCE
from portal.kernel.database import WORKER_PATIENCE
from portal.kernel.errors import MissingIndexError
from portal.kernel.errors import PortalError
from portal.kernel.files import keep_private
from portal.kernel.files import private_folder
from portal.kernel.jobs import tell_alive
from portal.kernel.telemetry import instruments
from portal.kernel.telemetry import spans
from portal.kernel.telemetry.logs import LEVELS
from portal.kernel.telemetry.logs import escaped
from portal.kernel.telemetry.logs import log_to_stderr
from portal.links.scanning.judgments import check_judgments
from portal.model.entity import Entity
from portal.model.entity import StatusItem
from portal.roles.doctor import checks_of
from portal.roles.doctor import examine
from portal.roles.processes import task_process
from portal.roles.services import Services
from portal.roles.web import reload_running
from portal.roles.web import serve as serve_app
from portal.scm.worktree import WorkingTree
from portal.search.documents import SearchQuery
from portal.token_command import token_group

_DEFAULTS = Config()
_EXPECTED = "descriptors are files called catalog-info.yaml"
_EPILOG = "Settings come from portal.yaml and PORTAL_* variables; see docs/operators."


@contextmanager
def _errors() -> Iterator[None]:
    """Print what a person can act on to stderr, and exit with code 2.

    Raises:
        OSError: When it is no fault of the machine.
        SQLAlchemyError: Likewise.
    """
    try:
        yield
    except MissingIndexError:
        click.secho("portal: nothing is indexed yet: run 'portal sync'", fg="red", err=True)
        sys.exit(2)
    except PortalError as error:
        click.secho(f"portal: {_lines(error.message)}", fg="red", err=True)
        sys.exit(2)
    except (OSError, SQLAlchemyError) as error:
        if not (cause := cause_of(error)):
            raise
        click.secho(f"portal: {cause}", fg="red", err=True)
        sys.exit(2)


def _lines(message: str) -> str:
    return "\n".join(map(escaped, message.split("\n")))


def _settings(command: Any) -> Any:
    """Add the options of commands that read settings."""
    options = (
        click.option(
            "--config",
            "config_file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="The configuration file (default: portal.yaml when there is one).",
        ),
        click.option("--data-dir", help="Folder for database, mirrors and index."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _config(config_file: Path | None, data_dir: str | None, **overrides: Any) -> Config:
    keep_private()
    config = load_config(config_file, data_dir=data_dir, **overrides)
    is_verbose = click.get_current_context().find_root().params.get("verbose")
    level = "debug" if is_verbose else config.log_level
    log_to_stderr(LEVELS[level], config.log_format)
    return config


@click.group(epilog=_EPILOG)
@click.version_option(portal.__version__, prog_name="portal")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens in detail.")
def main(verbose: bool) -> None:
    """Serve an engineering glossary as a Backstage-compatible developer portal."""
    log_to_stderr(logging.DEBUG if verbose else logging.INFO)


@main.command()
@_settings
@click.option("--host", help=f"Address to listen on (default {_DEFAULTS.host}).")
@click.option("--port", type=int, help=f"Port to listen on (default {_DEFAULTS.port}).")
@click.option("--no-jobs", is_flag=True, help="Serve only; a 'portal worker' runs elsewhere.")
def serve(
    config_file: Path | None,
    data_dir: str | None,
    host: str | None,
    port: int | None,
    no_jobs: bool,
) -> None:
    """Serve the portal, and keep the catalog in sync in a worker process."""
    with _errors():
        config = _config(config_file, data_dir, host=host, port=port)
        config.check_exposure()
        read_again = partial(_config, config_file, data_dir, host=host, port=port)
        serve_app(config, config_file, not no_jobs, create_app, read_again, main)


@main.command()
@_settings
def reload(config_file: Path | None, data_dir: str | None) -> None:
    """Make a running 'portal serve' read sources, policy and all settings again."""
    with _errors():
        config = _config(config_file, data_dir)
        config.check_exposure()
        process = reload_running(config)
        click.echo(f"process {process} reads the settings again; its log says more")


@main.command()
@_settings
@click.option("--follow-input", is_flag=True, hidden=True, help="End with standard input.")
@click.option("--sync", is_flag=True, hidden=True, help="Read sources, and nothing else.")
@click.option("--tasks", is_flag=True, hidden=True, help="Run tasks, and nothing else.")
@click.option("--alive-file", type=int, hidden=True, help="Where signs of life are written.")
@click.option("--host", hidden=True, help="Address the portal listens on.")
@click.option("--port", type=int, hidden=True, help="Port the portal listens on.")
def worker(
    config_file: Path | None,
    data_dir: str | None,
    follow_input: bool,
    sync: bool,
    tasks: bool,
    alive_file: int | None,
    host: str | None,
    port: int | None,
) -> None:
    """Keep the catalog in sync and run tasks, for portals that serve with --no-jobs."""
    with _errors():
        config = _config(config_file, data_dir, host=host, port=port)
        if alive_file is not None:
            tell_alive(alive_file)
        instruments.start()
        spans.use(config.tracing)
        private_folder(config.data_dir)  # web nodes may do without one, workers may not
        services = Services(config, patience=WORKER_PATIENCE, database_wait=START_PATIENCE)
        with services.pulse.beating(Role.TASKS if tasks else Role.WORKER):
            if tasks:
                services.task_role.run(follow_input)
            else:
                beside = None if sync else task_process(config, config_file)
                services.worker.run_forever(follow_input, beside)
        services.audit.flush()  # a forked process ends without what is registered for the exit
        spans.stop()
        if services.pulse.is_orphaned:
            sys.exit(1)  # what restarts failed processes has to start this one


@main.command()
@_settings
@click.argument("sources", nargs=-1)
@click.option("--confirm", default="", metavar="COMMIT", help="Accept this held commit.")
def sync(
    config_file: Path | None, data_dir: str | None, sources: tuple[str, ...], confirm: str
) -> None:
    """Read the sources (all, or the named ones) once and report what changed."""
    with _errors():
        config = _config(config_file, data_dir)
        source_sync = Services(config, patience=WORKER_PATIENCE).source_sync
        failed = False
        for report in source_sync.sync(sources, confirm, reports.progress):
            reports.print_report(report)
            failed |= report.outcome.needs_attention
    sys.exit(1 if failed else 0)


@main.command("check")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(sorted(reports.CHECK_FORMATS)),
    default="text",
    help="How to print what is wrong.",
)
def check_command(paths: tuple[Path, ...], form: str) -> None:
    """Validate descriptors before they are committed, with the server's own rules.

    PATHS are folders or descriptor files (default: this folder); they may refer to
    all files of their repository. Exit code 1 means there are errors, 2 that no
    descriptor was found.
    """
    with _errors():
        paths = paths or (Path(),)
        folder = _root_of(paths[0])
        tree = WorkingTree(folder)
        targets = tuple(t for path in paths for t in _targets(path.resolve(), folder))
        for target in missing_targets(tree, targets):
            click.secho(f"portal: {target} is not below this folder", fg="red", err=True)
            sys.exit(2)
        found = check(tree, targets, _check_together, check_judgments)
        if not (found.files or found.items):
            named = ", ".join(str(path) for path in paths)
            message = f"portal: there is no descriptor in {named}: {_EXPECTED}"
            click.secho(message, fg="red", err=True)
            sys.exit(2)
        click.echo(reports.CHECK_FORMATS[form](found))
    sys.exit(1 if found.errors else 0)


def _check_together(entities: Iterable[Entity]) -> Iterator[StatusItem]:
    known = list(entities)
    yield from check_glossary(known)
    yield from check_rules(known)
    yield from check_checks(known)


def _root_of(path: Path) -> Path:
    """Return the root of the repository a path is in, else the folder itself."""
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    roots = (parent for parent in (folder, *folder.parents) if (parent / ".git").exists())
    return next(roots, folder)


def _targets(path: Path, root: Path) -> list[str]:
    """Return a path as targets: none for the root, a glob for a folder, a file itself."""
    if path == root:
        return []
    if not path.is_relative_to(root):
        return [str(path)]
    inner = path.relative_to(root).as_posix()
    return [f"{inner}/**/catalog-info.y*ml"] if path.is_dir() else [inner]


@main.command()
@_settings
@click.argument("term")
@click.option("--limit", default=10, show_default=True, help="How many results to print.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def search(
    config_file: Path | None, data_dir: str | None, term: str, limit: int, as_json: bool
) -> None:
    """Find what TERM means, in Korean or English."""
    with _errors():
        services = Services(_config(config_file, data_dir))
        found = services.search_engine.search(SearchQuery(term[:100], limit=limit))
        click.echo(reports.search_json(found) if as_json else reports.search_text(found))
    sys.exit(0 if found.total else 1)


@main.command()
@_settings
@click.argument("name")
@click.option(
    "--lang",
    type=click.Choice(("ko", "en")),
    default="ko",
    show_default=True,
    help="The language to print it in.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def concept(
    config_file: Path | None, data_dir: str | None, name: str, lang: str, as_json: bool
) -> None:
    """Print one concept of the glossary."""
    with _errors():
        services = Services(_config(config_file, data_dir))
        view = services.glossary.concept(name, [lang])
        click.echo(reports.concept_json(view) if as_json else reports.concept_text(view))


@main.command()
@_settings
def openapi(config_file: Path | None, data_dir: str | None) -> None:
    """Print the OpenAPI document of the REST API."""
    with _errors():
        app = create_app(Services(_config(config_file, data_dir)))
        document = app.extensions["portal_api"].document()
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))


@main.command()
@_settings
def doctor(config_file: Path | None, data_dir: str | None) -> None:
    """Check configuration, sources, database and index, and say how to fix what is wrong."""
    with _errors():
        findings = list(examine(checks_of(Services(_config(config_file, data_dir)))))
        click.echo(reports.doctor_text(findings))
    sys.exit(0 if all(finding.is_good for finding in findings) else 1)


main.add_command(evidence)


@main.command()
@_settings
@click.option("--actor", default="", help="Ref of a user, or name of a program.")
@click.option("--action", default="", help="An action, or the beginning of some: 'catalog.'.")
@click.option("--outcome", default="", help="done, refused or failed.")
@click.option("--resource", default="", help="What it was done to.")
@click.option("--since", default="", help="A time: 2026-11-30T12:00:00Z.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def audit(config_file: Path | None, data_dir: str | None, since: str, **filters: Any) -> None:
    """Print who did what, the newest first, as lines of JSON."""
    with _errors():
        query = AuditQuery(since=microseconds("since", since), **filters)
        for event in Services(_config(config_file, data_dir)).audit.find(query):
            click.echo(line_of(event))


for each in backup_commands(_settings, _config, _errors):
    main.add_command(each)
main.add_command(new)
template.add_command(update_command)
template.add_command(diff_command)
main.add_command(template)
main.add_command(token_group(_settings, _config, _errors))
main.add_command(coverage_command(_settings, _config, _errors))


if __name__ == "__main__":
    main()
