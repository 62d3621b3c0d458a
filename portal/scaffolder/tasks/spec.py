"""What a task remembers of its template: enough to run it, whatever becomes of the entity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from typing import Any

from portal.model.entity import MANAGED_BY
from portal.model.entity import SOURCE_LOCATION
from portal.model.refs import EntityRef
from portal.model.refs import parse_location_ref
from portal.scaffolder.action import TaskInfo
from portal.scaffolder.tasks.task import Task
from portal.scaffolder.template import API_VERSION
from portal.scaffolder.template import TemplateSpec
from portal.scaffolder.template import documents
from portal.scaffolder.template import read_template

Json = Any
_RECOVERY = "EXPERIMENTAL_recovery"


def task_spec(
    template: TemplateSpec, values: Mapping[str, Json], user: Mapping[str, Json]
) -> dict[str, Json]:
    """Return what a task keeps: steps and output, the values, who asked, and the template's name.

    Args:
        template: The template, as it is now.
        values: The answers to its form, judged.
        user: Who asks: empty, or ``ref`` and ``entity``.
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
    }


def _base_url(annotations: Mapping[str, str]) -> dict[str, str]:
    """Return the address that those of the steps are relative to."""
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


def task_info(task: Task, commit: str = "", repository: str = "") -> TaskInfo:
    """Return what actions, and notes about files, may say of a task.

    Args:
        task: The task.
        commit: The commit its template's files are read at; empty takes what is known.
        repository: Likewise where they are.
    """
    return TaskInfo(
        task.id,
        datetime.fromtimestamp(task.created_at / 1_000_000, UTC),
        template_ref(task.spec),
        template_commit=commit or task.template_commit,
        template_repository=repository or task.template_repository,
        parameters=task.shown_values,
        user_ref=task.created_by,
    )


def entity_of(spec: Mapping[str, Json]) -> dict[str, Json]:
    """Return the template as an entity that says where it is from and what it does."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Template",
        "metadata": spec["templateInfo"]["entity"]["metadata"],
        "spec": {"type": "task", "steps": spec["steps"], "output": spec["output"]},
    }


def template_of(spec: Mapping[str, Json]) -> TemplateSpec:
    """Return what a task's template says."""
    return read_template(entity_of(spec))
