"""When a scan stops."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one scan.

    Attributes:
        file_bytes: The size of the largest file that is read.
        bytes: How much is read in all.
        files: How many files are read.
        seconds: How long it may take.
        places: How many findings a rule of evidence has in one component.
        observations: How many a rule of a check has, in each scope.
    """

    file_bytes: int = 1_000_000
    bytes: int = 2_000_000_000
    files: int = 200_000
    seconds: float = 300.0
    places: int = 50
    observations: int = 10


LIMITS = Limits()
