"""Outgoing HTTP: the only HTTP client, protected against SSRF.

Only ``http`` and ``https``; a name is resolved once, all its addresses are checked, and
the connection goes to a checked address. Internal addresses (loopback, private,
link-local) are allowed for servers the operator configured only. Redirects are followed
on the same server only. Time and size are limited.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
from urllib.parse import SplitResult
from urllib.parse import urljoin
from urllib.parse import urlsplit

from portal.kernel.blocking import may_block
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.kernel.telemetry.spans import span

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_SENDABLE = re.compile(r"[!-~]+")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_PIECE = 64 * 1024
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "glossary-portal"}
#: IPv6 networks that embed an IPv4 address in their last 32 bits.
_TRANSLATED = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
#: Networks without public servers that not every version of Python marks as private.
_NOBODYS = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "2002::/16", "fec0::/10")))

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a URL: scheme, host and port (never omitted)."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """Host and port as in URLs, without the scheme's default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def origin_of(url: str) -> Origin:
    """Return the origin of a URL.

    Raises:
        InputError: When it is no http(s) address, or holds credentials.
    """
    parts = _split(url)
    assert parts.hostname is not None, "checked by _split"
    port = parts.port or _PORTS[parts.scheme]
    return Origin(parts.scheme, parts.hostname, port)


def _split(url: str) -> SplitResult:
    problem = "it is no http(s) address"
    if not _SENDABLE.fullmatch(url) or "\\" in url:
        raise InputError(problem)
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise InputError(problem) from None
    if not is_plain or not _HOST.fullmatch(parts.hostname or ""):
        raise InputError(problem)
    if "@" in parts.netloc:
        raise InputError("an address must not hold credentials")
    return parts


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret header, and the only origin it is sent to."""

    origin: Origin
    header: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The response of a server; names of headers are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpClient:
    """An HTTP client; every failure is a ``SourceError`` without secrets.

    Args:
        configured: Origins the operator configured; these may have internal addresses.
        timeout: Seconds a request may take from start to end.
        largest: The greatest size of a response's body in bytes.
    """

    configured: Collection[Origin] = ()
    timeout: float = 20.0
    largest: int = 8 * 1024 * 1024

    def get(
        self,
        url: str,
        headers: Mapping[str, str] = {},
        credential: Credential | None = None,
    ) -> HttpResponse:
        """Send a GET request and return the response, whatever its status.

        Raises:
            InputError: When the URL is invalid.
            SourceError: When the address is internal, or there is no response, or it is
                too slow, too large or a redirect to another origin.
        """
        deadline = time.monotonic() + self.timeout
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._ask("GET", url, None, headers, credential, deadline)
            if answer.status not in _REDIRECTS:
                return answer
            url = _redirected(url, answer.headers.get("location", ""))
        raise SourceError("it redirects in a circle")

    def send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str] = {},
        credential: Credential | None = None,
    ) -> HttpResponse:
        """Send a request, with a body unless that is ``None``, and return the response; redirects are not followed.

        Raises:
            InputError: When the URL is invalid.
            SourceError: When the address is internal, or there is no response, or it is
                too slow or too large.
        """
        deadline = time.monotonic() + self.timeout
        return self._ask(method, url, body, headers, credential, deadline)

    def _ask(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        credential: Credential | None,
        deadline: float,
    ) -> HttpResponse:
        may_block()
        origin = origin_of(url)
        sent = {**_HEADERS, "Host": origin.netloc, **headers}
        if credential is not None and credential.origin == origin:
            sent[credential.header] = credential.value
        connection = self._connection(origin, self._addresses(origin), deadline)
        asked = span(f"HTTP {method}", server_address=origin.host)
        with asked, _words_of_ours(), connection.cut_off_at(deadline):
            try:
                connection.request(method, _path_of(url), body, sent)
                return self._answer(url, connection.getresponse())
            finally:
                connection.close()

    def _answer(self, url: str, response: http.client.HTTPResponse) -> HttpResponse:
        body = bytearray()
        while piece := response.read(_PIECE):
            body += piece
            if len(body) > self.largest:
                raise SourceError(f"its answer has more than {self.largest:,} bytes")
        if response.length:  # ``read`` with a size says nothing of it
            raise http.client.IncompleteRead(b"", response.length)
        headers = {name.lower(): value for name, value in response.getheaders()}
        if headers.get("content-encoding", "identity") != "identity":
            raise SourceError("its answer is compressed, which was not asked for")
        return HttpResponse(url, response.status, headers, bytes(body))

    def _addresses(self, origin: Origin) -> list[str]:
        """Return the IP addresses of a server.

        Raises:
            SourceError: When its name cannot be resolved, or an address is internal and
                the server is not configured (protection against SSRF).
        """
        try:
            found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise SourceError("its host name is not known") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if origin not in self.configured and not all(map(is_outside, addresses)):
            raise SourceError("its address is inside, where only configured servers are read")
        return addresses

    def _connection(self, origin: Origin, addresses: list[str], deadline: float) -> _Connection:
        context = self._tls if origin.scheme == "https" else None
        return _Connection(origin, addresses, deadline, context)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()


class _Connection(http.client.HTTPConnection):
    """A connection to a checked address, with the host name of the URL."""

    def __init__(
        self,
        origin: Origin,
        addresses: list[str],
        deadline: float,
        context: ssl.SSLContext | None,
    ) -> None:
        super().__init__(origin.host, origin.port)
        self._addresses = addresses
        self._deadline = deadline
        self._context = context
        self._is_cut_off = False
        self._open: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the first address that answers.

        Raises:
            TimeoutError: When the deadline has passed.
            OSError: When no address answers.
        """
        for address in self._addresses:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                self._use(socket.create_connection((address, self.port), left))
                break
            except OSError:
                if address == self._addresses[-1]:
                    raise
        if self._context is not None:
            self._start_tls(self._context)

    def _start_tls(self, context: ssl.SSLContext) -> None:
        secured = context.wrap_socket(
            self.sock, server_hostname=self.host, do_handshake_on_connect=False
        )
        self._use(secured)
        secured.do_handshake()

    def _use(self, opened: socket.socket) -> None:
        """Take a socket; ``http.client`` lets go of it before the answer is read."""
        self.sock = self._open = opened

    @contextmanager
    def cut_off_at(self, deadline: float) -> Iterator[None]:
        """Close the connection at a time of the monotonic clock.

        Raises:
            TimeoutError: When it was closed for that.
            OSError: When the connection fails.
            HTTPException: When the response is malformed.
            ValueError: When the response is malformed.
        """
        # The timeout of a socket restarts with every byte a slow server sends.
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._cut_off)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError):
            if self._is_cut_off:
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
        if self._is_cut_off:
            raise TimeoutError

    def _cut_off(self) -> None:
        self._is_cut_off = True
        if self._open is not None:
            try:
                socket.socket.shutdown(self._open, socket.SHUT_RDWR)
            except OSError:
                return


def _redirected(url: str, location: str) -> str:
    target = beside(url, location)
    if not target:
        raise SourceError("it redirects to another server, which is not followed")
    return target


def beside(url: str, reference: str) -> str:
    """Return the URL of a reference relative to ``url``; empty if it has another origin."""
    try:
        target = urljoin(url, reference)
        return target if origin_of(target) == origin_of(url) else ""
    except (InputError, ValueError):
        return ""


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


#: Reasons by type of exception, the first match counts; messages of the system are not shown.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "it does not answer in time"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted"),
    (ssl.SSLError, "it does not speak TLS as it should"),
    (ConnectionRefusedError, "it refuses the connection"),
    (http.client.IncompleteRead, "its answer ends too early"),
    (http.client.HTTPException, "its answer is no HTTP"),
    (ConnectionError, "it ended the connection"),
    (OSError, "it cannot be reached"),
    (ValueError, "its answer is no HTTP"),
)


@contextmanager
def _words_of_ours() -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = next(text for kind, text in _REASONS if isinstance(error, kind))
        raise SourceError(reason) from None


def is_outside(text: str) -> bool:
    """Return whether an IP address is public, also when it embeds an IPv4 address."""
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or _translated(address)
        if hidden is not None:
            return is_outside(str(hidden))
    is_nobodys = any(address in network for network in _NOBODYS)
    return address.is_global and not address.is_multicast and not is_nobodys


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
