"""The register of technical debt: what it costs to keep, and what to pay it off.

Debt has interest: hours that every sprint loses to it. People write down what they
know, such as an outdated library; the hotspots of the history add what nobody did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from leading import messages
from leading.hotspots import Hotspot

#: Rules of thumb for a file nobody has estimated yet, in hours.
_EFFORT_PER_COMPLEXITY = 0.25
_INTEREST_PER_CHANGE = 0.2


class RegisterError(ValueError):
    """The register does not hold what it has to."""


@dataclass(frozen=True)
class Debt:
    """One piece of debt.

    Args:
        id: How it is called in plans and issues.
        title: What is to be done.
        effort: Hours to pay it off.
        interest: Hours it costs in every sprint.
        path: The file or folder it is about; empty for the whole project.
        is_estimated: Whether people gave the hours, or a rule of thumb.
    """

    id: str
    title: str
    effort: float
    interest: float
    path: str = ""
    is_estimated: bool = True

    @property
    def worth(self) -> float:
        """Hours of interest saved, by hour of effort."""
        return self.interest / self.effort


def load_register(path: Path) -> list[Debt]:
    """Read what people wrote down.

    Raises:
        RegisterError: Naming the item, and what is wrong with it.
    """
    try:
        items = yaml.safe_load(path.read_text("utf-8")) or []
    except yaml.YAMLError as error:
        raise RegisterError(f"{path.name} is not YAML: {error}") from None
    if not isinstance(items, list):
        raise RegisterError(f"{path.name} is not a list of items")
    found = [_debt(item) for item in items]
    if len({debt.id for debt in found}) < len(found):
        raise RegisterError(f"{path.name} has an id twice")
    return found


def _debt(item: Mapping[str, Any]) -> Debt:
    try:
        debt = Debt(
            str(item["id"]),
            str(item["title"]),
            float(item["effort_hours"]),
            float(item["interest_hours"]),
            str(item.get("path", "")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RegisterError(f"not an item of the register: {item!r} ({error})") from None
    if debt.effort <= 0 or debt.interest < 0:
        raise RegisterError(f"{debt.id}: effort is above 0, interest is not negative")
    return debt


def with_hotspots(register: Sequence[Debt], hotspots: Iterable[Hotspot]) -> list[Debt]:
    """Return the register, and the hotspots no item of it is about."""
    known = [debt.path.rstrip("/") for debt in register if debt.path]
    added = [
        Debt(
            f"hotspot:{hotspot.path}",
            messages.REFACTOR.format(path=hotspot.path),
            round(hotspot.complexity * _EFFORT_PER_COMPLEXITY, 1),
            round(hotspot.changes * _INTEREST_PER_CHANGE, 1),
            hotspot.path,
            is_estimated=False,
        )
        for hotspot in hotspots
        if not any(_is_about(path, hotspot.path) for path in known)
    ]
    return [*register, *added]


def _is_about(path: str, file: str) -> bool:
    return file == path or file.startswith(f"{path}/")
