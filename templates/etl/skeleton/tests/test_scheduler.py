"""What `make airflow` starts: a schedule that runs, for this machine alone."""

import json
import stat

import pytest

from shopdata import scheduler


@pytest.fixture
def started(tmp_path, monkeypatch):
    """Serve with a stand-in for the airflow command, which notes what it is told and ends."""
    airflow, seen = tmp_path / "airflow", tmp_path / "seen"
    airflow.write_text(f'#!/bin/sh\necho "$@" >> "{seen}"\nenv > "{tmp_path}/env"\n')
    airflow.chmod(0o755)
    for name in [name for name in scheduler.os.environ if name.startswith("AIRFLOW")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(scheduler, "_airflow", lambda: str(airflow))
    monkeypatch.setattr(scheduler.signal, "signal", lambda *_: None)
    monkeypatch.setattr(scheduler.time, "sleep", lambda _: None)
    with monkeypatch.context() as patched:
        patched.setattr(scheduler.os, "environ", dict(scheduler.os.environ))
        scheduler.serve(tmp_path / "home", 8081)
        patched.setenv("PATH", scheduler.os.environ["PATH"])
        environment = dict(scheduler.os.environ)
    return tmp_path, environment, seen.read_text().splitlines()


def test_the_dags_are_on_and_the_page_is_for_this_machine(started):
    _, environment, commands = started
    assert environment["AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"] == "False"
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    # Nobody serves logs: their servers listen on every address.
    assert "db migrate" in commands
    assert not [line for line in commands if line in ("scheduler", "triggerer", "standalone")]


def test_the_password_is_told_and_kept_from_others(started, capsys):
    folder, environment, _ = started
    file = folder / "home" / "passwords.json"
    assert environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"] == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(json.loads(file.read_text())["admin"]) > 12
    assert scheduler._password(file) == json.loads(file.read_text())["admin"]
