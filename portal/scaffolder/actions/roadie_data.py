"""``roadiehq:utils:merge`` and ``serialize:*``: JSON and YAML files, merged and written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portal.kernel.json_text import Json
from portal.scaffolder.actions.roadie_files import documents_of
from portal.scaffolder.actions.roadie_files import json_of
from portal.scaffolder.actions.roadie_files import text_of
from portal.scaffolder.actions.roadie_files import written
from portal.scaffolder.actions.roadie_files import yaml_of
from portal.scaffolder.actions.templating import shown
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import a_list
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import text
from portal.scaffolder.workspace.skeleton import extension_of
from portal.scaffolder.workspace.tree import inside
from portal.scaffolder.workspace.yaml_text import to_yaml

_INDENT = re.compile(r"^([ \t]+)\S", re.MULTILINE)
_NO_DOCUMENTS = "No documents found in the input content. Please provide a valid YAML file."
_SEVERAL = (
    "Multiple documents found in the input content. Please provide a key and value to use to "
    "find the document to merge into."
)


def merged(value: Json, other: Json, *, joins: bool) -> Json:
    """Return a value with another one merged into it, as lodash's ``mergeWith`` does.

    Args:
        value: What is there.
        other: What comes; its members win.
        joins: Whether an array gets the new items after its own, each text and number
            once; otherwise it is replaced.
    """
    if isinstance(value, list):
        return _joined(value, other) if joins else other
    if not isinstance(other, dict):
        return other
    found = dict(value) if isinstance(value, dict) else {}
    for key, item in other.items():
        found[key] = merged(found.get(key), item, joins=joins)
    return found


def _joined(items: list[Json], more: Json) -> list[Json]:
    found: list[Json] = []
    seen: set[tuple[type, Json]] = set()
    for item in [*items, *(more if isinstance(more, list) else [more])]:
        if not isinstance(item, (dict, list)):
            key = (bool if isinstance(item, bool) else type(item), item)
            if key in seen:
                continue
            seen.add(key)
        found.append(item)
    return found


def _whole(context: ActionContext, value: Json, other: Json) -> Json:
    """Return a file's value merged with the step's content; only objects merge."""
    joins = bool(context.input.get("mergeArrays"))
    if value is None:
        value = {}
    is_mergeable = isinstance(value, dict) and isinstance(other, dict)
    return merged(value, other, joins=joins) if is_mergeable else value


def _merge_json(context: ActionContext) -> ActionResult:
    path, indent = context.input["path"], 2
    name, existing = inside(path), {}
    if name in context.tree or context.input.get("matchFileIndent"):
        source = text_of(context, path).text
        existing = json_of(source, path)
        if context.input.get("matchFileIndent"):
            indent = _indent(context, source)
    else:
        context.log(f"The file {shown(context, name)} does not exist, creating it.")
    content = _content(context, json_of)
    data = str(stringify(_whole(context, existing, content), " " * indent)).encode()
    return ActionResult(written(context, path, data), {"path": shown(context, name)})


def _indent(context: ActionContext, source: str) -> int:
    found = _INDENT.search(source)
    if found is None:
        context.log("Failed to detect source file indentation, using default value of 2.")
    return len(found[1]) if found else 2


def _content(context: ActionContext, parse: Json) -> Json:
    content = context.input["content"]
    return parse(content, "content") if isinstance(content, str) else content


def _merge(context: ActionContext) -> ActionResult:
    path = context.input["path"]
    name = inside(path)
    if name not in context.tree:
        raise ActionError(f"The file {shown(context, name)} does not exist.")
    kind = extension_of(name)
    source = text_of(context, path).text
    if kind == ".json":
        content = _content(context, json_of)
        new = str(stringify(_whole(context, yaml_of(source, path), content), "  "))
    elif kind in (".yaml", ".yml"):
        new = "---\n".join(map(to_yaml, _merged_documents(context, source)))
        tell_left_out(context)
    else:
        return ActionResult(context.tree)
    tree = written(context, path, new.encode("utf-8", "replace"))
    return ActionResult(tree, {"path": shown(context, name)})


def _merged_documents(context: ActionContext, source: str) -> list[Json]:
    documents = documents_of(source, context.input["path"])
    content = _content(context, yaml_of)
    if not documents:
        raise ActionError(_NO_DOCUMENTS)
    if len(documents) == 1:
        return [_whole(context, documents[0], content)]
    wanted = context.input.get("useDocumentIncludingField")
    if not wanted:
        raise ActionError(_SEVERAL)
    return [
        _whole(context, one, content) if _field(one, wanted["key"]) == wanted["value"] else one
        for one in documents
    ]


def _field(document: Json, key: str) -> str:
    found = document.get(key) if isinstance(document, dict) else None
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        raise ActionError(
            f'The value at "{key}" defined in useDocumentIncludingField must be a string or a '
            "number."
        )
    return to_text(found)


def tell_left_out(context: ActionContext) -> None:
    """Log the inputs that change how YAML is written, which has one style here."""
    if context.input.get("preserveYamlComments"):
        context.warn("The input preserveYamlComments has no effect: comments are not kept")
    for name in context.input.get("options") or {}:
        context.log(f"The input options.{name} has no effect: YAML is written in one style")


def _serialize_json(context: ActionContext) -> ActionResult:
    given = context.input
    data = only(given["data"], given.get("replacer") or ())
    return ActionResult(context.tree, {"serialized": stringify(data, given.get("space") or "")})


def only(value: Json, names: Json) -> Json:
    """Return a value with the members of these names, in their order; all when there are none."""
    if isinstance(value, list):
        return [only(item, names) for item in value]
    if not isinstance(value, dict) or not names:
        return value
    return {name: only(value[name], names) for name in names if name in value}


def _serialize_yaml(context: ActionContext) -> ActionResult:
    tell_left_out(context)
    return ActionResult(context.tree, {"serialized": to_yaml(context.input["data"])})


def _one_of(*texts: str) -> dict[str, Json]:
    return {"anyOf": [{"type": "string", "const": one} for one in texts]}


_STYLES = ("BLOCK_FOLDED", "BLOCK_LITERAL", "QUOTE_DOUBLE", "QUOTE_SINGLE", "PLAIN")
_BOOLEAN, _NUMBER, _TEXT = ({"type": name} for name in ("boolean", "number", "string"))
_MAYBE = {"type": ["boolean", "null"]}
YAML_OPTIONS: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "blockQuote": {"anyOf": [_BOOLEAN, *_one_of("folded", "literal")["anyOf"]]},
        "collectionStyle": {"type": "string", "enum": ["any", "block", "flow"]},
        "defaultKeyType": {"anyOf": [*_one_of(*_STYLES)["anyOf"], {"type": "null"}]},
        "defaultStringType": {"type": "string", "enum": list(_STYLES)},
        "directives": _MAYBE,
        "doubleQuotedAsJSON": _BOOLEAN,
        "doubleQuotedMinMultiLineLength": _NUMBER,
        "falseStr": _TEXT,
        "flowCollectionPadding": _BOOLEAN,
        "indent": _NUMBER,
        "indentSeq": _BOOLEAN,
        "lineWidth": _NUMBER,
        "minContentWidth": _NUMBER,
        "nullStr": _TEXT,
        "simpleKeys": _BOOLEAN,
        "singleQuote": _MAYBE,
        "trueStr": _TEXT,
    },
    "additionalProperties": False,
    "description": "Taken for compatibility; the log says that they have no effect",
}
REPLACER = a_list({"type": "string"}, "The members that are written, in this order")
SPACE = text("What JSON is indented by")
_DATA = {"type": "object", "additionalProperties": {}, "description": "What is written"}
_FILE = text("The file's path in the workspace")
_NEW = {
    "anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {}}],
    "description": "What is merged into it: an object, or its text",
}
_ARRAYS = flag("Whether arrays are joined; they are replaced if not")
_WRITTEN = an_object(("path",), path=text("The file's path, below the id of the run"))
_SERIALIZED = an_object(serialized=text("The text"))

ROADIE_DATA = (
    Action(
        "roadiehq:utils:json:merge",
        "Merges an object into a JSON file of the workspace.",
        _merge_json,
        an_object(
            ("path", "content"),
            path=_FILE,
            content=_NEW,
            mergeArrays=_ARRAYS,
            matchFileIndent=flag("Whether the file keeps its indentation"),
        ),
        _WRITTEN,
    ),
    Action(
        "roadiehq:utils:merge",
        "Merges an object into a JSON or YAML file of the workspace.",
        _merge,
        an_object(
            ("path", "content"),
            path=_FILE,
            content=_NEW,
            mergeArrays=_ARRAYS,
            preserveYamlComments=flag("Taken for compatibility; comments are not kept"),
            useDocumentIncludingField={
                "type": "object",
                "properties": {
                    "key": text("A member of the document"),
                    "value": text("Its value"),
                },
                "required": ["key", "value"],
                "additionalProperties": False,
                "description": "Which of several YAML documents is changed",
            },
            options=YAML_OPTIONS,
        ),
        _WRITTEN,
    ),
    Action(
        "roadiehq:utils:serialize:json",
        "Writes an object as JSON text.",
        _serialize_json,
        an_object(("data",), data=_DATA, replacer=REPLACER, space=SPACE),
        _SERIALIZED,
    ),
    Action(
        "roadiehq:utils:serialize:yaml",
        "Writes an object as YAML text.",
        _serialize_yaml,
        an_object(("data",), data=_DATA, replacer=REPLACER, options=YAML_OPTIONS),
        _SERIALIZED,
    ),
)
