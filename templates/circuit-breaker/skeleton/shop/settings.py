"""What can be set: numbers in settings.toml, the place of the state in the environment."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY = "memory"
SHARED_STORES = ("redis://", "rediss://", "unix://")
FILE = Path(__file__).parent.parent / "settings.toml"


class SettingsError(ValueError):
    """A setting is missing, or not what it may be."""


@dataclass(frozen=True)
class Settings:
    """The rules of the circuits, and how old shown weather may be.

    Attributes:
        failure_threshold: failures in a row that open a circuit.
        deadline_seconds: how long one call may last, all in all.
        open_seconds: how long a circuit refuses calls before its one probe.
        max_age_seconds: how old weather may be and still be shown.
        store: where circuits keep their state: "memory", or the address of a Redis server.

    """

    failure_threshold: int
    deadline_seconds: float
    open_seconds: int
    max_age_seconds: int
    store: str = MEMORY


def read_settings(file: Path = FILE, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: one of them is missing or out of its range.

    """
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    breaker, weather = document.get("breaker", {}), document.get("weather", {})
    settings = Settings(
        failure_threshold=int(_number(breaker, "failure_threshold", 1, 100)),
        deadline_seconds=_number(breaker, "deadline_seconds", 0.1, 60),
        open_seconds=int(_number(breaker, "open_seconds", 1, 3600)),
        max_age_seconds=int(_number(weather, "max_age_seconds", 1, 604_800)),
        store=_store(environ.get("CIRCUIT_STORE") or MEMORY),
    )
    if settings.open_seconds <= settings.deadline_seconds:
        # A call begun before the circuit opened must have ended when it closes again.
        raise SettingsError("open_seconds must be longer than deadline_seconds")
    return settings


def _number(table: Mapping[str, Any], name: str, low: float, high: float) -> float:
    value = table.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SettingsError(f"{name} must be a number from {low} to {high}, not {value!r}")
    return float(value)


def _store(address: str) -> str:
    if address != MEMORY and not address.startswith(SHARED_STORES):
        allowed = ", ".join((MEMORY, *SHARED_STORES))
        raise SettingsError(f"CIRCUIT_STORE must be or begin with one of: {allowed}")
    return address
