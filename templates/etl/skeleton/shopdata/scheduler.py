"""Airflow of this project: its environment, its server, and a single run without a server."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from shopdata.settings import ROOT

USER = "admin"
# The logs are read from the disk, so nobody has to serve them.
PARTS = (
    ("api-server",),
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
    ("triggerer", "--skip-serve-logs"),
)


def environment(home: Path) -> dict[str, str]:
    """Say what Airflow has to know: its folder, where the DAGs are, and to call nobody."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": str(ROOT),
    }


def prepare(home: Path) -> None:
    """Make Airflow's own database, and set the environment of this process.

    This comes before the first import of a DAG: Airflow reads its environment only then.
    """
    os.environ.update(environment(home))
    home.mkdir(parents=True, exist_ok=True)
    done = home / f"migrated-{version('apache-airflow-core')}"
    if not done.exists():
        with quiet(home / "migrate.log"):
            subprocess.run([_airflow(), "db", "migrate"], check=True)
        done.touch()


def run(name: str, logical_date: datetime, log: Path) -> str:
    """Run the DAG `dags/NAME.py` in this process as if its time had come.

    Returns:
        The state of the run, "success" or "failed". What Airflow says goes to the log.
    """
    with quiet(log):
        dag = import_module(f"dags.{name}").DAG
        return str(dag.test(logical_date=logical_date).state.value)


@contextmanager
def quiet(log: Path) -> Iterator[None]:
    """Send all output of this process and of those it starts to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in enumerate(kept, start=1):
            os.dup2(copy, number)
            os.close(copy)


def serve(home: Path, port: int) -> None:
    """Run Airflow until Ctrl-C or until a part of it ends, its page on the port.

    `airflow standalone` would do it, and open log servers to the whole network.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    home.mkdir(parents=True, exist_ok=True)
    passwords = home / "passwords.json"
    sys.stdout.write(f"http://127.0.0.1:{port}  {USER} / {_password(passwords)}\n")
    sys.stdout.flush()
    # A single run in a test must not wait for another try, so retries are no matter of the DAGs.
    served = {
        "AIRFLOW__CORE__DEFAULT_TASK_RETRIES": "2",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "300",
        "AIRFLOW__API__HOST": "127.0.0.1",
        # A schedule that waits to be switched on runs no night.
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
    }
    os.environ |= environment(home) | served | dict(os.environ)
    # It starts its parts by the name "airflow".
    os.environ["PATH"] = os.pathsep.join([str(Path(_airflow()).parent), os.environ["PATH"]])
    subprocess.run([_airflow(), "db", "migrate"], check=True)
    parts = [subprocess.Popen([_airflow(), *part]) for part in PARTS]
    try:
        while all(part.poll() is None for part in parts):
            time.sleep(1)
    except KeyboardInterrupt:
        pass
    finally:
        for part in parts:
            part.terminate()
        for part in parts:
            part.wait()


def _password(file: Path) -> str:
    """Give the password of the page, made the first time; only its owner can read the file."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(json.dumps({USER: secrets.token_urlsafe(12)}), encoding="utf-8")
    return str(json.loads(file.read_text(encoding="utf-8"))[USER])


def _airflow() -> str:
    return str(Path(sys.executable).with_name("airflow"))


if __name__ == "__main__":
    # Not the database of the runs that `make run` and the tests play.
    serve(ROOT / "var" / "airflow-server", int(os.environ.get("PORT", "8080")))
