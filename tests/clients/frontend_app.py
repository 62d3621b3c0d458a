"""A built Backstage app, served to a browser and pointed at a portal.

It is the folder ``PORTAL_TEST_FRONTEND`` (``dist`` of what ``@backstage/create-app`` makes), or
``backstage-frontend/dist.tgz`` in the folder ``shared`` beside this repository.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from typing import ClassVar

import pytest

from tests.http_server import http_server
from tests.http_server import reply

_ROOT = Path(__file__).parent.parent.parent
_PACKED = _ROOT.parent / "shared" / "backstage-frontend" / "dist.tgz"
_CONFIG = re.compile(r'(<script type="backstage\.io/config">)(.*?)(</script>)', re.DOTALL)


class _App(SimpleHTTPRequestHandler):
    """Serves the app; pages that are no files are the one page it has."""

    backend = ""
    settings: ClassVar[Mapping[str, Any]] = {}

    def log_message(self, *_args: Any) -> None: ...

    def do_GET(self) -> None:
        folder = Path(self.directory)
        if self.path.startswith("/static/") and Path(self.translate_path(self.path)).is_file():
            super().do_GET()
            return
        page = (folder / "index.html").read_text(encoding="utf-8")
        body = _CONFIG.sub(self._configured, page).encode()
        reply(self, 200, {"Content-Type": "text/html; charset=utf-8"}, body)

    def _configured(self, found: re.Match[str]) -> str:
        assert isinstance(self.server, ThreadingHTTPServer)
        here = {"app": {"baseUrl": f"http://localhost:{self.server.server_port}"}}
        data = {**here, "backend": {"baseUrl": self.backend}, **self.settings}
        config = [*json.loads(found[2]), {"context": "tests", "data": data}]
        return found[1] + json.dumps(config).replace("<", "\\u003c") + found[3]


@dataclass(frozen=True)
class App:
    """The running app.

    Attributes:
        handler: Its ``backend`` is the address of the portal, ``settings`` are further ones.
        port: Where it is served.
    """

    handler: type[_App]
    port: int


@contextmanager
def running_app() -> Iterator[App]:
    """Serve the app until the end of the block; its backend is told later."""
    with _app_folder() as folder:
        handler = type("App", (_App,), {})
        with http_server(partial(handler, directory=folder)) as port:
            yield App(handler, port)


@contextmanager
def _app_folder() -> Iterator[str]:
    given = os.environ.get("PORTAL_TEST_FRONTEND", "")
    if given and (Path(given) / "index.html").is_file():
        yield given
    elif _PACKED.is_file():
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(_PACKED) as packed:
                packed.extractall(folder, filter="data")
            yield str(Path(folder) / "dist")
    else:
        pytest.skip("no frontend: PORTAL_TEST_FRONTEND is the folder of a built Backstage app")
