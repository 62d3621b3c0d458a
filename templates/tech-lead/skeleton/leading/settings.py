"""The numbers this project works with, read from ``settings.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


class SettingsError(ValueError):
    """A setting is missing or out of its range."""


@dataclass(frozen=True)
class Settings:
    """What the tech lead agreed on with the team.

    Args:
        share_percent: The share of a sprint for technical debt.
        capacity_hours: What the team can do in a sprint.
        days: How far back changes count for hotspots.
    """

    share_percent: int
    capacity_hours: int
    days: int

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        for name, least, most in (
            ("share_percent", 1, 100),
            ("capacity_hours", 1, 100_000),
            ("days", 1, 36_500),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or not least <= value <= most:
                raise SettingsError(f"{name} must be from {least} to {most}, not {value!r}")

    @property
    def budget_hours(self) -> float:
        """The hours of a sprint for technical debt."""
        return self.capacity_hours * self.share_percent / 100


def load_settings(path: Path = Path("settings.toml")) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: When one is missing or out of its range.
    """
    found = tomllib.loads(path.read_text("utf-8"))
    try:
        return Settings(
            found["debt"]["share_percent"],
            found["sprint"]["capacity_hours"],
            found["hotspots"]["days"],
        )
    except KeyError as error:
        raise SettingsError(f"{path.name} lacks {error.args[0]!r}") from None
