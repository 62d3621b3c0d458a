"""JSON responses, and the headers of all responses: security, CORS, ETag."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask import Request
from flask import Response
from flask import request

from portal.web.origins import is_allowed_origin
from portal.web.requests import current_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

JSON = "application/json; charset=utf-8"
#: In the environment of a request: a function that tells whether its client has disconnected.
CLIENT_GONE = "portal.client_gone"
#: In the environment of a request: the template of its route, such as ``/docs/<path:path>``.
ROUTE = "portal.route"
#: Larger responses (in bytes) have no ETag: hashing them costs more than it saves.
_MAX_HASHED = 512 * 1024
_PIECE = 256 * 1024
_PLUGIN_PATH = re.compile(r"/api/[^/?]+")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'; "
        "img-src 'self' data:; object-src 'none'; script-src 'self'; style-src 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Permitted-Cross-Domain-Policies": "none",
}
_PAIRS = tuple(_HEADERS.items())
_NAMES = frozenset(name.lower() for name in _HEADERS)
#: Who may see what decides about responses: no cache gives one caller's to another.
_VARY = ("Authorization", "Cookie")
#: The headers that most responses have.
USUAL_HEADERS = (
    ("Content-Type", JSON),
    *_PAIRS,
    ("Vary", ", ".join(("Accept-Encoding", *_VARY))),
)
_ALLOW_HEADERS = "Access-Control-Allow-Headers"


def json_response(body: bytes | str | Any, status: int = 200) -> Response:
    """Return a JSON response; bytes and text are sent as they are, other values dumped.

    Large bodies are sent in pieces, so that the server holds no second copy.
    """
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if isinstance(body, bytes) and len(body) > _MAX_HASHED:
        response = Response(_pieces(body), status, content_type=JSON)
        response.content_length = len(body)
        return response
    return Response(body, status, content_type=JSON)


def json_stream(body: bytes) -> Response:
    """Answer with JSON as Backstage answers lists of entities: chunked, so without an ETag."""
    return Response(_pieces(body), content_type=JSON)


def _pieces(body: bytes) -> Iterator[bytes]:
    return (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))


def plugin_url() -> str:
    """Return the request's URL relative to the plugin: without ``/api/<plugin>``.

    The query string is as it was sent, not re-encoded.
    """
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    sent = request.query_string.decode("latin-1")
    return without_plugin(f"{path}?{sent}" if sent else path)


def without_plugin(url: str) -> str:
    """Return a path, with its query string, without ``/api/<plugin>``."""
    rest = _PLUGIN_PATH.sub("", url, count=1)
    return rest if rest.startswith("/") else f"/{rest}"


def empty_response(status: int = 200) -> Response:
    """Return a response without body and content type."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def finish_responses(app: Flask, cors_origins: tuple[str, ...]) -> None:
    """Add headers to every response; matching ``If-None-Match`` gives 304."""
    app.wsgi_app = _HeaderMiddleware(app.wsgi_app, cors_origins)  # type: ignore[method-assign]

    @app.before_request
    def answer_preflight() -> Response | None:
        """Note the route, and respond to the preflight request of a cross-origin request."""
        asked = current_request()
        if asked.url_rule is not None:
            asked.environ[ROUTE] = asked.url_rule.rule
        if asked.method != "OPTIONS":
            return None
        if "Access-Control-Request-Method" not in asked.headers or not cors_origins:
            return None
        return Response(status=204)

    @app.after_request
    def add_etag(response: Response) -> Response:
        if response.is_streamed or response.status_code != 200 or response.content_type != JSON:
            return response
        asked = current_request()
        if asked.method in {"GET", "HEAD"}:
            _make_conditional(response, asked)
        return response


def _make_conditional(response: Response, asked: Request) -> None:
    data = response.get_data()
    if "ETag" not in response.headers and len(data) <= _MAX_HASHED:
        digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        response.headers["ETag"] = f'W/"{len(data):x}-{digest[:27]}"'
    if "HTTP_IF_NONE_MATCH" in asked.environ:
        response.make_conditional(asked)


class _HeaderMiddleware:
    """Adds the headers that all responses have, errors of the framework included.

    As lists of pairs, which takes a tenth of the time of setting each at a ``Response``.
    """

    def __init__(self, application: WSGIApplication, cors_origins: tuple[str, ...]) -> None:
        self._application = application
        self._cors_origins = cors_origins
        self._vary = (*_VARY, "Origin") if cors_origins else _VARY

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Call the application, and add to the headers of its response."""

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            names = {name.lower() for name, _ in headers}
            if names.isdisjoint(_NAMES):
                headers = [*headers, *_PAIRS]
            else:
                headers = [*headers, *(p for p in _PAIRS if p[0].lower() not in names)]
            wanted = self._vary
            if self._cors_origins:
                allowed = _cors_headers(environ, self._cors_origins)
                headers += allowed
                if _ALLOW_HEADERS in dict(allowed):
                    wanted = (*wanted, "Access-Control-Request-Headers")
            return start_response(status, _varying(headers, wanted, "vary" in names), exc_info)

        return self._application(environ, start)


def _varying(
    headers: list[tuple[str, str]], wanted: tuple[str, ...], is_there: bool
) -> list[tuple[str, str]]:
    """Return headers whose ``Vary`` names what is wanted, too."""
    if not is_there:
        return [*headers, ("Vary", ", ".join(wanted))]
    given = [value for name, value in headers if name.lower() == "vary"]
    others = [pair for pair in headers if pair[0].lower() != "vary"]
    return [*others, ("Vary", _joined(",".join(given), wanted))]


@lru_cache(64)
def _joined(given: str, wanted: tuple[str, ...]) -> str:
    names = {name.strip().lower(): name.strip() for name in given.split(",")}
    names |= {name.lower(): name for name in wanted}
    return ", ".join(names.values())


def _cors_headers(environ: WSGIEnvironment, cors_origins: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the headers that let a page of another origin read the response."""
    origin = environ.get("HTTP_ORIGIN", "")
    if not is_allowed_origin(origin, cors_origins):
        return []
    headers = [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
    ]
    if environ["REQUEST_METHOD"] == "OPTIONS":
        headers.append(("Access-Control-Allow-Methods", "GET,HEAD,PATCH,POST,PUT,DELETE"))
        if asked := environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"):
            headers.append((_ALLOW_HEADERS, asked))
    return headers
