"""``workspace:*``: render templates that an earlier step put into the workspace."""

from __future__ import annotations

from portal.kernel.errors import InputError
from portal.scaffolder.actions.templating import COOKIECUTTER
from portal.scaffolder.actions.templating import EXTENSION
from portal.scaffolder.actions.templating import PATTERNS
from portal.scaffolder.actions.templating import REPLACE
from portal.scaffolder.actions.templating import VALUES
from portal.scaffolder.actions.templating import options_of
from portal.scaffolder.actions.templating import render_file
from portal.scaffolder.actions.templating import render_folder
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import text
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import below
from portal.scaffolder.workspace.tree import inside


def _template(context: ActionContext) -> ActionResult:
    source, target = inside(context.input["sourcePath"]), inside(context.input["targetPath"])
    if target == source or not source or target.startswith(f"{source}/"):
        raise InputError("targetPath must not be within template path")
    return render_folder(context, lambda: _folder(context, source), options_of(context.input))


def _folder(context: ActionContext, path: str) -> Tree:
    found = below(context.tree, path)
    if not found:
        raise ActionError(f"ENOENT: no such file or directory, '{path}'")
    return found


def _template_file(context: ActionContext) -> ActionResult:
    return render_file(context, lambda: _file(context, inside(context.input["sourcePath"])))


def _file(context: ActionContext, path: str) -> File:
    if path not in context.tree:
        raise ActionError(f"ENOENT: no such file or directory, '{path}'")
    return context.tree[path]


WORKSPACE = (
    Action(
        "workspace:template",
        "Renders a folder of the workspace into another one.",
        _template,
        an_object(
            ("sourcePath", "targetPath", "copyWithoutTemplating"),
            sourcePath=text("The folder of the workspace that holds the templates"),
            targetPath=text("Where in the workspace the result goes; not inside sourcePath"),
            values=VALUES,
            copyWithoutTemplating=PATTERNS,
            cookiecutterCompat=COOKIECUTTER,
            templateFileExtension=EXTENSION,
            replace=REPLACE,
        ),
    ),
    Action(
        "workspace:template:file",
        "Renders one file of the workspace into another one.",
        _template_file,
        an_object(
            ("sourcePath", "targetPath"),
            sourcePath=text("The template's path in the workspace"),
            targetPath=text("Where in the workspace the result goes"),
            values=VALUES,
            cookiecutterCompat=COOKIECUTTER,
            replace=REPLACE,
        ),
    ),
)
