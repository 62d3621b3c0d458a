"""What a kind is: a schema and the relations its fields make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import Relation
from portal.model.entity import ref_of
from portal.model.refs import parse_ref
from portal.model.schema import DescriptorSchema

#: Longer than any real ref; the indexes of a database take no key without end.
_LONGEST_REF = 500


@dataclass(frozen=True, slots=True)
class RelationRule:
    """A field of ``spec`` that names other entities.

    Attributes:
        field: The member of ``spec``: a ref, or a list of refs.
        type: The relation from the entity to the named one.
        inverse: The relation back.
        default_kind: The kind of a ref that has none; empty demands one.
        default_namespace: The namespace of a ref that has none; empty takes the
            entity's own.
        annotation: An annotation that may name them too, separated by commas.
    """

    field: str
    type: str
    inverse: str
    default_kind: str = ""
    default_namespace: str = ""
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table of kinds.

    Attributes:
        name: The kind, in its exact spelling.
        api_versions: The versions that are understood.
        schema: What the whole descriptor must look like.
        relations: What its fields say of other entities.
        validator: How Backstage calls the processor that validates it.
    """

    name: str
    api_versions: tuple[str, ...]
    schema: DescriptorSchema
    relations: tuple[RelationRule, ...] = ()
    validator: str = "BuiltinKindsEntityProcessor"


@dataclass(frozen=True, slots=True)
class RefError:
    """A field holds a text that is no entity reference."""

    path: JsonPath
    message: str


def relations_of(kind: Kind, entity: Entity) -> tuple[list[Relation], list[RefError]]:
    """Return what ``entity`` says of others, both directions, and the bad refs."""
    source = ref_of(entity)
    own = str(source)
    relations: list[Relation] = []
    errors: list[RefError] = []
    for rule in kind.relations:
        for path, text in _named(rule, entity):
            try:
                namespace = rule.default_namespace or source.namespace
                target = str(parse_ref(text, rule.default_kind, namespace))
            except ValueError as error:
                errors.append(RefError(path, str(error)))
                continue
            if len(target) > _LONGEST_REF:
                message = f'Entity reference "{text[:80]}…" has more than {_LONGEST_REF} characters'
                errors.append(RefError(path, message))
                continue
            relations.append(Relation(own, rule.type, target))
            relations.append(Relation(target, rule.inverse, own))
    return relations, errors


def _named(rule: RelationRule, entity: Entity) -> Iterator[tuple[JsonPath, str]]:
    """Yield the refs a rule finds in an entity, and where each one stands."""
    value = (entity.get("spec") or {}).get(rule.field)
    if isinstance(value, str) and value:
        yield ("spec", rule.field), value
    elif isinstance(value, list):
        for index, text in enumerate(value):
            if isinstance(text, str):
                yield ("spec", rule.field, index), text
    if rule.annotation:
        annotations = entity["metadata"].get("annotations") or {}
        for text in annotations.get(rule.annotation, "").split(","):
            if text.strip():
                yield ("metadata", "annotations", rule.annotation), text.strip()
