"""Running git: a clean environment, no prompts, a time limit, one error text."""

from __future__ import annotations

import base64
import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from portal.kernel.blocking import may_block
from portal.kernel.errors import MirrorError
from portal.kernel.errors import MirrorTooLargeError
from portal.kernel.errors import SourceError
from portal.kernel.telemetry.instruments import GIT_SECONDS
from portal.kernel.telemetry.spans import span
from portal.scm.urls import Remote

#: Environment variables that are passed on to git.
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
#: Texts in git's messages, and the reasons reported for them. The messages themselves may
#: contain an address, a path of the host or a banner of the remote, so they are not shown.
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
    (
        "mismatched algorithms",
        "its objects are named by another hash: SHA-256 instead of SHA-1, or the reverse",
    ),
    ("unknown object format", "its objects are named by SHA-256, which this git cannot read"),
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

#: Likewise, for faults of this machine: another copy would have the same.
_LOCAL_REASONS = (
    ("no space left", "the portal's disk is full"),
    ("disk quota exceeded", "the portal's disk quota is used up"),
    ("file too large", "a file of its local copy would be larger than the portal may write"),
    ("read-only file system", "the portal's data folder can only be read"),
    ("permission denied", "the portal may not read or write its local copy"),
    ("too many open files", "the portal has too many open files"),
    ("cannot allocate memory", "the portal's machine has no memory left"),
)

#: What git says when a process of its own was ended for the size of a file (SIGXFSZ).
_TOO_LARGE = (f"died of signal {signal.SIGXFSZ.value}", "file too large")


@dataclass(frozen=True, slots=True)
class Room:
    """By how many bytes a copy may grow, and why by no more."""

    size: int
    reason: str

    def is_too_small(self, note: Path, commit: str) -> bool:
        """Return whether a note says that a commit was too large for as much room, or more."""
        try:
            noted, _, tried = note.read_text().partition(" ")
        except OSError:
            return False
        return noted == commit and tried.isdigit() and int(tried) >= self.size


@dataclass(frozen=True)
class Git:
    """Runs git for one source.

    Attributes:
        home: A folder of the portal used as ``HOME``, instead of the user's settings.
        timeout: Seconds a command may take.
        token: The secret for ``remote.origin``; passed in the environment, never as an
            argument.
        token_user: The user name for the token.
        ssh_key: The path of a private key; empty for none.
        ceiling: A folder in which, and above which, no repository is looked for.
    """

    home: Path
    timeout: float
    token: str = field(default="", repr=False)
    token_user: str = "x-access-token"
    ssh_key: str = ""
    ceiling: Path | None = None

    def run(
        self,
        *arguments: str,
        cwd: Path | None = None,
        remote: Remote | None = None,
        data: bytes | None = None,
        accepts: Collection[int] = (0,),
        room: Room | None = None,
    ) -> bytes:
        """Run one git command and return its standard output.

        Args:
            arguments: The command's arguments.
            cwd: The folder it runs in.
            remote: The remote it may connect to; ``None`` for none.
            data: What it reads.
            accepts: The exit codes that are no errors.
            room: How much it may write: the system ends it at the first byte more of a file.

        Raises:
            MirrorTooLargeError: When a file would have more.
            MirrorError: When it fails without a remote being asked, or for this machine.
            SourceError: When it fails or takes too long; its process group is killed then.
        """
        may_block()
        started, outcome = time.perf_counter(), "failed"
        try:
            with (
                span(f"git {arguments[0]}"),
                self._start(arguments, cwd, remote, data) as process,
            ):
                try:
                    _limit_files(process, room)
                    output, errors = process.communicate(data, timeout=self.timeout)
                except subprocess.TimeoutExpired:
                    msg = f"git did not finish within {self.timeout:g} seconds"
                    raise SourceError(msg) from None
                finally:
                    _end_group(process)
            outcome = "done" if process.returncode in accepts else outcome
        finally:
            GIT_SECONDS.observe(time.perf_counter() - started, arguments[0], outcome)
        if process.returncode not in accepts:
            words = errors.decode(errors="replace")
            if room is not None and any(sign in words.lower() for sign in _TOO_LARGE):
                raise MirrorTooLargeError(room.reason)
            error = _error(words, remote)
            raise error
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
                msg = "its local copy is gone"
                raise MirrorError(msg) from None
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
        if self.ceiling is not None:
            env["GIT_CEILING_DIRECTORIES"] = str(self.ceiling.resolve())
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
        """Return a git configuration that allows repositories of other owners.

        The operator configured the folder. ``-c safe.directory`` would not do, because
        git's child processes on another repository drop ``-c``.
        """
        path = self.home / "gitconfig"
        if not path.exists():
            path.write_text("[safe]\n\tdirectory = *\n")
        return path


def _limit_files(process: subprocess.Popen[bytes], room: Room | None) -> None:
    """Limit the files that a process and its children write; Linux only."""
    limit = getattr(resource, "prlimit", None)
    if room is not None and limit is not None:
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            limit(process.pid, resource.RLIMIT_FSIZE, (room.size, room.size))


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill git and its child processes, such as a transport that hangs."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _error(words: str, remote: Remote | None) -> SourceError:
    lower = words.lower()
    for needle, reason in _LOCAL_REASONS:
        # ssh and a folder as remote say "permission denied", too.
        if needle in lower and (remote is None or needle != "permission denied"):
            return MirrorError(reason, is_damage=False)
    return SourceError(_reason(words)) if remote else MirrorError("its local copy is damaged")


def _reason(words: str) -> str:
    lower = words.lower()
    for needle, reason in _REASONS:
        if needle in lower:
            return reason
    return "git could not read it"
