"""Serving: the WSGI server in this process, the worker in another.

Which server, and why: ``docs/decisions/0004-wsgi-server.md``.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import re
import signal
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING
from typing import Any

import waitress
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from portal.app import create_app
from portal.kernel.config import Config
from portal.kernel.errors import ConfigError
from portal.kernel.jobs import WorkerProcess
from portal.wiring import Services
from portal.worker import worker_command

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

_LOG = logging.getLogger(__name__)
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
#: glibc's ``M_ARENA_MAX``, and how many pools of memory all threads share.
_ARENA_MAX, _ARENAS = -8, 2


def serve(config: Config, config_file: Path | None, with_worker: bool) -> None:
    """Answer requests until the process is told to end.

    The worker is started before the application is built: its process comes up meanwhile.

    Raises:
        ConfigError: When the address cannot be listened on.
    """
    _share_memory()
    gate = Gate(config.threads)
    server = _listen(config, gate)
    if not config.port:
        config = replace(config, port=server.effective_port)
    services = Services(config)
    _end_on_signals(services)
    with contextlib.ExitStack() as stack:
        if with_worker:
            worker = WorkerProcess(worker_command(config, config_file))
            services.on_refresh = worker.wake
            stack.callback(worker.stop)
            worker.start()
        gate.open(create_app(services))
        _LOG.info("listening on http://%s:%s", config.host, config.port)
        server.run()


def _share_memory() -> None:
    """Let threads share memory: each would keep what its largest answer took.

    At 10,000 entities that is 400 MiB instead of 650. Other systems than Linux with
    glibc have no such setting, and need none.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


def _listen(config: Config, gate: Gate) -> Any:
    """Take the address; nobody is answered before the server runs."""
    try:
        server = waitress.create_server(
            gate,
            host=config.host,
            port=config.port,
            threads=config.threads + config.streams_at_once,
            # Reading on while a request is answered tells when its client is gone.
            channel_request_lookahead=1,
            ident=None,
            max_request_body_size=1024 * 1024,
            channel_timeout=60,
            outbuf_high_watermark=1024 * 1024,
        )
    except OSError as error:
        msg = f"cannot listen on {config.host}:{config.port}: {error.strerror}"
        raise ConfigError(msg) from None
    server.channel_class = _Channel
    return server


class Gate:
    """Lets so many requests work at the same time; the others wait, the first come first.

    An answer that is made while it is sent leaves the gate before: clients that wait for
    events hold a thread of the server each, but nobody up.

    Args:
        places: How many requests may be there.
    """

    def __init__(self, places: int) -> None:
        self._places = threading.Semaphore(places)

    def open(self, app: WSGIApplication) -> None:
        """Say what is behind the gate, before the first request comes."""
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        with self._places:
            return self._app(environ, start_response)


class _RequestParser(HTTPRequestParser):  # type: ignore[misc]
    """Takes Korean as it is typed: ``curl …/search?q=카프카`` sends raw UTF-8.

    RFC 3986 wants it percent-encoded, and waitress refuses anything else.
    """

    def parse_header(self, header_plus: bytes) -> None:
        """Percent-encode the request line before it is read."""
        line, end, rest = header_plus.partition(b"\r\n")
        if not line.isascii():
            line = _NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], line)
        super().parse_header(line + end + rest)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose requests are read by ``_RequestParser``."""

    parser_class = _RequestParser


def _end_on_signals(services: Services) -> None:
    """Leave like Ctrl-C does, so that everything is put away, open answers first."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        services.event_feed.close()
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
