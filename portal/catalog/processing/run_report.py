"""The report of a run, for people and the API, and the type of progress callbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.catalog.outcomes import RunOutcome
from portal.model.entity import StatusItem

#: Called with the stage of a run, the count done, and the total (0: unknown).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class RunReport:
    """The result of a run.

    Attributes:
        source: The source's name.
        outcome: How the run ended.
        commit: The id of the commit; empty when none could be read.
        generation: The catalog's generation after the run.
        added: The refs of added entities.
        changed: The refs of changed entities.
        removed: The refs of removed entities; when held, of those that would be removed.
        items: The problems of the content.
        error: Why the source could not be read.
        seconds: The duration of the run.
        confirm: The text that confirms a held run, if not the commit's id.
    """

    source: str
    outcome: RunOutcome
    commit: str = ""
    generation: int = 0
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    items: tuple[StatusItem, ...] = ()
    error: str = ""
    seconds: float = 0.0
    confirm: str = ""
