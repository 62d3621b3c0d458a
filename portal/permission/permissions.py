"""Every permission: its name, what is done, and the type of resource it is decided by.

Names, actions and types of resources are Backstage's; those that begin with ``portal.`` are
this portal's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: The types of resources, in Backstage's words; permissions without one have ``""``.
ENTITY = "catalog-entity"
TASK = "scaffolder-task"
ACTION = "scaffolder-action"
TEMPLATE = "scaffolder-template"
#: The plugin that knows the resources of a type.
PLUGIN_OF_RESOURCE = {
    ENTITY: "catalog",
    TASK: "scaffolder",
    ACTION: "scaffolder",
    TEMPLATE: "scaffolder",
}


@dataclass(frozen=True, slots=True)
class Permission:
    """Something that may be allowed.

    Attributes:
        name: Its name, such as ``catalog.entity.read``.
        action: ``create``, ``read``, ``update``, ``delete``; empty for others, which policy
            files call ``use``.
        resource_type: The type of the resources it is decided by; empty when by none.
        falls_back_to: The permission that decides where a policy says nothing of this one:
            Backstage does not know it, so a policy written for Backstage cannot either.
    """

    name: str
    action: str = ""
    resource_type: str = ""
    falls_back_to: str = ""

    @property
    def plugin(self) -> str:
        """The plugin it belongs to, by its name."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """The action as policy files write it."""
        return self.action or "use"

    def to_json(self) -> dict[str, Any]:
        """Return it as Backstage describes permissions."""
        attributes = {"action": self.action} if self.action else {}
        if not self.resource_type:
            return {"type": "basic", "name": self.name, "attributes": attributes}
        kind = {"type": "resource", "name": self.name, "attributes": attributes}
        return {**kind, "resourceType": self.resource_type}


_ALL = (
    Permission("catalog.entities.unprocessed.read", "read"),
    Permission("catalog.entities.unprocessed.delete", "delete"),
    Permission("catalog.entity.read", "read", ENTITY),
    Permission("catalog.entity.create", "create"),
    Permission("catalog.entity.delete", "delete", ENTITY),
    Permission("catalog.entity.refresh", "update", ENTITY),
    Permission("catalog.entity.validate"),
    Permission("catalog.location.read", "read"),
    Permission("catalog.location.create", "create"),
    Permission("catalog.location.delete", "delete"),
    Permission("catalog.location.analyze"),
    Permission("catalog.ingestion.read", "read"),
    Permission("catalog.ingestion.manage", "update"),
    Permission("scaffolder.action.execute", "", ACTION),
    Permission("scaffolder.template.parameter.read", "read", TEMPLATE),
    Permission("scaffolder.template.step.read", "read", TEMPLATE),
    Permission("scaffolder.template.dry-run"),
    Permission("scaffolder.template.management"),
    Permission("scaffolder.task.create", "create"),
    Permission("scaffolder.task.read", "read", TASK),
    Permission("scaffolder.task.cancel", "", TASK),
    Permission("scaffolder.template.use", "", ENTITY, falls_back_to="scaffolder.task.create"),
    Permission("notifications.notification.create", "create"),
    Permission("portal.audit.read", "read"),
    Permission("portal.docs.preview", "", ENTITY, falls_back_to="catalog.entity.refresh"),
    Permission("portal.metrics.read", "read"),
    Permission("portal.token.manage", "update"),
)
#: Every permission by its name.
PERMISSIONS = {each.name: each for each in _ALL}
