"""Faults of the machine are told in their own words, and never in a flood."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.kernel.database import open_database
from portal.kernel.errors import ServiceUnavailableError
from tests.conftest import MakeRepository
from tests.faults.running import CONTENT
from tests.faults.running import running

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 3 MB."""
    folder = tmp_path / "portal"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only a superuser can mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    path = folder / "filler"
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(secrets.token_bytes(4096)):
            pass
    return path


def test_a_full_disk_is_told_in_few_lines_and_over_when_there_is_room_again(
    small_disk: Path, make_repository: MakeRepository
) -> None:
    repository = make_repository(CONTENT)
    with running(small_disk, repository, log=small_disk.parent / "log") as portal:
        portal.wait_for("site", "site")
        filler = _fill(small_disk)
        files = {
            f"c{n}.yaml": CONTENT["catalog-info.yaml"].replace("site", f"c{n}") for n in range(200)
        }
        location = "kind: Location\napiVersion: backstage.io/v1alpha1\nmetadata: {name: all}\nspec: {targets: [./c*.yaml]}\n"
        repository.commit({**files, "catalog-info.yaml": location})
        portal.wait(lambda: "disk is full" in portal.log.read_text())
        assert portal.found("site") == ["site"]
        filler.unlink()
        portal.wait_for("c117", "c117")
        lines = portal.log.read_text().splitlines()
        assert len(lines) < 40, "\n".join(lines)
        assert "Traceback" not in portal.log.read_text()


def test_a_database_that_is_damaged_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/portal.db").write_bytes(b"\x5a" * 8192)
    command = [sys.executable, "-m", "portal", "serve", "--port", "0", "--data-dir", "data"]
    done = subprocess.run(
        [*command, "--no-jobs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "cannot be opened: the database is damaged" in done.stderr
    assert "Traceback" not in done.stderr


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _pass_on(port: int, server: tuple[str, int], is_over: threading.Event) -> None:
    """Let a PostgreSQL server be there under another port, two seconds from now."""
    is_over.wait(2)
    with socket.create_server(("127.0.0.1", port)) as listening:
        listening.settimeout(0.2)
        while not is_over.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = listening.accept()
                client.settimeout(None)
                upstream = socket.create_connection(server)
                for one, other in ((client, upstream), (upstream, client)):
                    threading.Thread(target=_copy, args=(one, other), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_a_server_that_comes_later_is_waited_for(database_url: str) -> None:
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        pytest.skip("there is no server")
    port = _free_port()
    away = url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    with pytest.raises(ServiceUnavailableError, match="cannot be opened"):
        open_database(away)
    is_over = threading.Event()
    server = (url.host or "127.0.0.1", url.port or 5432)
    thread = threading.Thread(target=_pass_on, args=(port, server, is_over))
    thread.start()
    try:
        open_database(away, wait=30).dispose()
    finally:
        is_over.set()
        thread.join()


def test_a_folder_that_can_only_be_read_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,ro,mode=700", "tmpfs", str(data)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only a superuser can mount a disk")
    try:
        command = [sys.executable, "-m", "portal", "sync", "--data-dir", "data"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True)
    assert done.returncode == 2
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
