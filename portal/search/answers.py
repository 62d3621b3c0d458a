"""The indexes of all types to one answer: merged, cut to a page, marked and explained."""

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
from typing import Any
from typing import NamedTuple

from portal.search import highlights
from portal.search.analysis import name_key
from portal.search.analysis import other_keyboard
from portal.search.analysis import words
from portal.search.documents import Hit
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.documents import Sight
from portal.search.documents import Suggestion
from portal.search.entry import HIDDEN
from portal.search.entry import INITIALS
from portal.search.entry import INSIDE
from portal.search.explanations import explain
from portal.search.explanations import names_of
from portal.search.explanations import nearest
from portal.search.explanations import said_by_initials
from portal.search.facets import TYPES
from portal.search.facets import merged
from portal.search.question import Question
from portal.search.ranking import TIERS
from portal.search.ranking import Group
from portal.search.ranking import Ranker
from portal.search.ranking import Ranking
from portal.search.term_index import Filters

#: Types shown before all others when the same rule found both.
FIRST_TYPES = ("glossary",)
#: How many values of a facet are told.
MOST_VALUES = 100
#: How many names that begin alike are looked at for suggestions.
_MOST_STARTS = 1_000
#: How many words of names that begin so, and how many documents of each.
_MOST_WORDS = 16
_MOST_OF_A_WORD = 100
#: What the length of a name is where only its share in a word is known.
_WHOLE = 8
#: The names suggested first.
_HOW = ("prefix", "inside", "initials", "keyboard")

AnyRanker = Ranker[Any]


class _Found(NamedTuple):
    kind: str
    ranker: AnyRanker
    ranking: Ranking


def answer(indexes: Mapping[str, AnyRanker], query: SearchQuery) -> ResultSet:
    """Answer a query; near misses only when no type has anything better."""
    rankers = _of_types(indexes, query.types)
    found = [_rank(kind, ranker, query, Ranker.rank) for kind, ranker in rankers]
    is_near = not any(one.ranking.total for one in found)
    if is_near:
        found = [_rank(kind, ranker, query, Ranker.rank_near) for kind, ranker in rankers]
    total = sum(one.ranking.total for one in found)
    meant = _meant(found) if is_near and total else ""
    facets = {name: _counted(found, name) for name in query.facets}
    return ResultSet(tuple(_page(found, query)), total, meant, facets)


def _counted(found: Sequence[_Found], facet: str) -> dict[str, int]:
    """Return the values of all documents found, the most frequent first."""
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
    sight: Sight,
) -> Iterator[Suggestion]:
    """Yield names that may be meant by what was typed so far, the best first."""
    question = Question(term)
    for kind, ranker in _of_types(indexes, types):
        with ranker.lock:
            starts = _starts(ranker, question, limit, sight)
            best = sorted(starts.items(), key=lambda item: item[1])[: max(limit, 0)]
            kept = [(ranker.index.shown(doc), _HOW[rank[0]]) for doc, rank in best]
        for one, how in kept:
            name = _name_begun(question, names_of(one))
            yield Suggestion(name, kind, one["ref"], one["fields"], how)
        limit -= len(kept)


def _of_types(
    indexes: Mapping[str, AnyRanker], types: Collection[str]
) -> list[tuple[str, AnyRanker]]:
    kinds = sorted(indexes, key=_type_order)
    return [(kind, indexes[kind]) for kind in kinds if not types or kind in types]


def _type_order(kind: str) -> tuple[int, str]:
    first = kind in FIRST_TYPES
    return FIRST_TYPES.index(kind) if first else len(FIRST_TYPES), kind


def _rank(
    kind: str,
    ranker: AnyRanker,
    query: SearchQuery,
    rule: Callable[[AnyRanker, str, Filters, Sight], Ranking],
) -> _Found:
    with ranker.lock:
        return _Found(kind, ranker, rule(ranker, query.term, query.filters, query.sight))


def _meant(found: Sequence[_Found]) -> str:
    """Return what was probably meant: a name that is near, else the mended words."""
    for one, group in _in_order(found):
        with one.ranker.lock:
            kept = one.ranker.index.shown(group.best(1)[0])
        mended = one.ranking.question
        changed = mended.terms != one.ranking.typed.terms
        name = nearest(one.ranking.typed, names_of(kept))
        return name or (mended.text if changed else str(kept["fields"].get("title") or ""))
    return ""


def _page(found: Sequence[_Found], query: SearchQuery) -> Iterator[Hit]:
    """Yield the hits of a page: by rule, then by type, then by score."""
    offset, limit = query.offset, query.limit
    for one, group in _in_order(found):
        if offset >= group.size:
            offset -= group.size
            continue
        if limit <= 0:
            return
        with one.ranker.lock:
            docs = group.best(offset + limit)[offset:]
            kept = [one.ranker.index.shown(doc) for doc in docs]
        for shown in kept:
            yield _hit(one, group.tier, shown, query.explain)
        limit -= len(docs)
        offset = 0


def _in_order(found: Sequence[_Found]) -> Iterator[tuple[_Found, Group]]:
    for tier in range(len(TIERS)):
        for one in found:
            for group in one.ranking.groups:
                if group.tier == tier:
                    yield one, group


def _hit(one: _Found, tier: int, kept: Mapping[str, Any], explained: bool) -> Hit:
    fields, wanted = kept["fields"], one.ranking.wanted
    title = highlights.mark(str(fields.get("title") or ""), wanted, in_name=True)
    text = highlights.mark(str(fields.get("text") or ""), wanted)
    if not text and kept.get("body"):
        text = highlights.passage(kept["body"], wanted)
    marked = {key: runs for key, runs in (("title", title), ("text", text)) if runs}
    why = explain(one.ranking, tier, kept) if explained else None
    return Hit(one.kind, kept["ref"], fields, marked, TIERS[tier], why)


_Rank = tuple[int, int, int]


def _starts(ranker: AnyRanker, question: Question, enough: int, sight: Sight) -> dict[int, _Rank]:
    """Return the documents with a name that begins so, and how good that is."""
    best: dict[int, _Rank] = {}
    allowed = ranker.index.allowed((), sight)
    for rule in (_all_starts, _words_begun):
        for doc, rank in rule(ranker, question) if len(best) < enough else ():
            if (doc not in best or rank < best[doc]) and (allowed is None or allowed[doc]):
                best[doc] = rank
    return best


def _all_starts(ranker: AnyRanker, question: Question) -> Iterator[tuple[int, _Rank]]:
    typed = "".join(question.keys[:1])
    other = name_key(other_keyboard(question.text))
    for key, is_typed in ((typed, True), (other, False)):
        for doc, sort, size in _beginning(ranker, key):
            if sort < HIDDEN:
                yield doc, (0 if is_typed else 3, sort, size)
            elif sort == INSIDE:
                yield doc, (1 if is_typed else 3, sort, size)
    for key in question.initials:
        for doc, sort, size in _beginning(ranker, key):
            if sort == INITIALS:
                yield doc, (2, sort, size)


def _words_begun(ranker: AnyRanker, question: Question) -> Iterator[tuple[int, _Rank]]:
    """Yield documents with a word in a name that begins so; how good, by its share."""
    for key in question.keys[:1]:
        for word in islice(ranker.index.name_words(key), _MOST_WORDS):
            for doc, share in islice(ranker.index.weights("names", word), _MOST_OF_A_WORD):
                yield doc, (1, INSIDE, int(_WHOLE / share))


def _beginning(ranker: AnyRanker, key: str) -> Iterable[tuple[int, int, int]]:
    return islice(ranker.index.names_beginning(key), _MOST_STARTS) if key else ()


def _name_begun(question: Question, names: Sequence[str]) -> str:
    """Return the name that was begun, the first one when it is not to be seen."""
    other = name_key(other_keyboard(question.text))
    for key in filter(None, ("".join(question.keys[:1]), other)):
        for name in names:
            if name_key(name).startswith(key):
                return name
        for name in names:
            if any(part.startswith(key) for part in _later_parts(name)):
                return name
    return said_by_initials(question, names) or names[0]


def _later_parts(name: str) -> Iterator[str]:
    parts = words(name)
    for at in range(1, len(parts)):
        yield "".join(parts[at:])
