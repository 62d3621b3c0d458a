"""``http:backstage:request``: to the portal itself or to a proxy, and to nothing else."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from werkzeug.serving import make_server

from portal.app import create_app
from portal.config.sources import Proxy
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import PortalError
from portal.scaffolder.running.action import ActionError
from tests.conftest import MakePortal
from tests.conftest import MakeSteps
from tests.conftest import Portal
from tests.conftest import Steps
from tests.http_server import http_server

NAME = "http:backstage:request"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Server:
    """A web server that notes what it is asked, and answers as a test wants.

    Attributes:
        answer: Its answer: status, headers, body.
        asked: Method, path, headers and body of each request.
        delay: Seconds before it answers.
    """

    answer: Answer = (200, {"Content-Type": "application/json"}, b'{"n": 1}')
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    delay: float = 0.0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.asked]

    @property
    def headers(self) -> dict[str, str]:
        """Those of the last request, in lower case."""
        return self.asked[-1][2]


@pytest.fixture
def make_server_() -> Iterator[Callable[[], Server]]:
    """Return a function that starts such a server."""
    stack: list[Any] = []

    def start() -> Server:
        state = Server()

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args: Any) -> None: ...

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                state.asked.append((self.command, self.path, headers, body))
                time.sleep(state.delay)
                status, answered, content = state.answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **answered}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_UPDATE = do_GET

        running = http_server(Handler)
        state.port = running.__enter__()
        stack.append(running)
        return state

    yield start
    for running in stack:
        running.__exit__(None, None, None)


@pytest.fixture
def portal_server(make_server_: Callable[[], Server]) -> Server:
    """Return the server that stands at the portal's own address."""
    return make_server_()


@pytest.fixture
def tickets(make_server_: Callable[[], Server]) -> Server:
    """Return the server behind the proxy ``tickets``."""
    return make_server_()


@pytest.fixture
def steps(make_steps: MakeSteps, portal_server: Server, tickets: Server) -> Steps:
    proxies = (
        Proxy("tickets", f"{tickets.url}/api/v2", ("GET", "POST"), "TICKETS"),
        Proxy("open", f"{tickets.url}/open"),
    )
    made = make_steps(base_url=portal_server.url, proxies=proxies)
    made.env["TICKETS"] = "t1ckets-token"
    made.issue_token = lambda user: f"token-of-{user}"
    made.task = replace(made.task, user_ref="user:default/kim")
    return made


def ask(steps: Steps, path: str, method: str = "GET", **given: Any) -> dict[str, Any]:
    return dict(steps.run(NAME, {}, path=path, method=method, **given).output)


# --- the portal itself ------------------------------------------------------------------


def test_a_path_is_a_plugin_and_a_place_in_it(steps: Steps, portal_server: Server) -> None:
    output = ask(steps, "/catalog/entities", params={"filter": "kind=group", "limit": 2})
    assert (output["code"], output["body"]) == (200, {"n": 1})
    ask(steps, "catalog/entities?filter=kind=user&limit=1", params={"offset": 1})
    assert portal_server.paths == [
        "/api/catalog/entities?filter=kind%3Dgroup&limit=2",
        "/api/catalog/entities?filter=kind=user&limit=1&offset=1",
    ]


def test_the_request_is_in_the_name_of_the_user(steps: Steps, portal_server: Server) -> None:
    ask(steps, "catalog/entities")
    assert portal_server.headers["authorization"] == "Bearer token-of-user:default/kim"
    steps.task = replace(steps.task, user_ref="")
    ask(steps, "catalog/entities")
    assert "authorization" not in portal_server.headers


def test_the_token_is_in_no_log(steps: Steps) -> None:
    ask(steps, "catalog/entities")
    assert steps.redactor.shown("x token-of-user:default/kim y") == "x *** y"


def test_a_template_may_give_a_token_of_its_own(steps: Steps, portal_server: Server) -> None:
    ask(steps, "catalog/entities", headers={"Authorization": "Bearer mine"})
    assert portal_server.headers["authorization"] == "Bearer mine"


def test_an_object_is_sent_as_json_and_a_text_as_it_is(steps: Steps, portal_server: Server) -> None:
    ask(steps, "catalog/refresh", "POST", body={"entityRef": "component:default/x"})
    ask(steps, "catalog/refresh", "POST", body="plain", headers={"Content-Type": "text/plain"})
    sent = [(headers["content-type"], body) for _, _, headers, body in portal_server.asked]
    assert sent == [
        ("application/json", b'{"entityRef": "component:default/x"}'),
        ("text/plain", b"plain"),
    ]


def test_headers_that_say_how_a_message_is_sent_are_the_portals(
    steps: Steps, portal_server: Server
) -> None:
    ask(steps, "catalog/entities", headers={"Host": "evil.test", "X-Mine": "1"})
    assert portal_server.headers["host"] == f"127.0.0.1:{portal_server.port}"
    assert portal_server.headers["x-mine"] == "1"
    assert any("header Host has no effect" in line for line in steps.said)


@pytest.mark.parametrize("headers", [{"X-A": "1\r\nX-B: 2"}, {"X A": "1"}, {"X-A": "é"}])
def test_a_header_that_is_none_is_refused(
    steps: Steps, portal_server: Server, headers: dict[str, str]
) -> None:
    with pytest.raises(InputError, match="is not a header"):
        ask(steps, "catalog/entities", headers=headers)
    assert not portal_server.asked


def test_an_error_ends_the_step_unless_it_is_expected(steps: Steps, portal_server: Server) -> None:
    portal_server.answer = (404, {"Content-Type": "application/json"}, b'{"error": "no"}')
    with pytest.raises(ActionError, match="Unable to complete request"):
        ask(steps, "catalog/entities")
    assert any("Status code: 404" in line for line in steps.said)
    output = ask(steps, "catalog/entities", continueOnBadResponse=True)
    assert output == {"code": 404, "headers": {}, "body": {"error": "no"}}


@pytest.mark.parametrize(
    ("kind", "body", "read"),
    [
        ("text/plain", "값".encode(), {"message": "값"}),
        ("text/plain; charset=euc-kr", "값".encode("euc-kr"), {"message": "값"}),
        ("application/json; charset=utf-8", b"[1]", [1]),
    ],
)
def test_a_body_is_json_or_a_message(
    steps: Steps, portal_server: Server, kind: str, body: bytes, read: Any
) -> None:
    portal_server.answer = (200, {"Content-Type": kind}, body)
    assert ask(steps, "catalog/entities")["body"] == read


@pytest.mark.parametrize(("kind", "body"), [("application/json", b"{"), ("text/plain", b"\xff")])
def test_a_body_that_cannot_be_read_is_told(
    steps: Steps, portal_server: Server, kind: str, body: bytes
) -> None:
    portal_server.answer = (200, {"Content-Type": kind}, body)
    with pytest.raises(ActionError, match="Could not parse response body"):
        ask(steps, "catalog/entities")


def test_a_slow_server_is_not_waited_for(steps: Steps, portal_server: Server) -> None:
    portal_server.delay = 0.5
    with pytest.raises(ActionError, match="does not answer in time"):
        ask(steps, "catalog/entities", timeout=100)


def test_a_request_with_a_key_is_sent_once_in_the_life_of_a_task(
    steps: Steps, portal_server: Server
) -> None:
    given = {"idempotencyKey": "create"}
    one = ask(steps, "catalog/refresh", "POST", **given)
    assert ask(steps, "catalog/refresh", "POST", **given) == one
    assert len(portal_server.asked) == 1


def test_a_dry_run_sends_only_what_changes_nothing(steps: Steps, portal_server: Server) -> None:
    steps.task = replace(steps.task, is_dry_run=True)
    assert ask(steps, "catalog/refresh", "POST") == {}
    assert ask(steps, "catalog/entities")["code"] == 200
    assert portal_server.paths == ["/api/catalog/entities"]


def test_offline_nothing_is_sent(steps: Steps, portal_server: Server) -> None:
    steps.task, steps.issue_token = replace(steps.task, is_dry_run=True), None
    assert ask(steps, "catalog/entities") == {}
    assert not portal_server.asked


# --- proxies ------------------------------------------------------------------------------


def test_a_proxy_gets_the_operators_token_and_no_other(steps: Steps, tickets: Server) -> None:
    ask(steps, "proxy/tickets/issues/7", headers={"Authorization": "Bearer mine", "Cookie": "a=b"})
    assert tickets.paths == ["/api/v2/issues/7"]
    assert tickets.headers["authorization"] == "Bearer t1ckets-token"
    assert "cookie" not in tickets.headers
    ask(steps, "proxy/open/x", headers={"authorization": "Bearer mine"})
    assert "authorization" not in tickets.headers


def test_the_token_may_say_its_scheme_or_have_its_own_header(steps: Steps, tickets: Server) -> None:
    steps.env["TICKETS"] = "Basic a2ltOng="
    ask(steps, "proxy/tickets/x")
    assert tickets.headers["authorization"] == "Basic a2ltOng="
    own = replace(steps.config.proxies[0], token_header="X-Api-Key")
    steps.config = replace(steps.config, proxies=(own,))
    steps.env["TICKETS"] = "k3y"
    ask(steps, "proxy/tickets/x")
    assert tickets.headers["x-api-key"] == "k3y"
    assert "authorization" not in tickets.headers


def test_methods_are_those_the_operator_allows(steps: Steps, tickets: Server) -> None:
    ask(steps, "proxy/tickets/issues", "POST", body={})
    with pytest.raises(NotAllowedError, match="takes GET, POST only"):
        ask(steps, "proxy/tickets/issues", "DELETE")
    with pytest.raises(NotAllowedError, match="takes GET, HEAD only"):
        ask(steps, "proxy/open/issues", "POST")
    assert len(tickets.asked) == 1


def test_a_proxy_that_is_not_there_is_told(steps: Steps) -> None:
    for path in ("proxy/other/x", "proxy", "proxy/"):
        with pytest.raises(NotAllowedError, match="there is no proxy"):
            ask(steps, path)


# --- nothing else ---------------------------------------------------------------------------

#: Ways out that people try; ``EVIL`` is a server that must hear nothing.
WAYS_OUT = [
    "EVIL/x",
    "//EVIL/x",
    "/\\EVIL/x",
    "http://EVIL/x",
    "https:EVIL/x",
    "@EVIL/x",
    "kim@EVIL/x",
    "catalog@EVIL/x",
    ":80@EVIL/x",
    "catalog//EVIL/x",
    "catalog/../../x",
    "catalog/./x",
    "catalog/%2e%2e/x",
    "catalog/%252e%252e/x",
    "catalog/..%2fx",
    "catalog/%2e%2e%2fx",
    "catalog/..%5cx",
    "catalog/..;/x",
    "catalog/x\r\nHost: EVIL",
    "catalog/%0d%0ax",
    "catalog/x#@EVIL",
    "catalog\\..\\x",
    "catalog/\u2028x",
    "proxy/tickets/../../admin",
    "proxy/tickets/%2e%2e/%2e%2e/admin",
    "proxy/tickets/..%2f..%2fadmin",
    "proxy/tickets//EVIL/x",
    "proxy/tickets/%2f%2fEVIL/x",
    "proxy/../catalog",
    "proxy/tickets@EVIL/x",
    "",
    "/",
    "..",
    "Catalog/x",
    "catalog/%" + "25" * 6 + "2e",
    "catalog/" + "a" * 5_000,
]


@pytest.mark.parametrize("path", WAYS_OUT)
def test_there_is_no_way_out(
    steps: Steps,
    portal_server: Server,
    tickets: Server,
    make_server_: Callable[[], Server],
    path: str,
) -> None:
    evil = make_server_()
    path = path.replace("EVIL", f"127.0.0.1:{evil.port}")
    with pytest.raises((InputError, NotAllowedError)):
        ask(steps, path)
    assert not (evil.asked)
    assert not (portal_server.asked)
    assert not (tickets.asked)


@pytest.mark.parametrize("path", ["catalog/x", "proxy/tickets/x"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(
    steps: Steps,
    portal_server: Server,
    tickets: Server,
    make_server_: Callable[[], Server],
    path: str,
    status: int,
) -> None:
    evil = make_server_()
    for server in (portal_server, tickets):
        for place in (f"{evil.url}/x", f"{server.url}/elsewhere", "/elsewhere"):
            server.answer = (status, {"Location": place}, b"")
    with pytest.raises(ActionError, match="redirects, which is not followed"):
        ask(steps, path, continueOnBadResponse=True)
    assert not evil.asked
    assert len(portal_server.asked) + len(tickets.asked) == 1


def test_odd_names_that_lead_nowhere_else_are_passed_on(
    steps: Steps, portal_server: Server
) -> None:
    ask(steps, "catalog/by/a%2Fb/kim@example.org/값 1/")
    assert portal_server.paths == ["/api/catalog/by/a%2Fb/kim@example.org/%EA%B0%92%201/"]


# --- a whole portal ---------------------------------------------------------------------------

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: asking}
spec:
  owner: guests
  type: service
  steps:
    - id: ask
      action: http:backstage:request
      input: {method: GET, path: auth/v1/userinfo}
    - id: told
      action: debug:log
      input: {message: "${{ steps.ask.output.body | dump }}"}
  output: {who: "${{ steps.ask.output.body.claims.sub }}"}
"""


@pytest.fixture
def served(make_portal: MakePortal) -> Iterator[Portal]:
    """Return a portal that listens, and whose address is its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    portal = make_portal(
        {"catalog-info.yaml": TEMPLATE}, port=port, guest_access="always", service_token="s" * 40
    )
    server = make_server("127.0.0.1", port, create_app(portal.services), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield portal
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_portal_knows_whose_request_it_is(served: Portal) -> None:
    token = served.guest_token()
    descriptor = served.get(
        "/api/catalog/entities/by-name/template/default/asking",
        headers={"Authorization": f"Bearer {token}"},
    )
    body = {"template": descriptor, "values": {}, "directoryContents": []}
    answer = served.client.post(
        "/api/scaffolder/v2/dry-run", json=body, headers={"Authorization": f"Bearer {token}"}
    ).get_json()
    assert answer["output"]["who"] == served.config.guest_user
    assert not any("eyJ" in json.dumps(line) for line in answer["log"])


def test_an_operator_who_names_no_address_is_told(make_steps: MakeSteps) -> None:
    steps = make_steps(port=0)
    with pytest.raises(PortalError, match="does not know its own address"):
        ask(steps, "catalog/entities")
