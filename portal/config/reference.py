"""The table of settings in ``docs/operators/configuration.md``, made from the declarations.

``python -m portal.config.reference PAGE`` writes it into the page, between two comments.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path

from portal.config.declaring import Setting
from portal.config.settings import SETTINGS

_HEAD = ("Setting", "Variable", "Value", "Default", "Meaning")
_PLACE = re.compile(
    r"(?<=<!-- settings: written by `make golden` -->\n).*?(?=<!-- end of settings -->)", re.DOTALL
)


def with_settings(page: str) -> str:
    """Return a page with the table of settings in its place.

    Raises:
        ValueError: When the page has no place for it, or several.
    """
    rows = [_HEAD, ("---",) * len(_HEAD), *map(_cells, SETTINGS.values())]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    written, places = _PLACE.subn(lambda _: f"\n{table}\n\n", page)
    if places != 1:
        msg = f"the page has {places} places for the table of settings: {_PLACE.pattern}"
        raise ValueError(msg)
    return written


def _cells(setting: Setting) -> Iterable[str]:
    default = _in_yaml(setting.default)
    return (
        f"`{setting.name}`",
        f"`{setting.variable}`",
        setting.parse.allowed,
        f"`{default}`" if default else "empty",
        setting.meaning,
    )


def _in_yaml(default: object) -> str:
    """Write a default as an operator would; empty for an empty one."""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple | Mapping):
        return ", ".join(default)
    return f"{default:g}" if isinstance(default, float) else str(default)


if __name__ == "__main__":
    _page = Path(sys.argv[1])
    _page.write_text(with_settings(_page.read_text()))
