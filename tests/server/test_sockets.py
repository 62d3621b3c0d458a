"""Pages that hold a WebSocket: how many, what they may send, and what they are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

import pytest

from portal.kernel.errors import BusyError
from portal.server.lanes import Lane
from portal.server.lanes import LaneLimit
from portal.server.lanes import Lanes
from portal.server.sockets import Sockets
from portal.web.sockets import Signal

_ANN, _BOB = "user:default/ann", "user:default/bob"


@dataclass
class Client:
    """A client that sends some messages, reads what it is told, and goes."""

    messages: list[Any]
    expects: int = 0
    told: list[Any] = field(default_factory=list)
    _has_enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Mapping[str, Any]:
        if self.messages:
            message = self.messages.pop(0)
            text = message if isinstance(message, str) else json.dumps(message)
            return {"type": "websocket.receive", "text": text}
        if len(self.told) < self.expects:
            await self._has_enough.wait()
        return {"type": "websocket.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.told.append(json.loads(message["text"]))
        if len(self.told) >= self.expects:
            self._has_enough.set()


def on(channel: str) -> dict[str, str]:
    return {"action": "subscribe", "channel": channel}


def talked(*clients: tuple[str, Client], news: tuple[Signal, ...] = ()) -> list[Collection[str]]:
    """Let clients talk until all are gone; return for whom news were asked."""
    asked: list[Collection[str]] = []

    def read_news(users: Collection[str]) -> tuple[Signal, ...]:
        asked.append(users)
        return news

    async def run() -> None:
        lanes = Lanes(dict.fromkeys(Lane, LaneLimit(2, 10, 5)))
        sockets = Sockets(len(clients), read_news, lanes, 0.01)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            for user, client in clients:
                group.create_task(sockets.talk(user, client.receive, client.send))
        lanes.shutdown()

    asyncio.run(run())
    return asked


def test_a_page_is_told_what_is_for_its_user_and_for_everybody_on_its_channels() -> None:
    ann, bob = Client([on("notifications")], 2), Client([on("notifications")], 1)
    news = (
        Signal(_ANN, "notifications", {"action": "a"}),
        Signal("", "notifications", {"action": "b"}),
        Signal("", "other", {"action": "c"}),
    )

    asked = talked((_ANN, ann), (_BOB, bob), news=news)

    everybody = {"channel": "notifications", "message": {"action": "b"}}
    assert ann.told[:2] == [{"channel": "notifications", "message": {"action": "a"}}, everybody]
    assert bob.told[0] == everybody
    assert set(asked[0]) <= {_ANN, _BOB}


@pytest.mark.parametrize(
    "message",
    [
        "{",
        "[" * 4000,
        "[]",
        {"action": "subscribe"},
        {"action": "subscribe", "channel": 1},
        {"action": "shout", "channel": "notifications"},
        on("n" * 65),
    ],
    ids=["json", "deep", "list", "no-channel", "number", "action", "long"],
)
def test_what_is_no_message_is_ignored(message: Any) -> None:
    client = Client([message, on("notifications")], 1)

    talked((_ANN, client), news=(Signal("", "notifications", 1), Signal("", "n" * 65, 2)))

    assert client.told[0] == {"channel": "notifications", "message": 1}


def test_a_client_has_sixteen_channels_and_can_leave_them() -> None:
    leave = {"action": "unsubscribe", "channel": "c0"}
    client = Client([*(on(f"c{number}") for number in range(16)), on("late"), leave, on("next")], 2)
    news = tuple(Signal("", name, name) for name in ("late", "c0", "c1", "next"))

    talked((_ANN, client), news=news)

    assert [one["channel"] for one in client.told[:2]] == ["c1", "next"]


def test_there_are_as_many_places_as_there_may_be() -> None:
    async def run() -> None:
        lanes = Lanes(dict.fromkeys(Lane, LaneLimit(1, 1, 1)))
        sockets = Sockets(1, lambda _users: [], lanes)
        with sockets.place(), pytest.raises(BusyError), sockets.place():
            pass
        with sockets.place():
            pass
        lanes.shutdown()

    asyncio.run(run())


def test_news_that_cannot_be_read_end_nothing(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[Any] = [OSError("no database"), (Signal("", "notifications", 1),)]

    def news(_users: Collection[str]) -> tuple[Signal, ...]:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, OSError):
            raise answer
        found: tuple[Signal, ...] = answer
        return found

    client = Client([on("notifications")], 1)

    async def run() -> None:
        lanes = Lanes(dict.fromkeys(Lane, LaneLimit(2, 10, 5)))
        await Sockets(1, news, lanes, 0.01).talk(_ANN, client.receive, client.send)
        lanes.shutdown()

    asyncio.run(run())
    assert client.told[0]["message"] == 1
    assert "no database" in caplog.text
