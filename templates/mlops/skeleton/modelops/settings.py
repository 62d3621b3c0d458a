"""What was chosen for this project, read from settings.toml and checked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelops import messages

SETTINGS_FILE = Path(__file__).parent.parent / "settings.toml"


class SettingsError(ValueError):
    """settings.toml says something that cannot be."""


@dataclass(frozen=True)
class Settings:
    """The chosen numbers."""

    project: str
    confidence: float
    minimum_users: int
    challenger_percent: int
    sweep_runs: int
    retrain_hour: int


# field -> (table, key, type, lowest, highest)
NUMBERS: Mapping[str, tuple[str, str, type, float, float]] = {
    "confidence": ("experiment", "confidence", float, 0.9, 0.999),
    "minimum_users": ("experiment", "minimum_users", int, 500, 3000),
    "challenger_percent": ("experiment", "challenger_percent", int, 10, 50),
    "sweep_runs": ("sweep", "runs", int, 12, 48),
    "retrain_hour": ("schedule", "hour", int, 0, 23),
}


def load_settings(path: Path = SETTINGS_FILE) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a value is missing, of the wrong type or out of its range.

    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    project = document.get("project")
    if not isinstance(project, str) or not project:
        raise SettingsError(messages.BAD_PROJECT.format(file=path.name))
    numbers = {field: _number(document, path.name, field) for field in NUMBERS}
    return Settings(project=project, **numbers)


def _number(document: Mapping[str, Any], file: str, field: str) -> Any:  # noqa: ANN401
    table, key, kind, lowest, highest = NUMBERS[field]
    value = document.get(table, {}).get(key)
    is_number = type(value) is kind
    if not is_number or not lowest <= value <= highest:
        place = f"{file}: {table}.{key} = {value!r}"
        raise SettingsError(
            messages.BAD_NUMBER.format(
                place=place, kind=kind.__name__, lowest=lowest, highest=highest
            )
        )
    return value
