"""Serving: the WSGI server in this process, the worker in another.

Which server, and why: ``docs/decisions/0004-wsgi-server.md``.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from types import FrameType

import waitress

from portal.app import create_app
from portal.kernel.config import Config
from portal.kernel.errors import ConfigError
from portal.kernel.jobs import WorkerProcess
from portal.wiring import Services

_LOG = logging.getLogger(__name__)


def serve(config: Config, config_file: Path | None, with_worker: bool) -> None:
    """Answer requests until the process is told to end.

    Raises:
        ConfigError: When the address cannot be listened on.
    """
    services = Services(config)
    worker = WorkerProcess(_worker_command(config, config_file)) if with_worker else None
    if worker is not None:
        services.on_refresh = worker.wake
    app = create_app(services)
    services.catalog.generation()
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
    signal.signal(signal.SIGTERM, _end)
    if worker is not None:
        worker.start()
    _LOG.info("listening on http://%s:%s", config.host, server.effective_port)
    try:
        server.run()
    finally:
        if worker is not None:
            worker.stop()


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
