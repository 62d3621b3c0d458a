"""Words of the names of packages and files that tell one tool from another."""

from __future__ import annotations

from portal.search.analysis.words import terms

#: Stems that say how a tool comes, or what it is written in, not which it is.
_PACKAGING = frozenset(
    "ai alpha amazon annotation apache api app application aws azure backend boot builder cfg "
    "circle cli client cloud com command common component conf config connect connector core "
    "create data db default dependency dev dir doc driver enable extension file framework "
    "dynamodb frontend function github go google header import integration io java javascript jdbc js "
    "json key kit kt lambda lib library lock main md middleware model module native net node operator "
    "org package parameter plugin processor project properties property pull py pytest python "
    "react redis request rest runtime sdk serv server service signal software spec spring "
    "springframework sql starter step support template test tf toml tool ts util utility "
    "variable version web yaml yml".split()
)


def tool_words(name: str) -> list[str]:
    """Return the stems that tell a tool from others: of ``@acme/feast-client`` only ``feast``."""
    return [word for word in terms(name) if len(word) > 1 and _tells(word)]


def is_packaging(word: str) -> bool:
    """Return whether a stem says how a tool comes, not which it is."""
    return word in _PACKAGING


def _tells(word: str) -> bool:
    return not is_packaging(word) and not word.isdigit()
