"""The data of the search page: results, concepts first, and links that filter by facets."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from urllib.parse import quote

from portal.model.kinds import KINDS
from portal.model.refs import EntityRef
from portal.search.documents import EVERYTHING
from portal.search.documents import Hit
from portal.search.documents import SearchQuery
from portal.search.documents import Visibility
from portal.search.indexing.collators import GLOSSARY
from portal.search.indexing.collators import SOFTWARE_CATALOG
from portal.search.indexing.documentation import TECHDOCS
from portal.search.ranking.facets import FACETS
from portal.search.ranking.facets import merged
from portal.search.service import Search
from portal.techdocs.translations import FindTranslation
from portal.ui.frame.paging import page_count
from portal.ui.frame.prose import MARK
from portal.ui.frame.prose import PLAIN
from portal.ui.frame.prose import Run
from portal.ui.frame.prose import marked
from portal.ui.frame.prose import written_in

PAGE_SIZE = 20
#: The last page that can be requested.
LAST_PAGE = 500
#: Kinds as they are written, by what documents of pages have: Backstage's are lower case.
_KINDS = {kind.lower(): kind for kind in KINDS}
_TYPES = (GLOSSARY, SOFTWARE_CATALOG, TECHDOCS)
#: The greatest number of values of a facet that are offered.
_MOST_OFFERED = 8


@dataclass(frozen=True, slots=True)
class Result:
    """One result as a page shows it.

    Attributes:
        passage: A passage with the match, if the text has none; may be empty.
        path: The address, if it is not that of the entity.
        site: The name of the entity that a page of documentation is of.
        page: The page of a documentation, below its first one; empty for that.
        reasons: Why it was found: a key of a text, and what fills it in.
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
    path: str = ""
    site: str = ""
    page: str = ""
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A link that filters the results by a value of a facet.

    Attributes:
        facet: The facet, one of ``facets.FACETS``.
        value: The value.
        count: The number of results with that value.
        is_chosen: Whether the page is filtered by it; the link then removes the filter.
        query: The filters of the linked page, by facet.
    """

    facet: str
    value: str
    count: int
    is_chosen: bool
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PageQuery:
    """The query of a search page.

    Attributes:
        term: The text as typed.
        chosen: The filters: facet to value.
        visibility: What the reader may see.
        translate: Finds sections of documentation in the reader's language.
    """

    term: str
    chosen: Mapping[str, str] = field(default_factory=dict)
    visibility: Visibility = EVERYTHING
    translate: FindTranslation = lambda _ref, _place: None


@dataclass(frozen=True, slots=True)
class Results:
    """A page of results, their total, and the links that filter them."""

    items: tuple[Result, ...]
    total: int
    page: int
    pages: int
    narrowings: tuple[Narrowing, ...] = ()
    suggestion: str = ""


def find(search: Search, page_query: PageQuery, page: int, language: str) -> Results:
    """Return a page of results; the last page if ``page`` is beyond it.

    Raises:
        MissingIndexError: When the index has not been built.
    """
    page = min(page, LAST_PAGE)
    found = _find(search, page_query, (page - 1) * PAGE_SIZE)
    pages = page_count(found.total, PAGE_SIZE)
    if page > pages:
        page = pages
        found = _find(search, page_query, (page - 1) * PAGE_SIZE)
    items = tuple(_results(found.hits, page_query, language))
    narrowings = tuple(_narrowings(found.counts, page_query.chosen))
    return Results(items, found.total, page, pages, narrowings, found.suggestion)


_Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class _Found:
    hits: list[Hit]
    total: int
    counts: _Counts
    suggestion: str


def _find(search: Search, page_query: PageQuery, offset: int) -> _Found:
    """Ask type by type, so that each falls back to near misses by itself."""
    hits: list[Hit] = []
    total = 0
    counts: list[_Counts] = []
    suggestions: list[str] = []
    filters = {facet: (value,) for facet, value in page_query.chosen.items()}
    for kind in _TYPES:
        room = PAGE_SIZE - len(hits)
        found = search.search(
            SearchQuery(
                page_query.term,
                (kind,),
                filters,
                offset=max(0, offset - total),
                limit=max(room, 1),
                explain=True,
                facets=FACETS,
                visibility=page_query.visibility,
            )
        )
        hits += found.hits[:room]
        total += found.total
        counts.append(found.facets)
        suggestions.append(found.suggestion if found.total else "")
    merged_counts = {name: merged(one[name] for one in counts) for name in FACETS}
    meant = next(filter(None, suggestions), "")
    return _Found(hits, total, merged_counts, meant)


def _narrowings(counts: _Counts, chosen: Mapping[str, str]) -> Iterator[Narrowing]:
    """Yield the links by facet: those that remove a filter, and those that reduce results."""
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


def _results(hits: Sequence[Hit], page_query: PageQuery, language: str) -> Iterator[Result]:
    """Yield the results; of two pages that are twins the one in the reader's language."""
    shown: set[str] = set()
    for hit in hits:
        if hit.type == GLOSSARY:
            yield _concept(hit, page_query.term, language)
            continue
        result = _entity(hit)
        if result.path:
            result = _translated(result, hit, page_query.translate)
        if not result.path or result.path not in shown:
            shown.add(result.path)
            yield result


def _translated(result: Result, hit: Hit, translate: FindTranslation) -> Result:
    kind, namespace, name = (str(hit.fields.get(key, "")) for key in ("kind", "namespace", "name"))
    ref, place = EntityRef(kind, namespace, name), str(hit.fields.get("path", ""))
    there = translate(ref, place)
    if there is None:
        return replace(result, page=_page_of(place))
    # The address ends in the place, however it is quoted.
    home = result.path.removesuffix(quote(place, safe="/#"))
    path = home + quote(there.address, safe="/#")
    title = (Run(there.title),)
    language, page = written_in(there.title), _page_of(there.address)
    return replace(result, path=path, page=page, title=title, title_language=language)


def _page_of(place: str) -> str:
    return place.partition("#")[0].strip("/")


def _entity(hit: Hit) -> Result:
    title, text = str(hit.fields.get("title", "")), str(hit.fields.get("text", ""))
    kind = str(hit.fields.get("kind", ""))
    title_runs = _runs(hit.highlights.get("title")) or (Run(title),)
    text_runs = _runs(hit.highlights.get("text")) or (Run(text),)
    return Result(
        ref=hit.ref,
        is_concept=False,
        kind=_KINDS.get(kind, kind),
        title=title_runs,
        title_language=written_in(title),
        other_title="",
        text=text_runs,
        text_language=written_in(text),
        path=str(hit.fields.get("location", "")) if hit.type == TECHDOCS else "",
        site=str(hit.fields.get("entityTitle", "")),
        reasons=_reasons(hit),
    )


def _concept(hit: Hit, term: str, language: str) -> Result:
    """Return a concept's result in the reader's language, whichever language matched."""
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
        reasons=_reasons(hit),
    )


def _reasons(hit: Hit) -> tuple[tuple[str, str], ...]:
    """Return why a result was found: keys of texts below ``why``, and what fills them in."""
    told = hit.explanation
    if told is None:
        return ()
    found = [("name", told.name)] if told.name else []
    if told.reading:
        found.append((told.reading, told.read_as))
    found += [("related", f"{word} → {variant}") for word, variant in told.related[:2]]
    found += [("tool", tool) for tool, _role in told.tools[:2]]
    words = told.matches.get("text") or told.matches.get("body") or ()
    if not found and words:
        found.append(("text", ", ".join(dict.fromkeys(words[:4]))))
    return tuple(found)


def _texts(hit: Hit, field: str) -> Mapping[str, str]:
    value = hit.fields.get(field)
    return value if isinstance(value, Mapping) else {}


def _title(title: str, hit: Hit, term: str) -> tuple[Run, ...]:
    """Return the engine's highlights if they are of this title, else our own."""
    runs = _runs(hit.highlights.get("title"))
    return runs if _plain(runs) == title else marked(title, term)


def _runs(pieces: Sequence[tuple[str, bool]] | None) -> tuple[Run, ...]:
    return tuple(Run(text, MARK if is_match else PLAIN) for text, is_match in pieces or ())


def _plain(runs: tuple[Run, ...]) -> str:
    return "".join(run.text for run in runs)
