"""A real git server on loopback: bare repositories below a folder, read and pushed over HTTP."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any


def backend() -> str:
    """Return the program that comes with git and answers its requests."""
    done = subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True)
    return str(Path(done.stdout.strip(), "git-http-backend"))


@dataclass(frozen=True)
class GitServer:
    """Repositories that are there to be pushed to."""

    root: Path
    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def make(self, owner: str, name: str) -> str:
        """Make an empty repository and return its remote."""
        place = self.root / owner / f"{name}.git"
        place.parent.mkdir(parents=True, exist_ok=True)
        create = ["git", "init", "--quiet", "--bare", "--initial-branch", "main", str(place)]
        subprocess.run(create, check=True)
        allow = ["git", "-C", str(place), "config", "http.receivepack", "true"]
        subprocess.run(allow, check=True)
        return f"http://{self.host}/{owner}/{name}.git"


@contextlib.contextmanager
def git_server(root: Path) -> Iterator[GitServer]:
    handler = type("Handler", (_Handler,), {"root": root, "program": backend()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield GitServer(root, server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    root: Path
    program: str

    def log_message(self, *_args: Any) -> None: ...

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        body = b"".join(self._body())
        environment["CONTENT_LENGTH"] = str(len(body))
        command = [self.program]
        done = subprocess.run(command, check=True, env=environment, input=body, capture_output=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def _body(self) -> Iterator[bytes]:
        """Yield what was sent; git sends what is large in chunks."""
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            yield self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
