"""The rules that conditions are made of: their names and parameters, as Backstage has them.

What a rule means for a resource stands beside the resources: for entities in
``portal.catalog.entity_conditions``, for tasks, actions and templates in
``portal.scaffolder.conditions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.kernel.database import is_storable
from portal.permission.permissions import ACTION
from portal.permission.permissions import ENTITY
from portal.permission.permissions import TASK
from portal.permission.permissions import TEMPLATE

#: The types of parameters: a text, a list of texts, a number, true or false.
TEXT, TEXTS, NUMBER, SWITCH = "string", "array", "number", "boolean"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a rule."""

    name: str
    description: str
    type: str = TEXT
    is_required: bool = True

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        kind: dict[str, Any] = {"type": self.type}
        if self.type == TEXTS:
            kind["items"] = {"type": "string"}
        return {**kind, "description": self.description}

    def accepts(self, value: Any) -> bool:
        """Return whether a value is of its type."""
        if self.type == TEXTS:
            return isinstance(value, list) and all(map(_is_text, value))
        if self.type == SWITCH:
            return isinstance(value, bool)
        if self.type == NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        return _is_text(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and is_storable(value)


#: The forms of parameters in messages.
FORMS = {TEXT: "a text", TEXTS: "a list of texts", NUMBER: "a number", SWITCH: "true or false"}


@dataclass(frozen=True, slots=True)
class RuleType:
    """A rule: a question about resources of one type."""

    name: str
    description: str
    resource_type: str
    parameters: tuple[Parameter, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as Backstage describes rules."""
        return {
            "name": self.name,
            "description": self.description,
            "resourceType": self.resource_type,
            "paramsSchema": {
                "type": "object",
                "properties": {each.name: each.schema() for each in self.parameters},
                "required": [each.name for each in self.parameters if each.is_required],
                "additionalProperties": False,
                "$schema": "http://json-schema.org/draft-07/schema#",
            },
        }


def _named(name: str, what: str, of_what: str) -> tuple[Parameter, ...]:
    return (
        Parameter(name, f"{what} to match on"),
        Parameter("value", f"Value of the {of_what} to match on", is_required=False),
    )


def _property(kind: str) -> tuple[Parameter, ...]:
    return (
        Parameter("key", "Property within the action parameters to match on"),
        Parameter("value", "Value of the given property to match on", kind, is_required=False),
    )


_ALL = (
    RuleType(
        "HAS_ANNOTATION",
        "Allow entities with the specified annotation",
        ENTITY,
        _named("annotation", "Name of the annotation", "annotation"),
    ),
    RuleType(
        "HAS_LABEL",
        "Allow entities with the specified label",
        ENTITY,
        _named("label", "Name of the label", "label"),
    ),
    RuleType(
        "HAS_METADATA",
        "Allow entities with the specified metadata subfield",
        ENTITY,
        _named("key", "Property within the entities metadata", "given property"),
    ),
    RuleType(
        "HAS_SPEC",
        "Allow entities with the specified spec subfield",
        ENTITY,
        _named("key", "Property within the entities spec", "given property"),
    ),
    RuleType(
        "IS_ENTITY_KIND",
        "Allow entities matching a specified kind",
        ENTITY,
        (Parameter("kinds", "List of kinds to match at least one of", TEXTS),),
    ),
    RuleType(
        "IS_ENTITY_OWNER",
        "Allow entities owned by a specified claim",
        ENTITY,
        (Parameter("claims", "List of claims to match at least one on within ownedBy", TEXTS),),
    ),
    RuleType(
        "HAS_TAG",
        "Match parameters or steps with the given tag",
        TEMPLATE,
        (Parameter("tag", "Name of the tag to match on"),),
    ),
    RuleType(
        "HAS_ACTION_ID",
        "Match actions with the given actionId",
        ACTION,
        (Parameter("actionId", "Name of the actionId to match on"),),
    ),
    RuleType(
        "HAS_BOOLEAN_PROPERTY",
        "Allow actions with the specified property",
        ACTION,
        _property(SWITCH),
    ),
    RuleType(
        "HAS_NUMBER_PROPERTY",
        "Allow actions with the specified property",
        ACTION,
        _property(NUMBER),
    ),
    RuleType(
        "HAS_STRING_PROPERTY",
        "Allow actions with the specified property",
        ACTION,
        _property(TEXT),
    ),
    RuleType(
        "PUBLISHES_ONLY_TO",
        "Allow actions that publish nothing, or to one of the specified targets only",
        ACTION,
        (Parameter("targets", "Targets such as github.com/acme/*, * for any text", TEXTS),),
    ),
    RuleType(
        "IS_TASK_OWNER",
        "Allows tasks created by certain users to be accessible",
        TASK,
        (
            Parameter(
                "createdBy",
                "List of creator entity refs; only tasks created by these users will be viewable",
                TEXTS,
            ),
        ),
    ),
)
#: Every rule by its name.
RULES = {each.name: each for each in _ALL}


def check_parameters(rule: RuleType, given: Any) -> Mapping[str, Any]:
    """Return the parameters of a rule.

    Raises:
        ValueError: With what is allowed, when there are others, some are missing, or one is
            of another type.
    """
    known = {each.name: each for each in rule.parameters}
    if not isinstance(given, dict) or not given.keys() <= known.keys():
        msg = f"Parameters of rule '{rule.name}' must be {', '.join(known)}"
        raise ValueError(msg)
    for parameter in rule.parameters:
        if parameter.name not in given and not parameter.is_required:
            continue
        if not parameter.accepts(given.get(parameter.name)):
            form = FORMS[parameter.type]
            msg = f"Parameter {parameter.name} of rule '{rule.name}' must be {form}"
            raise ValueError(msg)
    return given
