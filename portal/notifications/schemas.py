"""The parameters, bodies and answers of ``/api/notifications``."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import ValidationError
from marshmallow import fields

from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.notifications.message import SEVERITIES
from portal.web.requests import BodySchema
from portal.web.requests import QuerySchema
from portal.web.requests import QueryText
from portal.web.requests import QueryTexts
from portal.web.requests import QueryWhole

_SWITCH = ("true", "false")
#: The greatest length of a title, topic, scope or icon, in characters.
_SHORT = 255


class _QueryTime(QueryText):
    """A moment in the query string."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            time = dt.datetime.fromisoformat(text)
        except ValueError:
            msg = "must be a date and time as in ISO 8601"
            raise ValidationError(msg) from None
        known = time if time.tzinfo else time.replace(tzinfo=dt.UTC)
        return known.astimezone(dt.UTC).isoformat(timespec="milliseconds")


class _Switch(fields.Field[bool]):
    """A JSON boolean."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            msg = "must be boolean"
            raise ValidationError(msg)
        return value


class _Refs(fields.Raw):
    """An entity ref, or a list of them."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        given = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str) for item in given):
            msg = "must be an entity ref or a list of them"
            raise ValidationError(msg)
        return value


class NoQuery(QuerySchema):
    """No parameters at all."""


class TopicsQuery(QuerySchema):
    """Parameters of ``GET /topics``."""

    search = QueryText()
    read = QueryText(choices=_SWITCH)
    saved = QueryText(choices=_SWITCH)
    createdAfter = _QueryTime()
    minimumSeverity = QueryText(choices=SEVERITIES)


class NotificationsQuery(TopicsQuery):
    """Parameters of ``GET /notifications``."""

    offset = QueryWhole()
    limit = QueryWhole()
    orderField = QueryTexts()
    topic = QueryText()


class _Recipients(BodySchema):
    type = Text(required=True, choices=("entity", "broadcast"))
    entityRef = _Refs()
    excludeEntityRef = _Refs()


class _Payload(BodySchema):
    title = Text(required=True, max_length=_SHORT)
    description = Text(min_length=0)
    link = Text(min_length=0)
    severity = Text(choices=SEVERITIES)
    topic = Text(min_length=0, max_length=_SHORT)
    scope = Text(min_length=0, max_length=_SHORT)
    icon = Text(min_length=0, max_length=_SHORT)
    metadata = MapOf(fields.Raw(allow_none=True))


class SendBody(BodySchema):
    """A notification to be sent."""

    recipients = ObjectOf(_Recipients, required=True)
    payload = ObjectOf(_Payload, required=True)


class UpdateBody(BodySchema):
    """What to mark."""

    ids = ListOf(Text(), required=True)
    read = _Switch()
    saved = _Switch()


class _Topic(BodySchema):
    id = Text(required=True)
    enabled = _Switch(required=True)


class _Origin(BodySchema):
    id = Text(required=True)
    enabled = _Switch(required=True)
    topics = ListOf(ObjectOf(_Topic))


class _Channel(BodySchema):
    id = Text(required=True)
    enabled = _Switch()
    origins = ListOf(ObjectOf(_Origin), required=True)


class ChannelsBody(BodySchema):
    """A user's settings: per channel and origin, whether notifications are sent."""

    channels = ListOf(ObjectOf(_Channel), required=True)


class NotificationAnswer(DescriptorSchema):
    """A notification of one user; ``user`` is null for one to everybody."""

    id = Text(required=True)
    user = Text(required=True, allow_none=True)
    created = Text(required=True)
    saved = Text(allow_none=True)
    read = Text(allow_none=True)
    updated = Text(allow_none=True)
    origin = Text(required=True)
    payload = MapOf(Anything(), required=True)


class NotificationsAnswer(DescriptorSchema):
    """A page of notifications."""

    totalCount = Whole(required=True)
    notifications = ListOf(ObjectOf(NotificationAnswer), required=True)


class StatusAnswer(DescriptorSchema):
    """The numbers of read and unread notifications."""

    unread = Whole(required=True)
    read = Whole(required=True)


class TopicsAnswer(DescriptorSchema):
    """The topics of notifications."""

    topics = ListOf(Text(), required=True)
