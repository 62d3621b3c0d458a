"""Start a PostgreSQL server for the tests, where the programs are installed and none answers.

``make setup`` runs it; ``python3 -m tests.local_postgresql stop`` ends the server. It listens on
loopback only, trusts whoever connects, and keeps its data in the folder for temporary files. It
uses the standard library only, as ``tests/needs.py`` does.
"""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

#: Where Debian puts the programs of each version; they are not on ``PATH`` there.
_DEBIAN = Path("/usr/lib/postgresql")


class ServerError(Exception):
    """The server cannot be started; the text says why, and what to do."""


def programs() -> Path | None:
    """Return the folder that holds ``initdb`` and ``pg_ctl`` of the newest version."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = [path.parent for path in _DEBIAN.glob("*/bin/initdb")]
    return max(versions, key=_version, default=None)


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.parent.name.split(".") if part.isdigit())


def folder_of(port: int) -> Path:
    """Return the folder with the data of the server at a port."""
    return Path(tempfile.gettempdir()) / f"portal-postgresql-{getpass.getuser()}-{port}"


def start(port: int) -> Path:
    """Start the server, with a new cluster where there is none; return its folder.

    Raises:
        ServerError: The programs are missing, or one of them failed.
    """
    folder, found = folder_of(port), programs()
    if found is None:
        raise ServerError("initdb is not here: install the package postgresql")
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        # The server refuses to run as root.
        shutil.chown(folder, _unprivileged())
    if not (folder / "data" / "PG_VERSION").exists():
        _run(found, folder, "initdb", ["--auth=trust", "--username=postgres", "--no-sync"])
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
    log = str(folder / "log")
    _run(found, folder, "pg_ctl", ["--wait", f"--log={log}", f"--options={options}", "start"])
    return folder


def stop(port: int) -> None:
    """Stop the server, and remove its folder.

    Raises:
        ServerError: It was not started by ``start``.
    """
    folder, found = folder_of(port), programs()
    if found is None or not folder.is_dir():
        raise ServerError(f"no server of the tests was started at port {port}")
    _run(found, folder, "pg_ctl", ["--wait", "--mode=fast", "stop"])
    shutil.rmtree(folder)


def _run(found: Path, folder: Path, program: str, arguments: Iterable[str]) -> None:
    command = [str(found / program), f"--pgdata={folder / 'data'}", *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "--user", _unprivileged(), "--", *command]
    # Not a pipe: the server keeps what pg_ctl was given, and the pipe would never end.
    with (folder.parent / f"{folder.name}.out").open("w+") as output:
        done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False)
        output.seek(0)
        said = output.read().strip()
    Path(output.name).unlink()
    if done.returncode:
        raise ServerError(f"{program} failed: {said}")


def _unprivileged() -> str:
    """Return the account that the packages of PostgreSQL make."""
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise ServerError(
            "PostgreSQL refuses to run as root, and there is no account postgres"
        ) from None


def main() -> int:
    """Start or stop the server at the port given, 5432 where none is."""
    command, port = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5432
    try:
        if command == "stop":
            stop(port)
            return 0
        sys.stdout.write(f"PostgreSQL runs at 127.0.0.1:{port}, in {start(port)}\n")
    except ServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
