"""What every action does that renders templates into the workspace."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from portal.kernel.errors import InputError
from portal.scaffolder.action import ActionContext
from portal.scaffolder.action import ActionResult
from portal.scaffolder.action import a_list
from portal.scaffolder.action import flag
from portal.scaffolder.extensions import extensions_of
from portal.scaffolder.skeleton import Skeleton
from portal.scaffolder.skeleton import SkeletonOptions
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree
from portal.scaffolder.tree import inside

_INCOMPATIBLE = (
    "Fetch action input extension incompatible with copyWithoutTemplating and cookiecutterCompat"
)

#: Members of the input of every action that renders.
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
    """Render a folder of templates, names and contents, into the workspace.

    Args:
        context: The step; ``targetPath`` of its input says where to.
        read: Returns the templates.
        options: How they are rendered.
    """
    target = inside(context.input.get("targetPath") or "./")
    skeleton = _skeleton(context, read(), options)
    context.say("Listing files and directories in template")
    count = len(skeleton.names)
    message = f"Processing {count} template files/directories with input values"
    context.log(message, context.input.get("values") or None)
    for name in skeleton.verbatim:
        context.say(f"Copying file/directory {name} without processing.")
    made = list(skeleton.files(lambda path: joined(target, path) in context.tree))
    for folder in skeleton.rendered_folders():
        context.say(f"Writing directory {folder}/ to template output path.")
    for one in made:
        mode = one.file.mode
        context.say(f"Writing file {one.source} to template output path with mode {mode}.")
    context.say(f"Template result written to {shown(context, target)}")
    placed = {joined(target, one.path): one.file for one in made}
    return ActionResult({**context.tree, **placed})


def render_file(context: ActionContext, read: Callable[[], File]) -> ActionResult:
    """Render one template into the workspace; ``read`` returns it when it is needed."""
    given = context.input
    target = inside(given["targetPath"])
    if target in context.tree and not given.get("replace"):
        name = given["targetPath"]
        context.say(f"File {name} already exists in workspace, not replacing.")
        return ActionResult(context.tree)
    source = read()
    context.log("Processing template file with input values", given.get("values") or None)
    skeleton = _skeleton(context, {}, options_of(given))
    rendered = skeleton.content(File(source.data))
    context.say(f"Template file has been written to {shown(context, target)}")
    return ActionResult({**context.tree, target: rendered})


def _skeleton(context: ActionContext, files: Tree, options: SkeletonOptions) -> Skeleton:
    values = context.input.get("values") or {}
    extensions = extensions_of(context.outside.config)
    return Skeleton(files, options, values, context.budget, extensions)


def options_of(given: Mapping[str, Any]) -> SkeletonOptions:
    """Return how an input wants its templates rendered.

    Raises:
        InputError: When its options contradict each other.
    """
    extension = given.get("templateFileExtension")
    verbatim = tuple(given.get("copyWithoutTemplating") or ())
    cookiecutter = bool(given.get("cookiecutterCompat"))
    if extension and ("copyWithoutTemplating" in given or cookiecutter):
        raise InputError(_INCOMPATIBLE)
    return SkeletonOptions(
        verbatim,
        _extension(extension),
        bool(given.get("replace")),
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
    """Return a path inside a folder; the folder may be the workspace itself."""
    return f"{folder}/{path}" if folder else path


def shown(context: ActionContext, path: str) -> str:
    """Return a path of the workspace as the log has it: below the task's id."""
    return joined(context.task.id, path) if path else context.task.id
