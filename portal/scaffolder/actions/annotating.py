"""``catalog:annotate`` and its kin: labels, annotations and spec of a descriptor in the workspace.

Actions of Backstage's community; what they add is by the action: the version or the ref of the
template, or when the task was created.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from datetime import UTC

from portal.kernel.json_text import Json
from portal.scaffolder.actions.roadie_files import text_of
from portal.scaffolder.actions.roadie_files import written
from portal.scaffolder.actions.roadie_files import yaml_of
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import text
from portal.scaffolder.workspace.yaml_text import to_yaml

_DESCRIPTOR = "./catalog-info.yaml"
#: What an action adds to an entity: ``annotations`` and ``spec``.
_Added = Mapping[str, Mapping[str, Json]]


def _annotate(added: Callable[[TaskInfo], _Added]) -> Callable[[ActionContext], ActionResult]:
    def run(context: ActionContext) -> ActionResult:
        given, more = context.input, added(context.task)
        entity = given.get("objectYaml") or _entity(context)
        metadata = _object(entity.get("metadata"))
        result = to_yaml(
            {
                **entity,
                "metadata": {
                    **metadata,
                    "annotations": _joined("annotations", metadata, more, given),
                    "labels": _joined("labels", metadata, given),
                },
                "spec": _joined("spec", entity, more, given),
            }
        )
        tree = context.tree
        if more or any(given.get(name) for name in ("labels", "annotations", "spec")):
            context.log("Annotating your object")
            path = given.get("writeToFile") or _DESCRIPTOR
            tree = written(context, path, result.encode("utf-8", "replace"))
        return ActionResult(tree, {"annotatedObject": result})

    return run


def _entity(context: ActionContext) -> Mapping[str, Json]:
    path = context.input.get("entityFilePath") or _DESCRIPTOR
    found = yaml_of(text_of(context, path).text, path)
    if not isinstance(found, dict):
        raise ActionError(f"{path}: it holds no entity")
    return found


def _joined(name: str, *sources: Mapping[str, Json]) -> dict[str, Json]:
    return {key: item for source in sources for key, item in _object(source.get(name)).items()}


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _version(task: TaskInfo) -> _Added:
    version = task.template_version
    return {"annotations": {"backstage.io/template-version": version} if version else {}}


def _origin(task: TaskInfo) -> _Added:
    return {"spec": {"scaffoldedFrom": task.template_ref}}


def _creation(task: TaskInfo) -> _Added:
    at = task.created_at.astimezone(UTC)
    time = f"{at.hour % 12 or 12}:{at:%M:%S} {'AM' if at.hour < 12 else 'PM'}"
    return {"annotations": {"backstage.io/createdAt": f"{at.month}/{at.day}/{at.year}, {time}"}}


def _record(values: Mapping[str, Json], description: str) -> dict[str, Json]:
    return {"type": "object", "additionalProperties": values, "description": description}


_TEXT = {"type": "string"}
_INPUT = an_object(
    labels=_record(_TEXT, "Labels to add"),
    annotations=_record(_TEXT, "Annotations to add"),
    spec=_record({}, "Members of the spec to add"),
    entityFilePath=text("The descriptor's path; catalog-info.yaml if not given"),
    objectYaml=_record({}, "The entity itself, in place of a file"),
    writeToFile=text("Where the result is written; catalog-info.yaml if not given"),
)
_OUTPUT = an_object(annotatedObject=text("The entity as YAML text"))
_ACTIONS: Mapping[str, tuple[str, Callable[[TaskInfo], _Added]]] = {
    "catalog:annotate": ("Adds labels, annotations and spec to a descriptor.", lambda _task: {}),
    "catalog:scaffolded-from": ("Adds the template's ref to a descriptor's spec.", _origin),
    "catalog:template:version": ("Adds the template's version to a descriptor.", _version),
    "catalog:timestamping": ("Adds the time of the task to a descriptor.", _creation),
}

ANNOTATING = tuple(
    Action(name, description, _annotate(added), _INPUT, _OUTPUT)
    for name, (description, added) in _ACTIONS.items()
)
