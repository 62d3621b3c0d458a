"""Whose requests are answered: names the portal is reached by, and pages that may change things.

A page of any website can make a browser send requests to a portal that only this machine, or
this network, reaches. Two headers tell that it did, and a page cannot change either:

- ``Host``: with DNS rebinding, a name of the website leads to the portal's address.
- ``Origin`` and ``Sec-Fetch-Site``: whose page sends a request that changes something.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Callable
from collections.abc import Collection

import flask
from flask import request

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: What a browser says of requests that a person or the portal's own page made.
_OWN_SITES = frozenset({"same-origin", "none"})


def refuse_foreign(
    app: flask.Flask,
    hosts: Collection[str],
    public_url: str,
    cors_origins: tuple[str, ...],
    is_health: Callable[[str], bool],
) -> None:
    """Refuse requests that pages of other websites make, before anything else is done.

    Args:
        app: The app.
        hosts: The names the portal is reached by, in lower case, without ports; globs.
        public_url: The origin of the portal's own pages.
        cors_origins: The origins of other pages that may call the API; globs.
        is_health: Whether a path is asked by what watches processes: such programs use the
            address of a container, which no name can be rebound to.
    """

    @app.before_request
    def check_host() -> None:
        host = _host()
        if _matches(host, hosts) or (is_health(request.path) and _is_address(host)):
            return
        raise InputError(
            f"the portal is not called {host!r}: its operator names other hosts with allowed_hosts"
        )

    @app.before_request
    def check_origin() -> None:
        if request.method in _SAFE_METHODS:
            return
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site", "none")
        if origin is None and site in _OWN_SITES:
            return
        own = (
            public_url,
            f"http://{request.headers['Host']}",
            f"https://{request.headers['Host']}",
        )
        if origin is None or not (origin in own or is_allowed_origin(origin, cors_origins)):
            raise NotAllowedError(
                f"pages of {origin or 'other sites'} may not change anything here: the portal's "
                "operator allows more with cors_origins"
            )


def is_allowed_origin(origin: str, cors_origins: tuple[str, ...]) -> bool:
    """Return whether an operator allows pages of an origin to call the API."""
    return _matches(origin.lower(), [allowed.lower() for allowed in cors_origins])


def _matches(text: str, patterns: Collection[str]) -> bool:
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)


def _host() -> str:
    """Return the host the request is for, without its port.

    Raises:
        InputError: When there is none, or more than one: a server joins them by commas.
    """
    found = _HOST.fullmatch(request.environ.get("HTTP_HOST", "").lower())
    if found is None:
        raise InputError("a request names the one host it is for, in its header Host")
    return found[1].strip("[]")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
