"""Schemas of the requests and responses of the glossary."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema
from marshmallow import fields

from portal.glossary.concepts import ConceptView
from portal.web.requests import QuerySchema
from portal.web.requests import QueryText


class LanguageQuery(QuerySchema):
    """The language of the response; the header ``Accept-Language`` when it is absent."""

    lang = QueryText(metadata={"description": "A language tag such as ko or en."})


class LinkSchema(Schema):
    """A related entity; ``exists`` is whether the catalog has it."""

    ref = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True)
    exists = fields.Boolean(required=True)


class UseCaseSchema(Schema):
    """A use case of a concept."""

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
        metadata={"description": "True when the requested language is not available."},
    )
    languages = fields.List(fields.String())


class WebLinkSchema(Schema):
    """A link to a web page."""

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
    symptoms = fields.List(
        fields.String(),
        metadata={"description": "What people say who need it and do not know its name."},
    )
    use_cases = fields.List(fields.Nested(UseCaseSchema), data_key="useCases", required=True)
    web_links = fields.List(fields.Nested(WebLinkSchema), data_key="webLinks")
    links = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(LinkSchema)),
        metadata={"description": "Other entities, by relation type."},
    )


class ConceptListSchema(Schema):
    """The concepts of the glossary, sorted by ``order``."""

    language = fields.String(required=True)
    items = fields.List(fields.Nested(ConceptSummarySchema), required=True)


_SUMMARY = ConceptSummarySchema()
_CONCEPT = ConceptSchema()


def concept_to_json(view: ConceptView) -> Any:
    """Return a concept as JSON."""
    return _CONCEPT.dump(view)


def concepts_to_json(views: list[ConceptView], language: str) -> Any:
    """Return a list of concepts as JSON."""
    return {"language": language, "items": [_SUMMARY.dump(view) for view in views]}
