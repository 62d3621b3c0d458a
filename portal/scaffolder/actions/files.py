"""``fs:*``: delete, rename, copy and list files of the workspace."""

from __future__ import annotations

from portal.kernel.errors import InputError
from portal.kernel.json_text import Json
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import a_list
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import members
from portal.scaffolder.running.action import text
from portal.scaffolder.workspace.patterns import matching
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import below
from portal.scaffolder.workspace.tree import folders
from portal.scaffolder.workspace.tree import inside


def _delete(context: ActionContext) -> ActionResult:
    tree = dict(context.tree)
    for pattern in context.input["files"]:
        wanted = inside(pattern)
        for path in sorted(_chosen(wanted, tree)):
            context.log(f"File {context.task.id}/{path} deleted successfully")
            del tree[path]
    return ActionResult(tree)


def _chosen(pattern: str, tree: Tree) -> set[str]:
    """Return the files that match a pattern; a folder matches with all its files."""
    return set(tree) if not pattern else matching((pattern,), tree)


def _rename(context: ActionContext) -> ActionResult:
    tree = dict(context.tree)
    for move in context.input["files"]:
        if not move["from"] or not move["to"]:
            raise InputError("each file must have a from and to property")
        source, target = inside(move["from"]), inside(move["to"])
        tree = _moved(tree, source, target, overwrite=bool(move.get("overwrite")))
        places = f"{context.task.id}/{source} renamed to {context.task.id}/{target}"
        context.log(f"File {places} successfully")
    return ActionResult(tree)


def _moved(tree: Tree, source: str, target: str, *, overwrite: bool) -> dict[str, Json]:
    part = {source: tree[source]} if source in tree else below(tree, source)
    if not part:
        raise ActionError(f"ENOENT: no such file or directory, '{source}'")
    taken = {path for path in tree if path == target or path.startswith(f"{target}/")}
    if taken and not overwrite and source != target:
        raise ActionError("dest already exists.")
    if target.startswith(f"{source}/"):
        raise ActionError(f"Cannot move '{source}' to a subdirectory of itself, '{target}'.")
    is_file = source in tree
    moved = {target if is_file else f"{target}/{path}": file for path, file in part.items()}
    gone = {source} if is_file else {f"{source}/{path}" for path in part}
    return {path: tree[path] for path in tree if path not in gone | taken} | moved


def _read_folder(context: ActionContext) -> ActionResult:
    recursive = bool(context.input.get("recursive"))
    files: list[Json] = []
    found: list[Json] = []
    for path in context.input["paths"]:
        folder = inside(path)
        _check_folder(context, folder)
        names = below(context.tree, folder)
        inner = sorted(folders(names))
        files += [_entry(context, folder, one) for one in sorted(names) if _near(one, recursive)]
        found += [_entry(context, folder, one) for one in inner if _near(one, recursive)]
    return ActionResult(context.tree, {"files": files, "folders": found})


def _near(path: str, recursive: bool) -> bool:
    return recursive or "/" not in path


def _check_folder(context: ActionContext, folder: str) -> None:
    shown = f"{context.task.id}/{folder}"
    if folder in context.tree:
        raise ActionError(f"ENOTDIR: not a directory, scandir '{shown}'")
    if folder and folder not in folders(context.tree):
        raise ActionError(f"ENOENT: no such file or directory, scandir '{shown}'")


def _entry(context: ActionContext, folder: str, path: str) -> dict[str, str]:
    whole = f"{folder}/{path}" if folder else path
    name = path.rpartition("/")[2]
    return {"name": name, "path": whole, "fullPath": f"{context.task.id}/{whole}"}


_ENTRIES = a_list(
    members(
        {
            "name": text("Its name"),
            "path": text("Its path inside the workspace"),
            "fullPath": text("Its path with that of the workspace"),
        },
        ("name", "path", "fullPath"),
    ),
    "What was found",
)

FILES = (
    Action(
        "fs:delete",
        "Deletes files and folders of the workspace.",
        _delete,
        an_object(("files",), files=a_list({"type": "string"}, "Paths or patterns to delete")),
    ),
    Action(
        "fs:readdir",
        "Lists files and folders of the workspace.",
        _read_folder,
        an_object(
            ("paths",),
            paths=a_list({"type": "string", "minLength": 1}, "Folders to list"),
            recursive={**flag("Whether to list what is below as well"), "default": False},
        ),
        an_object(("files", "folders"), files=_ENTRIES, folders=_ENTRIES),
    ),
    Action(
        "fs:rename",
        "Renames files and folders of the workspace.",
        _rename,
        an_object(
            ("files",),
            files=a_list(
                {
                    "type": "object",
                    "properties": {
                        "from": text("What to rename"),
                        "to": text("Its new path"),
                        "overwrite": flag("Whether something there is replaced"),
                    },
                    "required": ["from", "to"],
                    "additionalProperties": False,
                },
                "What to rename, and how",
            ),
        ),
    ),
)
