"""Which templates, steps and actions a caller may use: what the policy's rules mean for them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from portal.catalog.entity_conditions import is_seen
from portal.integrations.repo_urls import target_of
from portal.kernel.conditions import holds
from portal.kernel.errors import NotAllowedError
from portal.kernel.json_text import Json
from portal.permission.access import Access
from portal.permission.conditions import Rule
from portal.permission.policy import Decision
from portal.permission.policy import Result

USE = "scaffolder.template.use"
EXECUTE = "scaffolder.action.execute"
READ_PARAMETER = "scaffolder.template.parameter.read"
READ_STEP = "scaffolder.template.step.read"
#: The member of pages, fields and steps that holds their tags, as in Backstage.
_PERMISSIONS = "backstage:permissions"
#: The inputs of actions that name a repository.
_TARGETS = ("repoUrl", "remoteUrl", "targetUrl")
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "HAS_BOOLEAN_PROPERTY": bool,
    "HAS_NUMBER_PROPERTY": (int, float),
    "HAS_STRING_PROPERTY": str,
}


class ScaffolderAccess:
    """Decides on templates, their pages and steps, and actions.

    Args:
        access: What the caller may do.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def require_template(self, entity: Mapping[str, Any]) -> None:
        """Refuse a caller who may not run a template.

        Raises:
            NotAllowedError: When the policy denies it.
        """
        if not is_seen(dict(entity), self._access.decision(USE)):
            ref = entity["metadata"]["name"]
            raise NotAllowedError(f"You may not run the template {ref}")

    def require_action(self, action: str, given: Mapping[str, Json]) -> None:
        """Refuse a caller who may not execute an action with its rendered input.

        Raises:
            NotAllowedError: When the policy denies it; without the input, which may be secret.
        """
        decision = self._access.decision(EXECUTE)
        if decision.condition is None:
            is_allowed = decision.result is Result.ALLOW
        else:
            is_allowed = holds(decision.condition, lambda rule: _is_met(rule, action, given))
        if not is_allowed:
            raise NotAllowedError(f"Unauthorized action: {action}. The action is not allowed.")

    def visible(self, entity: Mapping[str, Json]) -> Mapping[str, Json]:
        """Return a template without the pages, fields and steps the caller may not see."""
        pages = self._access.decision(READ_PARAMETER)
        steps = self._access.decision(READ_STEP)
        if pages.result is Result.ALLOW and steps.result is Result.ALLOW:
            return entity
        spec = dict(entity["spec"])
        for name, decision in (("parameters", pages), ("steps", steps)):
            parts = spec.get(name)
            if isinstance(parts, Mapping):  # a form of one page
                parts = [parts]
            if isinstance(parts, Sequence) and not isinstance(parts, str):
                spec[name] = [
                    _with_fields(part, decision) for part in parts if _has(part, decision)
                ]
        return {**entity, "spec": spec}


def _has(part: Json, decision: Decision) -> bool:
    """Return whether a page, field or step may be seen."""
    if decision.condition is None:
        return decision.result is Result.ALLOW
    found = part.get(_PERMISSIONS) if isinstance(part, Mapping) else None
    tags = found.get("tags") if isinstance(found, Mapping) else None
    named = tags if isinstance(tags, list) else []
    return holds(decision.condition, lambda rule: rule.get("tag") in named)


def _with_fields(part: Json, decision: Decision) -> Json:
    """Return a page with the fields that may be seen; other parts as they are."""
    fields = part.get("properties") if isinstance(part, Mapping) else None
    if not isinstance(fields, Mapping):
        return part
    kept = {name: field for name, field in fields.items() if _has(field, decision)}
    required = part.get("required")
    if isinstance(required, list):
        return {**part, "properties": kept, "required": [x for x in required if x in kept]}
    return {**part, "properties": kept}


def _is_met(rule: Rule, action: str, given: Mapping[str, Json]) -> bool:
    if rule.name == "HAS_ACTION_ID":
        return bool(action == rule.get("actionId"))
    if rule.name == "PUBLISHES_ONLY_TO":
        targets = [given[name] for name in _TARGETS if given.get(name)]
        return all(_is_among(target, rule.get("targets")) for target in targets)
    return _has_property(_at(given, rule.get("key")), rule)


def _at(value: Json, path: str) -> Json:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _has_property(found: Json, rule: Rule) -> bool:
    kind, wanted = _TYPES[rule.name], rule.get("value")
    if isinstance(found, list):
        return any(_has_property(each, rule) for each in found)
    is_type = isinstance(found, kind) and (kind is bool or not isinstance(found, bool))
    if wanted is None:
        return is_type
    if isinstance(found, bool) or kind is bool:
        return found is wanted
    # As in Backstage 1.57, 5 and "5" are the same identifier.
    return isinstance(found, str | int | float) and str(found) == str(wanted)


def _is_among(text: Json, targets: Sequence[str]) -> bool:
    target = target_of(text) if isinstance(text, str) else ""
    return bool(target) and any(fnmatchcase(target, each.lower()) for each in targets)
