"""Component, API, Resource, System and Domain."""

from __future__ import annotations

from portal.model.entity import IMPLEMENTS
from portal.model.kinds.kind import Kind
from portal.model.kinds.kind import RelationRule
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text

BACKSTAGE = ("backstage.io/v1alpha1", "backstage.io/v1beta1")

OWNER = RelationRule("owner", "ownedBy", "ownerOf", "Group")
SYSTEM = RelationRule("system", "partOf", "hasPart", "System")
DEPENDS_ON = RelationRule("dependsOn", "dependsOn", "dependencyOf")
DEPENDENCY_OF = RelationRule("dependencyOf", "dependencyOf", "dependsOn")
IMPLEMENTS_CONCEPTS = RelationRule(
    "implementsConcepts",
    "implementsConcept",
    "conceptImplementedBy",
    "Concept",
    "default",
    IMPLEMENTS,
)


class _ComponentSpec(DescriptorSchema):
    type = Text(required=True)
    lifecycle = Text(required=True)
    owner = Text(required=True)
    system = Text()
    subcomponentOf = Text()
    providesApis = ListOf(Text)
    consumesApis = ListOf(Text)
    dependsOn = ListOf(Text)


class _Component(DescriptorSchema):
    spec = ObjectOf(_ComponentSpec, required=True)


class _ApiSpec(DescriptorSchema):
    type = Text(required=True)
    lifecycle = Text(required=True)
    owner = Text(required=True)
    definition = Text(required=True)
    system = Text()


class _Api(DescriptorSchema):
    spec = ObjectOf(_ApiSpec, required=True)


class _ResourceSpec(DescriptorSchema):
    type = Text(required=True)
    owner = Text(required=True)
    dependsOn = ListOf(Text)
    dependencyOf = ListOf(Text)
    system = Text()


class _Resource(DescriptorSchema):
    spec = ObjectOf(_ResourceSpec, required=True)


class _SystemSpec(DescriptorSchema):
    owner = Text(required=True)
    domain = Text()
    type = Text()


class _System(DescriptorSchema):
    spec = ObjectOf(_SystemSpec, required=True)


class _DomainSpec(DescriptorSchema):
    owner = Text(required=True)
    subdomainOf = Text()
    type = Text()


class _Domain(DescriptorSchema):
    spec = ObjectOf(_DomainSpec, required=True)


API = Kind("API", BACKSTAGE, _Api(), (OWNER, SYSTEM, IMPLEMENTS_CONCEPTS))
SOFTWARE = (
    Kind(
        "Component",
        BACKSTAGE,
        _Component(),
        (
            OWNER,
            SYSTEM,
            RelationRule("subcomponentOf", "partOf", "hasPart", "Component"),
            RelationRule("providesApis", "providesApi", "apiProvidedBy", "API"),
            RelationRule("consumesApis", "consumesApi", "apiConsumedBy", "API"),
            DEPENDS_ON,
            DEPENDENCY_OF,
            IMPLEMENTS_CONCEPTS,
        ),
    ),
    API,
    Kind(
        "Resource",
        BACKSTAGE,
        _Resource(),
        (OWNER, DEPENDS_ON, DEPENDENCY_OF, SYSTEM, IMPLEMENTS_CONCEPTS),
    ),
    Kind(
        "System",
        BACKSTAGE,
        _System(),
        (
            OWNER,
            RelationRule("domain", "partOf", "hasPart", "Domain"),
            IMPLEMENTS_CONCEPTS,
        ),
    ),
    Kind(
        "Domain",
        BACKSTAGE,
        _Domain(),
        (OWNER, RelationRule("subdomainOf", "partOf", "hasPart", "Domain")),
    ),
)
