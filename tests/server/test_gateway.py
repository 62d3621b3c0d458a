"""What an application sees of a request, and a client of its answer."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

import pytest

from portal.kernel.blocking import may_block
from portal.server.gateway import Gateway
from portal.server.lanes import Lane
from portal.server.lanes import LaneLimit
from portal.server.lanes import Lanes
from portal.server.sockets import Sockets
from portal.web.responses import CLIENT_GONE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

_LIMITS = dict.fromkeys(Lane, LaneLimit(2, 10, 5))
_MIB = 1024 * 1024


@dataclass
class Exchange:
    """One request, and all that was answered."""

    body: list[bytes] = field(default_factory=lambda: [b""])
    sent: list[Mapping[str, Any]] = field(default_factory=list)
    #: Called before each message is sent.
    on_send: Callable[[], None] = lambda: None
    is_gone: bool = False

    async def receive(self) -> Mapping[str, Any]:
        if self.body:
            piece = self.body.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(self.body)}
        while not self.is_gone:  # noqa: ASYNC110 - set from outside of the loop, too
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.on_send()
        self.sent.append(message)
        await asyncio.sleep(0)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def content(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])


def ask(
    application: WSGIApplication,
    exchange: Exchange | None = None,
    limits: dict[Lane, LaneLimit] | None = None,
    tries_quick_reads: bool = True,
    **scope: Any,
) -> Exchange:
    """Send a request to an application."""
    exchange = exchange or Exchange()
    whole = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [],
        "server": ("127.0.0.1", 7007),
        "client": ("192.0.2.7", 5000),
        **scope,
    }

    async def run() -> None:
        lanes = Lanes(limits or _LIMITS)
        sockets = Sockets(1, lambda _users: [], lanes)
        gateway = Gateway(application, lanes, sockets, tries_quick_reads=tries_quick_reads)
        await gateway(whole, exchange.receive, exchange.send)
        lanes.shutdown()

    asyncio.run(run())
    return exchange


def answering(*pieces: bytes) -> WSGIApplication:
    def application(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return iter(pieces)

    return application


def seen(**scope: Any) -> dict[str, Any]:
    """Return the environment an application is given."""
    environs: list[dict[str, Any]] = []

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environs.append(dict(environ))
        start("204 No Content", [])
        return []

    exchange = Exchange(body=scope.pop("body", [b""]))
    ask(application, exchange, **scope)
    return environs[0]


class TestRequests:
    def test_a_path_in_korean_is_bytes_in_latin_1(self) -> None:
        environ = seen(path="/문서", query_string=b"term=%EB%A9%B1")
        assert environ["PATH_INFO"].encode("latin-1").decode() == "/문서"
        assert environ["QUERY_STRING"] == "term=%EB%A9%B1"

    def test_headers_have_their_names(self) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"x-request-id", b"a"),
            (b"accept", b"a/b"),
            (b"accept", b"c/d"),
        ]
        environ = seen(headers=headers)
        assert environ["CONTENT_TYPE"] == "application/json"
        assert environ["HTTP_X_REQUEST_ID"] == "a"
        assert environ["HTTP_ACCEPT"] == "a/b,c/d"

    def test_a_header_that_could_be_taken_for_another_is_left_out(self) -> None:
        environ = seen(headers=[(b"x_forwarded_user", b"root"), (b"x-forwarded-user", b"kim")])
        assert environ["HTTP_X_FORWARDED_USER"] == "kim"

    @pytest.mark.parametrize("pieces", [[b"{}"], [b"a" * _MIB, b"b"], [b"", b"x", b""]])
    def test_a_body_arrives_whole(self, pieces: list[bytes]) -> None:
        whole = b"".join(pieces)

        def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            start("200 OK", [])
            return [environ["wsgi.input"].read()]

        assert ask(application, Exchange(body=list(pieces)), method="POST").content == whole

    def test_a_body_that_is_too_large_is_refused_before_the_application(self) -> None:
        exchange = Exchange(body=[b" " * _MIB] * 11)
        path = "/api/catalog/refresh"
        scope: dict[str, Any] = {"query_string": b"x=1", "raw_path": path.encode()}
        ask(answering(b"never"), exchange, path=path, method="POST", **scope)
        assert exchange.status == 413
        assert json.loads(exchange.content) == {
            "error": {"name": "PayloadTooLargeError", "message": "request entity too large"},
            "request": {"method": "POST", "url": "/refresh?x=1"},
            "response": {"statusCode": 413},
        }

    def test_a_client_that_leaves_within_its_body_is_forgotten(self) -> None:
        exchange = Exchange(body=[], is_gone=True)
        assert ask(answering(b"never"), exchange).sent == []


class Body(Iterator[bytes]):
    """A body that notes whether it was closed."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self.is_closed = False

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        self.is_closed = True


def answering_with(body: Body) -> WSGIApplication:
    def application(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/event-stream")])
        return body

    return application


class TestThreads:
    """Quick reads are answered on the event loop, as long as they wait for nothing."""

    @staticmethod
    def threads_of(
        path: str, *, blocks: bool, body: tuple[bytes, ...] = (b"",), **options: Any
    ) -> tuple[list[bool], bytes]:
        """Return which calls of the application were on the event loop, and the answer."""
        on_loop: list[bool] = []

        def application(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            on_loop.append(threading.current_thread() is threading.main_thread())
            if blocks:
                may_block()
            start("200 OK", [])
            return [b"found"]

        exchange = ask(application, Exchange([*body]), path=path, **options)
        return on_loop, exchange.content

    @pytest.mark.parametrize(
        "path",
        [
            "/api/catalog/entities",
            "/api/catalog/entities/by-name/component/default/a",
            "/api/catalog/entities/by-name/component/default/a/ancestry",
            "/api/catalog/entities/by-uid/1",
            "/api/catalog/entities/by-refs",
            "/api/catalog/entities/by-query",
            "/api/catalog/entity-facets",
            "/api/search/query",
        ],
    )
    def test_a_quick_read_needs_no_thread(self, path: str) -> None:
        assert self.threads_of(path, blocks=False) == ([True], b"found")

    def test_one_that_would_block_is_asked_again_in_a_thread(self) -> None:
        found = self.threads_of("/api/catalog/entities", blocks=True)
        assert found == ([True, False], b"found")

    def test_its_body_is_there_the_second_time_too(self) -> None:
        """And so is what was noted of the request the first time."""
        seen: list[tuple[bytes, bool]] = []

        def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            seen.append((environ["wsgi.input"].read(), "noted" in environ))
            environ["noted"] = True
            may_block()
            start("200 OK", [])
            return [b"found"]

        path = "/api/catalog/entities/by-refs"
        exchange = ask(application, Exchange(body=[b"{}"]), path=path, method="POST")
        assert exchange.content == b"found"
        assert seen == [(b"{}", False), (b"{}", True)]

    @pytest.mark.parametrize(
        "options",
        [
            {"query_string": b"x" * 8_193},
            {"method": "POST", "body": (b"x" * 8_193,)},
            {"method": "POST", "body": (b"x", b"y")},
        ],
    )
    def test_a_long_request_is_understood_in_a_thread(self, options: Any) -> None:
        path = "/api/catalog/entities/by-query"
        assert self.threads_of(path, blocks=False, **options) == ([False], b"found")

    def test_nothing_is_tried_where_memory_answers_nothing(self) -> None:
        found = self.threads_of("/api/search/query", blocks=False, tries_quick_reads=False)
        assert found == ([False], b"found")

    @pytest.mark.parametrize(
        ("path", "method"),
        [
            ("/api/catalog/refresh", "POST"),
            ("/api/catalog/entities/by-name/component/default/a/explain", "GET"),
            ("/api/catalog/entities/by-name/component/default/a/history", "GET"),
            ("/api/catalog/entities/by-name/component/default/a/concepts", "GET"),
            ("/api/catalog/entities/by-uid/1", "DELETE"),
            ("/api/glossary/concepts", "GET"),
            ("/", "GET"),
        ],
    )
    def test_others_have_a_thread(self, path: str, method: str) -> None:
        assert self.threads_of(path, blocks=False, method=method) == ([False], b"found")


class TestAnswers:
    def test_a_small_answer_is_sent_at_once(self) -> None:
        exchange = ask(answering(b"a", b"", b"b"))
        assert exchange.status == 200
        assert exchange.headers.keys() == {b"content-type", b"x-request-id"}
        assert [message.get("body") for message in exchange.sent] == [None, b"ab"]

    def test_a_large_one_in_pieces(self) -> None:
        exchange = ask(answering(*[b"a" * 100_000] * 30))
        assert len(exchange.content) == 3_000_000
        assert len(exchange.sent) > 8
        assert not exchange.sent[-1]["more_body"]

    def test_events_are_sent_as_they_come(self) -> None:
        body = Body([b"data: 1\n\n", b"data: 2\n\n"])
        exchange = ask(answering_with(body), path="/x/eventstream")
        pieces = [message["body"] for message in exchange.sent[1:]]
        assert pieces == [b"data: 1\n\n", b"data: 2\n\n", b""]
        assert body.is_closed

    def test_a_stream_learns_that_its_client_is_gone(self) -> None:
        closed: list[bool] = []

        def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            start("200 OK", [])
            while not environ[CLIENT_GONE]():
                yield b"data: 1\n\n"
            closed.append(True)

        exchange = Exchange()

        def leave() -> None:
            exchange.is_gone = len(exchange.sent) > 3

        exchange.on_send = leave
        ask(application, exchange, path="/x/eventstream")
        assert len(exchange.sent) > 3

    def test_a_body_is_closed_when_all_of_it_was_sent(self) -> None:
        body = Body([b"a"])
        ask(answering_with(body))
        assert body.is_closed

    def test_a_full_lane_is_said_with_a_time_to_come_back(self) -> None:
        full = {**_LIMITS, Lane.READS: LaneLimit(1, 0, 1)}
        exchanges = [Exchange(), Exchange()]
        lanes_of: list[Lanes] = []
        scope = {"method": "GET", "path": "/api/glossary/concepts", "headers": []}
        rest = {"raw_path": b"/api/glossary/concepts", "query_string": b"", "server": None}
        whole = {**scope, **rest, "client": None, "http_version": "1.1", "scheme": "http"}
        whole["type"] = "http"

        async def run() -> None:
            lanes_of.append(Lanes(full))
            sockets = Sockets(1, lambda _users: [], lanes_of[0])
            gateway = Gateway(answering(b"a"), lanes_of[0], sockets)
            await asyncio.gather(
                *(gateway(whole, exchange.receive, exchange.send) for exchange in exchanges)
            )

        asyncio.run(run())
        lanes_of[0].shutdown()
        assert {exchange.status for exchange in exchanges} == {200, 503}
        refused = next(exchange for exchange in exchanges if exchange.status == 503)
        assert refused.headers[b"retry-after"] == b"5"
        assert json.loads(refused.content)["request"] == {"method": "GET", "url": "/concepts"}
