"""Notifications, as Backstage's frontends ask for them, under ``/api/notifications``.

Programs send them to users, to members of groups, to owners of entities or to everybody;
users read them, mark them, and choose whom they want to hear. Open pages are told of new ones
(``/api/signals``).
"""

from __future__ import annotations

from typing import Any

from flask import Response

from portal.auth import gate
from portal.kernel.errors import InputError
from portal.notifications import schemas as s
from portal.notifications.message import Page
from portal.notifications.message import Query
from portal.notifications.service import Notifications
from portal.notifications.store import ORDERS
from portal.web.doors import asks
from portal.web.doors import public
from portal.web.openapi import Blueprint
from portal.web.openapi import HealthSchema
from portal.web.responses import json_response

_OWN = "callers see and change what is their own"
_DIRECTIONS = {"": False, "asc": False, "desc": True}
_BOOLEANS = {"true": True, "false": False}


def notifications_blueprint(notifications: Notifications) -> Blueprint:
    """Return the routes of notifications.

    Args:
        notifications: Sends them and finds them.
    """
    bp = Blueprint("notifications", __name__, url_prefix="/api/notifications", description=__doc__)
    _add_counts(bp, notifications)
    _add_channels(bp, notifications)
    # Backstage still has the second form of each path.
    for index, root in enumerate(("/notifications", "")):
        _add_messages(bp, root, f"{index}", notifications)
    return bp


def _add_messages(bp: Blueprint, root: str, suffix: str, notifications: Notifications) -> None:
    @bp.get(root or "/", endpoint=f"list{suffix}")
    @bp.arguments(s.NotificationsQuery(), location="query")
    @bp.response(200, s.NotificationsAnswer)
    @public(_OWN)
    def get_notifications(query: dict[str, Any]) -> Response:
        """List the user's notifications."""
        found, total = notifications.find(gate.require_user(), _query(query), _page(query))
        shown = [one.to_json() for one in found]
        return json_response({"totalCount": total, "notifications": shown})

    @bp.post(root or "/", endpoint=f"send{suffix}")
    @bp.arguments(s.SendBody())
    @bp.response(200, s.NotificationAnswer(many=True))
    @asks("notifications.notification.create")
    def post_notifications(body: dict[str, Any]) -> Response:
        """Send a notification of a program; returns one for every user who gets it."""
        origin = gate.require_service()
        sent = notifications.send(origin, body["recipients"], body["payload"])
        return json_response([one.sent_json() for one in sent])

    @bp.post(f"{root}/update", endpoint=f"update{suffix}")
    @bp.arguments(s.UpdateBody())
    @bp.response(200, s.NotificationAnswer(many=True))
    @public(_OWN)
    def post_update(body: dict[str, Any]) -> Response:
        """Mark notifications as read or saved; returns those that exist."""
        user = gate.require_user()
        marked = notifications.mark(
            user, body["ids"], read=body.get("read"), saved=body.get("saved")
        )
        return json_response([one.to_json() for one in marked])

    @bp.get(f"{root}/<notification_id>", endpoint=f"get{suffix}")
    @bp.arguments(s.NoQuery(), location="query")
    @bp.response(200, s.NotificationAnswer)
    @public(_OWN)
    def get_notification(_query: dict[str, Any], notification_id: str) -> Response:
        """Return one notification."""
        return json_response(notifications.get(gate.require_user(), notification_id).to_json())


def _add_counts(bp: Blueprint, notifications: Notifications) -> None:
    @bp.get("/health")
    @bp.response(200, HealthSchema)
    @public("tells that it answers, and nothing else")
    def get_notifications_health() -> Response:
        """Return the health of the notifications API."""
        return json_response({"status": "ok"})

    @bp.get("/status")
    @bp.arguments(s.NoQuery(), location="query")
    @bp.response(200, s.StatusAnswer)
    @public(_OWN)
    def get_status(_query: dict[str, Any]) -> Response:
        """Count the user's notifications."""
        unread, read = notifications.counts(gate.require_user())
        return json_response({"unread": unread, "read": read})

    @bp.get("/topics")
    @bp.arguments(s.TopicsQuery(), location="query")
    @bp.response(200, s.TopicsAnswer)
    @public(_OWN)
    def get_topics(query: dict[str, Any]) -> Response:
        """List the topics of the user's notifications."""
        return json_response({"topics": notifications.topics(gate.require_user(), _query(query))})


def _add_channels(bp: Blueprint, notifications: Notifications) -> None:
    @bp.get("/settings")
    @bp.arguments(s.NoQuery(), location="query")
    @bp.response(200, s.ChannelsBody)
    @public(_OWN)
    def get_channels(_query: dict[str, Any]) -> Response:
        """Return whom the user wants to hear: by origin, and by topic."""
        return json_response(notifications.settings(gate.require_user()))

    @bp.post("/settings")
    @bp.arguments(s.ChannelsBody())
    @bp.response(200, s.ChannelsBody)
    @public(_OWN)
    def post_channels(body: dict[str, Any]) -> Response:
        """Choose whom the user wants to hear; what is off is not stored for them."""
        return json_response(notifications.change_settings(gate.require_user(), body))


def _query(given: dict[str, Any]) -> Query:
    return Query(
        search=given.get("search", ""),
        topic=given.get("topic", ""),
        read=_BOOLEANS.get(given.get("read", "")),
        saved=_BOOLEANS.get(given.get("saved", "")),
        created_after=given.get("createdAfter", ""),
        minimum_severity=given.get("minimumSeverity", ""),
    )


def _page(given: dict[str, Any]) -> Page:
    order = tuple(map(_order, given.get("orderField", ())))
    most = Page().limit
    return Page(order, given.get("offset", 0), min(given.get("limit", most), most))


def _order(text: str) -> tuple[str, bool]:
    name, _, direction = text.partition(",")
    if direction not in _DIRECTIONS:
        raise InputError("Invalid order field order, must be asc or desc")
    if name not in ORDERS:
        raise InputError(f"Invalid order field '{name}', must be one of {', '.join(ORDERS)}")
    return name, _DIRECTIONS[direction]
