"""Search for callers: of what an engine finds, what the policy lets them see.

Answers are kept for one edition of the index, by the roles of who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
from functools import partial

from portal.auth import policy
from portal.auth.identity import Principal
from portal.auth.policy import Decision
from portal.kernel.cache import GenerationCache
from portal.search.documents import ResultSet
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.documents import Sight
from portal.search.documents import Suggestion

#: What one must be allowed to do with an entity to find what tells of it.
READ = "catalog.entity.read"


class Search:
    """Answers queries within what the caller may see.

    Args:
        engine: The index.
        cache: Where answers are kept; of this alone, for an index may be behind the
            catalog.
    """

    def __init__(self, engine: SearchEngine, cache: GenerationCache) -> None:
        self._engine = engine
        self._cache = cache

    def search(self, query: SearchQuery) -> ResultSet:
        """Answer a query.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        return self._engine.search(query)

    def suggest(
        self, term: str, limit: int, types: tuple[str, ...], sight: Sight
    ) -> tuple[Suggestion, ...]:
        """Return names that may be meant by what was typed so far.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        return self._engine.suggest(term, limit, types, sight)

    def kept(self, sight: Sight, asked: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return an answer to a caller, made by ``make`` unless one of the roles has it.

        Args:
            sight: What the caller may see; ``make`` must not give more.
            asked: All of the question that the answer depends on.
            make: Makes the answer.
        """
        return self._cache.get(self._engine.edition, (sight.roles, asked), make)


def sight_of(principal: Principal) -> Sight:
    """Return what a principal may see, as the policy says."""
    roles = policy.roles_of(principal)
    for_all = policy.decide_for_all(principal, READ)
    if for_all is Decision.ALLOW:
        return Sight(roles)
    if for_all is Decision.DENY:
        return Sight(roles, _nothing)
    return Sight(roles, partial(_may_read, principal))


def _may_read(principal: Principal, ref: str) -> bool:
    return policy.decide(principal, READ, ref) is Decision.ALLOW


def _nothing(_ref: str) -> bool:
    return False
