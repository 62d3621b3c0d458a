"""Notifications that programs send: who gets them, what is kept, what users do with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from portal.notifications import tables as t
from portal.notifications.message import Page
from portal.notifications.message import Query
from portal.notifications.service import Notifications
from portal.notifications.signals import NotificationSignals
from portal.notifications.store import NotificationStore
from tests.conftest import MakePortal
from tests.conftest import Portal

_TOKEN = "a-token-of-the-tests"
_ME = "user:default/me"
_ALL = Page()
_CONTENT = """
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: me}
spec: {memberOf: [team]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: you}
spec: {memberOf: [below]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: team}
spec: {type: team, children: [below]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: below}
spec: {type: team, children: [team]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: lib}
spec: {type: library, lifecycle: production, owner: team}
"""
Send = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def shared_portal(make_shared_portal: MakePortal, shared_database_url: str) -> Portal:
    """Return a portal on each database."""
    return make_shared_portal(
        {"catalog-info.yaml": _CONTENT},
        service_token=_TOKEN,
        guest_access="always",
        guest_user=_ME,
        database_url=shared_database_url,
    )


@pytest.fixture
def portal(shared_portal: Portal) -> Iterator[Portal]:
    """Return a portal without notifications."""
    yield shared_portal
    with shared_portal.services.database.begin() as connection:
        for table in reversed(t.notifications.metadata.sorted_tables):
            if table.name.startswith("notification"):
                connection.execute(sa.delete(table))


@pytest.fixture
def send(portal: Portal) -> Send:
    """Return a function that sends a notification as a program."""

    def post(to: Any, excluded: Any = None, **payload: Any) -> list[dict[str, Any]]:
        recipients = {"type": "entity", "entityRef": to} if to else {"type": "broadcast"}
        if excluded:
            recipients["excludeEntityRef"] = excluded
        answer = portal.client.post(
            "/api/notifications/notifications",
            json={"recipients": recipients, "payload": {"title": "hi", **payload}},
            headers={"Authorization": f"Bearer {_TOKEN}"},
        )
        assert answer.status_code == 200, answer.text
        return list(answer.get_json())

    return post


def mine(portal: Portal, path: str = "/notifications", body: Any = None) -> Any:
    """Return an answer to the user."""
    answer = portal.client.open(
        f"/api/notifications{path}",
        method="GET" if body is None else "POST",
        json=body,
        headers={"Authorization": f"Bearer {portal.guest_token()}"},
    )
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def titles(portal: Portal, query: str = "") -> list[str]:
    """Return the titles of a list."""
    return [one["payload"]["title"] for one in mine(portal, f"?{query}")["notifications"]]


def test_everything_that_was_sent_comes_back(portal: Portal, send: Send) -> None:
    metadata = {"build": {"id": 7, "ok": False, "log": None}, "빌드": ["a", 1.5]}
    [sent] = send(_ME, description="d", link="/x", topic="build", icon="i", metadata=metadata)
    found = mine(portal)
    [one] = found["notifications"]
    assert found["totalCount"] == 1
    assert {name: one[name] for name in ("id", "user", "origin", "created")} == {
        name: value for name, value in sent.items() if name != "payload"
    }
    assert sent["payload"].items() <= one["payload"].items()
    assert one["payload"] == {
        "title": "hi",
        "description": "d",
        "link": "/x",
        "topic": "build",
        "severity": "normal",
        "scope": None,
        "icon": "i",
        "metadata": metadata,
    }
    assert (one["user"], one["origin"]) == (_ME, "external:service-token")
    assert (one["read"], one["saved"], one["updated"]) == (None, None, None)
    assert one["created"].endswith("Z")
    assert mine(portal, f"/notifications/{one['id']}") == mine(portal, f"/{one['id']}") == one


@pytest.mark.parametrize("to", [_ME, None], ids=["user", "everybody"])
@pytest.mark.parametrize(
    ("again", "kept"),
    [
        ({"metadata": {"b": 2}}, {"b": 2}),
        ({"metadata": {}}, {}),
        ({}, None),
    ],
)
def test_one_of_the_same_scope_replaces_the_earlier_with_its_metadata(
    portal: Portal, send: Send, to: Any, again: dict[str, Any], kept: Any
) -> None:
    [first] = send(to, scope="build", metadata={"a": 1}, description="d")
    [second] = send(to, scope="build", title="later", **again)
    [one] = mine(portal)["notifications"]
    assert one["id"] == first["id"] == second["id"]
    assert (one["payload"]["title"], one["payload"]["description"]) == ("later", None)
    assert one["payload"].get("metadata") == kept
    assert one["created"] == first["created"]
    assert one["updated"] is not None
    assert second["updated"] == one["updated"]


def test_without_a_scope_there_are_two(portal: Portal, send: Send) -> None:
    send(_ME)
    send(_ME)
    assert mine(portal)["totalCount"] == 2


def test_what_is_sent_again_is_unread_again_but_stays_saved(portal: Portal, send: Send) -> None:
    [sent] = send(_ME, scope="s")
    mine(portal, "/update", {"ids": [sent["id"]], "read": True, "saved": True})
    send(_ME, scope="s")
    [one] = mine(portal)["notifications"]
    assert one["read"] is None
    assert one["saved"] is not None


@pytest.mark.parametrize(
    ("to", "excluded", "users"),
    [
        ("user:default/me", None, {"me"}),
        ("User:Default/Me", None, {"me"}),
        ("user:default/nobody", None, {"nobody"}),
        (["user:default/me", "user:default/me"], None, {"me"}),
        ("group:default/below", None, {"me", "you"}),
        ("component:default/lib", None, {"me", "you"}),
        (["component:default/lib", "group:default/team"], "user:default/you", {"me"}),
        ("component:default/lib", ["Group:default/below"], {"me"}),
        ("component:default/none", None, set()),
        ([], None, set()),
    ],
)
def test_groups_mean_their_members_and_others_their_owners(
    send: Send, to: Any, excluded: Any, users: set[str]
) -> None:
    if not to:
        to = ["component:default/none"]
    sent = send(to, excluded)
    assert {one["user"] for one in sent} == {f"user:default/{name}" for name in users}
    assert len({one["id"] for one in sent}) == len(users)


def test_nobody_sees_what_is_for_others(portal: Portal, send: Send) -> None:
    [sent] = send("user:default/you")
    assert mine(portal) == {"totalCount": 0, "notifications": []}
    assert mine(portal, "/update", {"ids": [sent["id"]], "read": True}) == []
    assert mine(portal, "/status") == {"unread": 0, "read": 0}
    headers = {"Authorization": f"Bearer {portal.guest_token()}"}
    path = f"/api/notifications/notifications/{sent['id']}"
    assert portal.client.get(path, headers=headers).status_code == 404


def test_a_broadcast_is_marked_by_each_user_alone(portal: Portal, send: Send) -> None:
    [sent] = send(None, title="all")
    assert sent["user"] is None
    ids = [sent["id"]]
    [read] = mine(portal, "/update", {"ids": ids, "read": True})
    [saved] = mine(portal, "/update", {"ids": ids, "saved": True})
    assert saved["read"] == read["read"] is not None
    assert saved["saved"] is not None
    [unread] = mine(portal, "/update", {"ids": ids, "read": False})
    assert (unread["read"], unread["saved"]) == (None, saved["saved"])
    store = NotificationStore(portal.services.database)
    assert store.counts("user:default/you") == (1, 0)


def test_marks_narrow_lists_and_are_counted(portal: Portal, send: Send) -> None:
    ids = {title: send(_ME, title=title)[0]["id"] for title in ("a", "b", "c")}
    mine(portal, "/update", {"ids": [ids["a"], ids["b"]], "read": True})
    mine(portal, "/update", {"ids": [ids["b"]], "saved": True})
    assert mine(portal, "/status") == {"unread": 1, "read": 2}
    assert titles(portal, "read=true&orderField=title") == ["a", "b"]
    assert titles(portal, "read=false") == ["c"]
    assert titles(portal, "saved=true") == ["b"]
    assert titles(portal, "saved=false&orderField=title,desc") == ["c", "a"]


def test_lists_are_narrowed_ordered_and_cut(portal: Portal, send: Send) -> None:
    send(_ME, title="Build 100%", severity="high", topic="build")
    send(_ME, title="Deploy", description="100 builds", topic="deploy", severity="low")
    send(None, title="Outage", severity="critical")
    assert set(titles(portal)) == {"Outage", "Deploy", "Build 100%"}
    assert set(titles(portal, "search=BUILD")) == {"Build 100%", "Deploy"}
    assert titles(portal, "search=100%25") == ["Build 100%"]
    assert titles(portal, "topic=build") == ["Build 100%"]
    assert titles(portal, "minimumSeverity=high&orderField=title") == ["Build 100%", "Outage"]
    assert titles(portal, "orderField=title,desc&limit=1&offset=1") == ["Deploy"]
    assert mine(portal, "?limit=1")["totalCount"] == 3
    assert titles(portal, "createdAfter=2999-01-01") == []
    assert len(titles(portal, "createdAfter=2020-01-01T00:00:00.000Z")) == 3
    assert mine(portal, "/topics") == {"topics": ["build", "deploy"]}
    assert mine(portal, "/topics?minimumSeverity=high") == {"topics": ["build"]}


def test_a_user_chooses_whom_to_hear(portal: Portal, send: Send) -> None:
    send(_ME, topic="build")
    send(_ME, topic="deploy")
    origin = "external:service-token"
    [channel] = mine(portal, "/settings")["channels"]
    topics = [{"id": "build", "enabled": True}, {"id": "deploy", "enabled": True}]
    assert channel == {
        "id": "Web",
        "origins": [{"id": origin, "enabled": True, "topics": topics}],
    }
    topics[0]["enabled"] = False
    chosen = {"channels": [channel | {"origins": [channel["origins"][0] | {"topics": topics}]}]}
    assert mine(portal, "/settings", chosen) == chosen == mine(portal, "/settings")
    assert send(_ME, topic="build") == []
    assert len(send(_ME, topic="deploy")) == 1
    assert len(send(_ME)) == 1
    assert len(send(None, topic="build")) == 1
    chosen["channels"][0]["origins"][0]["enabled"] = False
    mine(portal, "/settings", chosen)
    assert send(_ME) == send(_ME, topic="deploy") == []
    assert len(send("user:default/you")) == 1


def test_old_ones_go_with_their_marks_and_young_ones_stay(portal: Portal) -> None:
    database = portal.services.database
    store = NotificationStore(database)
    keeping = Notifications(store, lambda _refs: (), "http://h", 30)
    old, again, young = (
        keeping.send("p", {"type": "broadcast"}, {"title": title, "scope": title})[0].id
        for title in ("old", "again", "young")
    )
    keeping.mark(_ME, [old, again, young], read=True, saved=None)
    with database.begin() as connection:
        long_ago = sa.update(t.notifications).values(created_at="2020-01-01T00:00:00.000+00:00")
        connection.execute(long_ago.where(t.notifications.c.id.in_([old, again])))
    Notifications(store, lambda _refs: (), "http://h", 0).send(
        "p", {"type": "broadcast"}, {"title": "again", "scope": "again"}
    )
    assert {one.id for one in store.find(_ME, Query(), _ALL)[0]} == {old, again, young}
    keeping.send("p", {"type": "broadcast"}, {"title": "young", "scope": "young"})
    assert {one.id for one in store.find(_ME, Query(), _ALL)[0]} == {again, young}
    with database.connect() as connection:
        marked = connection.scalars(sa.select(t.marks.c.notification_id))
        assert set(marked) == {again, young}


def test_many_users_get_theirs(portal: Portal) -> None:
    store = NotificationStore(portal.services.database)
    users = [f"user:default/u{number}" for number in range(1_001)]
    sent = store.send(users, "p", {"title": "t", "severity": "low", "scope": "s"}, "")
    assert [one.user for one in sent] == users
    again = store.send(users, "p", {"title": "u", "severity": "low", "scope": "s"}, "")
    assert [one.id for one in again] == [one.id for one in sent]
    assert json.loads(json.dumps(again[0].to_json()))["payload"]["title"] == "u"


def test_open_pages_are_told_what_is_new_and_what_is_read_once(portal: Portal, send: Send) -> None:
    signals = NotificationSignals(NotificationStore(portal.services.database))
    assert signals.news([]) == signals.news([_ME]) == []
    (sent,) = send(_ME)
    (others,) = send("user:default/you")
    (everybody,) = send(None)

    news = signals.news([_ME])

    told = sorted((one.user, one.message["notification_id"]) for one in news)
    assert told == sorted([(_ME, sent["id"]), ("", everybody["id"])])
    assert {(one.channel, one.message["action"]) for one in news} == {
        ("notifications", "new_notification")
    }
    assert signals.news([_ME]) == []
    mine(portal, "/update", {"ids": [sent["id"], others["id"]], "read": True})
    assert [(one.user, one.message) for one in signals.news([_ME, "user:default/you"])][-1] == (
        _ME,
        {"action": "notification_read", "notification_ids": [sent["id"]]},
    )
