"""Errors as HTTP: the status, the body and the log level of each."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask
from flask import Response
from flask import request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import RequestEntityTooLarge

from portal.kernel import errors as e
from portal.kernel.causes import cause_of
from portal.kernel.database import unavailability
from portal.web.responses import empty_response
from portal.web.responses import json_response
from portal.web.responses import plugin_url

_LOG = logging.getLogger(__name__)

TOO_LARGE = e.PayloadTooLargeError("request entity too large")
#: The HTTP status by class of error; classes not listed have that of their superclass.
STATUS: dict[type[e.PortalError], int] = {
    e.PortalError: 500,
    e.InputError: 400,
    e.AuthenticationError: 401,
    e.NotAllowedError: 403,
    e.NotFoundError: 404,
    e.ConflictError: 409,
    e.PayloadTooLargeError: 413,
    e.UnprocessableError: 422,
    e.TooManyRequestsError: 429,
    e.UnsupportedError: 501,
    e.ServiceUnavailableError: 503,
    e.SourceError: 503,
    e.ConfigError: 500,
    e.RenderingError: 400,
}


def outcome_of(error: e.PortalError) -> tuple[int, int]:
    """Return the HTTP status of an error and its log level.

    Client errors are not logged (``NOTSET``), transient failures (503) are warnings, and
    everything else is an error of the portal.
    """
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if status < 500:
        return status, logging.NOTSET
    return status, logging.WARNING if status == 503 else logging.ERROR


def error_body(error: e.PortalError, method: str, url: str) -> dict[str, Any]:
    """Return Backstage's error body; ``url`` is without ``/api/<plugin>``.

    Rules: docs/reference/wire-contract.md, "Errors".
    """
    status, _level = outcome_of(error)
    return {
        "error": {"name": error.name, "message": error.message},
        "request": {"method": method, "url": url},
        "response": {"statusCode": status},
    }


def error_response(error: e.PortalError) -> Response:
    """Return a response with Backstage's error body."""
    body = error_body(error, request.method, plugin_url())
    response = json_response(body, body["response"]["statusCode"])
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def http_error_response(error: HTTPException) -> Response:
    """Return the response for an error of Flask: an empty 404 without a matching route."""
    return empty_response(404 if error.code in {None, 405} else error.code or 404)


def handle_errors(app: Flask) -> None:
    """Register the error handlers of an app."""

    @app.errorhandler(e.PortalError)
    def answer_portal_error(error: e.PortalError) -> Response:
        _status, level = outcome_of(error)
        if level:
            # The log tells an exception once a minute, and a 503 without its traceback.
            told = error if isinstance(error, e.ServiceUnavailableError) else error.__cause__
            _LOG.log(level, "%s %s: %s", request.method, request.path, error.message, exc_info=told)
        return error_response(error)

    @app.errorhandler(RequestEntityTooLarge)
    def answer_too_large(_error: HTTPException) -> Response:
        return error_response(TOO_LARGE)

    @app.errorhandler(HTTPException)
    def answer_http_error(error: HTTPException) -> Response:
        return http_error_response(error)

    @app.errorhandler(DBAPIError)
    def answer_database_error(error: DBAPIError) -> Response:
        found = unavailability(error)
        if found is None:
            return answer_unexpected(error)
        found.__cause__ = error
        return answer_portal_error(found)

    @app.errorhandler(Exception)
    def answer_unexpected(error: Exception) -> Response:
        if cause := cause_of(error):
            found = e.ServiceUnavailableError(f"{cause[0].upper()}{cause[1:]}")
            found.__cause__ = error
            return answer_portal_error(found)
        message = f"An internal error occurred logId={secrets.token_hex(10)}"
        _LOG.error(message, exc_info=error)
        return error_response(e.PortalError(message))
