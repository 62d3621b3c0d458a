"""Git runs in a clean environment, in bounded time, and tells no secrets."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path

import pytest

from portal.kernel.errors import MirrorError
from portal.kernel.errors import SourceError
from portal.scm.command import Git
from portal.scm.urls import local_remote
from portal.scm.urls import parse_remote

REMOTE = parse_remote("https://git.example/org/repo")


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path, 10, token="s3cr3t-token")


def environment(git: Git, remote: object) -> dict[str, str]:
    return git._environment(remote)  # type: ignore[arg-type]


def as_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program called git before the real one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_only_the_listed_variables_reach_git(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "GIT_DIR", "GIT_TEMPLATE_DIR", "GIT_SSH", "GIT_EXTERNAL_DIFF"):
        monkeypatch.setenv(name, "hostile")
    monkeypatch.setenv("GIT_SSH_COMMAND", "hostile")
    assert "hostile" not in environment(git, REMOTE).values()


def test_neither_the_system_nor_the_user_configures_git(git: Git, tmp_path: Path) -> None:
    env = environment(git, REMOTE)
    assert env["GIT_CONFIG_NOSYSTEM"] == "1"
    assert Path(env["GIT_CONFIG_GLOBAL"]).parent == tmp_path
    assert env["HOME"] == str(tmp_path)
    assert env["GIT_TERMINAL_PROMPT"] == "0"


@pytest.mark.parametrize(
    ("remote", "protocol"),
    [(REMOTE, "https"), (local_remote("/x"), "file"), (None, "none")],
)
def test_git_may_use_the_protocol_of_the_remote_alone(
    git: Git, remote: object, protocol: str
) -> None:
    assert environment(git, remote)["GIT_ALLOW_PROTOCOL"] == protocol


def test_the_token_goes_to_the_exact_origin_alone(git: Git) -> None:
    env = environment(git, REMOTE)
    assert env["GIT_CONFIG_KEY_0"] == "http.https://git.example/.extraHeader"
    header = env["GIT_CONFIG_VALUE_0"].removeprefix("Authorization: Basic ")
    assert base64.b64decode(header) == b"x-access-token:s3cr3t-token"


@pytest.mark.parametrize("remote", [None, local_remote("/x"), parse_remote("git@host:a")])
def test_the_token_goes_nowhere_else(git: Git, remote: object) -> None:
    assert not any(name.startswith("GIT_CONFIG_KEY") for name in environment(git, remote))


def test_the_token_is_no_argument_and_not_in_repr(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_program(tmp_path, monkeypatch, 'echo "$@"')
    output = git.run("fetch", remote=REMOTE).decode()
    encoded = base64.b64encode(b"x-access-token:s3cr3t-token").decode()
    assert "fetch" in output
    assert "s3cr3t" not in output
    assert encoded not in output
    assert "s3cr3t" not in repr(git)


def test_hooks_redirects_and_credential_helpers_are_off(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_program(tmp_path, monkeypatch, 'echo "$@"')
    options = git.run("fetch").decode()
    for option in (
        "http.followRedirects=false",
        "core.hooksPath=/dev/null",
        "credential.helper= ",
        "submodule.recurse=false",
        "http.lowSpeedTime=20",
    ):
        assert option in options


def test_a_command_that_takes_too_long_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / "left"
    as_program(tmp_path, monkeypatch, f"(sleep 30; touch {left}) & echo $! > {tmp_path}/pid; wait")
    with pytest.raises(SourceError, match=r"git did not finish within 0\.5 seconds"):
        Git(tmp_path, 0.5).run("fetch")
    pid = int((tmp_path / "pid").read_text())
    for _ in range(600):
        if (
            not Path(f"/proc/{pid}/cmdline").exists()
            or not Path(f"/proc/{pid}/cmdline").read_text()
        ):
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child still runs")
    assert not left.exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("fatal: could not read Username for 'https://x': terminal", "set token_env"),
        ("fatal: Authentication failed for 'https://user:pw@host/'", "check token_env"),
        ("fatal: unable to access 'https://h/': The requested URL returned error: 403", "access"),
        ("fatal: unable to access: The requested URL returned error: 302", "redirects"),
        ("fatal: unable to access: Could not resolve host: h", "host name is not known"),
        ("fatal: unable to access: Failed to connect to h port 1", "refuses the connection"),
        ("git@h: Permission denied (publickey).", "refuses access"),
        ("Host key verification failed.", "ssh host key"),
        ("fatal: couldn't find remote ref x", "no such branch or tag"),
        ("fatal: repository 'https://h/' not found", "no such repository"),
        ("error: server certificate verification failed", "certificate is not trusted"),
        ("remote: secret banner /etc/passwd", "git could not read it"),
    ],
)
def test_a_failure_is_told_in_our_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, reason: str
) -> None:
    as_program(tmp_path, monkeypatch, f'printf "%s\\n" "{words}" >&2; exit 128')
    with pytest.raises(SourceError) as caught:
        Git(tmp_path, 10).run("fetch", remote=REMOTE)
    assert reason in caught.value.message
    for secret in ("https://", "pw", "passwd", "banner", str(tmp_path)):
        assert secret not in caught.value.message


@pytest.mark.parametrize(
    ("words", "reason", "is_damage"),
    [
        ("error: unable to write file: No space left on device", "disk is full", False),
        ("fatal: cannot create '/x/tmp': Read-only file system", "can only be read", False),
        ("error: open /x: Permission denied", "may not read or write", False),
        ("fatal: bad object HEAD", "local copy is damaged", True),
        ("fatal: not a git repository", "local copy is damaged", True),
    ],
)
def test_a_fault_of_this_machine_is_not_told_as_one_of_the_remote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, reason: str, is_damage: bool
) -> None:
    as_program(tmp_path, monkeypatch, f'printf "%s\\n" "{words}" >&2; exit 128')
    with pytest.raises(MirrorError, match=reason) as caught:
        Git(tmp_path, 10).run("log")
    assert caught.value.is_damage == is_damage


def test_a_machine_without_git_is_told_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="git is not installed"):
        Git(tmp_path, 10).run("version")
