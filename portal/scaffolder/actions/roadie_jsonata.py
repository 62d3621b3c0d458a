"""``roadiehq:utils:jsonata*``: queries of values and of JSON and YAML files."""

from __future__ import annotations

from portal.kernel.json_text import Json
from portal.scaffolder.actions.roadie_data import REPLACER
from portal.scaffolder.actions.roadie_data import SPACE
from portal.scaffolder.actions.roadie_data import YAML_OPTIONS
from portal.scaffolder.actions.roadie_data import only
from portal.scaffolder.actions.roadie_data import tell_left_out
from portal.scaffolder.actions.roadie_files import documents_of
from portal.scaffolder.actions.roadie_files import json_of
from portal.scaffolder.actions.roadie_files import text_of
from portal.scaffolder.actions.roadie_files import yaml_of
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.language.jsonata import evaluate
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import text
from portal.scaffolder.workspace.yaml_text import to_yaml


def _result(context: ActionContext, found: Json) -> ActionResult:
    return ActionResult(context.tree, {} if found is UNDEFINED else {"result": found})


def _query(context: ActionContext) -> ActionResult:
    given = context.input
    return _result(context, evaluate(given["expression"], given.get("data")))


def _query_json(context: ActionContext) -> ActionResult:
    given = context.input
    data = json_of(text_of(context, given["path"]).text, given["path"])
    found = evaluate(given["expression"], data)
    if given.get("as") != "object" and found is not UNDEFINED:
        found = stringify(only(found, given.get("replacer") or ()), given.get("space") or "")
    return _result(context, found)


def _query_yaml(context: ActionContext) -> ActionResult:
    given = context.input
    parse = documents_of if given.get("loadAll") else yaml_of
    found = evaluate(
        given["expression"], parse(text_of(context, given["path"]).text, given["path"])
    )
    if given.get("as") != "object" and found is not UNDEFINED:
        tell_left_out(context)
        found = to_yaml(found)
    return _result(context, found)


_EXPRESSION = text("The expression, in the language JSONata")
_PATH = text("The file's path in the workspace")
_AS = {
    "type": "string",
    "enum": ["string", "object"],
    "default": "string",
    "description": "Whether the result is a value or its text",
}
_OBJECT = {"type": "object", "additionalProperties": {}}
_TEXT_OR_OBJECT = {"anyOf": [{"type": "string"}, _OBJECT]}

ROADIE_JSONATA = (
    Action(
        "roadiehq:utils:jsonata",
        "Queries a value with JSONata.",
        _query,
        an_object(("expression",), data={"description": "What is queried"}, expression=_EXPRESSION),
        an_object(("result",), result={**_OBJECT, "description": "What the expression gives"}),
    ),
    Action(
        "roadiehq:utils:jsonata:json:transform",
        "Queries a JSON file of the workspace with JSONata.",
        _query_json,
        an_object(
            ("path", "expression"),
            path=_PATH,
            expression=_EXPRESSION,
            replacer=REPLACER,
            space=SPACE,
            **{"as": _AS},
        ),
        an_object(
            ("result",), result={**_TEXT_OR_OBJECT, "description": "What the expression gives"}
        ),
    ),
    Action(
        "roadiehq:utils:jsonata:yaml:transform",
        "Queries a YAML file of the workspace with JSONata.",
        _query_yaml,
        an_object(
            ("path", "expression"),
            path=_PATH,
            expression=_EXPRESSION,
            options=YAML_OPTIONS,
            loadAll=flag("Whether the file holds several documents, which become a list"),
            **{"as": _AS},
        ),
        an_object(
            ("result",),
            result={
                "type": "object",
                "additionalProperties": _TEXT_OR_OBJECT,
                "description": "What the expression gives",
            },
        ),
    ),
)
