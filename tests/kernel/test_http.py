"""Outgoing HTTP goes where the operator said and the public internet is, nowhere else."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.kernel.http import Credential
from portal.kernel.http import HttpClient
from portal.kernel.http import Origin
from portal.kernel.http import is_outside
from portal.kernel.http import origin_of
from tests.http_server import reply

SECRET = "a-token-nobody-may-see"
Answering = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A web server that answers as a test says."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answer: Answering = lambda handler: reply(handler, 200, {}, b"hello")
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[tuple[str, bytes]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args: Any) -> None: ...

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.seen.append((self.path, headers))
                server.answer(self)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                server.bodies.append((self.command, self.rfile.read(length)))
                self.do_GET()

            do_PATCH = do_POST

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.origin = Origin("http", "127.0.0.1", self.port)
        self.client = HttpClient((self.origin,), timeout=5)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def other() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def test_an_answer_has_status_headers_and_body(server: Server) -> None:
    server.answer = lambda handler: reply(handler, 404, {"X-Total": "3"}, b"nothing")
    answer = server.client.get(f"{server.url}/a/b?c=d%20e", {"Accept": "text/plain"})
    assert (answer.status, answer.headers["x-total"], answer.body) == (404, "3", b"nothing")
    path, headers = server.seen[0]
    assert path == "/a/b?c=d%20e"
    assert headers["accept"] == "text/plain"
    assert headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a",
        "gopher://example.org/",
        "file:///etc/passwd",
        "jar:http://example.org/",
        "dict://127.0.0.1:11211/",
        "//example.org/a",
        "http:///a",
        "http://",
        "",
        "https://user:secret@example.org/",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://exa mple.org/",
        "https://example.org/\r\nX: y",
        "https://example.org\\@127.0.0.1/",
        "https://127。0。0。1/",
        "https://[::1/",
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        HttpClient().get(url)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "localhost",
        "localhost.",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fd00::1]",
        "[fe80::1]",
        "169.254.169.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_no_spelling_of_an_address_inside_is_connected_to(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_args: Any) -> None:
        pytest.fail("it connected")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(SourceError):
        HttpClient().get(f"http://{host}:8080/")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("::7f00:1", False),
        ("fe80::1%eth0", False),
        ("ff02::1", False),
    ],
)
def test_an_address_in_disguise_is_judged_by_where_it_leads(address: str, expected: bool) -> None:
    assert is_outside(address) is expected


def test_a_configured_server_may_be_inside_at_its_port_only(server: Server, other: Server) -> None:
    assert server.client.get(server.url).status == 200
    with pytest.raises(SourceError):
        server.client.get(other.url)
    assert other.seen == []


def test_the_address_that_was_judged_is_the_one_that_is_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere at the second question gets no second question."""
    asked = []

    def resolve(host: str, port: int, **_options: Any) -> list[Any]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    connected = []

    def connect(address: tuple[str, int], _timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(SourceError, match="refuses the connection"):
        HttpClient().get(f"http://rebinding.example:{server.port}/")
    assert asked == ["rebinding.example"]
    assert connected == [("93.184.216.34", server.port)]


def test_one_address_inside_among_others_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [(2, 1, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: both)
    with pytest.raises(SourceError, match="inside"):
        HttpClient().get("http://both.example/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_on_the_same_server_only(
    status: int, server: Server, other: Server
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        target = {"/near": "/end", "/far": f"{other.url}/end"}.get(handler.path)
        if target:
            reply(handler, status, {"Location": target})
        else:
            reply(handler, 200, {}, handler.path.encode())

    server.answer = answer
    client = HttpClient((server.origin, other.origin))
    credential = Credential(server.origin, "Authorization", SECRET)
    assert client.get(f"{server.url}/near", {}, credential).body == b"/end"
    with pytest.raises(SourceError, match="another server"):
        client.get(f"{server.url}/far", {}, credential)
    assert other.seen == []


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "https://127.0.0.1/", "http://user@127.0.0.1/", "//["]
)
def test_a_redirect_to_another_scheme_is_not_followed(target: str, server: Server) -> None:
    server.answer = lambda handler: reply(handler, 302, {"Location": target})
    with pytest.raises((SourceError, InputError)):
        server.client.get(server.url)


def test_a_redirect_in_a_circle_ends(server: Server) -> None:
    server.answer = lambda handler: reply(handler, 302, {"Location": "/again"})
    with pytest.raises(SourceError, match="circle"):
        server.client.get(server.url)
    assert len(server.seen) == 4


def test_a_secret_goes_to_its_own_server_only(server: Server, other: Server) -> None:
    client = HttpClient((server.origin, other.origin))
    credential = Credential(server.origin, "Authorization", f"Bearer {SECRET}")
    client.get(server.url, {}, credential)
    client.get(other.url, {}, credential)
    assert server.seen[0][1]["authorization"] == f"Bearer {SECRET}"
    assert "authorization" not in other.seen[0][1]
    assert SECRET not in repr(credential)


def test_an_answer_that_is_too_large_is_refused(server: Server) -> None:
    server.answer = lambda handler: reply(handler, 200, {}, b"x" * 2000)
    client = HttpClient((server.origin,), largest=1000)
    with pytest.raises(SourceError, match="more than 1,000 bytes"):
        client.get(server.url)


def test_a_compressed_answer_is_refused(server: Server) -> None:
    server.answer = lambda handler: reply(handler, 200, {"Content-Encoding": "gzip"}, b"bomb")
    with pytest.raises(SourceError, match="compressed"):
        server.client.get(server.url)


def test_an_answer_that_ends_too_early_is_no_answer(server: Server) -> None:
    server.answer = lambda handler: reply(handler, 200, {"Content-Length": "100"}, b"half")
    with pytest.raises(SourceError, match="too early"):
        server.client.get(server.url)


@pytest.mark.parametrize("byte", [b"x", b""], ids=["dripping", "silent"])
def test_an_answer_has_so_much_time_and_no_more(byte: bytes, server: Server) -> None:
    """A byte now and then, so that no timeout of a socket is ever reached, or none at all."""
    is_over = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if byte:
            handler.send_response(200)
            handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(400):
                if is_over.wait(0.05):
                    return
                handler.wfile.write(byte)
                handler.wfile.flush()

    server.answer = answer
    client = HttpClient((server.origin,), timeout=0.3)
    with pytest.raises(SourceError, match="in time"):
        client.get(server.url)
    is_over.set()


def test_headers_that_drip_have_no_more_time_either() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def drip() -> None:
        connection, _ = listener.accept()
        try:
            for _ in range(40):
                connection.send(b"H")
                time.sleep(0.05)
        except OSError:
            pass

    threading.Thread(target=drip, daemon=True).start()
    client = HttpClient((Origin("http", "127.0.0.1", port),), timeout=0.3)
    with pytest.raises(SourceError, match="in time"):
        client.get(f"http://127.0.0.1:{port}/")
    listener.close()


def test_what_is_no_http_is_said_so() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def babble() -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"SSH-2.0-OpenSSH_9.9 a banner\r\n\r\n")
        connection.close()

    threading.Thread(target=babble, daemon=True).start()
    client = HttpClient((Origin("http", "127.0.0.1", port),), timeout=5)
    with pytest.raises(SourceError) as caught:
        client.get(f"http://127.0.0.1:{port}/")
    assert caught.value.message == "its answer is no HTTP"
    listener.close()


def test_a_closed_port_is_said_so_without_an_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = HttpClient((Origin("http", "127.0.0.1", port),))
    with pytest.raises(SourceError) as caught:
        client.get(f"http://127.0.0.1:{port}/{SECRET}")
    assert caught.value.message == "it refuses the connection"


def test_a_name_nobody_knows_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_args: Any, **_options: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(SourceError, match="host name is not known"):
        HttpClient().get("https://nowhere.example/")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_content_is_sent_as_it_is(server: Server, method: str) -> None:
    server.answer = lambda handler: reply(handler, 201, {}, b"made")
    body, headers = '{"이름": 1}'.encode(), {"Content-Type": "application/json"}
    answer = server.client.send(method, f"{server.url}/x?y=1", body, headers)
    assert (answer.status, answer.body) == (201, b"made")
    assert server.bodies == [(method, body)]
    assert server.seen[0][0] == "/x?y=1"
    assert server.seen[0][1]["content-type"] == "application/json"


def test_content_is_not_sent_after_a_redirect(server: Server, other: Server) -> None:
    server.answer = lambda handler: reply(handler, 307, {"Location": f"{other.url}/x"})
    assert server.client.send("POST", f"{server.url}/a", b"secret").status == 307
    assert other.seen == []


def test_content_goes_to_configured_servers_only(server: Server) -> None:
    with pytest.raises(SourceError, match="inside"):
        HttpClient().send("POST", server.url, b"")
    assert server.seen == []


def test_an_origin_always_has_its_port() -> None:
    assert origin_of("https://Example.org/a") == Origin("https", "example.org", 443)
    assert origin_of("http://example.org:8080") == Origin("http", "example.org", 8080)
    assert origin_of("https://example.org:443/").netloc == "example.org"
    assert origin_of("https://[2001:db8::1]:8443/").netloc == "[2001:db8::1]:8443"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=forge.example"]
    options += ["-addext", "subjectAltName=DNS:forge.example"]
    command = ["openssl", "req", "-x509", *options, "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made


def test_tls_is_checked_against_the_name_not_the_address(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server = Server(context)
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: [entry])

    def ask(host: str) -> int:
        client = HttpClient((Origin("https", host, server.port),), timeout=5)
        return client.get(f"https://{host}:{server.port}/").status

    with pytest.raises(SourceError, match="certificate is not trusted"):
        ask("forge.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert ask("forge.example") == 200
    with pytest.raises(SourceError, match="certificate is not trusted"):
        ask("other.example")
    server.close()
