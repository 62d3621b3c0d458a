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
    """How fresh, how strict, how many.

    Args:
        ttl_hours: What is older counts as missing.
        threshold: The probability of fraud from which a transaction is held.
        products: The length of a visitor's list.
    """

    ttl_hours: int
    threshold: float
    products: int

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        limits = {"ttl_hours": (1, 8760), "threshold": (0.0, 1.0), "products": (1, 100)}
        for name, (least, most) in limits.items():
            value = getattr(self, name)
            if not isinstance(value, int | float) or not least <= value <= most:
                raise SettingsError(f"{name} must be from {least} to {most}, not {value!r}")


def load_settings(path: Path = _FILE) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: When one is missing or out of its range.
    """
    found = tomllib.loads(path.read_text("utf-8"))
    try:
        return Settings(
            found["online"]["ttl_hours"],
            found["fraud"]["threshold"],
            found["recommendations"]["products"],
        )
    except KeyError as error:
        raise SettingsError(f"{path.name} lacks {error.args[0]!r}") from None
