"""A web server on loopback for as long as a test needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from http.server import SimpleHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path


@contextmanager
def http_server(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve with a handler on a free port, which is given; the port is closed afterwards."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(
    handler: BaseHTTPRequestHandler,
    status: int,
    headers: Mapping[str, str] = {},
    body: bytes = b"",
) -> None:
    """Answer a request; the headers may say another length than the body has."""
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


class _FolderHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None: ...


@contextmanager
def folder_server(folder: Path) -> Iterator[str]:
    """Serve the files of a folder; host and port are given."""
    with http_server(partial(_FolderHandler, directory=str(folder))) as port:
        yield f"127.0.0.1:{port}"
