"""What can be set: rules in settings.toml, the places of the data in the environment."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SAME = "database"
DATABASES = ("sqlite:", "postgresql://")
STORES = (SAME, "redis://", "rediss://", "unix://")
KEY_FORMATS = ("uuid", "any")
ROOT = Path(__file__).parent.parent
FILE = ROOT / "settings.toml"


class SettingsError(ValueError):
    """A setting is missing, or not what it may be."""


@dataclass(frozen=True)
class Settings:
    """The rules for keys, and where data lies.

    Attributes:
        ttl_seconds: how long a key and the answer to it are kept.
        lease_seconds: how long a request may be under way before a retry takes over.
        key_format: "uuid" or "any".
        database: "sqlite:" and a file, or the address of a PostgreSQL server.
        store: where keys are kept: "database", or the address of a Redis server.

    """

    ttl_seconds: float
    lease_seconds: float
    key_format: str
    database: str
    store: str = SAME


def read_settings(file: Path = FILE, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: one of them is missing or not what it may be.

    """
    table = tomllib.loads(file.read_text(encoding="utf-8")).get("idempotency", {})
    settings = Settings(
        ttl_seconds=3600 * _number(table, "ttl_hours", 1, 8760),
        lease_seconds=_number(table, "lease_seconds", 1, 3600),
        key_format=str(table.get("key_format")),
        database=environ.get("DATABASE_URL") or f"sqlite:{ROOT / 'var' / 'shop.db'}",
        store=environ.get("IDEMPOTENCY_STORE") or SAME,
    )
    if settings.key_format not in KEY_FORMATS:
        raise SettingsError(f"key_format must be one of: {', '.join(KEY_FORMATS)}")
    _begins(settings.database, "DATABASE_URL", DATABASES)
    _begins(settings.store, "IDEMPOTENCY_STORE", STORES)
    return settings


def _number(table: Mapping[str, object], name: str, low: float, high: float) -> float:
    value = table.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SettingsError(f"{name} must be a number from {low} to {high}, not {value!r}")
    return float(value)


def _begins(address: str, name: str, allowed: tuple[str, ...]) -> None:
    if not address.startswith(allowed):
        raise SettingsError(f"{name} must be or begin with one of: {', '.join(allowed)}")
