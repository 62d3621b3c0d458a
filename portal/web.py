"""The Flask edge: how requests are judged and answered, for every feature alike.

What is here and nowhere else: the table from errors to statuses, the shape of an
error body, request validation with Backstage's messages, security headers,
CORS and conditional requests.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import logging
import re
import secrets
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import Protocol
from typing import TypeVar
from typing import cast
from urllib.parse import quote

import flask
import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response
from flask import request
from marshmallow import EXCLUDE
from marshmallow import RAISE
from marshmallow import Schema
from marshmallow import ValidationError
from marshmallow import fields
from sqlalchemy.exc import DBAPIError
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import RequestEntityTooLarge

from portal.kernel import errors as e
from portal.kernel.database import is_storable
from portal.kernel.database import unavailability
from portal.model import schema as ajv

_LOG = logging.getLogger(__name__)
_View = TypeVar("_View", bound=Callable[..., Any])
JSON = "application/json; charset=utf-8"

#: What each error means to HTTP; classes not listed answer as their parent does.
STATUS: dict[type[e.PortalError], int] = {
    e.PortalError: 500,
    e.InputError: 400,
    e.AuthenticationError: 401,
    e.NotAllowedError: 403,
    e.NotFoundError: 404,
    e.ConflictError: 409,
    e.PayloadTooLargeError: 413,
    e.UnprocessableError: 422,
    e.MissingIndexError: 500,
    e.UnsupportedError: 501,
    e.ServiceUnavailableError: 503,
    e.SourceError: 503,
    e.ConfigError: 500,
    e.RenderingError: 500,
}
#: Requests with a body larger than this are refused, as Express does.
MAX_BODY = 100 * 1024
#: The largest whole number a JSON client can mean exactly.
MAX_WHOLE = 2**53 - 1
#: Answers larger than this get no ETag: hashing them costs more than it saves.
_MAX_HASHED = 512 * 1024
_PIECE = 256 * 1024
_PLUGIN_PATH = re.compile(r"/api/[^/]+")
_BRACKETS = re.compile(r"\[\d*\]$")

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


def json_response(body: bytes | str | Any, status: int = 200) -> Response:
    """Answer with JSON: bytes and text are taken as they are, the rest is dumped.

    A large answer goes out in pieces, so that the server never holds a second copy.
    """
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if isinstance(body, bytes) and len(body) > _MAX_HASHED:
        response = Response(_pieces(body), status=status)
        response.content_length = len(body)
    else:
        response = Response(body, status=status)
    response.headers["Content-Type"] = JSON
    return response


def _pieces(body: bytes) -> Iterator[bytes]:
    return (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))


def plugin_url() -> str:
    """Return the request's URL as the plugin sees it: without ``/api/<plugin>``.

    The query string is the one that was sent, not a re-encoded one.
    """
    path = _PLUGIN_PATH.sub("", quote(request.path, safe="/:@!$&'()*+,;=~"), count=1)
    sent = request.query_string.decode("latin-1")
    return f"{path or '/'}?{sent}" if sent else path or "/"


def error_response(error: e.PortalError) -> Response:
    """Answer with Backstage's error body."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    body = {
        "error": {"name": error.name, "message": error.message},
        "request": {"method": request.method, "url": plugin_url()},
        "response": {"statusCode": status},
    }
    response = json_response(body, status)
    if isinstance(error, e.ServiceUnavailableError) and error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def empty_response(status: int = 200) -> Response:
    """Answer without a body, and so without a content type."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


class Decorator(Protocol):
    """Takes a view and returns it, with its type."""

    def __call__(self, view: _View, /) -> _View:
        """Decorate the view."""


def http_error_response(error: HTTPException) -> Response:
    """Answer like Express: what no route matches is an empty 404."""
    return empty_response(404 if error.code in {None, 405} else error.code or 404)


# --- requests ---------------------------------------------------------------


class QueryText(fields.Field[str]):
    """A text in the query string."""

    def __init__(self, *, choices: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = choices

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        if not isinstance(value, str):
            msg = "must be string"
            raise ValidationError(msg)
        if self.choices and value not in self.choices:
            msg = f"must be equal to one of the allowed values: {', '.join(self.choices)}"
            raise ValidationError(msg)
        return value


class QueryWhole(fields.Field[int]):
    """A whole number, not negative, in the query string."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        if not re.fullmatch(r"-?[0-9]{1,15}(\.0+)?", value):
            msg = "must be integer"
            raise ValidationError(msg)
        number = int(float(value))
        if number < 0:
            msg = "must be >= 0"
            raise ValidationError(msg)
        return number


class QueryTexts(fields.List[str]):
    """A text that may be repeated in the query string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(QueryText(), **kwargs)


class QuerySchema(ajv.DescriptorSchema):
    """The parameters of a query string; what is not declared is an error."""

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE

    #: Parameters that may be there without a value.
    may_be_empty: frozenset[str] = frozenset()


class BodySchema(ajv.DescriptorSchema):
    """The members of a request body; what is not declared is ignored."""

    class Meta:
        """Ignore what is not declared."""

        unknown = EXCLUDE

    #: The message for a request without any body; empty accepts one as ``{}``.
    no_body = ""


class StrictBodySchema(BodySchema):
    """A request body in which nothing else may be."""

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE


class BodyNumber(fields.Field[int]):
    """A whole number in a body."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not abs(value) <= MAX_WHOLE:
            msg = "must be number - type: number"
            raise ValidationError(msg)
        return int(value)


class BodyObject(fields.Field[dict[str, Any]]):
    """Any JSON object in a body."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            msg = "must be object - type: object"
            raise ValidationError(msg)
        return value


class Parser(FlaskParser):
    """Reads parameters and bodies, and refuses them in Backstage's words."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": None, "json": None}  # noqa: RUF012

    def load_querystring(self, req: flask.Request, schema: Schema) -> Any:
        """Return the query string's parameters; ``a[]=1`` and ``a[0]=1`` are ``a=1``."""
        known = {field.data_key or name for name, field in schema.fields.items()}
        needs_value = known - getattr(schema, "may_be_empty", frozenset())
        values: MultiDict[str, str] = MultiDict()
        for key, value in req.args.items(multi=True):
            name = _BRACKETS.sub("", key)
            if not value and name in needs_value:
                raise e.InputError(f"Empty value found for query parameter '{name}'")
            if not is_storable(value):
                raise e.InputError(f"request/query/{name} {_UNSTORABLE}")
            values.add(name, value)
        return MultiDictProxy(values, schema)

    def load_json(self, req: flask.Request, schema: Schema) -> Any:
        """Return the body as JSON; no body at all is an empty object."""
        data = req.get_data()
        if not data:
            if getattr(schema, "no_body", ""):
                raise e.InputError(schema.no_body)  # type: ignore[attr-defined]
            return {}
        if not req.is_json:
            raise e.InputError(f"unsupported media type {req.mimetype}")
        body = _load_json(data)
        if not isinstance(body, dict):
            raise e.InputError("request/body must be object")
        return body

    def handle_error(  # type: ignore[override]
        self, error: ValidationError, _req: Any, _schema: Schema, **_kwargs: Any
    ) -> Any:
        """Turn marshmallow's messages into one ``InputError``."""
        for location, messages in error.messages_dict.items():
            place = "body" if location == "json" else location
            raise e.InputError(", ".join(_described(place, messages)))


#: Said of a text no database would take, and so no entity can hold.
_UNSTORABLE = "must not hold NUL or half of a surrogate pair"


def _load_json(data: bytes) -> Any:
    body = _parse_json(data)
    # Only an escape can stand for such a character, so most bodies are not walked.
    if b"\\u" in data and not all(map(is_storable, _texts_in(body))):
        raise e.InputError(f"request/body {_UNSTORABLE}")
    return body


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts_in(item)


def _no_number(text: str) -> Any:
    """Refuse what Python reads as a number but JSON does not have."""
    raise e.InputError(f"Unexpected token '{text[0]}', \"{text}\" is not valid JSON")


def _parse_json(data: bytes) -> Any:
    try:
        return json.loads(data.decode(), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise e.InputError("request body is not UTF-8") from None
    except RecursionError:
        raise e.InputError("request body is nested too deep") from None
    except json.JSONDecodeError as error:
        place = f"(line {error.lineno} column {error.colno})"
        if error.pos >= len(error.doc.rstrip()):
            where = "end of JSON input" if error.msg == "Expecting value" else None
            if where:
                raise e.InputError(f"Unexpected {where}") from None
        if error.msg.startswith("Expecting property name"):
            text = f"Expected property name or '}}' in JSON at position {error.pos} {place}"
            raise e.InputError(text) from None
        raise e.InputError(f"Malformed JSON at position {error.pos} {place}: {error.msg}") from None


def _described(place: str, messages: Mapping[str, Any]) -> list[str]:
    described = []
    for violation in ajv.flatten_messages(messages):
        if violation.text == "Unknown field.":
            if place == "query":
                described.append(f"Unknown query parameter '{violation.path[0]}'")
            else:
                described.append(f"request/{place} must NOT have additional properties")
        else:
            where = "".join(f"/{part}" for part in violation.path)
            described.append(f"request/{place}{where} {violation.text}{_choices(violation)}")
    # Of a body's missing members Backstage's validator tells the first one only.
    missing = [text for text in described if text.startswith(_MISSING)]
    return [text for text in dict.fromkeys(described) if text not in missing[1:]]


_MISSING = "request/body must have required property"


def _choices(violation: ajv.Violation) -> str:
    name, _, allowed = violation.params.partition(": ")
    return f": {allowed.replace(',', ', ')}" if name == "allowedValues" else ""


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A feature's routes; its arguments are read by ``Parser``.

    The decorators are those of flask-smorest, which has no types, given some.
    """

    ARGUMENTS_PARSER = Parser()

    def get(self, rule: str, **options: Any) -> Decorator:
        """Route ``GET`` requests to the decorated function."""
        return cast("Decorator", super().get(rule, **options))

    def post(self, rule: str, **options: Any) -> Decorator:
        """Route ``POST`` requests to the decorated function."""
        return cast("Decorator", super().post(rule, **options))

    def put(self, rule: str, **options: Any) -> Decorator:
        """Route ``PUT`` requests to the decorated function."""
        return cast("Decorator", super().put(rule, **options))

    def delete(self, rule: str, **options: Any) -> Decorator:
        """Route ``DELETE`` requests to the decorated function."""
        return cast("Decorator", super().delete(rule, **options))

    def arguments(self, schema: Schema, *, location: str = "json", **options: Any) -> Decorator:
        """Give the decorated function what the request holds in ``location``."""
        return cast("Decorator", super().arguments(schema, location=location, **options))

    def response(
        self, status: int, schema: Schema | type[Schema] | None = None, **options: Any
    ) -> Decorator:
        """Document what the decorated function answers."""
        return cast("Decorator", super().response(status, schema, **options))


class Api(flask_smorest.Api):  # type: ignore[misc]
    """The whole of the API: registers features and documents them."""

    def __init__(self, app: flask.Flask) -> None:
        super().__init__()
        plugin = MarshmallowPlugin()
        self.ma_plugin = plugin
        self.init_app(app)
        for field, kind in _OPENAPI_TYPES.items():
            self.register_field(field, kind, None)

    def _register_error_handlers(self) -> None:
        """Leave errors to ``handle_errors``: they have one shape everywhere."""


_OPENAPI_TYPES: dict[type[fields.Field[Any]], str] = {
    QueryText: "string",
    QueryWhole: "integer",
    BodyNumber: "number",
    BodyObject: "object",
    ajv.Text: "string",
    ajv.Whole: "integer",
}


# --- the application --------------------------------------------------------


def handle_errors(app: flask.Flask) -> None:
    """Give every error its answer."""

    @app.errorhandler(e.PortalError)
    def answer_portal_error(error: e.PortalError) -> Response:
        if STATUS.get(type(error), 500) >= 500:
            _LOG.error("%s %s: %s", request.method, request.path, error.message)
        return error_response(error)

    @app.errorhandler(RequestEntityTooLarge)
    def answer_too_large(_error: HTTPException) -> Response:
        return error_response(e.PayloadTooLargeError("request entity too large"))

    @app.errorhandler(HTTPException)
    def answer_http_error(error: HTTPException) -> Response:
        return http_error_response(error)

    @app.errorhandler(DBAPIError)
    def answer_database_error(error: DBAPIError) -> Response:
        found = unavailability(error)
        if found is None:
            return answer_unexpected(error)
        _LOG.warning("%s %s: %s", request.method, request.path, found.message)
        return error_response(found)

    @app.errorhandler(Exception)
    def answer_unexpected(error: Exception) -> Response:
        log_id = secrets.token_hex(10)
        _LOG.exception("unexpected error, logId=%s", log_id, exc_info=error)
        return error_response(e.PortalError(f"An internal error occurred logId={log_id}"))


def finish_responses(app: flask.Flask, cors_origins: tuple[str, ...]) -> None:
    """Add headers to every answer and turn repeated ones into 304."""

    @app.before_request
    def answer_preflight() -> Response | None:
        """Answer a browser's question before a cross-origin request."""
        if request.method != "OPTIONS":
            return None
        if "Access-Control-Request-Method" not in request.headers or not cors_origins:
            return None
        return Response(status=204)

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if cors_origins:
            _allow_origin(response, cors_origins)
        if response.is_streamed or request.method not in {"GET", "HEAD"}:
            return response
        if response.status_code == 200 and response.content_type == JSON:
            _make_conditional(response)
        return response


def _make_conditional(response: Response) -> None:
    data = response.get_data()
    if "ETag" not in response.headers and len(data) <= _MAX_HASHED:
        digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        response.set_etag(f"{len(data):x}-{digest[:27]}", weak=True)
    response.make_conditional(request)


def _allow_origin(response: Response, cors_origins: tuple[str, ...]) -> None:
    response.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if not any(fnmatch.fnmatch(origin.lower(), allowed.lower()) for allowed in cors_origins):
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Allow-Credentials"] = "true"
    if request.method == "OPTIONS":
        methods = "GET,HEAD,PATCH,POST,PUT,DELETE"
        response.headers["Access-Control-Allow-Methods"] = methods
        asked = request.headers.get("Access-Control-Request-Headers")
        if asked:
            response.headers["Access-Control-Allow-Headers"] = asked
            response.vary.add("Access-Control-Request-Headers")
