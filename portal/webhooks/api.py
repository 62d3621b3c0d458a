"""The door for forges, where Backstage has it: ``POST /api/events/http/<forge>``.

Nobody is asked for a token here: an event proves itself by the forge's secret.
"""

from __future__ import annotations

from flask import Response
from flask import request

from portal.web import Blueprint
from portal.web import json_response
from portal.webhooks import schemas as s
from portal.webhooks.service import Webhooks

#: Where events come in; open to anybody, because each proves itself.
PREFIX = "/api/events/http/"
#: Bytes of an event: a push of a few hundred commits.
MAX_EVENT = 1024 * 1024
_STATUS = {"accepted": 202, "ignored": 200, "pong": 200}


def webhooks_blueprint(webhooks: Webhooks) -> Blueprint:
    """Return the route for events."""
    bp = Blueprint("webhooks", __name__, url_prefix=PREFIX.rstrip("/"), description=__doc__)

    @bp.post("/<forge>")
    @bp.response(202, s.ReceiptAnswer)
    def post_event(forge: str) -> Response:
        """Take an event of github, gitlab, gitea (Forgejo) or bitbucket."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        webhooks.check_known(forge, headers)
        request.max_content_length = MAX_EVENT
        receipt = webhooks.take(forge, headers, request.get_data())
        body = {"status": receipt.status, "sources": list(receipt.sources)}
        return json_response(body, _STATUS[receipt.status])

    return bp
