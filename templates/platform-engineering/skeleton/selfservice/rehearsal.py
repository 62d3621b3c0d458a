"""A rehearsal, on this machine, of what CI, a cluster and Grafana do with a new service."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import yaml

SELECTOR = re.compile(r"\b([a-z][a-z0-9_]+)\{([^}]*)\}")
LABEL = re.compile(r'(\w+)="([^"]*)"')
PATIENCE = 20.0


def clone(repository: str, folder: Path) -> Path:
    """Fetch a repository as CI would."""
    subprocess.run(["git", "clone", "--quiet", repository, str(folder)], check=True)
    return folder


def run_pipeline(folder: Path, job: str = "test") -> str:
    """Run the commands of one job of the pipeline and give what they printed.

    Raises:
        subprocess.CalledProcessError: A command failed, so CI would be red.
    """
    workflow = yaml.safe_load((folder / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]
    python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    printed = [
        subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": python},
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ).stdout
        for command in commands
    ]
    return "".join(printed)


@contextmanager
def deployed(folder: Path) -> Iterator[str]:
    """Run the service as its Deployment says, on a free port; it is ready when this gives."""
    deployment = yaml.safe_load((folder / "deploy/deployment.yaml").read_text(encoding="utf-8"))
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "service.py"],
        cwd=folder,
        env={**os.environ, **environment, "PORT": str(port)},
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address + container["readinessProbe"]["httpGet"]["path"])
        yield address
    finally:
        process.terminate()
        process.wait()


def panels_with_data(folder: Path, exposition: str) -> tuple[int, int]:
    """Count the panels whose metrics the service exports, labels included; and all panels."""
    dashboard = json.loads((folder / "dashboard.json").read_text(encoding="utf-8"))
    series = [(name, dict(LABEL.findall(labels))) for name, labels in SELECTOR.findall(exposition)]
    panels = dashboard["panels"]
    return sum(_has_data(panel, series) for panel in panels), len(panels)


def _has_data(panel: Mapping[str, Any], series: list[tuple[str, dict[str, str]]]) -> bool:
    wanted = [
        (name, dict(LABEL.findall(labels)).items())
        for target in panel["targets"]
        for name, labels in SELECTOR.findall(target["expr"])
    ]
    return bool(wanted) and all(
        any(name == exported and labels <= known.items() for exported, known in series)
        for name, labels in wanted
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(url, timeout=PATIENCE):  # noqa: S310 - an address of our own
                return
        except (URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
