"""``roadiehq:utils:fs:*``, ``zip`` and ``sleep``: a widely used package's actions for files."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping

from portal.kernel import yaml12
from portal.kernel.errors import InputError
from portal.kernel.json_text import Json
from portal.kernel.json_text import parse_json
from portal.scaffolder.actions.debugging import LONGEST_WAIT
from portal.scaffolder.actions.debugging import wait
from portal.scaffolder.actions.templating import shown
from portal.scaffolder.expressions.javascript import narrow
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.expressions.javascript import widen
from portal.scaffolder.expressions.regex import Regex
from portal.scaffolder.expressions.regex import compile_regex
from portal.scaffolder.expressions.regex_syntax import RegexError
from portal.scaffolder.expressions.text_methods import replace
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import a_list
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import text
from portal.scaffolder.workspace.archive import to_zip
from portal.scaffolder.workspace.file_text import FileText
from portal.scaffolder.workspace.file_text import read_text
from portal.scaffolder.workspace.patterns import matching
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Places
from portal.scaffolder.workspace.tree import below
from portal.scaffolder.workspace.tree import folders
from portal.scaffolder.workspace.tree import inside

_MARK = "\ufeff"
_SYNTAX = re.compile(r"[.*+?^${}()|[\]\\/]")


def text_of(context: ActionContext, path: str) -> FileText:
    """Return the text of a file of the workspace.

    Raises:
        ActionError: When there is no such file, or it is no text.
    """
    name = inside(path)
    if name not in context.tree:
        raise ActionError(f"ENOENT: no such file or directory, open '{shown(context, name)}'")
    found = read_text(context.tree[name].data)
    if found is None:
        raise ActionError(f"'{path}' is neither UTF-8 nor UTF-16 with a byte order mark")
    return found


def written(context: ActionContext, path: str, data: bytes) -> dict[str, File]:
    """Return the tree with a file written; what was executable stays so.

    Raises:
        FolderInTheWayError: When there is a folder at its path.
    """
    name = inside(path)
    Places(context.tree, replace=True).takes_file(name)
    was = context.tree.get(name)
    return {**context.tree, name: File(data, was is not None and was.is_executable)}


def json_of(content: str, name: str) -> Json:
    """Return the value of a JSON text.

    Raises:
        ActionError: When it is none; the message begins with the name.
    """
    try:
        return parse_json(content.removeprefix(_MARK))
    except ValueError as error:
        raise ActionError(f"{name}: {error}") from None


def documents_of(content: str, name: str) -> list[Json]:
    """Return the values of a YAML text's documents.

    Raises:
        ActionError: When one of them cannot be read; the message begins with the name.
    """
    found = []
    for item in yaml12.read(content.encode("utf-8", "surrogatepass")):
        if isinstance(item, yaml12.Fault):
            raise ActionError(f"{name}: line {item.line}, column {item.column}: {item.message}")
        found.append(item.value)
    return found


def yaml_of(content: str, name: str) -> Json:
    """Return the value of a YAML text with one document, ``None`` without any.

    Raises:
        ActionError: When it cannot be read, or has several.
    """
    found = documents_of(content, name)
    if len(found) > 1:
        raise ActionError(f"{name}: it holds several YAML documents, one is expected")
    return found[0] if found else None


def _write(context: ActionContext) -> ActionResult:
    path, content = context.input["path"], context.input["content"]
    if context.input.get("preserveFormatting"):
        try:
            content = stringify(parse_json(content), "  ")
        except ValueError:
            context.log("The content is no JSON: it is written as it is")
    tree = written(context, path, content.encode("utf-8", "replace"))
    return ActionResult(tree, {"path": shown(context, inside(path))})


def _append(context: ActionContext) -> ActionResult:
    path, content = inside(context.input["path"]), context.input["content"]
    folder = path.rpartition("/")[0]
    if folder and folder not in folders(context.tree):
        raise ActionError(f"ENOENT: no such file or directory, open '{shown(context, path)}'")
    before = context.tree[path].data if path in context.tree else b""
    tree = written(context, path, before + content.encode("utf-8", "replace"))
    return ActionResult(tree, {"path": shown(context, path)})


_PARSERS: Mapping[str, Callable[[str, str], Json]] = {
    "": lambda content, _name: content,
    "json": json_of,
    "yaml": yaml_of,
    "multiyaml": documents_of,
}


def _parse(context: ActionContext) -> ActionResult:
    path = context.input["path"]
    parsed = _PARSERS[context.input.get("parser") or ""](text_of(context, path).text, path)
    return ActionResult(context.tree, {"content": parsed})


def _replace(context: ActionContext) -> ActionResult:
    tree = dict(context.tree)
    for given in context.input["files"]:
        if not given.get("file"):
            raise InputError("Path to file needs to be defined")
        if not given.get("find") or not given.get("replaceWith"):
            raise InputError("each file must have a find and replaceWith property")
        pattern = _pattern(given)
        for path in _chosen(given, tree):
            found = read_text(tree[path].data)
            if found is None:
                context.warn(f"Leaving {path} as it is: it is no text")
                continue
            new = narrow(replace(widen(found.text), context.budget, pattern, given["replaceWith"]))
            tree[path] = File(found.encode(new), tree[path].is_executable)
    return ActionResult(tree)


def _pattern(given: Mapping[str, Json]) -> Regex:
    source = given["find"]
    try:
        return compile_regex(source if given.get("matchRegex") else _literal(source), "g")
    except RegexError as error:
        raise ActionError(str(error)) from None


def _literal(source: str) -> str:
    return _SYNTAX.sub(lambda found: f"\\{found[0]}", widen(source))


def _chosen(given: Mapping[str, Json], names: Iterable[str]) -> list[str]:
    """Return the files that a path or a pattern means, hidden ones only if it says so."""
    pattern = inside(given["file"])
    if not any(character in pattern for character in "*?[{"):
        return [name for name in names if name == pattern]
    said = pattern.split("/")
    found = sorted(matching((pattern,), set(names)))
    if given.get("includeDotFiles"):
        return found
    return [
        name
        for name in found
        if all(not part.startswith(".") or part in said for part in name.split("/"))
    ]


def _zip(context: ActionContext) -> ActionResult:
    path, target = inside(context.input["path"]), context.input["outputPath"]
    found = below(context.tree, path)
    if path in context.tree:
        found = {path.rpartition("/")[2]: context.tree[path]}
    if not found and path:
        raise InputError(f"File {context.input['path']} does not exist. Can't zip it.")
    return ActionResult(written(context, target, to_zip(found)), {"outputPath": target})


def _sleep(context: ActionContext) -> ActionResult:
    seconds = context.input["amount"]
    if seconds > LONGEST_WAIT:
        raise InputError(
            f"sleep amount can not be greater than maxSleep. amount: {seconds}, "
            f"maxSleep: {LONGEST_WAIT:g}"
        )
    context.log(f"Waiting {seconds} seconds")
    if not context.task.is_dry_run:
        wait(context, seconds)
    return ActionResult(context.tree)


_PATH = text("The file's path in the workspace")
_CONTENT = text("What is written")
PATH_OUTPUT = an_object(path=text("The file's path, below the id of the run"))
_REPLACEMENT = {
    "type": "object",
    "properties": {
        "file": text("The file's path, or a pattern"),
        "find": text("What is replaced, everywhere in it"),
        "matchRegex": flag("Whether it is a regular expression of JavaScript"),
        "replaceWith": text("What takes its place; $1 and $& as in JavaScript"),
        "includeDotFiles": flag("Whether a pattern matches files whose names begin with a dot"),
    },
    "additionalProperties": False,
}

ROADIE_FILES = (
    Action(
        "roadiehq:utils:fs:append",
        "Appends to a file of the workspace, which is made if it is not there.",
        _append,
        an_object(("path", "content"), path=_PATH, content=_CONTENT),
        PATH_OUTPUT,
    ),
    Action(
        "roadiehq:utils:fs:parse",
        "Reads a file of the workspace as text, JSON or YAML.",
        _parse,
        an_object(
            ("path",),
            path=_PATH,
            parser={
                "type": "string",
                "enum": ["yaml", "json", "multiyaml"],
                "description": "How it is read; as text if not given",
            },
        ),
        an_object(
            content={
                "anyOf": [
                    {"type": "string"},
                    {"type": "object", "properties": {}, "additionalProperties": False},
                ],
                "description": "The text, or the value it was parsed to",
            }
        ),
    ),
    Action(
        "roadiehq:utils:fs:replace",
        "Replaces text in files of the workspace.",
        _replace,
        an_object(("files",), files=a_list(_REPLACEMENT, "What is replaced, and where")),
    ),
    Action(
        "roadiehq:utils:fs:write",
        "Writes a file of the workspace.",
        _write,
        an_object(
            ("path", "content"),
            path=_PATH,
            content=_CONTENT,
            preserveFormatting=flag("Whether JSON is indented by two spaces"),
        ),
        PATH_OUTPUT,
    ),
    Action(
        "roadiehq:utils:sleep",
        "Waits, ten minutes at most; a dry run does not.",
        _sleep,
        an_object(("amount",), amount={"type": "number", "description": "How many seconds"}),
    ),
    Action(
        "roadiehq:utils:zip",
        "Zips a file or a folder of the workspace.",
        _zip,
        an_object(
            ("path", "outputPath"),
            path=text("What is zipped"),
            outputPath=text("The path of the zip in the workspace"),
        ),
        an_object(("outputPath",), outputPath=text("The path of the zip, as given")),
    ),
)
