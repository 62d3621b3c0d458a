"""What was chosen for this project (settings.toml)."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LIMITS = {
    ("review", "fiscal_year_start_month"): (1, 12),
    ("feature", "retention_days"): (14, 60),
    ("feature", "conversion_days"): (7, 30),
    ("feature", "confidence_percent"): (90, 99),
}


class SettingsError(ValueError):
    """A setting is missing or outside its limits; the message names it and what is allowed."""


@dataclass(frozen=True)
class Settings:
    """What the questions to the warehouse depend on.

    Attributes:
        fiscal_year_start_month: 1 for January; quarters follow from it.
        retention_days: a user who comes back within a week from that day on is retained.
        conversion_days: a user who buys within so many days after signing up is converted.
        confidence_percent: of the intervals around differences.
    """

    fiscal_year_start_month: int
    retention_days: int
    conversion_days: int
    confidence_percent: int


def read_settings(path: Path = ROOT / "settings.toml") -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: when a value is missing or not allowed.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    values = {}
    for (table, key), (low, high) in LIMITS.items():
        value = document.get(table, {}).get(key)
        if type(value) is not int or not low <= value <= high:
            message = f"settings.toml: {table}.{key} must be a whole number from {low} to {high}"
            raise SettingsError(f"{message}, not {value!r}")
        values[key] = value
    return Settings(**values)
