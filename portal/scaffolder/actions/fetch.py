"""``fetch:*``: files of the template's own repository, rendered or as they are."""

from __future__ import annotations

from portal.scaffolder.action import Action
from portal.scaffolder.action import ActionContext
from portal.scaffolder.action import ActionError
from portal.scaffolder.action import ActionResult
from portal.scaffolder.action import a_list
from portal.scaffolder.action import an_object
from portal.scaffolder.action import flag
from portal.scaffolder.action import text
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
from portal.scaffolder.tree import File
from portal.scaffolder.tree import folders
from portal.scaffolder.tree import inside


def _address(context: ActionContext) -> str:
    """Return where to read; a token for reading elsewhere is told to have no effect."""
    address: str = context.input["url"]
    if context.input.get("token") and "://" in address:
        context.say("The input token has no effect: hosts are read with the operator's tokens")
    return address


def _fetch_plain(context: ActionContext) -> ActionResult:
    context.say("Fetching plain content from remote URL")
    target = inside(context.input.get("targetPath") or "./")
    fetched = context.files.folder(_address(context))
    placed = {joined(target, path): file for path, file in fetched.items()}
    return ActionResult({**context.tree, **placed})


def _fetch_plain_file(context: ActionContext) -> ActionResult:
    context.say("Fetching plain content from remote URL")
    target = inside(context.input["targetPath"])
    file = context.files.file(_address(context))
    folder = target.rpartition("/")[0]
    if folder and folder not in folders(context.tree):
        source = inside(context.input["url"])
        raise ActionError(
            f"ENOENT: no such file or directory, copyfile '{source}' -> '{shown(context, target)}'"
        )
    return ActionResult({**context.tree, target: File(file.data)})


def _fetch_template(context: ActionContext) -> ActionResult:
    context.say("Fetching template content from remote URL")
    options = options_of(context.input)
    return render_folder(context, lambda: context.files.folder(_address(context)), options)


def _fetch_template_file(context: ActionContext) -> ActionResult:
    def source() -> File:
        context.say("Fetching template file content from remote URL")
        return context.files.file(_address(context))

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
