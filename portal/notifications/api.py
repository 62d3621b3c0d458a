"""Notifications, as Backstage's frontends ask for them, under ``/api/notifications``.

Nothing in the portal sends any yet, so there are none; what other programs send
is refused by answering that nothing was created.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response
from marshmallow import ValidationError
from marshmallow import fields

from portal.auth import gate
from portal.kernel.errors import NotFoundError
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.web import Blueprint
from portal.web import BodySchema
from portal.web import QuerySchema
from portal.web import QueryText
from portal.web import QueryTexts
from portal.web import QueryWhole
from portal.web import json_response

_SWITCH = ("true", "false")
_SEVERITIES = ("critical", "high", "normal", "low")
#: How a user may be told, and what they switched off: nothing.
_CHANNELS = {"channels": [{"id": "Web", "origins": []}]}


class _QueryTime(QueryText):
    """A moment in the query string."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            dt.datetime.fromisoformat(text)
        except ValueError:
            msg = "must be a date and time as in ISO 8601"
            raise ValidationError(msg) from None
        return text


class _NoQuery(QuerySchema):
    """No parameters at all."""


class TopicsQuery(QuerySchema):
    """Parameters of ``GET /topics``."""

    search = QueryText()
    read = QueryText(choices=_SWITCH)
    saved = QueryText(choices=_SWITCH)
    createdAfter = _QueryTime()
    minimumSeverity = QueryText(choices=_SEVERITIES)


class NotificationsQuery(TopicsQuery):
    """Parameters of ``GET /notifications``."""

    offset = QueryWhole()
    limit = QueryWhole()
    orderField = QueryTexts()
    topic = QueryText()


class _Recipients(DescriptorSchema):
    type = Text(required=True, choices=("entity", "broadcast"))


class _Payload(DescriptorSchema):
    title = Text(required=True)
    severity = Text(choices=_SEVERITIES)


class SendBody(BodySchema):
    """A notification to be sent."""

    recipients = ObjectOf(_Recipients, required=True)
    payload = ObjectOf(_Payload, required=True)


class UpdateBody(BodySchema):
    """What to mark."""

    ids = ListOf(Text(), required=True)
    read = fields.Raw()
    saved = fields.Raw()


class _Channel(DescriptorSchema):
    id = Text(required=True)
    origins = ListOf(MapOf(Anything()), required=True)


class ChannelsBody(BodySchema):
    """What a user wants to be told, and how."""

    channels = ListOf(ObjectOf(_Channel), required=True)


class Notification(DescriptorSchema):
    """One message to one user."""

    id = Text(required=True)
    user = Text(required=True)
    created = Text(required=True)
    origin = Text(required=True)
    payload = ObjectOf(_Payload, required=True)


class NotificationsAnswer(DescriptorSchema):
    """A page of notifications."""

    totalCount = Whole(required=True)
    notifications = ListOf(ObjectOf(Notification), required=True)


class StatusAnswer(DescriptorSchema):
    """How many there are."""

    unread = Whole(required=True)
    read = Whole(required=True)


class TopicsAnswer(DescriptorSchema):
    """What notifications were about."""

    topics = ListOf(Text(), required=True)


def notifications_blueprint() -> Blueprint:
    """Return the routes of notifications."""
    bp = Blueprint("notifications", __name__, url_prefix="/api/notifications", description=__doc__)
    _add_counts(bp)
    _add_channels(bp)
    # Backstage knows the second form of each still.
    for index, root in enumerate(("/notifications", "")):
        _add_messages(bp, root, f"{index}")
    return bp


def _add_messages(bp: Blueprint, root: str, suffix: str) -> None:
    @bp.get(root or "/", endpoint=f"list{suffix}")
    @bp.arguments(NotificationsQuery(), location="query")
    @bp.response(200, NotificationsAnswer)
    def get_notifications(_query: dict[str, Any]) -> Response:
        """List the user's notifications."""
        gate.require_user()
        return json_response({"totalCount": 0, "notifications": []})

    @bp.post(root or "/", endpoint=f"send{suffix}")
    @bp.arguments(SendBody())
    @bp.response(200, Notification(many=True))
    def post_notifications(_body: dict[str, Any]) -> Response:
        """Send a notification, for programs; returns what was created: nothing yet."""
        gate.require_service()
        return json_response([])

    @bp.post(f"{root}/update", endpoint=f"update{suffix}")
    @bp.arguments(UpdateBody())
    @bp.response(200, Notification(many=True))
    def post_update(_body: dict[str, Any]) -> Response:
        """Mark notifications as read or saved; returns those that there are."""
        gate.require_user()
        return json_response([])

    @bp.get(f"{root}/<notification_id>", endpoint=f"get{suffix}")
    @bp.arguments(_NoQuery(), location="query")
    def get_notification(_query: dict[str, Any], notification_id: str) -> Response:  # noqa: ARG001
        """Return one notification."""
        gate.require_user()
        raise NotFoundError("Not found")


def _add_counts(bp: Blueprint) -> None:
    @bp.get("/health")
    def get_notifications_health() -> Response:
        """Say that notifications can be asked for."""
        return json_response({"status": "ok"})

    @bp.get("/status")
    @bp.arguments(_NoQuery(), location="query")
    @bp.response(200, StatusAnswer)
    def get_status(_query: dict[str, Any]) -> Response:
        """Count the user's notifications."""
        gate.require_user()
        return json_response({"unread": 0, "read": 0})

    @bp.get("/topics")
    @bp.arguments(TopicsQuery(), location="query")
    @bp.response(200, TopicsAnswer)
    def get_topics(_query: dict[str, Any]) -> Response:
        """List what the user's notifications are about."""
        gate.require_user()
        return json_response({"topics": []})


def _add_channels(bp: Blueprint) -> None:
    @bp.get("/settings")
    @bp.arguments(_NoQuery(), location="query")
    @bp.response(200, ChannelsBody)
    def get_channels(_query: dict[str, Any]) -> Response:
        """Say how the user wants to be told."""
        gate.require_user()
        return json_response(_CHANNELS)

    @bp.post("/settings")
    @bp.arguments(ChannelsBody())
    @bp.response(200, ChannelsBody)
    def post_channels(_body: dict[str, Any]) -> Response:
        """Say how the user is told from now on: as before, while nothing is sent."""
        gate.require_user()
        return json_response(_CHANNELS)
