"""The templates of the catalog as cards, with the concepts they start."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from portal.catalog.reading.entity_reader import EntityReader
from portal.glossary.concepts import ConceptView
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.model.refs import EntityRef

_STARTER_OF = "starterOf"


@dataclass(frozen=True, slots=True)
class Card:
    """A template to choose.

    Attributes:
        ref: The template.
        title: Its title.
        description: What it makes.
        type: The type of what it makes.
        owner: The ref of its owner.
        tags: Its tags.
        concepts: The names of the concepts it starts.
        pages: How many pages its form has.
    """

    ref: EntityRef
    title: str
    description: str
    type: str
    owner: str
    tags: tuple[str, ...]
    concepts: tuple[str, ...]
    pages: int

    @property
    def path(self) -> str:
        """The address of its form."""
        return f"/create/{self.ref.namespace}/{self.ref.name}"

    def has(self, words: Iterable[str]) -> bool:
        """Return whether all words are in its texts, whatever their letter case."""
        whole = " ".join((self.title, self.description, self.ref.name, *self.tags)).casefold()
        return all(word.casefold() in whole for word in words)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to narrow the cards by, and how many have it."""

    value: str
    label: str
    count: int


def read_cards(reader: EntityReader) -> list[Card]:
    """Return all templates, sorted by title."""
    found = map(card_of, reader.all_documents(["Template"]))
    return sorted(found, key=lambda card: card.title.casefold())


def card_of(entity: Entity) -> Card:
    """Return a template as a card."""
    metadata, spec = entity["metadata"], entity.get("spec") or {}
    parameters = spec.get("parameters") or []
    return Card(
        ref_of(entity),
        metadata.get("title") or metadata["name"],
        str(metadata.get("description") or ""),
        str(spec.get("type") or ""),
        next(_targets(entity, "ownedBy"), ""),
        tuple(map(str, metadata.get("tags") or ())),
        tuple(ref.rpartition("/")[2] for ref in _targets(entity, _STARTER_OF)),
        len(parameters) if isinstance(parameters, list) else 1,
    )


def _targets(entity: Entity, relation: str) -> Iterator[str]:
    for each in entity.get("relations") or ():
        if each["type"] == relation:
            yield each["targetRef"]


def concepts_of(cards: Sequence[Card], concepts: Iterable[ConceptView]) -> list[Choice]:
    """Return the concepts that have a template, in the order of the glossary."""
    counts = _counts(name for card in cards for name in card.concepts)
    return [
        Choice(concept.name, concept.title, counts[concept.name])
        for concept in concepts
        if concept.name in counts
    ]


def tags_of(cards: Sequence[Card]) -> list[Choice]:
    """Return the tags of templates, the most frequent first."""
    counts = _counts(tag for card in cards for tag in card.tags)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Choice(tag, tag, count) for tag, count in ordered]


def _counts(values: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts
