"""Sections on the pages of templates and projects: what leads to their updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import EntityRef
from portal.scaffolder.campaigns.instances import Instances
from portal.ui.frame.panels import SIDE
from portal.ui.frame.panels import Panel
from portal.ui.frame.reader import Reader
from portal.ui.frame.reader import entity_path


def projects_path(template: EntityRef) -> str:
    """Return the address of the page of a template's projects."""
    return f"/templates/{template.namespace}/{template.name}/projects"


def update_path(project: EntityRef) -> str:
    """Return the address of the page of a project's update."""
    return f"{entity_path(project)}/update"


def template_panel() -> Panel:
    """Return the section of a template's page with the way to its projects."""

    def read(entity: Entity, _reads: Reader) -> Mapping[str, Any] | None:
        ref = ref_of(entity)
        is_template = entity["kind"] == "Template"
        return {"address": projects_path(ref), "key": "instances"} if is_template else None

    return Panel(SIDE, "updating/panel.html", read)


def project_panel(instances: Instances) -> Panel:
    """Return the section of a project's page with the way to its update."""

    def read(entity: Entity, _reads: Reader) -> Mapping[str, Any] | None:
        ref = ref_of(entity)
        note = instances.note_of(str(ref)) if entity["kind"] == "Component" else None
        if note is None or not instances.sees(note.template):
            return None
        return {
            "address": update_path(ref),
            "key": "update",
            "template": str(note.template),
            "version": note.version or note.commit[:12],
            "behind_by": instances.behind_by(note),
        }

    return Panel(SIDE, "updating/panel.html", read)
