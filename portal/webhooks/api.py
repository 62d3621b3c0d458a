"""Webhooks of forges, at Backstage's path for events: ``POST /api/events/http/<forge>``.

Requests need no token: each event is authenticated by the secret shared with the forge.
"""

from __future__ import annotations

from flask import Response
from flask import request

from portal.web.doors import public
from portal.web.openapi import Blueprint
from portal.web.responses import json_response
from portal.webhooks import schemas as s
from portal.webhooks.service import Webhooks

#: The path of events; open without credentials, since each event is authenticated.
PREFIX = "/api/events/http/"
#: The greatest size of an event in bytes: a push of a few hundred commits.
MAX_EVENT = 1024 * 1024
_STATUS = {"accepted": 202, "ignored": 200, "pong": 200}


def webhooks_blueprint(webhooks: Webhooks) -> Blueprint:
    """Return the route for events."""
    bp = Blueprint("webhooks", __name__, url_prefix=PREFIX.rstrip("/"), description=__doc__)

    @bp.post("/<forge>")
    @bp.response(202, s.ReceiptAnswer)
    @public("forges sign what they send, and it names what they host")
    def post_event(forge: str) -> Response:
        """Take an event of github, gitlab, gitea (Forgejo) or bitbucket."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        webhooks.check_known(forge, headers)
        request.max_content_length = MAX_EVENT
        receipt = webhooks.take(forge, headers, request.get_data())
        body = {"status": receipt.status, "sources": list(receipt.sources)}
        return json_response(body, _STATUS[receipt.status])

    return bp
