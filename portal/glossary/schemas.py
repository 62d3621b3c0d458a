"""What clients may ask of the glossary, and what its answers look like."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema
from marshmallow import fields

from portal.glossary.concepts import ConceptView
from portal.web import QuerySchema
from portal.web import QueryText


class LanguageQuery(QuerySchema):
    """Which language to answer in; ``Accept-Language`` counts when it is absent."""

    lang = QueryText(metadata={"description": "A language tag such as ko or en."})


class LinkSchema(Schema):
    """Another entity; ``exists`` tells whether the catalog has it."""

    ref = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True)
    exists = fields.Boolean(required=True)


class UseCaseSchema(Schema):
    """One of the ways a concept is put to use."""

    title = fields.String(required=True)
    description = fields.String(required=True)


class ConceptSummarySchema(Schema):
    """A concept in a list."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    order = fields.Integer(required=True)
    type = fields.String(required=True)
    status = fields.String(required=True)
    title = fields.String(required=True)
    titles = fields.Dict(keys=fields.String(), values=fields.String())
    abbreviation = fields.String()
    summary = fields.String(required=True)
    tags = fields.List(fields.String())
    language = fields.String(required=True)
    is_fallback = fields.Boolean(
        data_key="isFallback",
        metadata={"description": "True when the wanted language is not there."},
    )
    languages = fields.List(fields.String())


class WebLinkSchema(Schema):
    """A page elsewhere."""

    url = fields.Function(lambda pair: pair[0])
    title = fields.Function(lambda pair: pair[1])


class ConceptSchema(ConceptSummarySchema):
    """A concept with all its sections and links."""

    glossary = fields.String(required=True)
    owner = fields.String(required=True)
    alternatives = fields.List(fields.String())
    overview = fields.List(fields.String(), required=True)
    explanation = fields.String(required=True)
    relevance = fields.String(required=True)
    use_cases = fields.List(fields.Nested(UseCaseSchema), data_key="useCases", required=True)
    web_links = fields.List(fields.Nested(WebLinkSchema), data_key="webLinks")
    links = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(LinkSchema)),
        metadata={"description": "Other entities, by relation type."},
    )


class ConceptListSchema(Schema):
    """The concepts of the glossary in their order."""

    language = fields.String(required=True)
    items = fields.List(fields.Nested(ConceptSummarySchema), required=True)


_SUMMARY = ConceptSummarySchema()
_CONCEPT = ConceptSchema()


def dump_concept(view: ConceptView) -> Any:
    """Return a concept as JSON."""
    return _CONCEPT.dump(view)


def dump_concepts(views: list[ConceptView], language: str) -> Any:
    """Return a list of concepts as JSON."""
    return {"language": language, "items": [_SUMMARY.dump(view) for view in views]}
