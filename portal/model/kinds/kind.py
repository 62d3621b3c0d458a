"""The type of kinds: a schema, and the relations that fields of ``spec`` make."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import Relation
from portal.model.entity import ref_of
from portal.model.refs import parse_ref
from portal.model.schema import DescriptorSchema

#: The greatest length of a ref: database indexes limit the length of keys.
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
        target_kinds: The kinds, in lower case, a relation may lead to: refs of others make
            none; empty allows all.
    """

    field: str
    type: str
    inverse: str
    default_kind: str = ""
    default_namespace: str = ""
    annotation: str = ""
    target_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table of kinds.

    Attributes:
        name: The kind, in its exact spelling.
        api_versions: The supported values of ``apiVersion``.
        schema: The schema of the whole descriptor.
        relations: The relations that its fields make.
        validator: The name of Backstage's processor that validates it, for messages.
        preface: What that processor writes before the problems it finds.
        unordered: Lists of refs whose order has no meaning, beside those of all kinds.
        types: Values of ``spec.type`` with members of their own: the row that takes the
            place of this one.
    """

    name: str
    api_versions: tuple[str, ...]
    schema: DescriptorSchema
    relations: tuple[RelationRule, ...] = ()
    validator: str = "BuiltinKindsEntityProcessor"
    preface: str = ""
    unordered: tuple[str, ...] = ()
    types: Mapping[str, Kind] = field(default_factory=dict)

    def row_of(self, entity: Entity) -> Kind:
        """Return the row an entity of this kind is held to."""
        spec = entity.get("spec")
        given = spec.get("type") if isinstance(spec, dict) else None
        return self.types.get(given, self) if isinstance(given, str) else self


@dataclass(frozen=True, slots=True)
class RefError:
    """A field has a text that is no entity ref."""

    path: JsonPath
    message: str


def relations_of(kind: Kind, entity: Entity) -> tuple[list[Relation], list[RefError]]:
    """Return the relations of ``entity`` in both directions, and its invalid refs."""
    source = ref_of(entity)
    own = str(source)
    relations: list[Relation] = []
    errors: list[RefError] = []
    for rule in kind.relations:
        for path, text in _named(rule, entity):
            try:
                namespace = rule.default_namespace or source.namespace
                named = parse_ref(text, rule.default_kind, namespace)
            except ValueError as error:
                errors.append(RefError(path, str(error)))
                continue
            target = str(named)
            if len(target) > _LONGEST_REF:
                message = f'Entity reference "{text[:80]}…" has more than {_LONGEST_REF} characters'
                errors.append(RefError(path, message))
                continue
            if rule.target_kinds and named.kind.lower() not in rule.target_kinds:
                continue
            relations.append(Relation(own, rule.type, target))
            relations.append(Relation(target, rule.inverse, own))
    return relations, errors


def _named(rule: RelationRule, entity: Entity) -> Iterator[tuple[JsonPath, str]]:
    """Yield the refs of a rule's field and annotation, each with its path."""
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
