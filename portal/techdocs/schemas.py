"""The schemas of responses with documentation."""

from __future__ import annotations

from marshmallow import INCLUDE
from marshmallow import Schema
from marshmallow import fields


class SiteMetadata(Schema):
    """The metadata of a site, ``techdocs_metadata.json``."""

    site_name = fields.String(metadata={"description": "Its name"})
    site_description = fields.String(metadata={"description": "One line about it"})
    build_timestamp = fields.Integer(metadata={"description": "Milliseconds since the epoch"})
    etag = fields.String(metadata={"description": "The commit"})
    files = fields.List(fields.String(), metadata={"description": "Its files"})


class DocsLocation(Schema):
    """Where documentation is."""

    type = fields.String(metadata={"description": "`dir`, `url` or `concept`"})
    target = fields.String(metadata={"description": "The folder or address"})


class EntityMetadata(Schema):
    """An entity, and where its documentation is."""

    class Meta:
        """The fields of entities depend on their kind."""

        unknown = INCLUDE

    locationMetadata = fields.Nested(DocsLocation)
