"""Counts every request before its route runs, and refuses what is too much (429)."""

from __future__ import annotations

from functools import partial

import flask
from flask import Response
from flask import request

from portal.auth.identity import NOBODY
from portal.config.quotas import Quota
from portal.kernel.errors import TooManyRequestsError
from portal.permission.gatekeeper import caller
from portal.quotas.clients import identity_of
from portal.quotas.limiter import Limiter
from portal.server.lanes import HEALTH
from portal.web.doors import quota_of
from portal.web.errors import error_response
from portal.web.senders import sender

#: In the environment of a request that was counted: it may be tried again in a thread.
_COUNTED = "portal.is_counted"
#: What is too much, in messages.
_WORDS = {
    Quota.REQUESTS: "requests",
    Quota.SEARCHES: "searches",
    Quota.DRY_RUNS: "dry runs of templates",
    Quota.TASKS: "tasks",
    Quota.REGISTRATIONS: "registrations of locations and previews of documentation",
}


def limit_requests(app: flask.Flask, limiter: Limiter) -> None:
    """Count the requests of an application; to be called after the gate's ``guard``.

    Health checks are not counted. Those whom the gate refuses are counted for their address,
    so that nobody tries credentials without end.

    Args:
        app: The application.
        limiter: Counts.
    """

    def identity() -> str:
        return identity_of(caller() or NOBODY, sender())

    def check(quota: Quota, who: str) -> None:
        if seconds := limiter.wait(quota, who):
            raise _refusal(quota, seconds)

    @app.before_request
    def count() -> None:
        if _is_free():
            return
        flask.g.is_counted = True
        who = identity()
        flask.g.count_more = partial(check, who=who)
        if _COUNTED in request.environ:
            return
        check(Quota.REQUESTS, who)
        view = app.view_functions.get(request.endpoint or "")
        if view is not None and (quota := quota_of(view)):
            check(quota, who)
        request.environ[_COUNTED] = True

    @app.after_request
    def count_refused(response: Response) -> Response:
        if "is_counted" in flask.g or _is_free():
            return response
        seconds = limiter.wait(Quota.REQUESTS, identity())
        return error_response(_refusal(Quota.REQUESTS, seconds)) if seconds else response


def count_more(quota: Quota) -> None:
    """Count something costly that the current request is about to do.

    Raises:
        TooManyRequestsError: When it is too much.
    """
    if flask.has_request_context() and "count_more" in flask.g:
        flask.g.count_more(quota)


def _is_free() -> bool:
    """Return whether a request is not counted: of what watches processes, and preflights."""
    return request.method == "OPTIONS" or request.path.startswith(f"{HEALTH}/")


def _refusal(quota: Quota, seconds: int) -> TooManyRequestsError:
    return TooManyRequestsError(
        f"Too many {_WORDS[quota]} within a minute; try again in {seconds} s. "
        f"The portal's operator allows more with quotas: {quota}",
        seconds,
    )
