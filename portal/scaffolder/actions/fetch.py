"""``fetch:*``: files of the template's own repository, rendered or as they are."""

from __future__ import annotations

from portal.scaffolder.actions.templating import COOKIECUTTER
from portal.scaffolder.actions.templating import EXTENSION
from portal.scaffolder.actions.templating import PATTERNS
from portal.scaffolder.actions.templating import REPLACE
from portal.scaffolder.actions.templating import VALUES
from portal.scaffolder.actions.templating import joined
from portal.scaffolder.actions.templating import options_of
from portal.scaffolder.actions.templating import render_file
from portal.scaffolder.actions.templating import render_folder
from portal.scaffolder.actions.templating import shown
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import NotAFolderError
from portal.scaffolder.running.action import a_list
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import text
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import folders
from portal.scaffolder.workspace.tree import inside
from portal.scm.snapshot import is_pointer


def _address(context: ActionContext) -> str:
    """Return the address to read; log that an input ``token`` has no effect."""
    address: str = context.input["url"]
    if context.input.get("token") and "://" in address:
        context.log("The input token has no effect: hosts are read with the operator's tokens")
    return address


def _fetched(context: ActionContext) -> Tree:
    """Return the files of the folder to read; warn of what is left out and of Git LFS pointers."""
    found = context.files.folder(_address(context))
    for path, reason in sorted(found.left_out.items()):
        context.warn(f"Leaving out {path}: {reason}")
    for path, file in sorted(found.files.items()):
        _warn_of_pointer(context, path, file)
    return found.files


def _warn_of_pointer(context: ActionContext, path: str, file: File) -> None:
    if is_pointer(file.data):
        context.warn(f"Copying {path} as a pointer: its content is kept in Git LFS, not read here")


def _fetch_plain(context: ActionContext) -> ActionResult:
    context.log("Fetching plain content from remote URL")
    target = inside(context.input.get("targetPath") or "./")
    try:
        fetched = _fetched(context)
    except NotAFolderError:
        return ActionResult({**context.tree, target: _one_file(context, target)})
    placed = {joined(target, path): file for path, file in fetched.items()}
    return ActionResult({**context.tree, **placed})


def _one_file(context: ActionContext, target: str) -> File:
    """Return the file that a folder was expected to be; Backstage copies it as well.

    Raises:
        ActionError: When there is a folder at its target.
    """
    address = _address(context)
    if not target or target in folders(context.tree):
        there, source = shown(context, target), address.removeprefix("./")
        raise ActionError(f"Cannot overwrite directory '{there}' with non-directory '{source}'.")
    file = context.files.file(address)
    _warn_of_pointer(context, address, file)
    return file


def _fetch_plain_file(context: ActionContext) -> ActionResult:
    context.log("Fetching plain content from remote URL")
    target = inside(context.input["targetPath"])
    file = context.files.file(_address(context))
    _warn_of_pointer(context, context.input["url"], file)
    folder = target.rpartition("/")[0]
    if folder and folder not in folders(context.tree):
        source = inside(context.input["url"])
        raise ActionError(
            f"ENOENT: no such file or directory, copyfile '{source}' -> '{shown(context, target)}'"
        )
    return ActionResult({**context.tree, target: File(file.data)})


def _fetch_template(context: ActionContext) -> ActionResult:
    context.log("Fetching template content from remote URL")
    options = options_of(context.input)
    return render_folder(context, lambda: _fetched(context), options)


def _fetch_template_file(context: ActionContext) -> ActionResult:
    def source() -> File:
        context.log("Fetching template file content from remote URL")
        file = context.files.file(_address(context))
        _warn_of_pointer(context, context.input["url"], file)
        return file

    return render_file(context, source)


_URL = text("A folder of the template's repository, relative to the template")
_FILE = text("A file of the template's repository, relative to the template")
_TARGET = text("Where in the workspace the result goes; its root when not given")
_TARGET_FILE = text("Where in the workspace the file goes")
_TOKEN = text("Taken for compatibility; hosts are read with the operator's tokens")
_RENDERING = {
    "cookiecutterCompat": COOKIECUTTER,
    "replace": REPLACE,
    "trimBlocks": flag("Whether a newline right after a statement is dropped"),
    "lstripBlocks": flag("Whether blanks before a statement that starts a line are dropped"),
    "token": _TOKEN,
}
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
            values=VALUES,
            copyWithoutRender=_OLD_PATTERNS,
            copyWithoutTemplating=PATTERNS,
            templateFileExtension=EXTENSION,
            **_RENDERING,
        ),
    ),
    Action(
        "fetch:template:file",
        "Renders one template into the workspace.",
        _fetch_template_file,
        an_object(
            ("url", "targetPath"), url=_FILE, targetPath=_TARGET_FILE, values=VALUES, **_RENDERING
        ),
    ),
)
