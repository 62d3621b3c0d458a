"""The command ``portal new``: makes a project from a template."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

import click

from portal.authoring.commands import errors
from portal.authoring.commands import values_options
from portal.authoring.commands import write_tree
from portal.authoring.folder import DESCRIPTORS
from portal.authoring.folder import read_folder
from portal.authoring.offline import render
from portal.authoring.terminal import texts
from portal.authoring.terminal.interview import Answers
from portal.authoring.terminal.interview import Given
from portal.authoring.terminal.interview import collect
from portal.authoring.terminal.remote import PortalClient
from portal.authoring.terminal.watch import Watch
from portal.config.loading import read_setting
from portal.config.settings import Config
from portal.kernel.errors import InputError
from portal.kernel.files import check_folder
from portal.kernel.json_text import Json
from portal.model.refs import parse_ref
from portal.reports import plain
from portal.scaffolder.forms.parameters import check_secrets
from portal.scaffolder.forms.secrets_page import asked_pages
from portal.scaffolder.forms.secrets_page import secrets_page
from portal.scaffolder.forms.secrets_page import without_secrets
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.publishing.provenance import with_provenance

DEFAULT_URL = Config().public_url
#: Parameters that may have the project's name, the likeliest first.
_NAMES = ("name", "component_id", "componentId", "repoName", "projectName", "serviceName")


@dataclass(frozen=True, slots=True)
class Place:
    """The target of a project.

    Attributes:
        folder: The folder; ``None`` for one named like the project.
        force: Whether the folder may have files in it.
        dry_run: Whether the files are listed and not written.
    """

    folder: Path | None
    force: bool
    dry_run: bool

    def named(self, values: Mapping[str, Json], template: str) -> Path:
        """Return the folder for a project with these values.

        Raises:
            InputError: When no folder was given, and the project's name is no file name.
        """
        if self.folder is not None:
            return self.folder
        given = (values.get(name) for name in _NAMES)
        name = next((text for text in given if isinstance(text, str) and text), template)
        if name in {".", ".."} or not name.isprintable() or set(name) & set("/\\"):
            raise InputError(f"'{name}' cannot be the name of a folder: name one as FOLDER")
        return Path(name)


@click.command("new")
@click.argument("template")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--url", help=f"The portal that has the template (default {DEFAULT_URL}).")
@values_options
@click.option(
    "--secret-from-env",
    "secrets",
    multiple=True,
    metavar="NAME=VARIABLE",
    help="A secret that is in an environment variable; repeatable.",
)
@click.option("--yes", is_flag=True, help="Take defaults, and ask only for what has none.")
@click.option("--dry-run", is_flag=True, help="Show what would be made, and make nothing.")
@click.option("--force", is_flag=True, help="Write into a folder that has files, over them.")
def new(
    template: str,
    folder: Path | None,
    url: str | None,
    values_file: Path | None,
    options: tuple[str, ...],
    secrets: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    force: bool,
) -> None:
    """Make a project of TEMPLATE, in FOLDER.

    TEMPLATE is the name of a template of a running portal, or a local folder that
    has one. Its form is filled in here, page by page, the secrets it needs last.
    """
    given, place = Given(values_file, options, yes, secrets), Place(folder, force, dry_run)
    with errors():
        if url is None and _is_folder(template):
            _make_offline(Path(template), given, place)
        elif not _make_at_portal(url or DEFAULT_URL, template, given, place):
            sys.exit(1)


def _is_folder(template: str) -> bool:
    """Return whether the argument is a folder or descriptor, not a template's name."""
    path = Path(template)
    if path.is_dir():
        is_path = template.startswith((".", "/")) or "/" in template
        return is_path or any((path / name).is_file() for name in DESCRIPTORS)
    return path.suffix in {".yaml", ".yml"} and path.is_file()


def _make_offline(path: Path, given: Given, place: Place) -> None:
    template = read_folder(path)
    answers = collect(asked_pages(template.spec), given)
    check_secrets(template.spec, answers.secrets)
    answers = _without_secrets(template.spec, answers)
    rendering = render(template, answers.values, answers.secrets)
    _say(texts.left_out_lines(template.spec, rendering))
    tree = with_provenance(rendering.tree, rendering.task)
    if place.dry_run:
        _say(texts.tree_lines(tree))
        return
    folder = place.named(answers.values, template.name)
    write_tree(folder, tree, force=place.force)
    click.echo(f"{len(tree)} files in {folder}")
    _say(texts.output_lines(rendering.output))


def _make_at_portal(url: str, name: str, given: Given, place: Place) -> bool:
    """Run a template at a portal; return whether it succeeded.

    Raises:
        InputError: When ``name`` is no entity ref, or an answer is invalid.
    """
    try:
        ref = parse_ref(name, "template", "default")
    except ValueError as error:
        raise InputError(f"'{name}' is no folder with a template, and no name: {error}") from None
    client = PortalClient(url, read_setting("service_token"))
    spec = client.template(ref)
    last = secrets_page(spec)
    answers = collect([*client.pages(ref), *([last] if last else [])], given)
    answers = _without_secrets(spec, answers)
    if place.dry_run:
        _say(texts.request_lines(str(ref), answers.values))
        return True
    folder = place.named(answers.values, ref.name)
    check_folder(folder, force=place.force)
    task = client.create(ref, answers.values, answers.secrets)
    watch = _followed(client, task)
    if watch.error:
        click.secho(f"portal: {plain(watch.error)}", fg="red", err=True)
        return False
    if place.folder is not None or not watch.has_published(client.steps(task)):
        tree = client.files(task)
        write_tree(folder, tree, force=place.force)
        click.echo(f"{len(tree)} files in {folder}")
    _say(texts.output_lines(watch.output))
    return True


def _without_secrets(spec: TemplateSpec, answers: Answers) -> Answers:
    """Return answers whose values are the form's: its page of secrets asks for no parameters."""
    return replace(answers, values=without_secrets(spec, answers.values))


def _followed(client: PortalClient, task: str) -> Watch:
    """Print the events of a task until it ends; Ctrl-C cancels it, a second one detaches."""
    watch = Watch(_say)
    try:
        watch.follow(client, task)
    except KeyboardInterrupt:
        client.cancel(task)
        click.echo("cancelled; waiting for the step that runs to end", err=True)
        watch.follow(client, task)
    return watch


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
