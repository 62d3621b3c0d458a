"""AiResource, and API of type ``mcp-server``: the kinds of Backstage's ai-model module.

In these kinds ``spec.type`` decides which members there are; a type without a row of its
own is held to the row of the kind.
"""

from __future__ import annotations

from dataclasses import replace

from portal.model.kinds.kind import Kind
from portal.model.kinds.kind import RelationRule
from portal.model.kinds.software import API
from portal.model.kinds.software import BACKSTAGE
from portal.model.kinds.software import OWNER
from portal.model.kinds.software import SYSTEM
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text

_NAME = "AiResource"
_VALIDATOR = "ModelProcessor"


class _AiResourceSpec(DescriptorSchema):
    type = Text(required=True)
    lifecycle = Text(required=True)
    owner = Text(required=True)
    system = Text()


class _AiResource(DescriptorSchema):
    spec = ObjectOf(_AiResourceSpec, required=True)


class _SkillSpec(_AiResourceSpec):
    disciplines = ListOf(Text)
    categories = ListOf(Text)
    agents = ListOf(Text)
    dependsOn = ListOf(Text)
    allowedTools = Text()
    license = Text()
    compatibility = Text(max_length=500)


class _Skill(DescriptorSchema):
    spec = ObjectOf(_SkillSpec, required=True)


class _RuleSpec(_AiResourceSpec):
    disciplines = ListOf(Text)
    category = Text(required=True)
    rationale = Text(required=True)


class _Rule(DescriptorSchema):
    spec = ObjectOf(_RuleSpec, required=True)


class _PluginSpec(_AiResourceSpec):
    skills = ListOf(Text, required=True)
    version = Text()


class _Plugin(DescriptorSchema):
    spec = ObjectOf(_PluginSpec, required=True)


class _MarketplaceSpec(_AiResourceSpec):
    plugins = ListOf(Text, required=True)
    version = Text()


class _Marketplace(DescriptorSchema):
    spec = ObjectOf(_MarketplaceSpec, required=True)


class _Remote(DescriptorSchema):
    type = Text(required=True)
    url = Text(required=True)


class _McpServerSpec(DescriptorSchema):
    type = Text(required=True)
    lifecycle = Text(required=True)
    owner = Text(required=True)
    system = Text()
    remotes = ListOf(ObjectOf(_Remote), required=True, min_size=1)


class _McpServer(DescriptorSchema):
    spec = ObjectOf(_McpServerSpec, required=True)


def _ref(field: str, relation: str, inverse: str) -> RelationRule:
    """Return the rule of a field that names AI resources."""
    return RelationRule(field, relation, inverse, _NAME, target_kinds=frozenset({_NAME.lower()}))


def _row(schema: DescriptorSchema, *relations: RelationRule) -> Kind:
    """Return a row of AiResource; ``relations`` are those beside owner and system."""
    return Kind(
        _NAME,
        ("backstage.io/v1alpha1",),
        schema,
        (_OWNER, _SYSTEM, *relations),
        _VALIDATOR,
        f"Validation of {_NAME} entity failed: ",
        tuple(rule.field for rule in relations),
    )


_OWNER = replace(OWNER, target_kinds=frozenset({"group", "user"}))
_SYSTEM = replace(SYSTEM, target_kinds=frozenset({"system"}))
_TYPES = {
    "skill": _row(_Skill(), _ref("dependsOn", "dependsOn", "dependencyOf")),
    "rule": _row(_Rule()),
    "plugin": _row(_Plugin(), _ref("skills", "hasPart", "partOf")),
    "marketplace": _row(_Marketplace(), _ref("plugins", "hasPart", "partOf")),
}
_MCP_SERVER = Kind(
    "API",
    BACKSTAGE,
    _McpServer(),
    (_OWNER, *API.relations[1:]),
    _VALIDATOR,
    "Validation of API entity failed: ",
)

AI_MODEL = (
    replace(_row(_AiResource()), types=_TYPES),
    replace(API, types={"mcp-server": _MCP_SERVER}),
)
