"""Panels: sections that other rooms add to the pages of concepts and entities.

The composition root hands them to the pages; a page shows those that have something to say.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.model.entity import Entity
from portal.ui.frame.reader import Reader

#: The main column, or the one beside it.
MAIN, SIDE = "main", "side"


@dataclass(frozen=True, slots=True)
class Panel:
    """A section of a page.

    Attributes:
        place: ``MAIN`` or ``SIDE``.
        template: The template of the section, which can use ``panel``.
        read: Returns the value ``panel`` of an entity; ``None`` leaves the section out.
    """

    place: str
    template: str
    read: Callable[[Entity, Reader], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class ShownPanel:
    """A panel that has something to say of an entity."""

    place: str
    template: str
    value: Mapping[str, Any]


def panels_of(panels: Iterable[Panel], entity: Entity, reads: Reader) -> tuple[ShownPanel, ...]:
    """Return the panels that have something to say of an entity."""
    found = ((panel, panel.read(entity, reads)) for panel in panels)
    return tuple(ShownPanel(panel.place, panel.template, value) for panel, value in found if value)
