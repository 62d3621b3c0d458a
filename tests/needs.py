"""Say what a contributor needs, what of it is on this machine, and how to get the rest.

``make setup`` runs it with the Python that is there, before anything is installed: it uses the
standard library only. With ``--start`` it starts a PostgreSQL server for the tests where none
answers. It ends with 1 when what nothing works without is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests import local_postgresql

_POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
_HTTP_BACKEND = Path("/usr/lib/git-core/git-http-backend")


@dataclass(frozen=True)
class Need:
    """A program, a server or a folder.

    Attributes:
        name: What it is called.
        found: Its version or place; empty when it is missing.
        purpose: What is not there without it.
        remedy: How to get it.
        is_required: Whether nothing works without it.
    """

    name: str
    found: str
    purpose: str
    remedy: str
    is_required: bool = False


def _needs() -> list[Need]:
    python = ".".join(map(str, sys.version_info[:3]))
    return [
        Need(
            "Python 3.11",
            python if sys.version_info >= (3, 11) else "",
            "everything",
            "install it, and name it: make PYTHON=/path/to/python3.11 setup",
            is_required=True,
        ),
        Need(
            "git 2.31",
            _version("git", (2, 31)),
            "everything",
            "install the package git",
            is_required=True,
        ),
        Need(
            "git http-backend",
            str(_HTTP_BACKEND) if _HTTP_BACKEND.exists() else "",
            "tests of sources and remotes over HTTP",
            f"it comes with most packages of git; the tests look for {_HTTP_BACKEND}",
        ),
        Need(
            "PostgreSQL",
            _postgresql(),
            "the half of the database tests that runs on PostgreSQL",
            "install the package postgresql and run make setup, which starts a server for the "
            "tests, or set PORTAL_TEST_POSTGRESQL to the url of another one",
        ),
        Need("openssl", _version("openssl", (1,)), "a test of TLS", "install the package openssl"),
        Need(
            "node 20",
            _version("node", (20,)),
            "tests with Backstage's own clients (make test-all)",
            "install nodejs",
        ),
        Need("npm", _version("npm", (1,)), "the packages of those clients", "install npm"),
        Need(
            "chromium",
            shutil.which("chromium") or "",
            "the test that walks through a Backstage frontend (make test-all)",
            "install the package chromium",
        ),
        _folder("PORTAL_TEST_FRONTEND", "the same test", "a built Backstage app"),
        _folder("PORTAL_TEST_OPENAPI", "answers held to Backstage's API", "its OpenAPI documents"),
        _folder("PORTAL_TEST_CORPUS", "tests on published descriptors", "a collection of them"),
    ]


def _version(program: str, oldest: tuple[int, ...]) -> str:
    """Return the version of a program; empty when it is missing or too old."""
    if shutil.which(program) is None:
        return ""
    command = [program, "version" if program == "openssl" else "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    if found is None or tuple(map(int, found[0].split("."))) < oldest:
        return ""
    return found[0]


def _postgresql() -> str:
    """Return the address of the server when it answers."""
    address = _address()
    try:
        socket.create_connection(address, timeout=2).close()
    except OSError:
        return ""
    return "answers at {}:{}".format(*address)


def _address() -> tuple[str, int]:
    url = urlsplit(os.environ.get("PORTAL_TEST_POSTGRESQL", _POSTGRESQL))
    return url.hostname or "127.0.0.1", url.port or 5432


def _start_postgresql() -> None:
    """Start a server where the tests look for one, unless it was said to be elsewhere."""
    if "PORTAL_TEST_POSTGRESQL" in os.environ or _postgresql():
        return
    try:
        folder = local_postgresql.start(_address()[1])
    except local_postgresql.ServerError as error:
        sys.stdout.write(f"{'PostgreSQL':22} was not started: {error}\n")
    else:
        stop = "python3 -m tests.local_postgresql stop"
        sys.stdout.write(f"{'PostgreSQL':22} started in {folder}; to stop it: {stop}\n")


def _folder(variable: str, purpose: str, content: str) -> Need:
    value = os.environ.get(variable, "")
    return Need(variable, value, purpose, f"set it to {content}, if you have that")


def main() -> int:
    """Print one line for what is there, two for what is missing."""
    if "--start" in sys.argv:
        _start_postgresql()
    needs = _needs()
    for need in needs:
        state = need.found or ("MISSING" if need.is_required else "not here")
        sys.stdout.write(f"{need.name:22} {state}: for {need.purpose}\n")
        if not need.found:
            sys.stdout.write(f"{'':22} -> {need.remedy}\n")
    return int(any(need.is_required and not need.found for need in needs))


if __name__ == "__main__":
    sys.exit(main())
