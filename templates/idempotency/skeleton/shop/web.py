"""Flask, with errors as problems (RFC 9457) and JSON in readable Korean."""

from flask import Flask, Response, jsonify
from flask.json.provider import DefaultJSONProvider

DRAFT = "https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/"


class ReadableJSON(DefaultJSONProvider):
    """JSON in UTF-8 instead of ASCII with escapes."""

    ensure_ascii = False


class InvalidError(ValueError):
    """A request is not what it should be; the message says what it should."""


def new_app(name: str) -> Flask:
    """Return an application without routes."""
    app = Flask(name)
    app.json = ReadableJSON(app)

    @app.errorhandler(InvalidError)
    def invalid(error: InvalidError) -> Response:
        return problem(400, str(error))

    return app


def problem(status: int, title: str, retry_after: int | None = None) -> Response:
    """Return an answer that says what went wrong."""
    response = jsonify(type=DRAFT, title=title, status=status)
    response.status_code = status
    response.content_type = "application/problem+json"
    response.headers["Link"] = f'<{DRAFT}>; rel="describedby"; type="text/html"'
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
