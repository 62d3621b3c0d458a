"""What ``make setup`` starts and says."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import local_postgresql

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    """Return a port nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.slow
def test_a_database_server_is_started_used_stopped_and_removed() -> None:
    if local_postgresql.programs() is None:
        pytest.skip("the programs of PostgreSQL are not here")
    port = free_port()
    folder = local_postgresql.start(port)
    try:
        engine = sa.create_engine(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres")
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SHOW listen_addresses")) == "127.0.0.1"
        engine.dispose()
    finally:
        local_postgresql.stop(port)
    assert not folder.exists()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=2)


def test_a_server_that_was_not_started_is_not_stopped() -> None:
    port = free_port()
    with pytest.raises(local_postgresql.ServerError, match=f"no server .* at port {port}"):
        local_postgresql.stop(port)


@pytest.mark.slow
def test_what_is_missing_is_told_with_a_remedy(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path), "PORTAL_TEST_POSTGRESQL": "postgresql://127.0.0.1:9/x"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.needs", "--start"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, "git is required"
    assert "git 2.31               MISSING: for everything" in done.stdout
    assert "PostgreSQL             not here" in done.stdout
    assert "started" not in done.stdout


def test_the_packages_of_the_clients_are_named_with_the_version_that_is_installed() -> None:
    folder = ROOT / "tests" / "clients"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert wanted == locked[""]["dependencies"]
    assert wanted == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}
