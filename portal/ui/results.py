"""Search for people: one query, concepts first, then everything else; links to narrow it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from portal.search.collators import GLOSSARY
from portal.search.collators import SOFTWARE_CATALOG
from portal.search.documents import EVERYTHING
from portal.search.documents import Hit
from portal.search.documents import SearchQuery
from portal.search.documents import Sight
from portal.search.facets import FACETS
from portal.search.facets import merged
from portal.search.service import Search
from portal.ui.prose import MARK
from portal.ui.prose import PLAIN
from portal.ui.prose import Run
from portal.ui.prose import marked
from portal.ui.prose import written_in

PAGE_SIZE = 20
#: No page after this one is looked for.
LAST_PAGE = 500
_TYPES = (GLOSSARY, SOFTWARE_CATALOG)
#: The values of a facet that are offered: no more would be read.
_MOST_OFFERED = 8


@dataclass(frozen=True, slots=True)
class Result:
    """One result as a page shows it.

    Attributes:
        passage: What matched when the text shows no match; may be empty.
    """

    ref: str
    is_concept: bool
    kind: str
    title: tuple[Run, ...]
    title_language: str
    other_title: str
    text: tuple[Run, ...]
    text_language: str
    passage: tuple[Run, ...] = ()
    passage_language: str = ""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One way to narrow the results.

    Attributes:
        facet: What is narrowed, as in ``facets.FACETS``.
        value: To which value of it.
        count: How many results have it.
        is_chosen: Whether that was done; the link then undoes it.
        query: The choices of the page behind the link, by facet.
    """

    facet: str
    value: str
    count: int
    is_chosen: bool
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader looks for.

    Attributes:
        term: What was typed.
        chosen: By facet, the value it is narrowed to.
        sight: What the reader may see.
    """

    term: str
    chosen: Mapping[str, str] = field(default_factory=dict)
    sight: Sight = EVERYTHING


@dataclass(frozen=True, slots=True)
class Results:
    """One page of results, how many there are in all, and how to narrow them."""

    items: tuple[Result, ...]
    total: int
    page: int
    pages: int
    narrowings: tuple[Narrowing, ...] = ()


def find(search: Search, asked: Asked, page: int, language: str) -> Results:
    """Return a page of results, the last one when there are not so many.

    Raises:
        MissingIndexError: When the index has not been built.
    """
    page = min(page, LAST_PAGE)
    hits, total, counts = _find(search, asked, (page - 1) * PAGE_SIZE)
    pages = page_count(total, PAGE_SIZE)
    if page > pages:
        page = pages
        hits, total, counts = _find(search, asked, (page - 1) * PAGE_SIZE)
    items = tuple(_result(hit, asked.term, language) for hit in hits)
    return Results(items, total, page, pages, tuple(_narrowings(counts, asked.chosen)))


def page_count(total: int, size: int) -> int:
    """Return how many pages there are: one at least."""
    return max(1, -(-total // size))


_Counts = Mapping[str, Mapping[str, int]]


def _find(search: Search, asked: Asked, offset: int) -> tuple[list[Hit], int, _Counts]:
    hits: list[Hit] = []
    total = 0
    counts: list[_Counts] = []
    filters = {facet: (value,) for facet, value in asked.chosen.items()}
    for kind in _TYPES:
        room = PAGE_SIZE - len(hits)
        found = search.search(
            SearchQuery(
                asked.term,
                (kind,),
                filters,
                offset=max(0, offset - total),
                limit=max(room, 1),
                facets=FACETS,
                sight=asked.sight,
            )
        )
        hits += found.hits[:room]
        total += found.total
        counts.append(found.facets)
    return hits, total, {name: merged(one[name] for one in counts) for name in FACETS}


def _narrowings(counts: _Counts, chosen: Mapping[str, str]) -> Iterator[Narrowing]:
    """Yield the links, facet by facet: to undo a choice, or to make one that says something."""
    for facet, values in counts.items():
        others = {key: value for key, value in chosen.items() if key != facet}
        if facet in chosen:
            value = next(iter(values), chosen[facet]) if len(values) == 1 else chosen[facet]
            yield Narrowing(facet, value, values.get(value, 0), is_chosen=True, query=others)
            continue
        ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
        for value, count in ordered[:_MOST_OFFERED] if len(ordered) > 1 else ():
            query = {**others, facet: value}
            yield Narrowing(facet, value, count, is_chosen=False, query=query)


def _result(hit: Hit, term: str, language: str) -> Result:
    make = _concept if hit.type == GLOSSARY else _entity
    return make(hit, term, language)


def _entity(hit: Hit, _term: str, _language: str) -> Result:
    title, text = str(hit.fields.get("title", "")), str(hit.fields.get("text", ""))
    title_runs = _runs(hit.highlights.get("title")) or (Run(title),)
    text_runs = _runs(hit.highlights.get("text")) or (Run(text),)
    return Result(
        ref=hit.ref,
        is_concept=False,
        kind=str(hit.fields.get("kind", "")),
        title=title_runs,
        title_language=written_in(title),
        other_title="",
        text=text_runs,
        text_language=written_in(text),
    )


def _concept(hit: Hit, term: str, language: str) -> Result:
    """Show a concept in the reader's language, wherever the match was."""
    titles, summaries = _texts(hit, "titles"), _texts(hit, "summaries")
    title = titles.get(language) or str(hit.fields.get("title", ""))
    others = (other for key, other in titles.items() if key != language and other != title)
    summary = summaries.get(language) or str(hit.fields.get("text", ""))
    passage = _runs(hit.highlights.get("text"))
    is_of_summary = _plain(passage).strip("…") in summary
    text = passage if passage and is_of_summary else marked(summary, term)
    if is_of_summary or any(run.style for run in text):
        passage = ()
    return Result(
        ref=hit.ref,
        is_concept=True,
        kind=str(hit.fields.get("kind", "")),
        title=_title(title, hit, term),
        title_language=written_in(title),
        other_title=next(others, ""),
        text=text,
        text_language=written_in(summary),
        passage=passage,
        passage_language=written_in(_plain(passage)),
    )


def _texts(hit: Hit, field: str) -> Mapping[str, str]:
    value = hit.fields.get(field)
    return value if isinstance(value, Mapping) else {}


def _title(title: str, hit: Hit, term: str) -> tuple[Run, ...]:
    """Return the engine's marks when they are of this very title."""
    runs = _runs(hit.highlights.get("title"))
    return runs if _plain(runs) == title else marked(title, term)


def _runs(pieces: Sequence[tuple[str, bool]] | None) -> tuple[Run, ...]:
    return tuple(Run(text, MARK if is_match else PLAIN) for text, is_match in pieces or ())


def _plain(runs: tuple[Run, ...]) -> str:
    return "".join(run.text for run in runs)
