"""The web role: processes that serve, and the worker beside them.

Which server, and why: ``docs/decisions/0024-web-processes.md``.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from portal.config.settings import Config
from portal.health.heartbeats import Role
from portal.kernel.database import START_PATIENCE
from portal.kernel.errors import ConfigError
from portal.kernel.errors import PortalError
from portal.kernel.processes.presence import ProcessFile
from portal.kernel.telemetry import instruments
from portal.kernel.telemetry import spans
from portal.notifications.signals import NotificationSignals
from portal.notifications.store import NotificationStore
from portal.roles.processes import RunProgram
from portal.roles.processes import WorkerProcesses
from portal.roles.services import Services
from portal.server.serving import WebServer
from portal.server.supervision import Listeners
from portal.server.supervision import Message
from portal.server.supervision import Serve
from portal.server.supervision import Supervisor
from portal.server.supervision import Tell
from portal.server.supervision import listen

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LOG = logging.getLogger(__name__)
#: Returns the application of one process.
CreateApp = Callable[[Services], "WSGIApplication"]
#: Reads the settings of the command line, the environment and the file.
ReadAgain = Callable[[], Config]
#: The most processes that are started unless a setting says otherwise.
_MOST_PROCESSES = 4
#: glibc's ``M_ARENA_MAX``, and how many pools of memory all threads share.
_ARENA_MAX, _ARENAS = -8, 2


def serve(
    config: Config,
    config_file: Path | None,
    with_worker: bool,
    create_app: CreateApp,
    read_again: ReadAgain,
    run_program: RunProgram,
) -> None:
    """Serve requests until the process is stopped.

    Args:
        config: The settings in force.
        config_file: The configuration file, which the worker reads again.
        with_worker: Whether this process starts the worker.
        create_app: Returns the WSGI application.
        read_again: Reads the settings again, at SIGHUP.
        run_program: Runs the command ``worker``, in processes of its own.

    Raises:
        ConfigError: When the address cannot be listened on, or no process can serve.
    """
    _share_memory()
    spans.use(config.tracing)
    metrics = _count(config)
    sockets = listen(config.host, config.port)
    config = replace(config, port=sockets[0].getsockname()[1])
    held = _held(config, is_needed=with_worker or not config.has_database_server)
    workers = WorkerProcesses(config_file, run_program)
    use_workers = workers.use if with_worker else _leave_them_elsewhere
    use_workers(config)
    supervisor = Supervisor(
        partial(_serve, config, create_app),
        sockets,
        config.web_processes or web_processes(),
        on_ready=lambda: _log_addresses(config),
        on_wake=workers.wake,
        on_look=workers.look,
        on_reload=partial(_reload, config, read_again, create_app, use_workers),
    )
    try:
        supervisor.run()
    finally:
        del held  # the note that this process serves lives as long as this
        workers.stop()
        if metrics:
            instruments.remove_folder(metrics)


def _process_file(config: Config) -> ProcessFile:
    """Return the file that says which process serves the data folder."""
    return ProcessFile(config.data_dir / "serve.pid")


def _held(config: Config, *, is_needed: bool) -> ProcessFile | None:
    """Note that this process serves a data folder; ``None`` where there may be none, and is none.

    Raises:
        ConfigError: When it is needed, and cannot be made.
        OSError: Likewise.
    """
    try:
        held = _process_file(config)
    except (ConfigError, OSError) as error:
        if is_needed:
            raise
        _LOG.warning("there is no data folder; what reads repositories is refused: %s", error)
        return None
    held.hold()
    return held


def reload_running(config: Config) -> int:
    """Make the process that serves a data folder read its settings again; return its number.

    Raises:
        ConfigError: When none does on this machine.
    """
    process = _process_file(config).holder()
    if process is None:
        msg = "no 'portal serve' runs with this data_dir on this machine"
        raise ConfigError(msg)
    os.kill(process, signal.SIGHUP)
    return process


def _reload(
    before: Config,
    read_again: ReadAgain,
    create_app: CreateApp,
    use_workers: Callable[[Config], None],
) -> Serve | None:
    """Return what processes do with settings that are read again; ``None`` if these are wrong."""
    try:
        config = replace(read_again(), host=before.host, port=before.port)
        config.check_exposure()
        spans.use(config.tracing)
    except PortalError as error:
        _LOG.error("the settings stay as they were: %s", error.message)
        return None
    _LOG.info("the settings are read again; processes are replaced")
    use_workers(config)
    return partial(_serve, config, create_app)


def _count(config: Config) -> Path | None:
    """Count in this process and those it starts; return the folder that was made for it."""
    if config.metrics == "off":
        return None
    is_given = instruments.FOLDER_VARIABLE in os.environ
    folder = None if is_given else instruments.make_folder()
    instruments.start()
    return folder


def web_processes() -> int:
    """Return how many processes serve by default: one for each processor, four at most."""
    usable = getattr(os, "sched_getaffinity", None)  # Linux has it, macOS does not
    return min(_MOST_PROCESSES, len(usable(0)) if usable else os.cpu_count() or 1)


def _serve(config: Config, create_app: CreateApp, sockets: Listeners, tell: Tell) -> None:
    """Serve in this process, which is one of several.

    Raises:
        PortalError: When the database cannot be used.
    """
    services = Services(config, database_wait=START_PATIENCE)
    services.on_refresh = partial(tell, Message.WAKE)
    server = WebServer(
        create_app(services),
        threads=config.threads,
        streams=config.streams_at_once,
        request_seconds=config.request_timeout,
        news=NotificationSignals(NotificationStore(services.database)).news,
        close_streams=services.event_feed.close,
        tell_alive=partial(tell, Message.ALIVE),
        has_access_log=config.access_log,
        # A server's database is asked for the generation of each answer.
        tries_quick_reads=not config.has_database_server,
    )
    services.event_feed.listen(services.listen)
    tell(Message.READY)
    with services.pulse.beating(Role.WEB):
        server.run(list(sockets))
    services.audit.flush()  # a forked process ends without what is registered for the exit
    spans.stop()


def _log_addresses(config: Config) -> None:
    _LOG.info("listening on %s", config.listening_url)
    if config.base_url:
        _LOG.info("clients reach it at %s", config.base_url)


def _leave_them_elsewhere(_config: Config) -> None:
    """Start no workers: they run in a command of their own."""


def _share_memory() -> None:
    """Make threads share memory pools; by default each keeps that of its largest response.

    At 10,000 entities that is 400 MiB instead of 650. Other systems than Linux with
    glibc have no such setting, and need none.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)
