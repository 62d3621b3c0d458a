"""Loads the policy of the settings, and loads it again when a file of it has changed.

A policy that cannot be read at the start ends the start. One that cannot be read later leaves
the former in force; lines that are wrong are logged, and shown by ``portal doctor``.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portal.auth.identity import Principal
from portal.kernel.errors import ConfigError
from portal.permission.files.csv_lines import read_csv
from portal.permission.files.lines import PolicyFinding
from portal.permission.files.lines import PolicyLines
from portal.permission.files.role_policy import RolePolicy
from portal.permission.files.shipped import IN_FILES
from portal.permission.files.shipped import OPEN
from portal.permission.files.shipped import admin_lines
from portal.permission.files.shipped import shipped_lines
from portal.permission.files.yaml_conditions import read_conditions
from portal.permission.permissions import Permission
from portal.permission.policy import AllowAllPermissionPolicy
from portal.permission.policy import Decision
from portal.permission.policy import PermissionPolicy

_LOG = logging.getLogger(__name__)
#: Seconds between two looks at the files.
_INTERVAL = 2.0
#: Larger files, in bytes, are not read.
_LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PolicyFiles:
    """Where a policy is.

    Attributes:
        policy: ``open``, ``company``, ``locked``, or the path of a CSV file.
        conditions: The path of a YAML file of conditions; empty for none.
        admins: The refs of administrators.
    """

    policy: str
    conditions: str = ""
    admins: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the policy, or of its file."""
        return Path(self.policy).name

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that may change."""
        named = "" if self.policy in IN_FILES else self.policy
        return tuple(Path(text) for text in (named, self.conditions) if text)

    def stamp(self) -> tuple[tuple[int, int], ...]:
        """Return what differs when a file has changed; raises ``OSError``."""
        found = [path.stat() for path in self.paths]
        return tuple((each.st_mtime_ns, each.st_size) for each in found)

    def lines(self) -> PolicyLines:
        """Read everything.

        Raises:
            ConfigError: When a file cannot be read.
        """
        lines = admin_lines(self.admins)
        if self.policy in IN_FILES:
            lines += shipped_lines(self.policy)
        else:
            path = Path(self.policy)
            try:
                lines += read_csv(_content(path).decode("utf-8-sig"), path.name)
            except UnicodeDecodeError:
                msg = f"the policy {path.name} is not UTF-8"
                raise ConfigError(msg) from None
        if self.conditions:
            path = Path(self.conditions)
            lines += read_conditions(_content(path), path.name)
        return lines


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            msg = f"the policy {path.name} is larger than {_LARGEST // 1024 // 1024} MiB"
            raise ConfigError(msg)
        return path.read_bytes()
    except OSError as error:
        msg = (
            f"the policy {path.name} cannot be read: {error.strerror}; 'policy' is open, company, "
            "locked, or the path of a CSV file, and 'policy_conditions' that of a YAML file"
        )
        raise ConfigError(msg) from None


def _ignore(_findings: tuple[PolicyFinding, ...]) -> None:
    """Tell nobody."""


class FilePolicy:
    """A policy in files; implements ``PermissionPolicy``.

    Args:
        files: Where it is.
        on_load: Called with the findings, each time it was loaded after the first.
        clock: Returns seconds.

    Raises:
        ConfigError: When a file cannot be read.
    """

    def __init__(
        self,
        files: PolicyFiles,
        on_load: Callable[[tuple[PolicyFinding, ...]], None] = _ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._on_load = on_load
        self._clock = clock
        self._lock = threading.Lock()
        self._policy = RolePolicy(files.lines())
        self._stamp = files.stamp()
        self._looked_at = clock()
        self._log()

    @property
    def findings(self) -> tuple[PolicyFinding, ...]:
        """What is wrong in the files."""
        return self._policy.lines.findings

    def decide(self, principal: Principal, permission: Permission) -> Decision:
        """Return the decision on a permission, for all of its resources."""
        if self._files.paths and self._clock() > self._looked_at + _INTERVAL:
            self._look()
        return self._policy.decide(principal, permission)

    def _look(self) -> None:
        with self._lock:
            if self._clock() <= self._looked_at + _INTERVAL:
                return
            self._looked_at = self._clock()
            try:
                stamp = self._files.stamp()
                if stamp == self._stamp:
                    return
                policy = RolePolicy(self._files.lines())
            except (ConfigError, OSError) as error:
                _LOG.error("the policy stays as it was: %s", error)
                return
            self._policy, self._stamp = policy, stamp
        self._log()
        self._on_load(self.findings)

    def _log(self) -> None:
        for finding in self.findings:
            _LOG.error("policy %s", finding)


def open_policy(
    files: PolicyFiles, on_load: Callable[[tuple[PolicyFinding, ...]], None] = _ignore
) -> PermissionPolicy:
    """Return the policy of the settings.

    Args:
        files: Where it is.
        on_load: Called with the findings when it was loaded again.

    Raises:
        ConfigError: When a file cannot be read.
    """
    return AllowAllPermissionPolicy() if files.policy == OPEN else FilePolicy(files, on_load)
