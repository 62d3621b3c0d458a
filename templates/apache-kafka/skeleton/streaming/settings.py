"""The numbers this project works with, read from ``settings.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parent.parent / "settings.toml"


class SettingsError(ValueError):
    """A setting is missing or out of its range."""


@dataclass(frozen=True)
class Settings:
    """How topics are divided and how often consumers commit.

    Args:
        partitions: The parts of a topic; one consumer of a group reads each.
        commit_every: Events between two commits.
    """

    partitions: int
    commit_every: int

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        for name, most in (("partitions", 1000), ("commit_every", 1_000_000)):
            value = getattr(self, name)
            if not isinstance(value, int) or not 1 <= value <= most:
                raise SettingsError(f"{name} must be from 1 to {most}, not {value!r}")


def load_settings(path: Path = _FILE) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: When one is missing or out of its range.
    """
    found = tomllib.loads(path.read_text("utf-8"))
    try:
        return Settings(found["topics"]["partitions"], found["consumer"]["commit_every"])
    except KeyError as error:
        raise SettingsError(f"{path.name} lacks {error.args[0]!r}") from None
