"""Glossary and Concept: the kinds of this portal, ``apiVersion: glossary/v1``.

A Glossary is a concept scheme and a Concept one of its terms, in the sense of
SKOS; ``docs/users/writing-concepts.md`` describes every field for authors.
"""

from __future__ import annotations

from portal.model.kinds.checks import Check
from portal.model.kinds.checks import Expectation
from portal.model.kinds.evidence import EvidenceRule
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


class _ConceptSpec(DescriptorSchema):
    type = Text(required=True)
    status = Text(required=True, choices=STATUSES)
    owner = Text(required=True)
    glossary = Text(required=True)
    order = Whole()
    labels = MapOf(ObjectOf(_Labels), required=True, min_size=1)
    text = MapOf(ObjectOf(_Texts), required=True, min_size=1)
    symptoms = MapOf(ListOf(Text))
    related = ListOf(Text)
    broader = ListOf(Text)
    partOf = ListOf(Text)
    contrastsWith = ListOf(Text)
    replacedBy = Text()
    starter = Text()
    evidence = ListOf(EvidenceRule)
    checks = ListOf(ObjectOf(Check))
    expectations = ListOf(ObjectOf(Expectation))


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
