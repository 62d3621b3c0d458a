"""What forges are told."""

from __future__ import annotations

from marshmallow import Schema
from marshmallow import fields


class ReceiptAnswer(Schema):
    """What became of an event."""

    status = fields.String(
        required=True,
        metadata={"description": "accepted, ignored (nothing follows it) or pong."},
    )
    sources = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The sources that will be read."},
    )
