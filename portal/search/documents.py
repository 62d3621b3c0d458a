"""The values of search: documents, queries and results.

``SearchEngine`` is the interface between them; engines know nothing of entities,
databases or HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Name:
    """One of the names of a document.

    Attributes:
        text: The name as written.
        rank: ``preferred``, ``alternative``, ``abbreviation``, ``id`` or
            ``hidden`` (found, never shown).
    """

    text: str
    rank: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that implements what a document is about.

    Attributes:
        name: Its name as written, such as ``opossum`` or ``dbt_project.yml``.
        form: What it is: ``dependency``, ``import`` or ``file``.
    """

    name: str
    form: str


@dataclass(frozen=True, slots=True)
class IndexableDocument:
    """What an engine indexes for one entity or one section of a page.

    Attributes:
        type: The document type, such as ``glossary`` or ``software-catalog``.
        ref: The entity ref, with an anchor for a section; unique inside its type.
        fields: The fields of a result, in Backstage's shape: ``title``, ``text``,
            ``location`` and more; JSON values. ``filters`` match these.
        names: The names, the best first.
        body: Further text that is searched, but not part of results.
        tags: The values of the filter and the facet ``tag``.
        symptoms: What people say who need it and do not know its name; searched.
        tools: The tools that implement it; searched.
        owner: The owner as the facet counts it; without it the field ``owner`` is taken.
    """

    type: str
    ref: str
    fields: Mapping[str, Any]
    names: tuple[Name, ...] = ()
    body: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    owner: str = ""

    @property
    def resource(self) -> str:
        """The ref of the entity that a caller has to be allowed to read."""
        authorization = self.fields.get("authorization") or {}
        return str(authorization.get("resourceRef") or "")


def folded_owner(text: str) -> str:
    """Return the shortest spelling of an owner: ``team-a`` of ``group:default/team-a``.

    Letter case, the kind of a group and the default namespace do not tell owners apart.
    """
    short = text.casefold().removeprefix("group:").removeprefix("default/")
    return short.replace(":default/", ":", 1)


@dataclass(frozen=True, slots=True)
class Visibility:
    """What a caller may see.

    Attributes:
        key: What decides about it: callers of equal keys see the same, so cached responses
            are shared between them.
        may_see: Given an entity ref, returns whether its documents are visible; ``None``
            when all are, which then costs nothing.
    """

    key: Hashable = None
    may_see: Callable[[str], bool] | None = field(default=None, compare=False)


#: The visibility of callers who may read everything.
EVERYTHING = Visibility()


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search query.

    Attributes:
        term: The text as typed; empty finds everything.
        types: The document types to search; empty means all.
        filters: Field name to allowed values; fields are ANDed, values ORed, compared
            as strings without letter case.
        offset: The number of results before the page.
        limit: The greatest number of results.
        explain: Whether hits have an explanation.
        facets: The facets to count; see ``facets.FACETS``.
        visibility: What the caller may see; nothing else is found, counted or suggested.
    """

    term: str = ""
    types: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    offset: int = 0
    limit: int = 25
    explain: bool = False
    facets: tuple[str, ...] = ()
    visibility: Visibility = EVERYTHING


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a document was found.

    Attributes:
        name: The name that matched, if a name decided: the title or a synonym. Empty
            also when a hidden spelling decided.
        reading: How the query was interpreted: as typed (empty), ``keyboard`` (typed in
            the other layout), ``initials`` (of a Korean name), ``spelling`` or ``compound``
            (a word that ends like ``name``).
        read_as: The query after that interpretation.
        edits: The edit distance of the query and ``name``, for near misses.
        matches: Field (``names``, ``title``, ``text``, ``body``) to its words that match,
            as written there.
        related: Words of the query, each with the variant of it that the document has.
        tools: The tools that the query names, each with what it has to do with the document.
    """

    name: str = ""
    reading: str = ""
    read_as: str = ""
    edits: int = 0
    matches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    related: tuple[tuple[str, str], ...] = ()
    tools: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One result.

    Attributes:
        type: The document's type.
        ref: The entity ref.
        fields: The fields of the document.
        highlights: For fields with a match: the text as ``(piece, is_match)`` runs; long
            text is cut to a passage around the matches.
        tier: The rule that found it, such as ``name`` or ``text``.
        explanation: Why it was found, if the query asked for it.
    """

    type: str
    ref: str
    fields: Mapping[str, Any]
    highlights: Mapping[str, tuple[tuple[str, bool], ...]]
    tier: str = ""
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class ResultSet:
    """A page of hits, best first.

    Attributes:
        hits: The hits of the page.
        total: The number of hits on all pages.
        suggestion: What was probably meant, if there are only near misses.
        facets: For each requested facet: its values, with the number of all documents
            found that have each; the most frequent first.
    """

    hits: tuple[Hit, ...]
    total: int
    suggestion: str = ""
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion of a name.

    Attributes:
        name: The name, as written.
        type: The type of its document.
        ref: The entity ref.
        fields: The fields of the document.
        how: How the typed text matches: ``prefix``, ``inside`` (from a later word on),
            ``initials`` or ``keyboard``.
    """

    name: str
    type: str
    ref: str
    fields: Mapping[str, Any]
    how: str


class SearchEngine(Protocol):
    """An index with many readers and one writer at a time."""

    @property
    def generation(self) -> int:
        """The catalog generation of the index; -1 when it has to be built."""

    @property
    def catalog(self) -> str:
        """The id of the catalog whose generation that is; empty when it has to be built."""

    @property
    def build(self) -> str:
        """A random id of the last rebuild; what is noted of an index is void after the next."""

    @property
    def edition(self) -> Hashable:
        """A value that changes whenever results may change; keys of caches."""

    def reopen(self) -> None:
        """Wait until what is searched is the newest index, or the last one that can be read."""

    def rebuild(
        self, generation: int, documents: Iterable[IndexableDocument], catalog: str = ""
    ) -> None:
        """Build a new index beside the old one, then replace that atomically."""

    def update(
        self,
        generation: int,
        changed: Iterable[IndexableDocument],
        removed: Iterable[str],
    ) -> None:
        """Add or replace documents, and remove those of the ``removed`` refs."""

    def search(self, query: SearchQuery) -> ResultSet:
        """Return a page of results.

        Raises:
            MissingIndexError: When the index has not been built.
        """

    def suggest(
        self,
        term: str,
        limit: int = 10,
        types: tuple[str, ...] = (),
        visibility: Visibility = EVERYTHING,
    ) -> tuple[Suggestion, ...]:
        """Return completions of a typed text, the best first.

        Raises:
            MissingIndexError: When the index has not been built.
        """
