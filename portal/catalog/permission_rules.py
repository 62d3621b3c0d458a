"""Conditions on entities, as Backstage's permission rules put them.

A policy elsewhere may answer "yes, when …": it names a rule and its parameters, and
asks whether an entity meets it. Pure: an entity in, a truth value out.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.kernel.errors import InputError
from portal.model.entity import Entity

RESOURCE_TYPE = "catalog-entity"
#: Conditions inside of conditions: no policy needs more.
_MAX_DEPTH = 16
Test = Callable[[Entity, Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a rule is told."""

    name: str
    description: str
    is_list: bool = False
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One question about an entity."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    test: Test

    def metadata(self) -> dict[str, Any]:
        """Return the rule as a policy's author reads it."""
        properties = {each.name: _schema(each) for each in self.parameters}
        return {
            "name": self.name,
            "description": self.description,
            "resourceType": RESOURCE_TYPE,
            "paramsSchema": {
                "type": "object",
                "properties": properties,
                "required": [each.name for each in self.parameters if each.is_required],
                "additionalProperties": False,
                "$schema": "http://json-schema.org/draft-07/schema#",
            },
        }


def _schema(parameter: Parameter) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": "string"}
    if parameter.is_list:
        kind = {"type": "array", "items": kind}
    return {**kind, "description": parameter.description}


# --- the questions ----------------------------------------------------------


def _in_map(place: str, key: str) -> Test:
    """Ask for a member of ``metadata.<place>``, and its value when one is given."""

    def test(entity: Entity, parameters: Mapping[str, Any]) -> bool:
        held = entity["metadata"].get(place, {})
        name = parameters[key]
        return name in held and parameters.get("value", held[name]) == held[name]

    return test


def _in_part(part: str) -> Test:
    """Ask for the value at a dotted path below ``part``."""

    def test(entity: Entity, parameters: Mapping[str, Any]) -> bool:
        found = _at(entity.get(part), parameters["key"])
        if isinstance(found, list):
            return parameters["value"] in found if "value" in parameters else bool(found)
        if "value" in parameters:
            return bool(found == parameters["value"])
        # As JavaScript says: an empty object is something.
        return bool(found) or found == {}

    return test


def _at(value: Any, path: str) -> Any:
    if isinstance(value, dict) and path in value:
        return value[path]
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_kind(entity: Entity, parameters: Mapping[str, Any]) -> bool:
    return entity["kind"].lower() in {kind.lower() for kind in parameters["kinds"]}


def _is_owned(entity: Entity, parameters: Mapping[str, Any]) -> bool:
    owners = {
        each["targetRef"] for each in entity.get("relations", ()) if each["type"] == "ownedBy"
    }
    return not owners.isdisjoint(parameters["claims"])


def _named(name: str, what: str, of_what: str) -> tuple[Parameter, ...]:
    return (
        Parameter(name, f"{what} to match on"),
        Parameter("value", f"Value of the {of_what} to match on", is_required=False),
    )


_RULES = (
    Rule(
        "HAS_ANNOTATION",
        "Allow entities with the specified annotation",
        _named("annotation", "Name of the annotation", "annotation"),
        _in_map("annotations", "annotation"),
    ),
    Rule(
        "HAS_LABEL",
        "Allow entities with the specified label",
        _named("label", "Name of the label", "label"),
        _in_map("labels", "label"),
    ),
    Rule(
        "HAS_METADATA",
        "Allow entities with the specified metadata subfield",
        _named("key", "Property within the entities metadata", "given property"),
        _in_part("metadata"),
    ),
    Rule(
        "HAS_SPEC",
        "Allow entities with the specified spec subfield",
        _named("key", "Property within the entities spec", "given property"),
        _in_part("spec"),
    ),
    Rule(
        "IS_ENTITY_KIND",
        "Allow entities matching a specified kind",
        (Parameter("kinds", "List of kinds to match at least one of", is_list=True),),
        _is_kind,
    ),
    Rule(
        "IS_ENTITY_OWNER",
        "Allow entities owned by a specified claim",
        (
            Parameter(
                "claims",
                "List of claims to match at least one on within ownedBy",
                is_list=True,
            ),
        ),
        _is_owned,
    ),
)
RULES = {rule.name: rule for rule in _RULES}

#: What may be permitted: name, what is done, and whether to one entity.
PERMISSIONS: tuple[tuple[str, str, bool], ...] = (
    ("catalog.entities.unprocessed.read", "read", False),
    ("catalog.entities.unprocessed.delete", "delete", False),
    ("catalog.entity.read", "read", True),
    ("catalog.entity.create", "create", False),
    ("catalog.entity.delete", "delete", True),
    ("catalog.entity.refresh", "update", True),
    ("catalog.entity.validate", "", False),
    ("catalog.location.read", "read", False),
    ("catalog.location.create", "create", False),
    ("catalog.location.delete", "delete", False),
    ("catalog.location.analyze", "", False),
    ("catalog.ingestion.read", "read", False),
    ("catalog.ingestion.manage", "update", False),
)


def metadata() -> dict[str, Any]:
    """Return all permissions and rules, as a policy's author reads them."""
    rules = [rule.metadata() for rule in _RULES]
    return {"permissions": [_permission(*row) for row in PERMISSIONS], "rules": rules}


def _permission(name: str, action: str, is_resource: bool) -> dict[str, Any]:
    attributes = {"action": action} if action else {}
    if is_resource:
        kind = {"type": "resource", "name": name, "attributes": attributes}
        return {**kind, "resourceType": RESOURCE_TYPE}
    return {"type": "basic", "name": name, "attributes": attributes}


# --- conditions -------------------------------------------------------------

Condition = Callable[[Entity], bool]


def compile_condition(value: Any, depth: int = 0) -> Condition:
    """Return the test that a condition stands for.

    Raises:
        InputError: When it is malformed, or names a rule that does not exist.
    """
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        raise InputError("A condition must be an object, and not nested too deep")
    for name, join in (("allOf", all), ("anyOf", any)):
        if name in value:
            if not isinstance(value[name], list) or not value[name]:
                raise InputError(f"{name} must be a list of conditions, not empty")
            parts = [compile_condition(part, depth + 1) for part in value[name]]
            return lambda entity: join(part(entity) for part in parts)
    if "not" in value:
        denied = compile_condition(value["not"], depth + 1)
        return lambda entity: not denied(entity)
    rule = RULES.get(value["rule"]) if isinstance(value.get("rule"), str) else None
    if rule is None:
        raise InputError(f"Unknown permission rule '{value.get('rule')}'")
    parameters = _checked_parameters(rule, value.get("params", {}))
    return lambda entity: rule.test(entity, parameters)


def _checked_parameters(rule: Rule, given: Any) -> Mapping[str, Any]:
    known = {each.name: each for each in rule.parameters}
    if not isinstance(given, dict) or not given.keys() <= known.keys():
        raise InputError(f"Parameters of rule '{rule.name}' must be {', '.join(known)}")
    for parameter in rule.parameters:
        value = given.get(parameter.name)
        if value is None and not parameter.is_required and parameter.name not in given:
            continue
        texts = value if parameter.is_list else [value]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            form = "a list of texts" if parameter.is_list else "a text"
            raise InputError(f"Parameter {parameter.name} of rule '{rule.name}' must be {form}")
    return given
