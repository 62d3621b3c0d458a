"""Flask, with Korean that can be read in what it sends."""

from flask import Flask
from flask.json.provider import DefaultJSONProvider


class ReadableJSON(DefaultJSONProvider):
    """JSON in UTF-8 instead of ASCII with escapes."""

    ensure_ascii = False


def new_app(name: str) -> Flask:
    """Return an application without routes."""
    app = Flask(name)
    app.json = ReadableJSON(app)
    return app
