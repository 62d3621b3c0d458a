"""What flows through search: documents in, a query, results out.

``SearchEngine`` is the seam between them; an engine knows nothing of entities,
databases or HTTP.
"""

from __future__ import annotations

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
    """

    type: str
    ref: str
    fields: Mapping[str, Any]
    names: tuple[Name, ...] = ()
    body: tuple[str, ...] = ()


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
    """

    term: str = ""
    types: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    offset: int = 0
    limit: int = 25


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
    """

    type: str
    ref: str
    fields: Mapping[str, Any]
    highlights: Mapping[str, tuple[tuple[str, bool], ...]]
    tier: str = ""


@dataclass(frozen=True, slots=True)
class ResultSet:
    """A page of hits, best first, and how many there are in all."""

    hits: tuple[Hit, ...]
    total: int


class SearchEngine(Protocol):
    """An index that can be searched by many while one process writes it."""

    @property
    def generation(self) -> int:
        """The catalog generation the index holds; -1 when it has to be built."""

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
