"""Validation of query strings and bodies, with Backstage's messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import cast

import flask
from marshmallow import EXCLUDE
from marshmallow import RAISE
from marshmallow import Schema
from marshmallow import ValidationError
from marshmallow import fields
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict
from werkzeug.local import LocalProxy

from portal.kernel import errors as e
from portal.kernel.database import is_storable
from portal.kernel.json_text import NestedTooDeepError
from portal.kernel.json_text import parse_json
from portal.model import schema as ajv

#: The greatest size of a request body in bytes; Express' default.
MAX_BODY = 100 * 1024
#: The greatest size of bodies with files, in bytes; no route accepts more.
MAX_FILES_BODY = 10 * 1024 * 1024
#: The largest integer that JavaScript represents exactly.
MAX_WHOLE = 2**53 - 1
#: So many query strings are known, each of at most so many bytes.
_MOST_KNOWN, _LONG = 1_000, 1_000
_BRACKETS = re.compile(r"\[\d*\]$")


def current_request() -> flask.Request:
    """Return the request itself: each look through Flask's proxy costs as much as the look."""
    proxy = cast("LocalProxy[flask.Request]", flask.request)
    return proxy._get_current_object()


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
    """The parameters of a query string; undeclared ones are an error."""

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE

    #: Parameters that may be there without a value.
    may_be_empty: frozenset[str] = frozenset()


class BodySchema(ajv.DescriptorSchema):
    """The members of a request body; undeclared ones are ignored."""

    class Meta:
        """Ignore what is not declared."""

        unknown = EXCLUDE

    #: The message for a request without any body; empty accepts one as ``{}``.
    no_body = ""


class StrictBodySchema(BodySchema):
    """A request body without undeclared members."""

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

    default_error_messages = {"null": "must be object - type: object"}  # noqa: RUF012

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            msg = "must be object - type: object"
            raise ValidationError(msg)
        return value


class Parser(FlaskParser):
    """Parses and validates parameters and bodies, with Backstage's messages."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": None, "json": None}  # noqa: RUF012
    #: That of ``InputError``, for the OpenAPI document.
    DEFAULT_VALIDATION_STATUS = 400

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        #: What query strings mean, those that are asked again and again.
        self._known: dict[tuple[Schema, bytes], dict[str, Any]] = {}

    def parse(self, argmap: Any, req: flask.Request | None = None, **options: Any) -> Any:
        """Return the validated values of a location; they are not to be changed.

        Raises:
            InputError: When they are not valid.
        """
        is_query = options.get("location") == "query"
        if not is_query or len(flask.request.query_string) > _LONG:
            return super().parse(argmap, req, **options)
        key = argmap, flask.request.query_string
        known = self._known.get(key)
        if known is None:
            known = super().parse(argmap, req, **options)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = known
        return {**known}

    def load_querystring(self, req: flask.Request, schema: Schema) -> Any:
        """Return the query string's parameters; ``a[]=1`` and ``a[0]=1`` are ``a=1``.

        Raises:
            InputError: When a value is empty, or cannot be stored.
        """
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
        """Return the body as a JSON object; no body at all is an empty one.

        Raises:
            InputError: When it is no JSON object, or is missing where it is required.
        """
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
        """Turn marshmallow's messages into one error.

        Raises:
            InputError: Always.
        """
        for location, messages in error.messages_dict.items():
            place = "body" if location == "json" else location
            raise e.InputError(", ".join(_described(place, messages)))


#: The message for texts that no database can store.
_UNSTORABLE = "must not hold NUL or half of a surrogate pair"


def _load_json(data: bytes) -> Any:
    body = _parse_json(data)
    # Such a character can only be written as an escape, so most bodies are not walked.
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
    """Refuse ``NaN`` and ``Infinity``, which Python accepts and JSON does not have.

    Raises:
        InputError: Always.
    """
    raise e.InputError(f"Unexpected token '{text[0]}', \"{text}\" is not valid JSON")


def _parse_json(data: bytes) -> Any:
    try:
        return parse_json(data.decode(), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise e.InputError("request body is not UTF-8") from None
    except NestedTooDeepError:
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
    except ValueError:
        raise e.InputError("Malformed JSON: a number has too many digits") from None


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
    # Of a body's missing members, Backstage's validator reports the first one only.
    missing = [text for text in described if text.startswith(_MISSING)]
    return [text for text in dict.fromkeys(described) if text not in missing[1:]]


_MISSING = "request/body must have required property"


def _choices(violation: ajv.SchemaViolation) -> str:
    name, _, allowed = violation.params.partition(": ")
    return f": {allowed.replace(',', ', ')}" if name == "allowedValues" else ""
