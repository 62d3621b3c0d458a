"""Who a notification is for, as Backstage decides it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

from portal.model.refs import parse_ref

#: Returns the final entities of some refs; missing ones are left out.
FindEntities = Callable[[Iterable[str]], Iterable[dict[str, Any]]]


def users_of(named: Iterable[str], excluded: Iterable[str], find: FindEntities) -> list[str]:
    """Return the refs of the users that some refs mean.

    A user means itself, known or not; a group its members and those of the groups below it;
    anything else its owner.

    Args:
        named: Refs of entities.
        excluded: Refs that mean nobody.
        find: Finds entities.

    Raises:
        ValueError: When a ref is malformed.
    """
    left_out = {str(parse_ref(text)) for text in excluded}
    waiting = [str(parse_ref(text)) for text in named]
    users: dict[str, None] = {}
    seen: set[str] = set()
    while waiting:
        fresh = [ref for ref in dict.fromkeys(waiting) if ref not in seen | left_out]
        seen.update(fresh)
        users.update(dict.fromkeys(filter(_is_user, fresh)))
        others = [ref for ref in fresh if not _is_user(ref)]
        waiting = [ref for entity in find(others) for ref in _next(entity)] if others else []
    return list(users)


def _is_user(ref: str) -> bool:
    return ref.startswith("user:")


def _next(entity: dict[str, Any]) -> list[str]:
    """Return the refs an entity that is no user leads to."""
    relations = entity.get("relations", ())
    if entity["kind"] != "Group":
        owners = [r["targetRef"] for r in relations if r["type"] == "ownedBy"]
        return owners[:1]
    members = [r["targetRef"] for r in relations if r["type"] == "hasMember"]
    below = [r["targetRef"] for r in relations if r["type"] == "parentOf"]
    return [*filter(_is_user, members), *below]
