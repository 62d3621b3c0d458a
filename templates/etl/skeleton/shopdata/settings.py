"""What was chosen for this project (settings.toml) and where its data is (environment)."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROOT = Path(__file__).resolve().parents[1]

LIMITS = {
    ("sales", "run_hour"): (0, 6),
    ("sales", "lookback_days"): (1, 7),
    ("sales", "max_rejected_percent"): (3, 50),
    ("sales", "max_drop_percent"): (0, 100),
    ("weblog", "session_gap_minutes"): (1, 60),
}


class SettingsError(ValueError):
    """A setting is missing or outside its limits; the message names it and what is allowed."""


@dataclass(frozen=True)
class Settings:
    """The parameters of both pipelines.

    Attributes:
        timezone: where a business day begins and ends.
        run_hour: hour of the nightly run, by the clock of that time zone.
        lookback_days: earlier days that every night reads again.
        max_rejected_percent: with a larger share of bad rows, nothing is loaded.
        max_drop_percent: when a day would lose a larger share of its orders, nothing is loaded.
        session_gap_minutes: a request that comes later than this begins another visit.
    """

    timezone: ZoneInfo
    run_hour: int
    lookback_days: int
    max_rejected_percent: int
    max_drop_percent: int
    session_gap_minutes: int


def read_settings(path: Path = ROOT / "settings.toml") -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: when a value is missing or not allowed.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    numbers = {key: _number(document, table, key) for table, key in LIMITS}
    return Settings(timezone=_timezone(document), **numbers)


def _number(document: Mapping[str, Any], table: str, key: str) -> int:
    value = document.get(table, {}).get(key)
    low, high = LIMITS[table, key]
    if type(value) is not int or not low <= value <= high:
        message = f"settings.toml: {table}.{key} must be a whole number from {low} to {high}"
        raise SettingsError(f"{message}, not {value!r}")
    return value


def _timezone(document: Mapping[str, Any]) -> ZoneInfo:
    name = document.get("sales", {}).get("timezone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, TypeError, ValueError):
        message = "settings.toml: sales.timezone must be a name like Asia/Seoul"
        raise SettingsError(f"{message}, not {name!r}") from None


@dataclass(frozen=True)
class Places:
    """Where data comes from and goes to.

    Attributes:
        source: the shop's database, `sqlite:///FILE` or `postgresql://…`.
        warehouse: `duckdb:///FILE` or `bigquery://PROJECT/DATASET`.
        staging: folder for what one run passes from step to step.
        logs: folder into which the web servers write.
        lake: folder of the data lake.
        log_engine: what builds it, `duckdb` or `spark`.
    """

    source: str
    warehouse: str
    staging: Path
    logs: Path
    lake: Path
    log_engine: str


def read_places(environ: Mapping[str, str] = os.environ) -> Places:
    """Say where things are: below DATA_HOME, unless SOURCE_URL or WAREHOUSE_URL says otherwise."""
    home = Path(environ.get("DATA_HOME", ROOT / "var" / "data"))
    return Places(
        source=environ.get("SOURCE_URL", f"sqlite:///{home / 'shop.sqlite'}"),
        warehouse=environ.get("WAREHOUSE_URL", f"duckdb:///{home / 'warehouse.duckdb'}"),
        staging=home / "staging",
        logs=home / "logs",
        lake=home / "lake",
        log_engine=environ.get("LOG_ENGINE", "duckdb"),
    )
