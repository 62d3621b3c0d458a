"""What is known of a request beside its answer: its id, how long it took, who logs it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import TypeVar

from portal.kernel.telemetry.instruments import REQUEST_SECONDS
from portal.kernel.telemetry.instruments import REQUESTS
from portal.kernel.telemetry.logs import FIELDS
from portal.kernel.telemetry.spans import RequestSpan
from portal.kernel.telemetry.trace import Trace
from portal.kernel.telemetry.trace import trace_of
from portal.kernel.telemetry.trace import working_for
from portal.web.responses import ROUTE

T = TypeVar("T")
_LOG = logging.getLogger("portal.access")
_ID, _TRACEPARENT = b"x-request-id", b"traceparent"
#: The label of requests that no route was found for, and of methods nobody knows.
_NONE, _OTHER = "(none)", "(other)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AskedRequest:
    """A request that is answered.

    Args:
        scope: The request as ASGI describes it.
        is_logged: Whether it stands in the access log.

    Attributes:
        scope: The same.
        environ: The environment of the application, once there is one.
    """

    __slots__ = ("_is_logged", "_method", "_span", "_started", "_trace", "environ", "scope")

    def __init__(self, scope: Mapping[str, Any], is_logged: bool) -> None:
        self.scope = scope
        self.environ: Mapping[str, Any] = {}
        self._is_logged = is_logged
        self._started = time.perf_counter()
        given = {name: value for name, value in scope["headers"] if name in (_ID, _TRACEPARENT)}
        traceparent = given.get(_TRACEPARENT, b"").decode("latin-1")
        self._method = scope["method"] if scope["method"] in _METHODS else _OTHER
        self._span = RequestSpan(self._method, scope["path"], traceparent)
        self._trace = trace_of(given.get(_ID, b"").decode("latin-1"), traceparent)
        if trace_id := self._span.trace_id:
            self._trace = Trace(self._trace.request_id, trace_id)

    def working(self, work: Callable[[], T]) -> T:
        """Return what the work returns, which is done for this request."""
        with working_for(self._trace), self._span.active():
            return work()

    def answered(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Count and log that the answer begins; its headers get the request's id."""
        headers.append((_ID, self._trace.request_id.encode()))
        seconds = time.perf_counter() - self._started
        route = self.environ.get(ROUTE) or _NONE
        REQUESTS.add(self._method, route, str(status))
        REQUEST_SECONDS.observe(seconds, self._method, route)
        self._span.end(self.environ.get(ROUTE, ""), status)
        if self._is_logged:
            self._log(status, seconds, route)

    def _log(self, status: int, seconds: float, route: str) -> None:
        path = self.scope["raw_path"].decode("latin-1")
        client = self.scope["client"]
        fields = {
            "method": self.scope["method"],
            "path": path,
            "route": route,
            "status": status,
            "seconds": round(seconds, 6),
            "client": client[0] if client else "",
        }
        with working_for(self._trace):
            words = ("%s %s %d %.1f ms", self.scope["method"], path, status, seconds * 1000)
            _LOG.info(*words, extra={FIELDS: fields})
