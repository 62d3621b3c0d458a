"""Rendering of templates into the workspace, shared by ``fetch:*`` and ``workspace:*``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import suppress
from typing import Any

from portal.kernel.errors import InputError
from portal.kernel.errors import PortalError
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.language.extensions import extensions_of
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import a_list
from portal.scaffolder.running.action import flag
from portal.scaffolder.workspace.skeleton import Skeleton
from portal.scaffolder.workspace.skeleton import SkeletonOptions
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Places
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import inside

_INCOMPATIBLE = (
    "Fetch action input extension incompatible with copyWithoutTemplating and cookiecutterCompat"
)

#: Input properties of every action that renders templates.
VALUES = {
    "type": "object",
    "additionalProperties": {},
    "description": "What the templates see as values",
}
COOKIECUTTER = flag("Whether the templates were written for cookiecutter")
REPLACE = flag("Whether files that are there already are written again")
PATTERNS = a_list({"type": "string"}, "Patterns of files whose content is copied as it is")
EXTENSION = {
    "type": ["string", "boolean"],
    "description": "Render only files with this extension, and drop it; true is .njk",
}


def render_folder(
    context: ActionContext, read: Callable[[], Tree], options: SkeletonOptions
) -> ActionResult:
    """Render a folder of templates, paths and contents, into the workspace.

    Args:
        context: The step; ``targetPath`` of its input is the destination.
        read: Returns the templates; called once, after the input was checked.
        options: How they are rendered.
    """
    target = inside(context.input.get("targetPath") or "./")
    files = read()
    skeleton = _skeleton(context, files, options)
    context.log("Listing files and directories in template")
    count = len(skeleton.names)
    message = f"Processing {count} template files/directories with input values"
    context.log(message, context.input.get("values") or None)
    places = Places(context.tree, replace=bool(context.input.get("replace")))
    with _secrets_hidden(context, files, options):
        made_folders = skeleton.rendered_folders(
            lambda path: places.takes_folder(joined(target, path))
        )
        made = list(skeleton.files(lambda path: places.takes_file(joined(target, path))))
    sources = {*(f"{folder}/" for folder in made_folders), *(one.source for one in made)}
    for name in skeleton.verbatim:
        if name in sources:
            context.log(f"Copying file/directory {name} without processing.")
    for folder in made_folders:
        context.log(f"Writing directory {folder}/ to template output path.")
    for one in made:
        mode = one.file.mode
        if one.reason:
            context.warn(copied_as_it_is(one.source, one.reason))
        context.log(f"Writing file {one.source} to template output path with mode {mode}.")
    context.log(f"Template result written to {shown(context, target)}")
    placed = {joined(target, one.path): one.file for one in made}
    return ActionResult({**context.tree, **placed})


def render_file(context: ActionContext, read: Callable[[], File]) -> ActionResult:
    """Render one template into the workspace; ``read`` is called if it is needed."""
    given = context.input
    target = inside(given["targetPath"])
    if not Places(context.tree, replace=bool(given.get("replace"))).takes_file(target):
        name = given["targetPath"]
        context.log(f"File {name} already exists in workspace, not replacing.")
        return ActionResult(context.tree)
    source = read()
    context.log("Processing template file with input values", given.get("values") or None)
    options = options_of(given)
    name, file = given.get("url") or given["sourcePath"], File(source.data)
    with _secrets_hidden(context, {"template": file}, options):
        rendered, reason = _skeleton(context, {}, options).content(name, file)
    if reason:
        context.warn(copied_as_it_is(name, reason))
    context.log(f"Template file has been written to {shown(context, target)}")
    return ActionResult({**context.tree, target: rendered})


def copied_as_it_is(name: str, reason: str) -> str:
    """Return the log line of a file that was to be rendered and is not."""
    return f"Copying file {name} as it is, not rendered: {reason}"


@contextmanager
def _secrets_hidden(
    context: ActionContext, files: Tree, options: SkeletonOptions
) -> Iterator[None]:
    """Have the redactor learn what a skeleton that is rendered makes of secrets.

    As in inputs of steps, these are the texts that come out otherwise when masks stand for
    the secrets.
    """
    values = context.input.get("values") or {}
    masks = context.redactor.shown_value(values)
    if masks == values:
        yield
        return
    context.budget.made = made = set[str]()
    try:
        yield
    finally:
        context.budget.made = None
        of_masks = Budget(made=set())
        other = _skeleton(context, files, options, masks, of_masks)
        with suppress(PortalError):
            other.rendered_folders(lambda _path: True)
            list(other.files(lambda _path: True))
        context.redactor.hide(*made.difference(of_masks.made or ()))


def _skeleton(
    context: ActionContext,
    files: Tree,
    options: SkeletonOptions,
    values: Mapping[str, Any] | None = None,
    budget: Budget | None = None,
) -> Skeleton:
    """Return a skeleton, with the values and the budget of the step unless others are given."""
    values = (context.input.get("values") or {}) if values is None else values
    extensions = extensions_of(context.environment.integrations, context.environment.portal_url)
    return Skeleton(files, options, values, budget or context.budget, extensions)


def options_of(given: Mapping[str, Any]) -> SkeletonOptions:
    """Return the skeleton options of an action's input.

    Raises:
        InputError: When options contradict each other.
    """
    extension = given.get("templateFileExtension")
    verbatim = tuple(given.get("copyWithoutTemplating") or ())
    cookiecutter = bool(given.get("cookiecutterCompat"))
    if extension and ("copyWithoutTemplating" in given or cookiecutter):
        raise InputError(_INCOMPATIBLE)
    return SkeletonOptions(
        verbatim,
        _extension(extension),
        cookiecutter,
        bool(given.get("trimBlocks")),
        bool(given.get("lstripBlocks")),
    )


def _extension(given: object) -> str:
    if not given:
        return ""
    name = ".njk" if given is True else str(given)
    return name if name.startswith(".") else f".{name}"


def joined(folder: str, path: str) -> str:
    """Return ``folder/path``; ``folder`` may be empty, the workspace's root."""
    return f"{folder}/{path}" if folder else path


def shown(context: ActionContext, path: str) -> str:
    """Return a workspace path for the log: ``<task id>/<path>``."""
    return joined(context.task.id, path) if path else context.task.id
