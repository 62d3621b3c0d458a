"""What was chosen for this project, read from settings.toml and checked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftwatch import messages

SETTINGS_FILE = Path(__file__).parent.parent / "settings.toml"


class SettingsError(ValueError):
    """settings.toml says something that cannot be."""


@dataclass(frozen=True)
class Settings:
    """The chosen numbers."""

    project: str
    window_months: int
    tolerated_error_growth: float
    sensitivity: float
    minimum_change_percent: int


# field -> (table, whole numbers only, lowest, highest)
NUMBERS: Mapping[str, tuple[str, bool, float, float]] = {
    "window_months": ("housing", True, 3, 12),
    "tolerated_error_growth": ("housing", False, 1, 5),
    "sensitivity": ("demand", False, 0.01, 0.2),
    "minimum_change_percent": ("demand", True, 20, 40),
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
    table, is_whole, lowest, highest = NUMBERS[field]
    value = document.get(table, {}).get(field)
    is_number = type(value) is int or (type(value) is float and not is_whole)
    if not is_number or not lowest <= value <= highest:
        place = f"{file}: {table}.{field} = {value!r}"
        raise SettingsError(messages.BAD_NUMBER.format(place=place, lowest=lowest, highest=highest))
    return value
