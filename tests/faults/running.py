"""A portal as real processes that tests damage: ``portal serve`` with its workers."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Repository

_PATIENCE = 30.0
CONTENT = {
    "catalog-info.yaml": """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: site, annotations: {backstage.io/techdocs-ref: "dir:."}}
spec: {type: website, lifecycle: production, owner: o}
""",
    "docs/index.md": "# Welcome\n\nThe wombat handbook.\n",
}


@dataclass
class Running:
    """A running portal."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def found(self, term: str) -> list[str] | int:
        """Return the titles that are found, or the status of an answer that is no 200."""
        status, body = self.get(f"/api/search/query?term={term}")
        if status != 200:
            return status
        return [hit["document"]["title"] for hit in json.loads(body)["results"]]

    def wait(self, is_so: Callable[[], bool], seconds: float = _PATIENCE) -> None:
        """Wait until something is so, for which there are so many seconds."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline or self.process.poll() is not None:
                pytest.fail(f"it did not come to be:\n{self.log.read_text()}")
            time.sleep(0.05)

    def wait_for(self, term: str, *titles: str) -> None:
        """Wait until a search finds exactly these titles."""
        self.wait(lambda: self.found(term) == list(titles))


@contextlib.contextmanager
def running(
    folder: Path,
    repository: Repository,
    *,
    log: Path | None = None,
    jobs: bool = True,
    **more: Any,
) -> Iterator[Running]:
    """Run ``portal serve`` on a repository, with ``folder/data`` as its data folder.

    Args:
        folder: Where the configuration, the data and the log are put.
        repository: The content.
        log: Where the log is put; by default, into the folder.
        jobs: Whether it has a worker.
        more: Further settings.
    """
    folder.mkdir(exist_ok=True)
    sources = [{"name": "content", "url": str(repository.path)}]
    settings = {"sources": sources, "sync_interval": 1, "tasks_at_once": 0, **more}
    (folder / "portal.yaml").write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-m", "portal", "serve", "--port", "0", "--data-dir", "data"]
    command += [] if jobs else ["--no-jobs"]
    log = log or folder / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stderr=errors, cwd=folder) as process,
    ):
        try:
            yield Running(process, _port(process, log), log)
        finally:
            process.terminate()
            process.wait(20)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    pytest.fail(f"the portal did not start:\n{log.read_text()}")
