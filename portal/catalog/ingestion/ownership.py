"""Conflicts: which file owns an entity ref that several files or sources define.

The first owner keeps the ref, whatever the order of files in a later commit; otherwise
its content would change back and forth between runs. A file that several sources lead to
is in no conflict with itself.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from portal.catalog.ingestion.ingested import Defined
from portal.catalog.ingestion.ingested import Known
from portal.integrations.addresses import is_same_file
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.model.refs import LocationRef


@dataclass(frozen=True, slots=True)
class Settlement:
    """Who owns which ref.

    Attributes:
        entities: What the source owns.
        conflicts: An item for each claim that lost.
        shared: The refs another source owns and reads from the same file, with that file's
            path in this source.
    """

    entities: dict[str, Defined] = field(default_factory=dict)
    conflicts: list[StatusItem] = field(default_factory=list)
    shared: dict[str, str] = field(default_factory=dict)


def settle(
    claims: Mapping[str, Sequence[Defined]],
    known: Known,
    errors: Collection[StatusItem],
    location: Callable[[str], LocationRef],
) -> Settlement:
    """Decide who owns each ref.

    Args:
        claims: The definitions of each ref, in the order they were found.
        known: The owners of refs before the run.
        errors: The problems of the source's files: a broken file keeps its refs.
        location: Returns the location ref of a file of the source.
    """
    settled = Settlement()
    for ref, claimed in claims.items():
        rivals = [claim for claim in claimed if not _is_owner(ref, claim, known, location)]
        settled.shared.update((ref, claim.path) for claim in claimed if claim not in rivals)
        if not rivals:
            continue
        holder = _holder(ref, rivals, known, errors)
        winner, *losers = _in_order_of_right(ref, rivals, known)
        if not holder:
            settled.entities[ref] = winner
        for loser in rivals if holder else losers:
            settled.conflicts.extend(_conflict(ref, None if holder else winner, loser, holder))
    return settled


def _is_owner(
    ref: str, claim: Defined, known: Known, location: Callable[[str], LocationRef]
) -> bool:
    """Return whether a file is the very one that another source defines the ref by."""
    source, path = known.owners.get(ref, ("", ""))
    if source in {"", known.source}:
        return False
    if not path or not claim.path:
        return path == claim.path
    return is_same_file(str(location(claim.path)), known.place_of(ref))


def _holder(
    ref: str, claims: Sequence[Defined], known: Known, errors: Collection[StatusItem]
) -> str:
    """Return the other owner of a ref, if no claim can have it; empty when one can."""
    source, path = known.owners.get(ref, ("", ""))
    if not source:
        return ""
    if source != known.source:
        return f"{path or 'a configured target'} of source {source}"
    is_claimed = any(claim.path == path for claim in claims)
    is_kept = any(
        item.position and item.position.path == path and item.ref in {"", ref} for item in errors
    )
    return path if is_kept and not is_claimed else ""


def _in_order_of_right(ref: str, claims: Sequence[Defined], known: Known) -> Sequence[Defined]:
    """Return the claims on a ref, the winner first."""
    owner = known.owners.get(ref)
    if owner is None or len(claims) == 1:
        return claims
    return sorted(claims, key=lambda claim: (known.source, claim.path) != owner)


def _conflict(
    ref: str, winner: Defined | None, loser: Defined, holder: str
) -> Iterator[StatusItem]:
    """Yield the items of a conflict: one at the loser, one at a winner of this source."""
    here = Position(loser.path, loser.line)
    if winner:
        holder = f"{winner.path}:{winner.line}"
        yield StatusItem(
            "conflict",
            f"{ref} is defined again at {here.path}:{here.line}, which is ignored",
            Position(winner.path, winner.line),
            hint="Remove or rename one of the two.",
            error="ConflictError",
            ref=ref,
            level="warning",
        )
    yield StatusItem(
        "conflict",
        f"{ref} is already defined at {holder}, which keeps it",
        here,
        hint="Remove or rename one of the two.",
        error="ConflictError",
        ref=ref,
    )
