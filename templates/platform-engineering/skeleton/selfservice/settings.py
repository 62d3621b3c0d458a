"""What the platform team decided: settings.toml, read and checked."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"


@dataclass(frozen=True)
class Settings:
    """The company's standard, as far as it is a matter of numbers and names.

    Attributes:
        organization: Under which images and repositories live.
        replicas: The fewest copies of a service that may run.
        connections: The most connections one application may hold to its database.
        link_minutes: How long the link to new credentials works.
        extensions: Extensions of PostgreSQL that may be asked for.
    """

    organization: str
    replicas: int
    connections: int
    link_minutes: int
    extensions: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse numbers no platform could work with.

        Raises:
            ValueError: Says which setting is wrong.
        """
        for name in ("replicas", "connections", "link_minutes"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ValueError(f"settings.toml: {name}: {value!r} is no whole number from 1")

    def standard(self) -> dict[str, object]:
        """Give what the policies compare with."""
        return {
            "replicas": self.replicas,
            "connections": self.connections,
            "extensions": list(self.extensions),
        }


def load(path: Path = ROOT / "settings.toml") -> Settings:
    """Read the settings.

    Raises:
        TypeError: A setting is missing, or there is one too many.
        ValueError: A setting has a value that cannot be.
    """
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    return Settings(**{**values, "extensions": tuple(values.get("extensions", ()))})
