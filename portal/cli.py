"""The command line: arguments, one call each, and what a person gets to read."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import portal
from portal import reports
from portal.app import create_app
from portal.app import openapi_document
from portal.authoring.commands import template
from portal.authoring.new_command import new
from portal.catalog.checker import check
from portal.catalog.checker import missing_targets
from portal.catalog.engine import FAILED
from portal.catalog.engine import HELD
from portal.doctor import examine
from portal.glossary.integrity import check_glossary
from portal.kernel.config import Config
from portal.kernel.config import load_config
from portal.kernel.database import WORKER_PATIENCE
from portal.kernel.errors import MissingIndexError
from portal.kernel.errors import PortalError
from portal.scm.worktree import WorkingTree
from portal.search.documents import SearchQuery
from portal.server import serve as serve_app
from portal.task_worker import run_tasks
from portal.wiring import Services
from portal.worker import Worker
from portal.worker import task_process

_EPILOG = "Settings come from portal.yaml and PORTAL_* variables; see docs/operators."


@contextmanager
def _errors() -> Iterator[None]:
    """Turn an error made for people into a message and exit code 2."""
    try:
        yield
    except MissingIndexError:
        click.secho("portal: nothing is indexed yet: run 'portal sync'", fg="red", err=True)
        sys.exit(2)
    except PortalError as error:
        click.secho(f"portal: {error.message}", fg="red", err=True)
        sys.exit(2)


def _settings(command: Any) -> Any:
    """Add the options every command that reads settings has."""
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
    return load_config(config_file, data_dir=data_dir, **overrides)


@click.group(epilog=_EPILOG)
@click.version_option(portal.__version__, prog_name="portal")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens in detail.")
def main(verbose: bool) -> None:
    """Serve an engineering glossary as a Backstage-compatible developer portal."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    for noisy in ("git", "alembic", "waitress.queue"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


@main.command()
@_settings
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default 7007).")
@click.option("--no-jobs", is_flag=True, help="Only answer; a 'portal worker' runs elsewhere.")
def serve(
    config_file: Path | None,
    data_dir: str | None,
    host: str | None,
    port: int | None,
    no_jobs: bool,
) -> None:
    """Answer requests, and keep the catalog in sync beside it."""
    with _errors():
        config = _config(config_file, data_dir, host=host, port=port)
        config.check_exposure()
        serve_app(config, config_file, with_worker=not no_jobs)


@main.command()
@_settings
@click.option("--follow-input", is_flag=True, hidden=True, help="End with standard input.")
@click.option("--tasks", is_flag=True, hidden=True, help="Run tasks, and nothing else.")
@click.option("--host", hidden=True, help="Address the portal listens on.")
@click.option("--port", type=int, hidden=True, help="Port the portal listens on.")
def worker(
    config_file: Path | None,
    data_dir: str | None,
    follow_input: bool,
    tasks: bool,
    host: str | None,
    port: int | None,
) -> None:
    """Keep the catalog in sync and run tasks, for portals that serve with --no-jobs."""
    with _errors():
        config = _config(config_file, data_dir, host=host, port=port)
        services = Services(config, patience=WORKER_PATIENCE)
        if tasks:
            run_tasks(services, follow_input)
        else:
            beside = task_process(services.config, config_file)
            Worker(services).run_forever(follow_input, beside)


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
        background = Worker(Services(config, patience=WORKER_PATIENCE))
        failed = False
        for report in background.sync(sources, confirm, reports.progress):
            reports.print_run(report)
            failed |= report.outcome in {FAILED, HELD}
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
    """Judge descriptors before they are committed, with the server's own rules.

    PATHS are folders or descriptor files (default: this folder); the repository
    they are in is what they may refer to. Exit code 1 means there are errors.
    """
    with _errors():
        paths = paths or (Path(),)
        folder = _root_of(paths[0])
        tree = WorkingTree(folder)
        targets = tuple(t for path in paths for t in _targets(path.resolve(), folder))
        for target in missing_targets(tree, targets):
            click.secho(f"portal: {target} is not below this folder", fg="red", err=True)
            sys.exit(2)
        found = check(tree, targets, check_glossary)
        click.echo(reports.CHECK_FORMATS[form](found))
    sys.exit(1 if found.errors else 0)


def _root_of(path: Path) -> Path:
    """Return the root of the repository a path is in, else the folder itself."""
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    roots = (parent for parent in (folder, *folder.parents) if (parent / ".git").exists())
    return next(roots, folder)


def _targets(path: Path, root: Path) -> list[str]:
    """Return what a path means as targets: nothing for the root, all below a folder."""
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
@click.option("--lang", default="ko", show_default=True, help="ko or en.")
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
        document = openapi_document(app.extensions["portal_api"])
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))


@main.command()
@_settings
def doctor(config_file: Path | None, data_dir: str | None) -> None:
    """Say what is configured, reachable and healthy, and how to mend what is not."""
    with _errors():
        findings = list(examine(Services(_config(config_file, data_dir))))
        click.echo(reports.doctor_text(findings))
    sys.exit(0 if all(finding.is_good for finding in findings) else 1)


main.add_command(new)
main.add_command(template)


if __name__ == "__main__":
    main()
