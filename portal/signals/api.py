"""Signals, under ``/api/signals``: Backstage's channel to open pages.

The channel is a WebSocket at ``/api/signals`` itself, whose token is a protocol of the socket.
Clients send ``{"action": "subscribe", "channel": "notifications"}`` and are told of
notifications that are new or read (``{"channel": "notifications", "message": {"action":
"new_notification", "notification_id": …}}``).
"""

from __future__ import annotations

from flask import Response
from flask import request

from portal.auth.gate import bearer_token
from portal.auth.identity import NOBODY
from portal.auth.identity import NONE
from portal.auth.identity import SERVICE
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.auth.service import Auth
from portal.kernel.errors import AuthenticationError
from portal.web.doors import public
from portal.web.openapi import Blueprint
from portal.web.openapi import HealthSchema
from portal.web.responses import empty_response
from portal.web.responses import json_response
from portal.web.sockets import HANDSHAKE

#: The most items of ``Sec-WebSocket-Protocol`` that are tried as a token, as in Backstage.
_MOST_TOKENS = 5
_STATUS = {USER: 404, SERVICE: 403}


def signals_blueprint(auth: Auth) -> Blueprint:
    """Return the routes of signals.

    Args:
        auth: Authenticates handshakes, whose token may be a protocol of the socket.
    """
    bp = Blueprint("signals", __name__, url_prefix="/api/signals", description=__doc__)

    # A rule takes either handshakes or other requests; the others are refused alike.
    @bp.get("", endpoint="handshake", websocket=True)
    @bp.get("")
    @bp.also_answers(401)
    @bp.also_answers(403)
    @bp.also_answers(404)
    @public("tells that it answers, and nothing else")
    def get_signals() -> Response:
        """Open a WebSocket for a user; 401 without a valid token, 403 for programs.

        What is no handshake is a 404.
        """
        if request.path.endswith("/"):
            return empty_response(404)
        caller, protocol = _caller(auth)
        handshake = request.environ.get(HANDSHAKE)
        if handshake is None or caller.kind != USER:
            return empty_response(_STATUS.get(caller.kind, 401))
        handshake.user, handshake.protocol = caller.subject, protocol
        return empty_response(200)

    @bp.get("/health")
    @bp.response(200, HealthSchema)
    @public("tells that it answers, and nothing else")
    def get_signals_health() -> Response:
        """Return the health of the signals API."""
        return json_response({"status": "ok"})

    return bp


def _caller(auth: Auth) -> tuple[Principal, str]:
    """Return the principal of the first valid token, and the protocol that the token is."""
    protocols = request.headers.get("Sec-WebSocket-Protocol", "").split(",")[:_MOST_TOKENS]
    offered = [each for each in map(str.strip, protocols) if each]
    for token in (bearer_token(), *offered):
        try:
            principal = auth.authenticate(token) if token else NOBODY
        except AuthenticationError:
            continue
        if principal.kind != NONE:
            return principal, token if token in offered else next(iter(offered), "")
    return NOBODY, ""
