"""Stores notifications, what users have read of them, and what they want to be told."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.kernel.clock import now
from portal.kernel.database import batches
from portal.kernel.database import lock_writers
from portal.notifications import tables as t
from portal.notifications.message import SEVERITIES
from portal.notifications.message import Notification
from portal.notifications.message import Page
from portal.notifications.message import Query
from portal.notifications.preferences import Preferences
from portal.notifications.preferences import is_wanted

_n, _m, _p = t.notifications.c, t.marks.c, t.preferences.c
#: The fields that lists can be ordered by.
ORDERS: dict[str, sa.ColumnElement[Any]] = {
    "id": _n.id,
    "title": _n.title,
    "description": _n.description,
    "severity": _n.severity,
    "origin": _n.origin,
    "scope": _n.scope,
    "topic": _n.topic,
    "created": _n.created_at,
    "updated": _n.updated_at,
    "user": _n.user_ref,
    "read": _m.read_at,
    "saved": _m.saved_at,
}
#: How many users are written at a time: databases limit the values of a statement.
_BATCH = 400
_BROADCAST = ""


class NotificationStore:
    """Stores notifications.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- reading ----------------------------------------------------------

    def find(self, user: str, query: Query, page: Page) -> tuple[list[Notification], int]:
        """Return a page of the notifications of a user, and the number of all found."""
        found = _of(user, query)
        counting = sa.select(sa.func.count()).select_from(found.subquery())
        order = [ORDERS[name].desc() if down else ORDERS[name] for name, down in page.order]
        paged = found.order_by(*(order or [_n.created_at.desc()]), _n.id)
        with self._database.connect() as connection:
            total = connection.scalar(counting) or 0
            rows = connection.execute(paged.offset(page.offset).limit(page.limit))
            return [_notification(row) for row in rows], total

    def counts(self, user: str) -> tuple[int, int]:
        """Return how many notifications a user has not read, and how many they have."""
        found = _of(user, Query()).subquery()
        query = sa.select(sa.func.count(), sa.func.count(found.c.read_at))
        with self._database.connect() as connection:
            total, read = connection.execute(query.select_from(found)).one()
        return total - read, read

    def topics(self, user: str, query: Query) -> list[str]:
        """Return the topics of the notifications of a user, sorted."""
        found = _of(user, query).subquery()
        distinct = sa.select(found.c.topic).where(found.c.topic.is_not(None)).distinct()
        with self._database.connect() as connection:
            return list(connection.scalars(distinct.order_by(found.c.topic)))

    def origins(self, user: str) -> list[tuple[str, str | None]]:
        """Return the origins and topics of what was sent to a user alone."""
        query = sa.select(_n.origin, _n.topic).where(_n.user_ref == user).distinct()
        with self._database.connect() as connection:
            return [(row.origin, row.topic) for row in connection.execute(query)]

    def preferences(self, user: str) -> Preferences:
        """Return what a user wants to be told."""
        with self._database.connect() as connection:
            return _preferences(connection, [user]).get(user, {})

    def sent_since(self, users: Collection[str], time: str) -> list[tuple[str, str, str]]:
        """Return what was sent to some users or to everybody: id, user (or empty), time.

        Args:
            users: The refs of the users.
            time: Since when, as ISO 8601.
        """
        to_them = _n.user_ref.in_((*users, _BROADCAST))
        sent = sa.or_(_n.created_at > time, _n.updated_at > time)
        query = sa.select(_n.id, _n.user_ref, _last_sent()).where(to_them, sent)
        return self._rows(query)

    def read_since(self, users: Collection[str], time: str) -> list[tuple[str, str, str]]:
        """Return what some users marked as read: id, user, time. See ``sent_since``."""
        theirs = sa.and_(_m.user_ref.in_(users), _m.read_at > time)
        return self._rows(sa.select(_m.notification_id, _m.user_ref, _m.read_at).where(theirs))

    def _rows(self, query: sa.Select[Any]) -> list[tuple[str, str, str]]:
        with self._database.connect() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    # --- writing ----------------------------------------------------------

    def broadcast(self, origin: str, payload: dict[str, Any], oldest: str) -> list[Notification]:
        """Store a notification for everybody.

        Args:
            origin: The program that sends it.
            payload: What it says.
            oldest: Notifications from before this time are removed.
        """
        return self._store([_BROADCAST], origin, payload, oldest)

    def send(
        self, users: Sequence[str], origin: str, payload: dict[str, Any], oldest: str
    ) -> list[Notification]:
        """Store a notification for each of some users; not for those who do not want it.

        One with the scope of an earlier one of the same origin takes its place, unread.
        For the arguments see ``broadcast``.
        """
        return self._store(users, origin, payload, oldest)

    def _store(
        self, users: Sequence[str], origin: str, payload: dict[str, Any], oldest: str
    ) -> list[Notification]:
        sent: list[Notification] = []
        with self._database.begin() as connection:
            lock_writers(connection)
            _remove(connection, _last_sent() < oldest)
            for batch in batches(users, _BATCH):
                chosen = _preferences(connection, batch)
                wanting = [
                    user
                    for user in batch
                    if is_wanted(chosen.get(user, {}), origin, payload.get("topic"))
                ]
                sent += _store_batch(connection, wanting, origin, payload)
        return sent

    def mark(self, user: str, ids: Sequence[str], **changes: str | None) -> None:
        """Set ``read_at`` or ``saved_at`` of some notifications of a user.

        Args:
            user: The user.
            ids: The notifications; those of others are left alone.
            changes: The columns and their values.
        """
        visible = sa.select(_n.id).where(_n.user_ref.in_((user, _BROADCAST)))
        with self._database.begin() as connection:
            lock_writers(connection)
            for batch in batches(dict.fromkeys(ids), _BATCH):
                known = list(connection.scalars(visible.where(_n.id.in_(batch))))
                mine = sa.and_(_m.notification_id.in_(known), _m.user_ref == user)
                connection.execute(sa.update(t.marks).where(mine).values(**changes))
                marked = set(connection.scalars(sa.select(_m.notification_id).where(mine)))
                rows = [
                    {"notification_id": each, "user_ref": user, **changes}
                    for each in known
                    if each not in marked
                ]
                if rows:
                    connection.execute(sa.insert(t.marks), rows)

    def prefer(self, user: str, preferences: Preferences) -> None:
        """Store what a user wants to be told, in place of what was stored."""
        with self._database.begin() as connection:
            lock_writers(connection)
            connection.execute(sa.delete(t.preferences).where(_p.user_ref == user))
            row = {"user_ref": user, "value": json.dumps(preferences)}
            connection.execute(sa.insert(t.preferences).values(row))


def _of(user: str, query: Query) -> sa.Select[Any]:
    """Return the notifications a user sees, those to everybody included."""
    marked = sa.and_(_m.notification_id == _n.id, _m.user_ref == user)
    found = sa.select(t.notifications, _m.read_at, _m.saved_at).select_from(
        t.notifications.outerjoin(t.marks, marked)
    )
    return found.where(_n.user_ref.in_((user, _BROADCAST)), *_conditions(query))


def _conditions(query: Query) -> Iterator[sa.ColumnElement[bool]]:
    if query.ids is not None:
        yield _n.id.in_(query.ids)
    if query.search:
        text = query.search.lower()
        yield sa.or_(
            *(sa.func.lower(c).contains(text, autoescape=True) for c in (_n.title, _n.description))
        )
    if query.topic:
        yield _n.topic == query.topic
    for column, wanted in ((_m.read_at, query.read), (_m.saved_at, query.saved)):
        if wanted is not None:
            yield column.is_not(None) if wanted else column.is_(None)
    if query.created_after:
        yield _n.created_at >= query.created_after
    if query.minimum_severity:
        yield _n.severity.in_(SEVERITIES[: SEVERITIES.index(query.minimum_severity) + 1])


def _last_sent() -> sa.ColumnElement[str]:
    return sa.func.coalesce(_n.updated_at, _n.created_at)


def _remove(connection: Connection, condition: sa.ColumnElement[bool]) -> None:
    """Remove notifications, and what was marked of them."""
    gone = sa.select(_n.id).where(condition)
    connection.execute(sa.delete(t.marks).where(_m.notification_id.in_(gone)))
    connection.execute(sa.delete(t.notifications).where(condition))


def _store_batch(
    connection: Connection, users: Sequence[str], origin: str, payload: dict[str, Any]
) -> list[Notification]:
    time, scope = now(), payload.get("scope")
    content = {
        "topic": payload.get("topic"),
        "severity": payload["severity"],
        "title": payload["title"],
        "description": payload.get("description"),
        "payload": json.dumps(payload),
    }
    old: dict[str, Any] = {}
    if scope:
        same = sa.and_(_n.origin == origin, _n.scope == scope, _n.user_ref.in_(users))
        query = sa.select(_n.user_ref, _n.id, _n.created_at).where(same)
        old = {row.user_ref: row for row in connection.execute(query)}
        connection.execute(
            sa.update(t.notifications).where(same).values(updated_at=time, **content)
        )
        again = sa.and_(
            _m.notification_id.in_([row.id for row in old.values()]), _m.user_ref.in_(users)
        )
        connection.execute(sa.update(t.marks).where(again).values(read_at=None))
    fresh = {user: str(uuid.uuid4()) for user in users if user not in old}
    common = {"origin": origin, "scope": scope, "created_at": time, **content}
    rows = [{"id": each, "user_ref": user, **common} for user, each in fresh.items()]
    if rows:
        connection.execute(sa.insert(t.notifications), rows)
    return [
        Notification(old[user].id, user or None, origin, old[user].created_at, payload, time)
        if user in old
        else Notification(fresh[user], user or None, origin, time, payload)
        for user in users
    ]


def _preferences(connection: Connection, users: Sequence[str]) -> dict[str, Preferences]:
    query = sa.select(_p.user_ref, _p.value).where(_p.user_ref.in_(users))
    return {row.user_ref: json.loads(row.value) for row in connection.execute(query)}


def _notification(row: Any) -> Notification:
    return Notification(
        row.id,
        row.user_ref or None,
        row.origin,
        row.created_at,
        json.loads(row.payload),
        row.updated_at,
        row.read_at,
        row.saved_at,
    )
