"""The portal: two buttons for developers, and the same over HTTP for programs."""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from selfservice import messages
from selfservice.credentials import Gone, Handover
from selfservice.databases import Databases, Invalid, NameTaken, Outcome, Unknown, read_request
from selfservice.golden_path import InvalidParameters, service_files
from selfservice.policy import Refused, Violation
from selfservice.repository import Taken, publish
from selfservice.server import Server
from selfservice.settings import Settings
from selfservice.terraform import TerraformError

LOG = logging.getLogger(__name__)

# Each refusal: its status, and what is said about it.
REFUSALS: Mapping[type[Exception], tuple[int, Callable[[Any], list[str]]]] = {
    Invalid: (422, lambda error: [messages.INVALID.get(error.field, messages.NO_SUCH_FIELD)]),
    InvalidParameters: (422, lambda error: [messages.INVALID_SERVICE.format(detail=error)]),
    Refused: (403, lambda error: [explain(violation) for violation in error.violations]),
    Taken: (409, lambda _: [messages.TAKEN]),
    Unknown: (404, lambda _: [messages.NO_SUCH_DATABASE]),
    NameTaken: (409, lambda _: [messages.NAME_TAKEN]),
    TerraformError: (502, lambda _: [messages.TERRAFORM_FAILED]),
    Gone: (410, lambda _: [messages.LINK_GONE]),
}


def explain(violation: Violation) -> str:
    """Say a broken rule in the reader's language."""
    return messages.RULES[violation.rule].format(asked=violation.asked, allowed=violation.allowed)


def create_app(
    settings: Settings,
    server: Server,
    repositories: Path,
    clock: Callable[[], float] = time.monotonic,
) -> Flask:
    """Build the portal, on a server for databases and a folder for repositories."""
    app = Flask(__name__)
    databases = Databases(server, settings)
    handover = Handover(settings.link_minutes * 60, clock)

    @app.get("/")
    def page() -> str:
        return render_template("portal.html", text=messages.PAGE, language=messages.LANGUAGE)

    @app.post("/services")
    def make_service() -> ResponseReturnValue:
        asked = _json()
        files = service_files(asked, settings)
        address = publish(asked["name"], files, repositories)
        return {"repository": address, "files": sorted(files)}, 201

    @app.post("/databases")
    def make_database() -> ResponseReturnValue:
        return _told(databases.provision(read_request(_json(), settings)))

    @app.post("/databases/<name>/passwords")
    def rotate(name: str) -> ResponseReturnValue:
        return _told(databases.rotate(name))

    @app.delete("/databases/<name>")
    def drop(name: str) -> ResponseReturnValue:
        databases.drop(name)
        return {"dropped": name}, 200

    @app.post("/handover")
    def hand_over() -> ResponseReturnValue:
        credentials = handover.take(str(_json().get("token")))
        return {"database": credentials.database, "connections": credentials.connections}, 200

    def _told(outcome: Outcome) -> ResponseReturnValue:
        told: dict[str, object] = {"changed": outcome.changed}
        if outcome.credentials:
            # Behind "#", so that the token is in no access log and no Referer header.
            told["link"] = f"{request.url_root}#{handover.offer(outcome.credentials)}"
        return told, 201 if outcome.changed else 200

    app.register_error_handler(HTTPException, _refuse_request)
    for kind in REFUSALS:
        app.register_error_handler(kind, _refuse)
    app.after_request(_never_cached)
    return app


def _json() -> dict[str, Any]:
    """Read the body; a form of another site cannot send JSON, so this also keeps those out."""
    asked = request.get_json()
    return asked if isinstance(asked, dict) else {}


def _refuse(error: Exception) -> ResponseReturnValue:
    status, say = next(answer for kind, answer in REFUSALS.items() if isinstance(error, kind))
    if isinstance(error, TerraformError):
        LOG.error("%s", error)
    return {"errors": say(error)}, status


def _refuse_request(error: HTTPException) -> ResponseReturnValue:
    return {"errors": [error.description]}, error.code or 500


def _never_cached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
    )
    return response
