"""The response to a webhook."""

from __future__ import annotations

from marshmallow import Schema
from marshmallow import fields


class ReceiptAnswer(Schema):
    """The result of an event."""

    status = fields.String(
        required=True,
        metadata={"description": "accepted, ignored (no source reads what was pushed) or pong."},
    )
    sources = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The sources that will be read."},
    )
