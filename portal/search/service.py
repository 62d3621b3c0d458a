"""Search within the visibility of a caller.

Responses are cached per edition of the index and what the caller may see.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
from typing import TypeVar

from portal.auth.identity import Principal
from portal.kernel.cache import GenerationCache
from portal.kernel.errors import MissingIndexError
from portal.permission.conditions import Condition
from portal.permission.permissions import PERMISSIONS
from portal.permission.policy import PermissionPolicy
from portal.permission.policy import Result
from portal.permission.policy import decide
from portal.search.concept_pages import as_pages
from portal.search.concept_pages import within_a_concept
from portal.search.documents import ResultSet
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.documents import Suggestion
from portal.search.documents import Visibility

_Found = TypeVar("_Found")
#: The permission needed to find the documents of an entity.
READ = "catalog.entity.read"
#: The type of documents that are added after an index was built anew.
PAGES = "techdocs"
#: What is said instead of "nothing found" until then.
PENDING = "The documentation pages are being indexed; try again in a moment."
#: Given a condition, returns the catalog's generation and the refs of all entities it holds for.
FindRefs = Callable[[Condition], tuple[int, frozenset[str]]]


class Search:
    """Answers queries within the caller's visibility.

    Args:
        engine: The search engine.
        cache: The cache of responses; not shared with the catalog, which may be ahead of
            the index.
        policy: Decides who may see what.
        find_refs: Applies the conditions of decisions.
        are_pages_pending: Returns whether the index lacks documentation pages still.
    """

    def __init__(
        self,
        engine: SearchEngine,
        cache: GenerationCache,
        policy: PermissionPolicy,
        find_refs: FindRefs,
        are_pages_pending: Callable[[], bool] = lambda: False,
    ) -> None:
        self._engine = engine
        self._cache = cache
        self._policy = policy
        self._find_refs = find_refs
        self._are_pages_pending = are_pages_pending

    def search(self, query: SearchQuery) -> ResultSet:
        """Return a page of results.

        Raises:
            MissingIndexError: When the index has not been built, or only pages that are not in
                it yet could be what is asked for.
        """
        return self._ask(
            lambda: self._search(query),
            query.types,
            lacks=lambda found: not found.total or bool(found.suggestion),
        )

    def _search(self, query: SearchQuery) -> ResultSet:
        found = self._engine.search(query)
        of_concept = None if found.total else within_a_concept(query)
        return found if of_concept is None else as_pages(self._engine.search(of_concept))

    def suggest(
        self, term: str, limit: int, types: tuple[str, ...], visibility: Visibility
    ) -> tuple[Suggestion, ...]:
        """Return completions of a typed text, the best first.

        Raises:
            MissingIndexError: As ``search``.
        """
        return self._ask(
            lambda: self._engine.suggest(term, limit, types, visibility),
            types,
            lacks=lambda found: not found,
        )

    def _ask(
        self, ask: Callable[[], _Found], types: tuple[str, ...], lacks: Callable[[_Found], bool]
    ) -> _Found:
        """Return what is found; never nothing, or nothing better, because pages are missing.

        Args:
            ask: Asks the index.
            types: The types of documents that are asked for; all when empty.
            lacks: Returns whether pages might have more.

        Raises:
            MissingIndexError: When they might, and are not in the index yet.
        """
        edition = self._engine.edition
        found = ask()
        if not lacks(found) or (types and PAGES not in types):
            return found
        while True:
            # In this order: an index opened after its pages were noted to be in it has them.
            build = self._engine.build
            are_pending = not build or self._are_pages_pending()
            self._engine.reopen()
            if build == self._engine.build:
                break
        if are_pending or self._are_pages_pending():
            raise MissingIndexError(PENDING)
        # What was asked may have been the index before this one.
        return found if edition == self._engine.edition else ask()

    def cached(self, visibility: Visibility, asked: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return a cached response, or that of ``make``.

        Args:
            visibility: The caller's visibility; ``make`` must not return more.
            asked: Everything of the request that the response depends on.
            make: Makes the response.
        """
        edition, key = self._engine.edition, (visibility.key, asked)
        found = self._cache.find(edition, key)
        if found is None:
            found = self._cache.get(edition, key, make)
        return found

    def visibility_of(self, principal: Principal) -> Visibility:
        """Return the visibility of a principal under the policy."""
        decision = decide(self._policy, principal, PERMISSIONS[READ])
        if decision.result is Result.ALLOW:
            return Visibility()
        if decision.condition is None:
            return Visibility(Result.DENY, _nothing)
        # What meets the condition changes with the catalog, which the index may be behind.
        generation, refs = self._find_refs(decision.condition)
        return Visibility((generation, decision.condition), refs.__contains__)


def _nothing(_ref: str) -> bool:
    return False
