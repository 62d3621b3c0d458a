"""The web role's parent process: it binds the address, and keeps processes that serve alive.

It forks after everything is imported, so that they share that memory. It has no threads, and
no database: a child that is forked from it inherits neither locks nor connections.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from typing import Any

from portal.kernel.errors import ConfigError
from portal.kernel.errors import PortalError
from portal.kernel.jobs import Restarts
from portal.server.forked import name_process
from portal.server.serving import GRACE_SECONDS

_LOG = logging.getLogger(__name__)
_FORK = multiprocessing.get_context("fork")
#: Connections that wait to be accepted.
_BACKLOG = 1024
#: Seconds between two looks at the processes when nothing is heard of them.
_LOOK_SECONDS = 0.25
#: Seconds after which a process that says nothing hangs: it tells every second that it lives.
_HANGS_SECONDS = 60.0


class Message(StrEnum):
    """What a process tells its parent."""

    #: It serves.
    READY = "ready"
    ALIVE = "alive"
    #: There is work for the worker.
    WAKE = "wake"
    #: It cannot serve, and why: the message is a tuple of this and the error's text.
    FAILED = "failed"


#: Sends a message to the parent.
Tell = Callable[[Message], None]
#: What an address is bound with: a socket for each address of its host.
Listeners = Sequence[socket.socket]
#: Serves on sockets until the process is told to end.
Serve = Callable[[Listeners, Tell], None]


def _keep() -> Serve | None:
    """Go on with what there is."""
    return None


def listen(host: str, port: int) -> list[socket.socket]:
    """Bind a TCP address, on each address of the host.

    Args:
        host: A name or an address.
        port: 0 lets the system choose one.

    Raises:
        ConfigError: When the address cannot be bound.
    """
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, *_, address in dict.fromkeys(found):
            chosen = sockets[0].getsockname()[1] if sockets else port
            bound = (address[0], chosen, *address[2:])
            sockets.append(socket.create_server(bound, family=family, backlog=_BACKLOG))
    except OSError as error:
        for each in sockets:
            each.close()
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason += "; another program has it, so end that or choose another one with --port"
        msg = f"cannot listen on {host}:{port}: {reason}"
        raise ConfigError(msg) from None
    return sockets


@dataclass
class _Child:
    """A process that serves.

    Attributes:
        process: The process.
        connection: What it tells comes from here; its end ends the process.
        heard: When it was last heard of.
        is_ready: Whether it has said that it serves.
    """

    process: ForkProcess
    connection: Connection
    heard: float
    is_ready: bool = False


class Supervisor:
    """Keeps processes alive that serve the same sockets.

    Args:
        serve: What each of them does.
        sockets: Where they listen.
        count: How many there are.
        on_ready: Called when the first of them serves.
        on_wake: Called when one of them has work for the worker.
        on_look: Called several times a second once the first of them serves: what keeps them
            from it is told by them alone.
        on_reload: Called at SIGHUP; returns what processes do from then on, or ``None`` for
            what they did.
    """

    def __init__(
        self,
        serve: Serve,
        sockets: Listeners,
        count: int,
        *,
        on_ready: Callable[[], None],
        on_wake: Callable[[], None],
        on_look: Callable[[], None],
        on_reload: Callable[[], Serve | None] = _keep,
    ) -> None:
        self._serve = serve
        self._sockets = sockets
        self._children: list[_Child | None] = [None] * count
        self._restarts = [Restarts() for _ in range(count)]
        self._on_ready, self._on_wake, self._on_look = on_ready, on_wake, on_look
        self._on_reload = on_reload
        self._is_ready = self._is_ending = self._is_reloading = False
        self._outdated: list[int] = []
        self._replacement: _Child | None = None
        self._retiring: list[_Child] = []

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then answers under way are finished.

        At SIGHUP the processes are replaced, one after the other, each once another one serves.

        Raises:
            ConfigError: When a process says that it cannot serve before any other did.
        """
        gc.freeze()  # what was imported is shared as long as nobody counts references in it
        with _woken_by_signals(self._end, self._ask_to_reload) as woken:
            try:
                while not self._is_ending:
                    self._reload()
                    self._start_missing()
                    self._replace_one()
                    if self._is_ready:
                        self._on_look()
                    self._listen_to(woken)
            finally:
                self._stop()

    def _end(self) -> None:
        self._is_ending = True

    def _ask_to_reload(self) -> None:
        self._is_reloading = True

    def _reload(self) -> None:
        if not self._is_reloading:
            return
        self._is_reloading = False
        serve = self._on_reload()
        if serve is not None:
            self._serve = serve
            self._outdated = list(range(len(self._children)))

    def _replace_one(self) -> None:
        """Take the next step of replacing the processes, and bury those that have ended."""
        for child in [each for each in self._retiring if not each.process.is_alive()]:
            self._retiring.remove(child)
            self._bury(child)
        if not self._outdated:
            return
        if self._replacement is None:
            self._replacement = self._start()
        elif self._replacement.is_ready:
            number = self._outdated.pop(0)
            old, self._children[number] = self._children[number], self._replacement
            self._replacement = None
            if old is not None:
                old.process.terminate()
                self._retiring.append(old)

    def _give_up_replacing(self, child: _Child) -> None:
        """Keep the processes there are: one with the new settings cannot serve."""
        _LOG.error("a web process with the new settings does not serve; the others stay")
        self._outdated, self._replacement = [], None
        self._bury(child)

    def _bury(self, child: _Child) -> None:
        child.process.kill()
        child.process.join()
        child.connection.close()

    def _start_missing(self) -> None:
        for number, child in enumerate(self._children):
            if child is None and self._restarts[number].is_due():
                self._restarts[number].started()
                self._children[number] = self._start()

    def _start(self) -> _Child:
        connection, of_child = _FORK.Pipe()
        others = [child.connection for child in self._all()]
        arguments = (self._serve, self._sockets, of_child, [connection, *others])
        process = _FORK.Process(target=_run_child, args=arguments, name="portal-web")
        process.start()
        of_child.close()
        return _Child(process, connection, time.monotonic())

    def _all(self) -> list[_Child]:
        replacement = [self._replacement] if self._replacement else []
        return [*(child for child in self._children if child), *replacement, *self._retiring]

    def _listen_to(self, woken: socket.socket) -> None:
        told = [child for child in self._all() if child not in self._retiring]
        wait([woken, *(child.connection for child in told)], _LOOK_SECONDS)
        with contextlib.suppress(BlockingIOError):
            woken.recv(64)  # what woke it is done next
        if self._replacement and not self._hear(self._replacement):
            self._give_up_replacing(self._replacement)
        for number, child in enumerate(self._children):
            if child and not self._hear(child):
                self._children[number] = None
                self._end_of(number, child)

    def _hear(self, child: _Child) -> bool:
        """Take what a child says; return whether it lives."""
        try:
            while child.connection.poll():
                child.heard = time.monotonic()
                message = child.connection.recv()
                child.is_ready |= message[0] is Message.READY
                self._take(*message)
        except (EOFError, OSError):
            return False
        if time.monotonic() - child.heard > _HANGS_SECONDS:
            _LOG.error("a web process has not answered for %g s; it is killed", _HANGS_SECONDS)
            return False
        return child.process.is_alive()

    def _take(self, message: Message, text: str = "") -> None:
        if message is Message.WAKE:
            self._on_wake()
        elif message is Message.READY and not self._is_ready:
            self._is_ready = True
            self._on_ready()
        elif message is Message.FAILED:
            if not self._is_ready:
                raise ConfigError(text)
            _LOG.error("a web process cannot serve: %s", text)

    def _end_of(self, number: int, child: _Child) -> None:
        self._bury(child)
        if not self._is_ending:
            pause = self._restarts[number].ended()
            code = child.process.exitcode
            _LOG.warning("a web process ended with code %s; it starts in %g s", code, pause)

    def _stop(self) -> None:
        """End all processes; those that do not finish in time are killed."""
        self._is_ending = True
        children = self._all()
        for child in children:
            child.process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS + 5
        for child in children:
            child.process.join(max(0.0, deadline - time.monotonic()))
            child.process.kill()
            child.process.join()
            child.connection.close()


def _run_child(serve: Serve, sockets: Listeners, parent: Connection, others: list[Any]) -> None:
    """Serve in a process that was just forked."""
    name_process("portal-web")
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it is for the parent
    for each in others:
        each.close()

    def tell(message: Message) -> None:
        try:
            parent.send((message,))
        except OSError:  # the parent is gone, and with it whoever restarts this process
            os.kill(os.getpid(), signal.SIGTERM)

    try:
        serve(sockets, tell)
    except PortalError as error:
        with contextlib.suppress(OSError):
            parent.send((Message.FAILED, error.message))


@contextlib.contextmanager
def _woken_by_signals(
    end: Callable[[], None], reload: Callable[[], None]
) -> Iterator[socket.socket]:
    """Call ``end`` at SIGTERM and SIGINT, ``reload`` at SIGHUP; what is yielded is readable then.

    On a terminal SIGHUP says that it was closed, and ends the process as ever.
    """
    woken, waking = socket.socketpair()
    woken.setblocking(False)
    waking.setblocking(False)
    before = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    does = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: reload}
    if os.isatty(sys.stdin.fileno() if sys.stdin else 0):
        does[signal.SIGHUP] = end
    handlers = {
        number: signal.signal(number, lambda found, _frame: does[signal.Signals(found)]())
        for number in does
    }
    try:
        yield woken
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        woken.close()
        waking.close()
