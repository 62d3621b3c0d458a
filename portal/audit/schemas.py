"""Schemas of the requests and responses of the audit log."""

from __future__ import annotations

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import Text
from portal.web.requests import QuerySchema
from portal.web.requests import QueryText
from portal.web.requests import QueryWhole


class AuditParameters(QuerySchema):
    """Filters, all of which have to be met, and the place in the list."""

    actor = QueryText(load_default="")
    action = QueryText(load_default="")
    outcome = QueryText(load_default="")
    resource = QueryText(load_default="")
    since = QueryText(load_default="")
    until = QueryText(load_default="")
    cursor = QueryWhole(load_default=0)
    limit = QueryWhole(load_default=100)


class AuditAnswer(DescriptorSchema):
    """Entries, the newest first; ``nextCursor`` when there are more."""

    items = ListOf(MapOf(Anything()), required=True)
    nextCursor = Text()
