"""The options of a proof."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProofOptions:
    """The options of a proof.

    Attributes:
        update: Whether golden files are written instead of compared.
        run: Whether each project's own tests are run.
        limit: Seconds each of these may take.
        cases: The names of the cases to run; all when empty.
        since: The commit, tag or branch of the former release, whose projects are updated;
            ``None`` updates none.
    """

    update: bool = False
    run: bool = False
    limit: float = 600.0
    cases: frozenset[str] = frozenset()
    since: str | None = None

    def takes(self, case: str) -> bool:
        """Return whether a case is one of those to run."""
        return not self.cases or case in self.cases
