"""Stands in for GitHub and a cluster, on this machine, with real tests and real processes.

Runs a service's tests and starts its copies, and tells about both in the words of GitHub's and
Kubernetes' APIs, so that what asks them does not know the difference.
"""

import hashlib
import json
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from softwarecatalog.settings import ROOT

LABEL = "backstage.io/kubernetes-id="


@dataclass
class StandIn:
    """A forge and a cluster that know the services below one folder."""

    organization: str
    services: Path = ROOT / "services"
    runs: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    copies: dict[str, list["Copy"]] = field(default_factory=lambda: defaultdict(list))
    wanted: dict[str, int] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)

    def run_pipeline(self, service: str) -> str:
        """Run a service's own tests, as its pipeline would, and keep how they ended."""
        folder = self.services / service
        command = [sys.executable, "-m", "unittest", "-q"]
        ended = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        outcome = "failure" if ended.returncode else "success"
        number = len(self.runs[service]) + 1
        run = {
            "status": "completed",
            "conclusion": outcome,
            "head_sha": self.version(service),
            "html_url": f"https://github.com/{self.organization}/{service}/actions/runs/{number}",
        }
        self.runs[service].insert(0, run)
        return outcome

    def deploy(self, service: str, wanted: int) -> None:
        """Start copies of a service and wait until they answer."""
        self.wanted[service] = wanted
        # What runs stays what it was when it was started, whatever becomes of the code.
        self.images[service] = f"ghcr.io/{self.organization}/{service}:{self.version(service)[:7]}"
        for _ in range(wanted):
            self.copies[service].append(Copy(self.services / service))
        if not all(copy.is_ready() for copy in self.copies[service]):
            raise RuntimeError(f"{service} does not start")

    def stop(self) -> None:
        """Stop every copy of every service."""
        for copies in self.copies.values():
            for copy in copies:
                copy.kill()

    def version(self, service: str) -> str:
        """Give what a commit hash is for: a name of exactly this code."""
        files = sorted((self.services / service).glob("*.py"))
        code = b"".join(path.read_bytes() for path in files)
        return hashlib.sha256(code).hexdigest()

    def answer(self, path: str, query: Mapping[str, list[str]]) -> dict[str, object] | None:
        """Answer one of the two questions; nothing else is known here."""
        if path == "/apis/apps/v1/deployments":
            service = query["labelSelector"][0].removeprefix(LABEL)
            return {"items": [self._deployment(service)] if service in self.wanted else []}
        organization, _, rest = path.removeprefix("/repos/").partition("/")
        service = rest.removesuffix("/actions/runs")
        if organization == self.organization and (self.services / service).is_dir():
            return {"workflow_runs": self.runs[service][:1]}
        return None

    def _deployment(self, service: str) -> dict[str, object]:
        ready = sum(copy.is_ready() for copy in self.copies[service])
        return {
            "metadata": {"name": service, "namespace": "production"},
            "spec": {
                "replicas": self.wanted[service],
                "template": {"spec": {"containers": [{"image": self.images[service]}]}},
            },
            "status": {"readyReplicas": ready},
        }


class Copy:
    """One running copy of a service."""

    def __init__(self, folder: Path) -> None:
        """Start it, and do not wait: whoever has it can end it at any time."""
        self._process = subprocess.Popen(
            [sys.executable, str(folder.parent / "_serve.py"), str(folder / "service.py")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    @cached_property
    def url(self) -> str:
        """Give its address; the service itself says on which port it listens."""
        said = self._process.stdout.readline() if self._process.stdout else ""
        return f"http://127.0.0.1:{said.strip()}"

    def is_ready(self) -> bool:
        """Ask it."""
        try:
            with urlopen(f"{self.url}/healthz", timeout=5) as response:  # noqa: S310
                return bool(response.status == 200)  # noqa: PLR2004
        except (OSError, ValueError):
            return False

    def kill(self) -> None:
        """End it, as a node that is lost would."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


@contextmanager
def running(organization: str, services: Path = ROOT / "services") -> Iterator[tuple[StandIn, str]]:
    """Give a stand-in and the address its answers are at."""
    stand_in = StandIn(organization, services)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            found = stand_in.answer(parts.path, parse_qs(parts.query))
            body: Any = {"message": "Not Found"} if found is None else found
            data = json.dumps(body).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield stand_in, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        stand_in.stop()
        server.server_close()
        thread.join()
