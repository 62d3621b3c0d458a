"""An HTTP server with a fixed number of threads: what is full when they all wait."""

from concurrent.futures import ThreadPoolExecutor
from socket import socket
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class QuietHandler(WSGIRequestHandler):
    """Answers without a line in the log for each request."""

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class PooledServer(ThreadingMixIn, WSGIServer):
    """Serves an application while its `with` block runs, by default on any free port."""

    request_queue_size = 128

    def __init__(
        self,
        app: "WSGIApplication",
        threads: int = 64,
        address: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        super().__init__(address, QuietHandler)
        self.set_app(app)
        self._pool = ThreadPoolExecutor(threads)
        self._loop = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """Return the address, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(
        self, request: socket | tuple[bytes, socket], client_address: tuple[str, int]
    ) -> None:
        """Leave the request to the pool; it waits there while all threads are busy."""
        self._pool.submit(self.process_request_thread, request, client_address)

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._loop.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End what is being served, then close the port."""
        self.shutdown()
        self._loop.join()
        self._pool.shutdown()
        self.server_close()
