"""Schemas of the requests and responses of permissions."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text


class AuthorizeBody(DescriptorSchema):
    """A request for decisions; ``permissions`` validates it, with Backstage's messages."""


class _Decided(DescriptorSchema):
    id = Text(required=True)
    result = Anything(required=True)


class AuthorizeAnswer(DescriptorSchema):
    """The decisions, in the order of the request."""

    items = ListOf(ObjectOf(_Decided), required=True)


class HealthAnswer(DescriptorSchema):
    """The health of a plugin: ``status`` is ``ok``."""

    status = Text(required=True)
