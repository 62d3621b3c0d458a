"""Spans of OpenTelemetry: of what, and how long, a request, a sync or a task consisted.

They need the extra ``tracing`` and the setting of that name. Where they are sent, how many are
kept and under which name is said by the variables of OpenTelemetry's specification
(``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_TRACES_SAMPLER``, ``OTEL_SERVICE_NAME``); names and
attributes follow its semantic conventions. A span never holds a query, a body, a header or the
message of an exception: a secret may stand in any of them.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from typing import Any

from portal.kernel.errors import ConfigError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace import Tracer

_NAME = "glossary-portal"
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
#: Seconds that the end of a process waits for spans that were not sent yet.
_LAST_WAIT = 3.0
_NO_TRACE = 0


class _State:
    """Whether spans are made, and the process that makes them."""

    is_on = False


def use(tracing: str) -> None:
    """Make spans from now on or no more, in this process and those it is forked into.

    What sends them is made in each process with its first span: a thread does not survive a fork.

    Args:
        tracing: The setting, ``off`` or ``otlp``.

    Raises:
        ConfigError: When the extra ``tracing`` is not installed.
    """
    is_on = tracing == "otlp"
    if is_on:
        _check_installed()
        os.environ.setdefault("OTEL_SERVICE_NAME", _NAME)
    _State.is_on = is_on


def _check_installed() -> None:
    try:
        missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    except ModuleNotFoundError:  # not even the package around them
        missing = [*_NEEDED]
    if missing:
        raise ConfigError("tracing: otlp needs the packages of 'glossary-portal[tracing]'")


def stop() -> None:
    """Send what was not sent yet, for three seconds at most, and make no further spans."""
    was_on, _State.is_on = _State.is_on, False
    if was_on and _provider.cache_info().currsize:
        ending = threading.Thread(target=_provider(os.getpid()).shutdown, daemon=True)
        ending.start()
        ending.join(_LAST_WAIT)
        _provider.cache_clear()


@cache
def _provider(_process: int) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _tracer() -> Tracer:
    return _provider(os.getpid()).get_tracer(_NAME)


@contextmanager
def span(name: str, parent: str | None = "", /, **attributes: str | int) -> Iterator[None]:
    """Make a span of what the body of the ``with`` statement does, in the span around it.

    Args:
        name: Its name: few different ones, such as ``git fetch``.
        parent: The span of another process that it is a part of, as ``traceparent`` returned it
            there; empty or ``None`` for none.
        attributes: What is known of it; ``_`` in a name stands for a dot.
    """
    if not _State.is_on:
        yield
        return
    from opentelemetry.trace import SpanKind

    context = _context_of(parent) if parent else None
    with _active(_started(name, SpanKind.INTERNAL, attributes, context), ends=True):
        yield


def _context_of(traceparent: str) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def traceparent() -> str:
    """Return the span this thread works in, for other processes; empty where there is none.

    It is what the header of that name holds (W3C Trace Context).
    """
    if not _State.is_on:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def _started(
    name: str, kind: SpanKind, attributes: dict[str, str | int], context: Any = None
) -> Span:
    dotted = {key.replace("_", "."): value for key, value in attributes.items()}
    return _tracer().start_span(name, context, kind, dotted)


@contextmanager
def _active(span: Span, *, ends: bool) -> Iterator[None]:
    from opentelemetry.trace import use_span

    with use_span(span, end_on_exit=ends, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except Exception as error:
            _fail(span, type(error).__name__)
            raise


def _fail(span: Span, kind: str) -> None:
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", kind)


class RequestSpan:
    """The span of a request that is answered; nothing where no spans are made.

    Args:
        method: The method of the request, one of those that are known.
        path: Its path, without the query.
        traceparent: The header of that name: the span of the client, or nothing.
    """

    __slots__ = ("_method", "_span")

    def __init__(self, method: str, path: str, traceparent: str) -> None:
        self._method = method
        self._span: Span | None = None
        if not _State.is_on:
            return
        from opentelemetry.trace import SpanKind

        context = _context_of(traceparent)
        known: dict[str, str | int] = {"http.request.method": method, "url.path": path}
        self._span = _started(method, SpanKind.SERVER, known, context)

    @property
    def trace_id(self) -> str:
        """The trace it is a part of, 32 hexadecimal digits; empty where no spans are made."""
        return _hexadecimal(self._span)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Put the spans that the body of the ``with`` statement makes into this one."""
        if self._span is None:
            yield
            return
        with _active(self._span, ends=False):
            yield

    def end(self, route: str, status: int) -> None:
        """End it, as the answer begins.

        Args:
            route: The template of the request's path; empty for none.
            status: The status of the answer.
        """
        if self._span is None:
            return
        self._span.set_attribute("http.response.status_code", status)
        if route:
            self._span.update_name(f"{self._method} {route}")
            self._span.set_attribute("http.route", route)
        if status >= 500:
            _fail(self._span, str(status))
        self._span.end()


def begin(name: str, **attributes: str | int) -> Span | None:
    """Begin a span of what another program does, in the span around it; ``None`` without one.

    Args:
        name: Its name: few different ones.
        attributes: What is known of it; ``_`` in a name stands for a dot.
    """
    if not _State.is_on:
        return None
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace import get_current_span

    if not get_current_span().is_recording():
        return None
    return _started(name, SpanKind.CLIENT, attributes)


def end(span: Span, error: BaseException | None = None) -> None:
    """End a span that was begun, with what failed of it."""
    if error is not None:
        _fail(span, type(error).__name__)
    span.end()


def is_on() -> bool:
    """Return whether spans are made."""
    return _State.is_on


def trace_id() -> str:
    """Return the trace this thread works in, 32 hexadecimal digits; empty for none."""
    if not _State.is_on:
        return ""
    from opentelemetry.trace import get_current_span

    return _hexadecimal(get_current_span())


def _hexadecimal(span: Span | None) -> str:
    number = span.get_span_context().trace_id if span is not None else _NO_TRACE
    return f"{number:032x}" if number else ""
