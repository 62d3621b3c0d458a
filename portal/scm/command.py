"""Running git: a clean environment, no prompts, a time limit, one error text."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from portal.kernel.errors import SourceError
from portal.scm.urls import Remote

#: What git may see of our environment.
_PASSED_ON = (
    "PATH",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "TMPDIR",
    "SYSTEMROOT",
)
_OPTIONS = (
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=20",
    "core.hooksPath=/dev/null",
    "credential.helper=",
    "fetch.recurseSubmodules=false",
    "submodule.recurse=false",
    "maintenance.auto=false",
    "gc.auto=0",
)
#: What stands in git's own words, and what we say instead. Its words may hold
#: an address, a path of the host or a banner of the remote: they go no further.
_REASONS = (
    ("could not read username", "it asks for credentials: set token_env"),
    ("authentication failed", "it refuses the credentials: check token_env"),
    ("returned error: 401", "it refuses the credentials: check token_env"),
    ("returned error: 403", "it refuses access: check what the token may read"),
    ("permission denied", "it refuses access: check the ssh key or folder rights"),
    ("host key verification failed", "its ssh host key is not known"),
    ("unable to update url base from redirection", "it redirects, which is not followed"),
    ("returned error: 30", "it redirects, which is not followed"),
    ("could not resolve host", "its host name is not known"),
    ("failed to connect", "it refuses the connection"),
    ("connection refused", "it refuses the connection"),
    ("connection reset", "it ended the connection"),
    ("operation too slow", "it sends too slowly"),
    ("timed out", "it does not answer"),
    ("certificate", "its certificate is not trusted"),
    ("couldn't find remote ref", "it has no such branch or tag"),
    ("not found", "there is no such repository, or no right to see it"),
    ("does not appear to be a git repository", "it is not a git repository"),
    ("not a git repository", "it is not a git repository"),
    ("protected branch", "the branch is protected there"),
    ("hook declined", "a rule of the repository refuses it"),
    ("fetch first", "the branch has other commits by now; nothing was overwritten"),
    ("non-fast-forward", "the branch has other commits by now; nothing was overwritten"),
    ("failed to push", "it refuses what was pushed"),
    ("dubious ownership", "its folder belongs to another user"),
)


@dataclass(frozen=True)
class Git:
    """How git is run for one source.

    Attributes:
        home: A folder of the portal that stands in for the user's settings.
        timeout: Seconds a command may take.
        token: The secret for ``remote.origin``; handed over in the environment,
            never as an argument.
    """

    home: Path
    timeout: float
    token: str = field(default="", repr=False)
    token_user: str = "x-access-token"
    ssh_key: str = ""

    def run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        remote: Remote | None = None,
        data: bytes | None = None,
    ) -> bytes:
        """Run one git command and return what it prints.

        Raises:
            SourceError: When it fails or takes too long; its whole process
                group is ended then.
        """
        with self._start(arguments, cwd, remote, data) as process:
            try:
                output, errors = process.communicate(data, timeout=self.timeout)
            except subprocess.TimeoutExpired:
                msg = f"git did not finish within {self.timeout:g} seconds"
                raise SourceError(msg) from None
            finally:
                _end_group(process)
        if process.returncode:
            raise SourceError(_reason(errors.decode(errors="replace")))
        return output

    def _start(
        self,
        arguments: tuple[str, ...],
        cwd: Path | None,
        remote: Remote | None,
        data: bytes | None,
    ) -> subprocess.Popen[bytes]:
        options = [part for option in _OPTIONS for part in ("-c", option)]
        try:
            return subprocess.Popen(
                ["git", *options, *arguments],
                cwd=cwd,
                env=self._environment(remote),
                stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            if error.filename != "git":
                raise
            msg = "git is not installed, or not on PATH"
            raise SourceError(msg) from None

    def _environment(self, remote: Remote | None) -> dict[str, str]:
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        ssh = ["ssh", "-oBatchMode=yes", "-oConnectTimeout=15"]
        if self.ssh_key:
            ssh += ["-oIdentitiesOnly=yes", "-i", f"'{self.ssh_key}'"]
        env |= {
            "HOME": str(self.home),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self._user_config()),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "true",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_ALLOW_PROTOCOL": remote.protocol if remote else "none",
            "GIT_SSH_COMMAND": " ".join(ssh),
        }
        return env | self._authorization(remote)

    def _authorization(self, remote: Remote | None) -> dict[str, str]:
        if not self.token or remote is None or not remote.origin:
            return {}
        pair = f"{self.token_user}:{self.token}".encode()
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{remote.origin}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {base64.b64encode(pair).decode()}",
        }

    def _user_config(self) -> Path:
        """Return settings that let git read a repository of another owner.

        The operator named the folder; git's check cannot be answered otherwise,
        because a child on another repository drops what ``-c`` says.
        """
        path = self.home / "gitconfig"
        if not path.exists():
            path.write_text("[safe]\n\tdirectory = *\n")
        return path


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End git and the helpers it started, such as a transport that hangs."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _reason(words: str) -> str:
    lower = words.lower()
    for needle, reason in _REASONS:
        if needle in lower:
            return reason
    return "git could not read it"
