"""The link to its documentation on the page of an entity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.techdocs.annotations import has_documentation
from portal.ui.documentation.addresses import home_of
from portal.ui.frame.panels import SIDE
from portal.ui.frame.panels import Panel
from portal.ui.frame.reader import Reader


def documentation_panel() -> Panel:
    """Return the panel."""
    return Panel(SIDE, "documentation/panel.html", _read)


def _read(entity: Entity, _reads: Reader) -> Mapping[str, Any] | None:
    if entity["kind"] == "Concept" or not has_documentation(entity):
        return None
    return {"address": home_of(ref_of(entity))}
