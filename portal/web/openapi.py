"""Blueprints whose routes validate their arguments and are documented as OpenAPI."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from functools import cache
from typing import Any
from typing import Protocol
from typing import TypeAlias
from typing import TypeVar
from typing import cast

import flask
import flask_smorest
from marshmallow import Schema
from marshmallow import fields
from werkzeug.http import HTTP_STATUS_CODES

from portal.model import schema as ajv
from portal.web.requests import BodyNumber
from portal.web.requests import BodyObject
from portal.web.requests import Parser
from portal.web.requests import QueryText
from portal.web.requests import QueryWhole

#: A schema, or what the OpenAPI document says instead of one.
ResponseSchema: TypeAlias = Schema | type[Schema] | dict[str, str]
_View = TypeVar("_View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Takes a view and returns it, with its type."""

    def __call__(self, view: _View, /) -> _View:
        """Decorate the view."""


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A feature's routes; its arguments are read by ``Parser``.

    The decorators are those of flask-smorest, which has no types, given some.
    """

    ARGUMENTS_PARSER = Parser()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._undescribed: list[tuple[Any, ...]] = []

    def _store_endpoint_docs(self, *view: Any, **options: Any) -> None:
        """Remember what to describe: copying it takes a quarter of the time an application does."""
        self._undescribed.append((view, options))

    def register_views_in_doc(self, *args: Any, **options: Any) -> None:
        """Describe the routes in a document."""
        while self._undescribed:
            view, described = self._undescribed.pop(0)
            super()._store_endpoint_docs(*view, **described)
        super().register_views_in_doc(*args, **options)

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

    def allow_bodies(self, limit: int) -> None:
        """Let the routes take bodies of up to so many bytes."""

        @self.before_request  # type: ignore[untyped-decorator]
        def allow() -> None:
            flask.request.max_content_length = limit

    def arguments(self, schema: Schema, *, location: str = "json", **options: Any) -> Decorator:
        """Pass the validated arguments in ``location`` to the decorated function."""
        return cast("Decorator", super().arguments(schema, location=location, **options))

    def response(
        self, status: int, schema: ResponseSchema | None = None, **options: Any
    ) -> Decorator:
        """Document a response of the decorated function."""
        return cast("Decorator", super().response(status, _instance(schema), **options))

    def also_answers(
        self, status: int, schema: ResponseSchema | None = None, **options: Any
    ) -> Decorator:
        """Document another response of the decorated function; without a schema an empty one."""
        described = (
            {"schema": _instance(schema)} if schema else {"description": HTTP_STATUS_CODES[status]}
        )
        return cast("Decorator", self.alt_response(status, **described, **options))

    def documents(self, *parameters: Mapping[str, Any]) -> Decorator:
        """Document parameters that the decorated function reads by itself."""
        return cast("Decorator", self.doc(parameters=list(parameters)))


def _instance(schema: ResponseSchema | None) -> ResponseSchema | None:
    return _only_instance(schema) if isinstance(schema, type) else schema


@cache
def _only_instance(schema: type[Schema]) -> Schema:
    """Return the schema of a class that all routes share: making one takes longer than a route."""
    return schema()


class Api:
    """Registers the features of the REST API; documents them on first request.

    Making the document takes as long as building the rest of the application.

    Args:
        app: The application that serves them.
    """

    def __init__(self, app: flask.Flask) -> None:
        self._app = app
        self._features: list[Blueprint] = []
        self._lock = threading.Lock()
        self._document: dict[str, Any] | None = None

    def register_blueprint(self, feature: Blueprint) -> None:
        """Serve a feature's routes."""
        self._app.register_blueprint(feature)
        self._features.append(feature)

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document of all registered features; not to be changed."""
        with self._lock:
            if self._document is None:
                self._document = _document_of(self._app, self._features)
            return self._document


def _document_of(app: flask.Flask, features: Iterable[Blueprint]) -> dict[str, Any]:
    described = _DescribedApi(app)
    for feature in features:
        feature.register_views_in_doc(
            described, app, described.spec, name=feature.name, parameters=None
        )
        described.spec.tag({"name": feature.name, "description": feature.description})
    # As it is sent: plain dicts and lists.
    document: dict[str, Any] = json.loads(json.dumps(described.spec.to_dict()))
    return document


class HealthSchema(Schema):
    """The health of the API of a plugin."""

    status = fields.String(required=True)


class _NamedError(Schema):
    name = fields.String(required=True)
    message = fields.String(required=True)


class _FailedRequest(Schema):
    method = fields.String(required=True)
    url = fields.String(required=True)


class _FailedResponse(Schema):
    statusCode = fields.Integer(required=True)


class ErrorSchema(Schema):
    """The body of every error; made by ``portal.web.errors.error_body``."""

    error = fields.Nested(_NamedError, required=True)
    request = fields.Nested(_FailedRequest, required=True)
    response = fields.Nested(_FailedResponse, required=True)


class _DescribedApi(flask_smorest.Api):  # type: ignore[misc]
    """The part of flask-smorest that makes an OpenAPI document of views."""

    ERROR_SCHEMA = ErrorSchema

    def __init__(self, app: flask.Flask) -> None:
        super().__init__(app)
        for field, kind in _OPENAPI_TYPES.items():
            self.register_field(field, kind, None)

    def _register_error_handlers(self) -> None:
        """Register none: ``handle_errors`` handles errors of all routes."""


_OPENAPI_TYPES: dict[type[fields.Field[Any]], str] = {
    QueryText: "string",
    QueryWhole: "integer",
    BodyNumber: "number",
    BodyObject: "object",
    ajv.Text: "string",
    ajv.Whole: "integer",
}
