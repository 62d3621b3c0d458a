"""What flows through search: documents in, a query, results out.

``SearchEngine`` is the seam between them; an engine knows nothing of entities,
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
    """One of the names a document goes by.

    Attributes:
        text: The name as written.
        rank: ``preferred``, ``alternative``, ``abbreviation``, ``id`` or
            ``hidden`` (found, never shown).
    """

    text: str
    rank: str


@dataclass(frozen=True, slots=True)
class IndexableDocument:
    """What an engine indexes for one entity.

    Attributes:
        type: The document type, such as ``glossary`` or ``software-catalog``.
        ref: The entity ref; unique inside its type.
        fields: What a result shows, in Backstage's shape: ``title``, ``text``,
            ``location`` and more; JSON values. ``filters`` match these.
        names: Every name, the best first.
        body: Further text to search, never shown as it is.
        tags: What the filter and the facet ``tag`` look at.
    """

    type: str
    ref: str
    fields: Mapping[str, Any]
    names: tuple[Name, ...] = ()
    body: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def resource(self) -> str:
        """The ref of the entity that whoever sees the document must be allowed to see."""
        authorization = self.fields.get("authorization") or {}
        return str(authorization.get("resourceRef") or "")


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may see.

    Attributes:
        roles: What that depends on: callers of the same roles see the same.
        may_see: Whether they may see what tells of an entity, given by its ref;
            ``None`` when they may see everything, which then costs nothing.
    """

    roles: frozenset[str] = frozenset()
    may_see: Callable[[str], bool] | None = field(default=None, compare=False)


#: Of callers no policy holds back.
EVERYTHING = Sight()


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a caller looks for.

    Attributes:
        term: What was typed; empty finds everything.
        types: The document types to look in; empty means all.
        filters: Field name to the values allowed; fields are ANDed, values ORed,
            compared as strings without letter case.
        offset: How many results to skip.
        limit: How many results to return at most.
        explain: Whether hits say why they were found.
        facets: What to count the answer by; see ``facets.FACETS``.
        sight: What the caller may see; nothing else is found, counted or suggested.
    """

    term: str = ""
    types: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    offset: int = 0
    limit: int = 25
    explain: bool = False
    facets: tuple[str, ...] = ()
    sight: Sight = EVERYTHING


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a document was found.

    Attributes:
        name: The name that was meant, when a name decided; a synonym, should it
            not be the title. Empty also when a hidden spelling of it decided.
        reading: What was done to the query: nothing (empty), ``keyboard`` (typed in
            the other layout), ``initials`` (of a Korean name) or ``spelling``.
        read_as: What the query was taken for then.
        edits: How many letters lie between the query and ``name``, for near misses.
        matches: Field to its words that were asked for, as they are written there;
            the fields are ``names``, ``title``, ``text`` and ``body``.
        related: Words of the query and the other form or script that stands for
            them in the document.
    """

    name: str = ""
    reading: str = ""
    read_as: str = ""
    edits: int = 0
    matches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    related: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One result.

    Attributes:
        type: The document's type.
        ref: The entity ref.
        fields: What to show.
        highlights: For fields with a match: the text cut into ``(piece, is_match)``
            runs; long text is cut down to a passage around the matches.
        tier: Which rule found it, such as ``name`` or ``text``.
        explanation: Why it was found, when the query asked.
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
        total: How many there are in all.
        suggestion: What was probably meant, when there are only near misses.
        facets: For each facet that was asked for: its values, and how many of all
            documents found have each; the most frequent first.
    """

    hits: tuple[Hit, ...]
    total: int
    suggestion: str = ""
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A name that may be what somebody is typing.

    Attributes:
        name: The name, as written.
        type: The type of the document that goes by it.
        ref: The entity ref.
        fields: What to show of the document.
        how: ``prefix``, ``inside`` (from a later word on), ``initials`` or
            ``keyboard``.
    """

    name: str
    type: str
    ref: str
    fields: Mapping[str, Any]
    how: str


class SearchEngine(Protocol):
    """An index that can be searched by many while one process writes it."""

    @property
    def generation(self) -> int:
        """The catalog generation the next answers come from; -1 when it has to be built."""

    @property
    def edition(self) -> Hashable:
        """What differs as soon as the next answers may differ."""

    def rebuild(self, generation: int, documents: Iterable[IndexableDocument]) -> None:
        """Replace the whole index, beside the old one, then swap."""

    def update(
        self,
        generation: int,
        changed: Iterable[IndexableDocument],
        removed: Iterable[str],
    ) -> None:
        """Add or replace documents and drop those of the removed entity refs."""

    def search(self, query: SearchQuery) -> ResultSet:
        """Answer a query.

        Raises:
            MissingIndexError: When the index has not been built.
        """

    def suggest(
        self,
        term: str,
        limit: int = 10,
        types: tuple[str, ...] = (),
        sight: Sight = EVERYTHING,
    ) -> tuple[Suggestion, ...]:
        """Return names that may be meant by what was typed so far, the best first.

        Raises:
            MissingIndexError: When the index has not been built.
        """
