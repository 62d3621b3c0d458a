"""The commands ``portal template update`` and ``portal template diff``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

import click

from portal.authoring.commands import errors
from portal.authoring.differences import tree_diff
from portal.authoring.folder import TemplateFolder
from portal.authoring.folder import read_folder
from portal.authoring.new_command import DEFAULT_URL
from portal.authoring.offline import render
from portal.authoring.proof.cases import case_files
from portal.authoring.proof.cases import read_case
from portal.authoring.terminal.remote import PortalClient
from portal.config.loading import read_setting
from portal.kernel.errors import InputError
from portal.kernel.json_text import Json
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.reports import plain

_FOLDER = click.Path(exists=True, path_type=Path)
#: The same run for both templates, so that its id makes no difference.
_TASK = "diff"


@click.command("update")
@click.argument("project")
@click.option("--preview", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--patch", is_flag=True, help="Print the change as a patch, for 'git apply'.")
@click.option(
    "-p", "options", multiple=True, metavar="KEY=VALUE", help="An answer to a new question."
)
@click.option("--url", default=DEFAULT_URL, show_default=True, help="The portal.")
def update_command(
    project: str, preview: bool, patch: bool, options: tuple[str, ...], url: str
) -> None:
    """Bring PROJECT to the newest version of its template, by a pull request.

    PROJECT is the name, or the ref, of a component in the catalog of a running portal. Exit
    code 1 means that questions of the template have no answer, or that there are conflicts.
    """
    with errors():
        ref = _project(project)
        client = PortalClient(url, read_setting("service_token"))
        body = {"preview": preview or patch, "patch": patch, "answers": dict(_answers(options))}
        plan = client.update(ref, body)
    if patch:
        click.echo(plan.get("patch", ""), nl=False)
    for line in update_lines(plan):
        click.echo(plain(line), err=patch)
    sys.exit(1 if plan["state"] in {"questions", "conflicts"} else 0)


def _project(name: str) -> EntityRef:
    """Return the ref of a project.

    Raises:
        InputError: When it is none.
    """
    try:
        return parse_ref(name, "component", "default")
    except ValueError as error:
        raise InputError(f"'{name}' is no name of a project: {error}") from None


def _answers(options: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
    """Yield the answers: JSON where the value is some, else a text.

    Raises:
        InputError: When an option is not KEY=VALUE.
    """
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or not name:
            raise InputError(f"-p '{option}' must be KEY=VALUE")
        try:
            yield name, json.loads(value)
        except ValueError:
            yield name, value


def update_lines(plan: Mapping[str, Json]) -> Iterator[str]:
    """Yield the lines that tell an update."""
    names = [plan[side].get("version") or plan[side]["commit"][:12] for side in ("from", "to")]
    yield f"{plan['project']}: {plan['template']}, from {names[0]} to {names[1]}: {plan['state']}"
    for change in plan["files"]:
        before = f" (was {change['before']})" if change.get("before") else ""
        yield f"  {change['change']:8} {change['path']}{before}"
    for conflict in plan["conflicts"]:
        yield f"  conflict {conflict['kind']}: {', '.join(conflict['paths'])}"
    for path in plan["leftAlone"]["once"]:
        yield f"  left     {path} (the template makes it once)"
    for question in plan["questions"]:
        default = f", default {json.dumps(question['default'])}" if "default" in question else ""
        needed = " needs an answer: -p" if question["required"] and not default else " is new: -p"
        yield f"  question {question['name']}{needed} {question['name']}=…{default}"
    for error in plan["errors"]:
        yield f"  error    {error.get('stack', '')}"
    if plan.get("request"):
        yield f"  request  {plan['request']['url']}"
    for note in plan["notes"]:
        yield f"  note     {note}"


@click.command("diff")
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@click.option("--case", "cases", multiple=True, metavar="NAME", help="Only this case; repeatable.")
def diff_command(old: Path, new: Path, cases: tuple[str, ...]) -> None:
    """Show what an update from template OLD to template NEW does to an untouched project.

    Both are folders, such as two worktrees of one repository. Every case of NEW is rendered by
    both. Exit code 1 means that there are differences.
    """
    with errors():
        before, after = read_folder(old), read_folder(new)
        found = [line for case in _cases(after, cases) for line in _case_lines(before, after, case)]
    for line in found:
        click.echo(plain(line))
    sys.exit(1 if found else 0)


def _cases(template_folder: TemplateFolder, names: tuple[str, ...]) -> list[Path]:
    found = case_files(template_folder)
    return [path for path in found if not names or path.stem in names]


def _case_lines(before: TemplateFolder, after: TemplateFolder, path: Path) -> Iterator[str]:
    case = read_case(after, path)
    trees = [render(one, case.values, case.secrets, _TASK).tree for one in (before, after)]
    lines = list(tree_diff(trees[0], trees[1]))
    if lines:
        yield f"# case {case.name}"
        yield from lines
