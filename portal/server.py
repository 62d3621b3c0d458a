"""Serving: the WSGI server in this process, the worker in another.

Which server, and why: ``docs/decisions/0004-wsgi-server.md``.
"""

from __future__ import annotations

import contextlib
import logging
import re
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import waitress
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from portal.app import create_app
from portal.kernel.config import Config
from portal.kernel.errors import ConfigError
from portal.kernel.jobs import WorkerProcess
from portal.wiring import Services

_LOG = logging.getLogger(__name__)
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


def serve(config: Config, config_file: Path | None, with_worker: bool) -> None:
    """Answer requests until the process is told to end.

    The worker is started first: its process comes up while this one builds the
    application.

    Raises:
        ConfigError: When the address cannot be listened on.
    """
    signal.signal(signal.SIGTERM, _end)
    services = Services(config)
    with contextlib.ExitStack() as stack:
        if with_worker:
            worker = WorkerProcess(_worker_command(config, config_file))
            services.on_refresh = worker.wake
            stack.callback(worker.stop)
            worker.start()
        server = _listen(services)
        _LOG.info("listening on http://%s:%s", config.host, server.effective_port)
        server.run()


def _listen(services: Services) -> Any:
    config = services.config
    app = create_app(services)
    try:
        server = waitress.create_server(
            app,
            host=config.host,
            port=config.port,
            threads=config.threads,
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


def _end(_signal: int, _frame: FrameType | None) -> None:
    """Leave like Ctrl-C does, so that everything is put away."""
    raise KeyboardInterrupt


def _worker_command(config: Config, config_file: Path | None) -> list[str]:
    """Return the command of the worker, with the settings of this process."""
    command = [sys.executable, "-m", "portal", "worker", "--follow-input"]
    command += ["--data-dir", str(config.data_dir)]
    if config_file is not None:
        command += ["--config", str(config_file)]
    return command
