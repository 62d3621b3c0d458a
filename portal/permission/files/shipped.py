"""The policies that come with the portal, and the role of administrators."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from portal.permission.files.csv_lines import read_csv
from portal.permission.files.lines import ADMIN
from portal.permission.files.lines import Grant
from portal.permission.files.lines import Membership
from portal.permission.files.lines import PolicyLines
from portal.permission.files.yaml_conditions import read_conditions
from portal.permission.permissions import PERMISSIONS

#: Everybody may do everything.
OPEN = "open"
#: The policies in files, by name.
IN_FILES = ("company", "locked")
_FOLDER = Path(__file__).parent / "shipped"


def shipped_lines(name: str) -> PolicyLines:
    """Return the lines of a policy that comes with the portal."""
    lines = read_csv((_FOLDER / f"{name}.csv").read_text(), f"{name}.csv")
    conditions = _FOLDER / f"{name}.yaml"
    if conditions.exists():
        lines += read_conditions(conditions.read_bytes(), conditions.name)
    return lines


def admin_lines(admins: Iterable[str]) -> PolicyLines:
    """Return the lines by which administrators may do everything.

    Args:
        admins: Refs of users and groups.
    """
    return PolicyLines(
        grants=tuple(Grant(ADMIN, each.name, each.verb, True) for each in PERMISSIONS.values()),
        memberships=tuple(Membership(admin, ADMIN) for admin in admins),
    )
