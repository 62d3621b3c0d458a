"""A Backstage backend as a process, with the content and settings it was recorded with."""

from __future__ import annotations

import functools
import http.server
import json
import socketserver
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.contract.drift.packages import PLUGINS
from tests.contract.drift.packages import Installed

#: The addresses of the backend and of its content: they stand in the recordings.
ADDRESS, PORT = "http://127.0.0.1:17007", 17_007
CONTENT_PORT = 17_008
#: Where the recorded backend ran tasks.
WORKING_DIRECTORY = "/var/tmp"
#: The token of the recorded backend's programs.
SERVICE_TOKEN = "static-token-1234"
_RESTRICTED_TOKEN = "restricted-token-99"
_FRONTEND = "http://127.0.0.1:13000"
#: How long the backend may take to start and to read its content, in seconds.
_PATIENCE = 180
_MAIN = """\
const { createBackend } = require('@backstage/backend-defaults');
const backend = createBackend();
for (const name of process.env.FEATURES.split(' ')) backend.add(require(name));
backend.start();
"""


def settings(locations: list[str], home: Path, guest: str = "") -> dict[str, Any]:
    """Return the backend's settings.

    Args:
        locations: Files and addresses of descriptors.
        home: Where it keeps its databases.
        guest: The user that guests are; empty for Backstage's own choice.
    """
    (home / "databases").mkdir(parents=True, exist_ok=True)
    access = [
        {"type": "static", "options": {"token": SERVICE_TOKEN, "subject": "curl-test"}},
        {
            "type": "static",
            "options": {"token": _RESTRICTED_TOKEN, "subject": "restricted"},
            "accessRestrictions": [{"plugin": "search"}],
        },
    ]
    kinds = ("Component", "API", "Resource", "System", "Domain", "Group", "User")
    named = {"userEntityRef": guest} if guest else {}
    places = [{"type": _type(target), "target": target} for target in locations]
    return {
        "app": {"title": "Drift", "baseUrl": _FRONTEND},
        "organization": {"name": "Drift"},
        "backend": {
            "baseUrl": ADDRESS,
            "listen": {"host": "127.0.0.1", "port": PORT},
            "workingDirectory": WORKING_DIRECTORY,
            "cors": {"origin": _FRONTEND, "methods": ["GET", "HEAD", "PATCH", "POST", "PUT", "DELETE"], "credentials": True},
            "database": {
                "client": "better-sqlite3",
                "connection": {"directory": str(home / "databases")},
            },
            "auth": {"externalAccess": access},
            "reading": {"allow": [{"host": f"127.0.0.1:{CONTENT_PORT}"}]},
        },
        "auth": {"environment": "development", "providers": {"guest": {"dangerouslyAllowOutsideDevelopment": True, **named}}},
        "catalog": {
            "processingInterval": {"seconds": 4},
            "rules": [{"allow": [*kinds, "Location", "Template", "Widget"]}],
            "locations": places,
        },
        "search": {"collators": {"catalog": {"schedule": _SCHEDULE}}},
        "techdocs": {"builder": "external", "publisher": {"type": "local"}, "generator": {"runIn": "local"}},
    }  # fmt: skip


_SCHEDULE = {
    "frequency": {"seconds": 10},
    "initialDelay": {"seconds": 5},
    "timeout": {"minutes": 1},
}


def _type(target: str) -> str:
    return "url" if "://" in target else "file"


@contextmanager
def running(installed: Installed, config: dict[str, Any], home: Path) -> Iterator[None]:
    """Start the backend, wait until it is ready, and stop it at the end.

    Raises:
        RuntimeError: When it ends or is not ready in time.
    """
    main, written = installed.folder / "main.js", home / "app-config.json"
    main.write_text(_MAIN)
    written.write_text(json.dumps(config, indent=2))
    features = " ".join(f"@backstage/{name}" for name in PLUGINS)
    command = [installed.node, "--no-node-snapshot", str(main), "--config", str(written)]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "FEATURES": features}
    with (home / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=installed.folder, env=environment, stdout=log, stderr=log
        )
        try:
            _wait_ready(process, home / "log.txt")
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{ADDRESS}/.backstage/health/v1/readiness", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    tail = log.read_text(errors="replace")[-3_000:]
    msg = f"the backend did not start; its log ends with:\n{tail}"
    raise RuntimeError(msg)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Write nothing."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Serve a folder's files where the recorded backend found them."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with _Server(("127.0.0.1", CONTENT_PORT), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
