"""The commands ``portal template …``: arguments, and one call each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from portal.authoring.folder import read_folder
from portal.authoring.offline import render
from portal.authoring.proof.options import ProofOptions
from portal.authoring.proof.proof import prove
from portal.authoring.terminal import texts
from portal.authoring.terminal.interview import Given
from portal.authoring.terminal.interview import settled
from portal.kernel.errors import PortalError
from portal.kernel.files import write_files
from portal.scaffolder.workspace.tree import Tree

_FOLDER = click.Path(exists=True, path_type=Path)


@contextmanager
def errors() -> Iterator[None]:
    """Print a ``PortalError`` to stderr and end the process.

    Raises:
        SystemExit: With code 2, after a ``PortalError``.
    """
    try:
        yield
    except PortalError as error:
        for line in texts.error_lines(error.message):
            click.echo(line, err=True)
        raise SystemExit(2) from None


def values_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options ``--values`` and ``-p`` for the answers to a form."""
    options = (
        click.option(
            "--values",
            "values_file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A YAML or JSON file of parameters, such as a case of a template.",
        ),
        click.option(
            "-p", "options", multiple=True, metavar="KEY=VALUE", help="A parameter; repeatable."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def template() -> None:
    """Work on templates without a portal.

    The rules and the runner are those of the server; nothing is published or
    registered.
    """


@template.command("render")
@click.argument("folder", type=_FOLDER, metavar="DIR")
@values_options
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Where the files go; a folder that is empty or not there.",
)
@click.option("--force", is_flag=True, help="Write into a folder that has files, over them.")
def render_command(
    folder: Path, values_file: Path | None, options: tuple[str, ...], out: Path, force: bool
) -> None:
    """Render the template in DIR into a folder, as a dry run does.

    Parameters that are not given have their defaults. Steps that publish or
    register are left out, and listed.
    """
    with errors():
        template = read_folder(folder)
        values = settled(template.spec.pages, Given(values_file, options))
        rendering = render(template, values, {})
        write_tree(out, rendering.tree, force=force)
        for line in texts.left_out_lines(template.spec, rendering):
            click.echo(line)
        click.echo(f"{len(rendering.tree)} files in {out}")


@template.command("test")
@click.argument("folders", nargs=-1, required=True, type=_FOLDER, metavar="DIR...")
@click.option("--update", is_flag=True, help="Write the golden files anew, and tell what changed.")
@click.option("--run", "run", is_flag=True, help="Run each project's own tests, in a fresh copy.")
@click.option(
    "--time-limit",
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    help="Time limit for the tests of one project.",
)
@click.option("--case", "cases", multiple=True, metavar="NAME", help="Only this case; repeatable.")
@click.option(
    "--since",
    metavar="REF",
    help="Update the projects of this commit, tag or branch as well, by a trial merge.",
)
def test_command(
    folders: tuple[Path, ...],
    update: bool,
    run: bool,
    time_limit: float,
    cases: tuple[str, ...],
    since: str | None,
) -> None:
    """Check the templates in DIR by the rules, and their cases by their golden files.

    A case is a file DIR/cases/NAME.yaml with 'values'. With --since, every case of that release
    is made as it was then, and updated as a project is. Exit code 1 means that a check failed.
    """
    options = ProofOptions(update, run, time_limit, frozenset(cases), since)
    proofs = []
    for folder in folders:
        with errors():
            proofs.append(prove(folder, options, lambda line: click.echo(line, err=True)))
        for line in texts.proof_lines(proofs[-1]):
            click.echo(line)
    click.echo(texts.proof_table(proofs))
    if since is not None:
        click.echo(f"\n{texts.update_table(proofs, since)}")
    sys.exit(0 if all(proof.is_good for proof in proofs) else 1)


def write_tree(out: Path, tree: Tree, *, force: bool) -> None:
    """Write a tree into a folder.

    Raises:
        InputError: When the folder is not empty, or a path cannot be written safely.
    """
    files = {path: (file.data, file.is_executable) for path, file in tree.items()}
    write_files(out, files, force=force)
