"""What was decided when the project was generated: settings.toml, read and checked."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"


@dataclass(frozen=True)
class Settings:
    """The company, as far as the catalog and the template need to know it.

    Attributes:
        organization: Under which the repositories are.
        system: The system all of the services belong to.
        brand_color: "#rrggbb", the design system's own colour.
        coverage: Per cent of its lines a new frontend has to have under test.
    """

    organization: str
    system: str
    brand_color: str
    coverage: int

    def __post_init__(self) -> None:
        """Refuse what neither the template nor the design system can work with.

        Raises:
            ValueError: Says which setting is wrong.
        """
        if not re.fullmatch("#[0-9a-fA-F]{6}", self.brand_color):
            raise ValueError(f"settings.toml: brand_color: {self.brand_color!r} is no #rrggbb")
        if type(self.coverage) is not int or not 0 <= self.coverage <= 100:  # noqa: PLR2004
            raise ValueError(f"settings.toml: coverage: {self.coverage!r} is not from 0 to 100")


def load(path: Path = ROOT / "settings.toml") -> Settings:
    """Read the settings.

    Raises:
        TypeError: A setting is missing, or there is one too many.
        ValueError: A setting has a value that cannot be.
    """
    return Settings(**tomllib.loads(path.read_text(encoding="utf-8")))
