"""``fetch:*``: files of the template's own repository, rendered or as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.kernel.errors import InputError
from portal.scaffolder.action import Action
from portal.scaffolder.action import ActionContext
from portal.scaffolder.action import ActionError
from portal.scaffolder.action import ActionResult
from portal.scaffolder.action import a_list
from portal.scaffolder.action import an_object
from portal.scaffolder.action import flag
from portal.scaffolder.action import text
from portal.scaffolder.skeleton import Skeleton
from portal.scaffolder.skeleton import SkeletonOptions
from portal.scaffolder.tree import File
from portal.scaffolder.tree import folders
from portal.scaffolder.tree import inside

_INCOMPATIBLE = (
    "Fetch action input extension incompatible with copyWithoutTemplating and cookiecutterCompat"
)


def _fetch_plain(context: ActionContext) -> ActionResult:
    context.say("Fetching plain content from remote URL")
    target = inside(context.input.get("targetPath") or "./")
    fetched = context.files.folder(context.input["url"])
    placed = {_joined(target, path): file for path, file in fetched.items()}
    return ActionResult({**context.tree, **placed})


def _fetch_plain_file(context: ActionContext) -> ActionResult:
    context.say("Fetching plain content from remote URL")
    target = inside(context.input["targetPath"])
    file = context.files.file(context.input["url"])
    folder = target.rpartition("/")[0]
    if folder and folder not in folders(context.tree):
        source = inside(context.input["url"])
        raise ActionError(
            f"ENOENT: no such file or directory, copyfile '{source}' -> '{_shown(context, target)}'"
        )
    return ActionResult({**context.tree, target: File(file.data)})


def _fetch_template(context: ActionContext) -> ActionResult:
    given = context.input
    context.say("Fetching template content from remote URL")
    target = inside(given.get("targetPath") or "./")
    options = _options(given)
    files = context.files.folder(given["url"])
    skeleton = Skeleton(files, options, given.get("values") or {}, context.budget)
    context.say("Listing files and directories in template")
    count = len(skeleton.names)
    message = f"Processing {count} template files/directories with input values"
    context.log(message, given.get("values") or None)
    for name in skeleton.verbatim:
        context.say(f"Copying file/directory {name} without processing.")
    made = list(skeleton.files(lambda path: _joined(target, path) in context.tree))
    for folder in skeleton.rendered_folders():
        context.say(f"Writing directory {folder}/ to template output path.")
    for one in made:
        mode = one.file.mode
        context.say(f"Writing file {one.source} to template output path with mode {mode}.")
    context.say(f"Template result written to {_shown(context, target)}")
    placed = {_joined(target, one.path): one.file for one in made}
    return ActionResult({**context.tree, **placed})


def _fetch_template_file(context: ActionContext) -> ActionResult:
    given = context.input
    target = inside(given["targetPath"])
    if target in context.tree and not given.get("replace"):
        name = given["targetPath"]
        context.say(f"File {name} already exists in workspace, not replacing.")
        return ActionResult(context.tree)
    context.say("Fetching template file content from remote URL")
    source = context.files.file(given["url"])
    values = given.get("values") or {}
    context.log("Processing template file with input values", values or None)
    skeleton = Skeleton({}, _options(given), values, context.budget)
    rendered = skeleton.content(File(source.data))
    context.say(f"Template file has been written to {_shown(context, target)}")
    return ActionResult({**context.tree, target: rendered})


def _options(given: Mapping[str, Any]) -> SkeletonOptions:
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


def _joined(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def _shown(context: ActionContext, path: str) -> str:
    return _joined(context.task.id, path) if path else context.task.id


_URL = text("A folder of the template's repository, relative to the template")
_FILE = text("A file of the template's repository, relative to the template")
_TARGET = text("Where in the workspace the result goes; its root when not given")
_TARGET_FILE = text("Where in the workspace the file goes")
_TOKEN = text("A token for the forge; not needed for the template's own repository")
_VALUES = {
    "type": "object",
    "additionalProperties": {},
    "description": "What the templates see as values",
}
_RENDERING = {
    "cookiecutterCompat": flag("Whether the templates were written for cookiecutter"),
    "replace": flag("Whether files that are there already are written again"),
    "trimBlocks": flag("Whether a newline right after a statement is dropped"),
    "lstripBlocks": flag("Whether blanks before a statement that starts a line are dropped"),
    "token": _TOKEN,
}
_PATTERNS = a_list({"type": "string"}, "Patterns of files whose content is copied as it is")
_OLD_PATTERNS = a_list({"type": "string"}, "Taken for compatibility; it changes nothing")

FETCH = (
    Action(
        "fetch:plain",
        "Copies a folder of the template's repository into the workspace.",
        _fetch_plain,
        an_object(("url",), url=_URL, targetPath=_TARGET, token=_TOKEN),
    ),
    Action(
        "fetch:plain:file",
        "Copies one file of the template's repository into the workspace.",
        _fetch_plain_file,
        an_object(("url", "targetPath"), url=_FILE, targetPath=_TARGET_FILE, token=_TOKEN),
    ),
    Action(
        "fetch:template",
        "Renders a folder of templates, names and contents, into the workspace.",
        _fetch_template,
        an_object(
            ("url",),
            url=_URL,
            targetPath=_TARGET,
            values=_VALUES,
            copyWithoutRender=_OLD_PATTERNS,
            copyWithoutTemplating=_PATTERNS,
            templateFileExtension={
                "type": ["string", "boolean"],
                "description": "Render only files with this extension, and drop it; true is .njk",
            },
            **_RENDERING,
        ),
    ),
    Action(
        "fetch:template:file",
        "Renders one template into the workspace.",
        _fetch_template_file,
        an_object(
            ("url", "targetPath"), url=_FILE, targetPath=_TARGET_FILE, values=_VALUES, **_RENDERING
        ),
    ),
)
