"""Glossary and Concept: the kinds of this portal, ``apiVersion: glossary/v1``.

A Glossary is a concept scheme and a Concept one of its terms, in the sense of
SKOS; ``docs/users/writing-concepts.md`` describes every field for authors.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError
from marshmallow import fields

from portal.model.kinds.kind import Kind
from portal.model.kinds.kind import RelationRule
from portal.model.kinds.software import OWNER
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.model.schema import Whole

VERSION = "glossary/v1"
STATUSES = ("draft", "approved", "deprecated")
STRENGTHS = ("strong", "supporting")
#: Package-url types a dependency may be of.
ECOSYSTEMS = ("pypi", "npm", "maven", "golang")
LANGUAGES = ("python", "javascript", "java", "go")


class _Labels(DescriptorSchema):
    preferred = Text(required=True)
    alternatives = ListOf(Text)
    hidden = ListOf(Text)
    abbreviation = Text()


class _UseCase(DescriptorSchema):
    title = Text(required=True)
    description = Text(required=True)


class _Texts(DescriptorSchema):
    summary = Text(required=True)
    overview = Text(required=True)
    explanation = Text(required=True)
    relevance = Text(required=True)
    useCases = ListOf(ObjectOf(_UseCase), required=True)


class _Dependency(DescriptorSchema):
    ecosystem = Text(required=True, choices=ECOSYSTEMS)
    names = ListOf(Text, required=True)


class _Import(DescriptorSchema):
    language = Text(required=True, choices=LANGUAGES)
    names = ListOf(Text, required=True)


class _Configuration(DescriptorSchema):
    files = ListOf(Text, required=True)
    keys = ListOf(Text, required=True)


class _File(DescriptorSchema):
    paths = ListOf(Text, required=True)


#: What a repository can show: exactly one of these in each evidence rule.
EVIDENCE_FORMS = ("dependency", "import", "configuration", "file")


class _EvidenceMembers(DescriptorSchema):
    dependency = ObjectOf(_Dependency)
    configuration = ObjectOf(_Configuration)
    file = ObjectOf(_File)
    strength = Text(choices=STRENGTHS)
    because = MapOf(Text())


class _EvidenceRule(
    _EvidenceMembers.from_dict({"import": ObjectOf(_Import)}, name="Evidence")  # type: ignore[misc]
):
    pass


class _Evidence(fields.Field[dict[str, Any]]):
    """One rule: exactly one form, and how much it says."""

    _schema = _EvidenceRule()

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            msg = "must be object - type: object"
            raise ValidationError(msg)
        forms = [form for form in EVIDENCE_FORMS if form in value]
        if len(forms) != 1:
            msg = f"must have exactly one of {', '.join(EVIDENCE_FORMS)}"
            raise ValidationError(msg)
        if errors := self._schema.validate(value):
            raise ValidationError(errors)
        return value


class _ConceptSpec(DescriptorSchema):
    type = Text(required=True)
    status = Text(required=True, choices=STATUSES)
    owner = Text(required=True)
    glossary = Text(required=True)
    order = Whole()
    labels = MapOf(ObjectOf(_Labels), required=True, min_size=1)
    text = MapOf(ObjectOf(_Texts), required=True, min_size=1)
    related = ListOf(Text)
    broader = ListOf(Text)
    partOf = ListOf(Text)
    contrastsWith = ListOf(Text)
    replacedBy = Text()
    starter = Text()
    evidence = ListOf(_Evidence)


class _Concept(DescriptorSchema):
    spec = ObjectOf(_ConceptSpec, required=True)


class _GlossarySpec(DescriptorSchema):
    type = Text(required=True)
    owner = Text(required=True)
    author = Text()
    created = Text()
    languages = ListOf(Text, required=True)
    defaultLanguage = Text(required=True)
    title = MapOf(Text(), required=True, min_size=1)
    subtitle = MapOf(Text())
    introduction = MapOf(Text())
    metadata = Anything()


class _Glossary(DescriptorSchema):
    spec = ObjectOf(_GlossarySpec, required=True)


GLOSSARY = (
    Kind("Glossary", (VERSION,), _Glossary(), (OWNER,), validator="GlossaryProcessor"),
    Kind(
        "Concept",
        (VERSION,),
        _Concept(),
        (
            OWNER,
            RelationRule("glossary", "inGlossary", "hasConcept", "Glossary"),
            RelationRule("related", "relatedTo", "relatedTo", "Concept"),
            RelationRule("broader", "broader", "narrower", "Concept"),
            RelationRule("partOf", "partOf", "hasPart", "Concept"),
            RelationRule("contrastsWith", "contrastsWith", "contrastsWith", "Concept"),
            RelationRule("replacedBy", "replacedBy", "replaces", "Concept"),
            RelationRule("starter", "hasStarter", "starterOf", "Template"),
        ),
        validator="GlossaryProcessor",
    ),
)
