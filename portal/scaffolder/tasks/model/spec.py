"""The stored ``spec`` of a task: enough to run it, whatever becomes of the entity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime

from portal.kernel.json_text import Json
from portal.model.entity import MANAGED_BY
from portal.model.entity import SOURCE_LOCATION
from portal.model.refs import EntityRef
from portal.model.refs import parse_location_ref
from portal.scaffolder.forms.template import API_VERSION
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.forms.template import documents
from portal.scaffolder.forms.template import read_template
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.tasks.model.task import Task

_RECOVERY = "EXPERIMENTAL_recovery"
_PROGRAM = "createdByProgram"


def task_spec(
    template: TemplateSpec,
    values: Mapping[str, Json],
    user: Mapping[str, Json],
    program: str = "",
) -> dict[str, Json]:
    """Return the spec of a new task: steps, output, values, user and the template's name.

    Args:
        template: The template, as it is now.
        values: The values of its form, validated.
        user: The user: empty, or ``ref`` and ``entity``.
        program: The subject of the program with a named token; empty for others.
    """
    entity = template.entity
    metadata = entity["metadata"]
    ref = EntityRef("template", metadata.get("namespace") or "default", metadata["name"])
    recovery = entity["spec"].get(_RECOVERY)
    return {
        "apiVersion": API_VERSION,
        "steps": documents(template.steps),
        "output": dict(template.output),
        "parameters": dict(values),
        "user": dict(user),
        "templateInfo": {
            "entityRef": str(ref),
            **_base_url(metadata.get("annotations") or {}),
            "entity": {"metadata": metadata},
        },
        **({_RECOVERY: recovery} if isinstance(recovery, dict) else {}),
        **({_PROGRAM: program} if program else {}),
    }


def _base_url(annotations: Mapping[str, str]) -> dict[str, str]:
    """Return ``baseUrl``, against which addresses in steps are resolved."""
    try:
        source = annotations.get(SOURCE_LOCATION) or annotations[MANAGED_BY]
        location = parse_location_ref(source)
    except (KeyError, ValueError):
        return {}
    address = location.target if location.type == "url" else f"file://{location.target}"
    return {"baseUrl": address}


def template_ref(spec: Mapping[str, Json]) -> str:
    """Return the template's entity ref."""
    return str(spec["templateInfo"]["entityRef"])


def program_of(spec: Mapping[str, Json]) -> str:
    """Return the subject of the program that created a task; empty for others."""
    return str(spec.get(_PROGRAM, ""))


def task_info(task: Task, commit: str = "", repository: str = "") -> TaskInfo:
    """Return the description of a task for actions and provenance notes.

    Args:
        task: The task.
        commit: The commit its template's files are read at; empty uses the task's.
        repository: The web address of these files; empty uses the task's.
    """
    return TaskInfo(
        task.id,
        datetime.fromtimestamp(task.created_at / 1_000_000, UTC),
        template_ref(task.spec),
        template_commit=commit or task.template_commit,
        template_repository=repository or task.template_repository,
        parameters=task.shown_values,
        user_ref=task.created_by,
        template_version=template_of(task.spec).version,
    )


def entity_of(spec: Mapping[str, Json]) -> dict[str, Json]:
    """Return a template entity rebuilt from a spec: annotations, steps and output."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Template",
        "metadata": spec["templateInfo"]["entity"]["metadata"],
        "spec": {"type": "task", "steps": spec["steps"], "output": spec["output"]},
    }


def template_of(spec: Mapping[str, Json]) -> TemplateSpec:
    """Return the template of a spec."""
    return read_template(entity_of(spec))
