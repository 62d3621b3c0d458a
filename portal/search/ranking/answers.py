"""Merges the rankings of all document types into a page of hits, facets and suggestions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import Any
from typing import NamedTuple

from portal.search.analysis import highlights
from portal.search.analysis.highlights import Wanted
from portal.search.analysis.parsed_query import ParsedQuery
from portal.search.analysis.unfinished import completions
from portal.search.analysis.unfinished import is_begun
from portal.search.analysis.words import name_key
from portal.search.analysis.words import other_keyboard
from portal.search.analysis.words import words
from portal.search.documents import Hit
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.documents import Suggestion
from portal.search.documents import Visibility
from portal.search.ranking.entry import HIDDEN
from portal.search.ranking.entry import INITIALS
from portal.search.ranking.entry import INSIDE
from portal.search.ranking.explanations import explain
from portal.search.ranking.explanations import names_of
from portal.search.ranking.explanations import nearest
from portal.search.ranking.explanations import passages
from portal.search.ranking.explanations import said_by_initials
from portal.search.ranking.facets import TYPES
from portal.search.ranking.facets import merged
from portal.search.ranking.groups import MENTION
from portal.search.ranking.groups import NAME
from portal.search.ranking.groups import NEAR
from portal.search.ranking.groups import TIERS
from portal.search.ranking.groups import Group
from portal.search.ranking.groups import Ranking
from portal.search.ranking.ranking import Ranker
from portal.search.ranking.term_index import Filters

#: Types that come before all others within the same tier.
FIRST_TYPES = ("glossary",)
#: The type whose names are headings, and headings are many.
_HEADINGS = "techdocs"
#: The greatest number of values of a facet.
MOST_VALUES = 100
#: The greatest number of names of one prefix that suggestions look at.
_MOST_STARTS = 1_000
#: The greatest number of words of one prefix, and of documents of each.
_MOST_WORDS = 16
_MOST_OF_A_WORD = 100
#: The assumed length of a name of which only the share of a word is known.
_WHOLE = 8
#: How names match, the best first.
_HOW = ("prefix", "inside", "initials", "keyboard")

AnyRanker = Ranker[Any]


class _Found(NamedTuple):
    kind: str
    ranker: AnyRanker
    ranking: Ranking

    @property
    def is_found(self) -> bool:
        """Whether there is more than near misses."""
        return any(group.tier != NEAR for group in self.ranking.groups)


def answer(indexes: Mapping[str, AnyRanker], query: SearchQuery) -> ResultSet:
    """Return a page of results; near misses only if there are no better ones."""
    rankers = _of_types(indexes, query.types, query.visibility)
    found = [_rank(kind, ranker, query, Ranker.rank) for kind, ranker in rankers]
    if not any(one.is_found for one in found):
        found = [_rank(kind, ranker, query, Ranker.rank_near) for kind, ranker in rankers]
    elif all(one.kind == _HEADINGS for one in found if one.is_found):
        # A page may hold the very slip: it must not hide the entity that is meant.
        found = [
            _rank(one.kind, one.ranker, query, Ranker.rank_near_names)
            if one.kind not in {_HEADINGS, *FIRST_TYPES}
            else one
            for one in found
        ]
    total = sum(one.ranking.total for one in found)
    meant = _meant(found)
    facets = {name: _counted(found, name) for name in query.facets}
    return ResultSet(tuple(_page(found, query)), total, meant, facets)


def _counted(found: Sequence[_Found], facet: str) -> dict[str, int]:
    """Return the counts of a facet over all documents found, the most frequent first."""
    if facet == TYPES:
        return {one.kind: one.ranking.total for one in found if one.ranking.total}
    counts = merged(map(partial(_counts, facet), found))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ordered[:MOST_VALUES])


def _counts(facet: str, one: _Found) -> Counter[str]:
    with one.ranker.lock:
        docs = [doc for group in one.ranking.groups for doc in group.docs()]
        return one.ranker.index.column(facet).count(docs) if docs else Counter()


def suggest(
    indexes: Mapping[str, AnyRanker],
    term: str,
    limit: int,
    types: Collection[str],
    visibility: Visibility,
) -> Iterator[Suggestion]:
    """Yield completions of a typed text, the best first."""
    parsed = ParsedQuery(term)
    for kind, ranker in _of_types(indexes, types, visibility):
        with ranker.lock:
            starts = _starts(ranker, parsed, limit, visibility)
            best = sorted(starts.items(), key=lambda item: item[1])[: max(limit, 0)]
            shown = ranker.index.shown([doc for doc, _ in best])
            stored = list(zip(shown, [_HOW[rank[0]] for _, rank in best], strict=True))
        for one, how in stored:
            name = _name_begun(parsed, names_of(one))
            yield Suggestion(name, kind, one["ref"], one["fields"], how)
        limit -= len(stored)


def _of_types(
    indexes: Mapping[str, AnyRanker], types: Collection[str], visibility: Visibility
) -> list[tuple[str, AnyRanker]]:
    kinds = sorted(indexes, key=_type_order)
    return [
        (kind, indexes[kind].within(visibility)) for kind in kinds if not types or kind in types
    ]


def _type_order(kind: str) -> tuple[int, str]:
    first = kind in FIRST_TYPES
    return FIRST_TYPES.index(kind) if first else len(FIRST_TYPES), kind


def _rank(
    kind: str,
    ranker: AnyRanker,
    query: SearchQuery,
    rule: Callable[[AnyRanker, str, Filters, Visibility], Ranking],
) -> _Found:
    with ranker.lock:
        return _Found(kind, ranker, rule(ranker, query.term, query.filters, query.visibility))


def _meant(found: Sequence[_Found]) -> str:
    """Return what was probably meant by a query whose best results are near misses.

    It is the nearest name, else the corrected query; empty when the best result is none.
    """
    for one, group in _in_order(found):
        if group.tier != NEAR:
            return ""
        with one.ranker.lock:
            (stored,) = one.ranker.index.shown(group.best(1))
        mended = one.ranking.parsed
        changed = mended.terms != one.ranking.typed.terms
        name = nearest(one.ranking.typed, names_of(stored))
        return name or (mended.text if changed else str(stored["fields"].get("title") or ""))
    return ""


def _page(found: Sequence[_Found], query: SearchQuery) -> Iterator[Hit]:
    """Yield the hits of a page, ordered by tier, type and score."""
    offset, limit = query.offset, query.limit
    for one, group in _in_order(found):
        if offset >= group.size:
            offset -= group.size
            continue
        if limit <= 0:
            return
        with one.ranker.lock:
            docs = group.best(offset + limit)[offset:]
            stored = one.ranker.index.shown(docs)
        wanted = one.ranking.wanted
        for shown in stored:
            yield _hit(one, wanted, group.tier, shown, query.explain)
        limit -= len(docs)
        offset = 0


def _in_order(found: Sequence[_Found]) -> Iterator[tuple[_Found, Group]]:
    """Yield the groups of all types, by place and type."""
    placed = [
        (_place(one.kind, group.tier), at, group.tier, one, group)
        for at, one in enumerate(found)
        for group in one.ranking.groups
    ]
    for *_, one, group in sorted(placed, key=itemgetter(0, 1, 2)):
        yield one, group


def _place(kind: str, tier: int) -> int:
    """Return the tier among whose groups one of a type stands.

    A concept that is misspelt stands where one that is named does: some page may well hold
    the very typo. A heading that is the query stands behind the concepts it names.
    """
    is_named = tier == NEAR if kind in FIRST_TYPES else kind == _HEADINGS and tier == NAME
    return MENTION if is_named else tier


def _hit(one: _Found, wanted: Wanted, tier: int, stored: Mapping[str, Any], explained: bool) -> Hit:
    fields = stored["fields"]
    title = highlights.mark(str(fields.get("title") or ""), wanted, in_name=True)
    text = highlights.mark(str(fields.get("text") or ""), wanted)
    if not text:
        text = highlights.passage(passages(stored), wanted)
    marked = {key: runs for key, runs in (("title", title), ("text", text)) if runs}
    why = explain(one.ranking, tier, stored) if explained else None
    return Hit(one.kind, stored["ref"], fields, marked, TIERS[tier], why)


_Rank = tuple[int, int, int]


def _starts(
    ranker: AnyRanker, parsed: ParsedQuery, enough: int, visibility: Visibility
) -> dict[int, _Rank]:
    """Return documents with a name of the typed prefix, each with its rank."""
    best: dict[int, _Rank] = {}
    allowed = ranker.index.allowed((), visibility)
    for rule in (_all_starts, _words_begun):
        for doc, rank in rule(ranker, parsed) if len(best) < enough else ():
            if (doc not in best or rank < best[doc]) and (allowed is None or allowed[doc]):
                best[doc] = rank
    return best


def _all_starts(ranker: AnyRanker, parsed: ParsedQuery) -> Iterator[tuple[int, _Rank]]:
    typed = "".join(parsed.keys[:1])
    half = ((first, last, True) for first, last in completions(typed))
    other = name_key(other_keyboard(parsed.text))
    for first, last, is_typed in ((typed, typed, True), *half, (other, other, False)):
        for doc, sort, size in _beginning(ranker, first, last):
            if sort < HIDDEN:
                yield doc, (0 if is_typed else 3, sort, size)
            elif sort == INSIDE:
                yield doc, (1 if is_typed else 3, sort, size)
    for key in parsed.initials:
        for doc, sort, size in _beginning(ranker, key, key):
            if sort == INITIALS:
                yield doc, (2, sort, size)


def _words_begun(ranker: AnyRanker, parsed: ParsedQuery) -> Iterator[tuple[int, _Rank]]:
    """Yield documents with a word of the typed prefix in a name, ranked by its share."""
    for key in parsed.keys[:1]:
        for word in islice(ranker.index.name_words(key), _MOST_WORDS):
            for doc, share in islice(ranker.index.weights("names", word), _MOST_OF_A_WORD):
                yield doc, (1, INSIDE, int(_WHOLE / share))


def _beginning(ranker: AnyRanker, first: str, last: str) -> Iterable[tuple[int, int, int]]:
    return islice(ranker.index.names_beginning(first, last), _MOST_STARTS) if first else ()


def _name_begun(parsed: ParsedQuery, names: Sequence[str]) -> str:
    """Return the name that the prefix begins; the first name when that is hidden."""
    other = name_key(other_keyboard(parsed.text))
    for key in filter(None, ("".join(parsed.keys[:1]), other)):
        for name in names:
            if is_begun(name_key(name), key):
                return name
        for name in names:
            if any(is_begun(part, key) for part in _later_parts(name)):
                return name
    return said_by_initials(parsed, names) or names[0]


def _later_parts(name: str) -> Iterator[str]:
    parts = words(name)
    for at in range(1, len(parts)):
        yield "".join(parts[at:])
