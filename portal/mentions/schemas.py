"""Schemas of the requests and responses of mentions."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema
from marshmallow import fields
from marshmallow import validate

from portal.mentions.formats import PLAIN
from portal.mentions.formats import PROSE
from portal.mentions.positions import ENCODINGS
from portal.mentions.positions import converted
from portal.mentions.service import Annotation
from portal.model.schema import Text
from portal.web.requests import StrictBodySchema

#: The longest text, in characters.
MAX_TEXT = 100_000
#: The most names in ``without``.
_MOST_NAMES = 1_000


class AnnotateBody(StrictBodySchema):
    """A text, and how its mentions are wanted."""

    no_body = "request/body must have required property 'text'"

    text = Text(
        required=True,
        min_length=0,
        metadata={"description": f"The text, of up to {MAX_TEXT:,} characters."},
    )
    format = Text(
        choices=tuple(PROSE),
        load_default=PLAIN,
        metadata={"description": "How the text is written."},
    )
    encoding = Text(
        choices=ENCODINGS,
        load_default=ENCODINGS[0],
        metadata={
            "description": "What start and end count, as in the Language Server Protocol: units "
            "of utf-16 (JavaScript, Java, C#), utf-32 (code points: Python) or utf-8 (bytes)."
        },
    )
    lang = Text(metadata={"description": "The language of titles and definitions: ko or en."})
    once = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Only the first mention of each concept."},
    )
    without = fields.List(
        Text(),
        load_default=(),
        validate=validate.Length(max=_MOST_NAMES),
        metadata={"description": "Names of concepts that are not looked for."},
    )
    linked = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Whether the text is wanted with links."},
    )


class MentionSchema(Schema):
    """A mention: its offsets, the text there, the concept, and the label that was found."""

    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    text = fields.String(required=True)
    concept = fields.String(required=True, metadata={"description": "The ref of the concept."})
    label = fields.String(required=True)
    label_type = fields.String(
        required=True,
        data_key="labelType",
        metadata={"description": "preferred, abbreviation, alternatives or hidden."},
    )


class MentionedConceptSchema(Schema):
    """A concept that the text mentions."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    status = fields.String(required=True)
    language = fields.String(required=True)
    url = fields.String(required=True, metadata={"description": "The address of its page."})


class AnnotationSchema(Schema):
    """The mentions in a text, in its order, and what they mention."""

    encoding = fields.String(required=True)
    mentions = fields.List(fields.Nested(MentionSchema), required=True)
    concepts = fields.List(fields.Nested(MentionedConceptSchema), required=True)
    linked = fields.String(
        metadata={
            "description": "The text with links: Markdown stays Markdown, HTML stays HTML, plain "
            "text becomes HTML. Absent unless asked for."
        }
    )


def annotation_to_json(text: str, encoding: str, annotation: Annotation) -> dict[str, Any]:
    """Return an annotation as JSON, with offsets in the units of an encoding."""
    ends = [end for match in annotation.mentions for end in (match.start, match.end)]
    at = converted(text, ends, encoding)
    answer: dict[str, Any] = {
        "encoding": encoding,
        "mentions": [
            {
                "start": at[match.start],
                "end": at[match.end],
                "text": text[match.start : match.end],
                "concept": match.term.ref,
                "label": match.term.text,
                "labelType": match.term.sort,
            }
            for match in annotation.mentions
        ],
        "concepts": [
            {
                "ref": ref,
                "name": view.name,
                "title": view.title,
                "summary": view.summary,
                "status": view.status,
                "language": view.language,
                "url": annotation.addresses[ref],
            }
            for ref, view in annotation.concepts.items()
        ],
    }
    if annotation.linked is not None:
        answer["linked"] = annotation.linked
    return answer
