"""Which request something is done for, from the web to the worker and the tasks.

The id is the client's ``X-Request-Id``, else the trace id of its ``traceparent`` (W3C Trace
Context), else a random one. Work that a request asked for is stored with its id and, where
spans are made, with its span; work that nobody asked for has an id of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

#: What an id of a client may consist of; another one is taken for none.
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
_NO_TRACE = "0" * 32


@dataclass(frozen=True, slots=True)
class Trace:
    """What identifies a request.

    Attributes:
        request_id: Its id, as it is answered and logged.
        trace_id: The trace it is a part of, 32 hexadecimal digits; empty for none.
    """

    request_id: str
    trace_id: str = ""


_CURRENT: ContextVar[Trace | None] = ContextVar("portal_trace", default=None)


def trace_of(request_id: str, traceparent: str) -> Trace:
    """Return what identifies a request with these headers; either may be empty or invalid."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    trace_id = found[1] if found and found[1] != _NO_TRACE else ""
    if request_id and _REQUEST_ID.fullmatch(request_id):
        return Trace(request_id, trace_id)
    return Trace(trace_id or os.urandom(16).hex(), trace_id)


def current() -> Trace | None:
    """Return what this thread works for now."""
    return _CURRENT.get()


def request_id() -> str:
    """Return the id of the request this thread works for; empty for none."""
    trace = _CURRENT.get()
    return trace.request_id if trace else ""


@contextmanager
def working_for(trace: Trace) -> Iterator[None]:
    """Work for a request while the body of the ``with`` statement runs."""
    token = _CURRENT.set(trace)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def of_stored(request_id: str | None, traceparent: str | None) -> Trace:
    """Return what identifies a request that was stored, or a new one where there is none."""
    return trace_of(request_id or "", traceparent or "")
