"""The use cases of the glossary: concepts and schemes in the reader's language."""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from portal.catalog.reading.entity_reader import EntityReader
from portal.glossary.concepts import ConceptView
from portal.glossary.concepts import choose_language
from portal.glossary.concepts import titles_of
from portal.glossary.concepts import view_concept
from portal.glossary.integrity import Label
from portal.glossary.integrity import labels_of
from portal.glossary.integrity import normal_form
from portal.kernel.errors import NotFoundError
from portal.model.entity import Entity
from portal.model.entity import ref_of

#: The conditions whose concepts are kept: those of a few groups of callers.
_MOST_KEPT = 16


@dataclass(frozen=True, slots=True)
class GlossaryView:
    """A concept scheme in one language."""

    name: str
    language: str
    title: str
    subtitle: str
    introduction: str


@dataclass(frozen=True, slots=True)
class _Content:
    """The concepts of one generation, and the titles of the entities they link to."""

    generation: int
    concepts: Mapping[str, Entity]
    titles: Mapping[str, Mapping[str, str]]
    schemes: tuple[Entity, ...]


class Glossary:
    """Reads concepts from the catalog; cached per generation, and what callers see of it."""

    def __init__(self, reader: EntityReader) -> None:
        self._reader = reader
        self._kept: dict[Hashable, _Content] = {}

    def concepts(self, wanted: Sequence[str]) -> list[ConceptView]:
        """Return every concept, in the order of the glossary."""
        content = self._content()
        views = [
            view_concept(entity, wanted, content.titles) for entity in content.concepts.values()
        ]
        return sorted(views, key=lambda view: (view.glossary, view.order, view.name))

    def concept(self, name: str, wanted: Sequence[str]) -> ConceptView:
        """Return one concept.

        Raises:
            NotFoundError: When there is none of that name; the message lists the names.
        """
        return view_concept(self.entity(name), wanted, self._content().titles)

    def entity(self, name: str) -> Entity:
        """Return the final entity of a concept.

        Raises:
            NotFoundError: When there is none of that name; the message lists the names.
        """
        concepts = self._content().concepts
        entity = concepts.get(name.lower())
        if entity is None:
            raise NotFoundError(f"No concept named '{name}'; {_nearest(name, concepts)}")
        return entity

    def names(self) -> dict[str, str]:
        """Return the refs of all concepts by their names in lower case."""
        return {name: str(ref_of(entity)) for name, entity in self._content().concepts.items()}

    def generation(self) -> int:
        """Return the generation of the catalog that concepts are read from."""
        return self._content().generation

    def labels(self) -> Iterator[Label]:
        """Yield the labels of all concepts."""
        for entity in self._content().concepts.values():
            yield from labels_of(str(ref_of(entity)), entity)

    def schemes(self, wanted: Sequence[str]) -> list[GlossaryView]:
        """Return every concept scheme."""
        return [_view_scheme(entity, wanted) for entity in self._content().schemes]

    def _content(self) -> _Content:
        generation, condition = self._reader.generation(), self._reader.sight().condition
        kept = self._kept.get(condition)
        if kept is None or kept.generation != generation:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            kept = self._kept[condition] = self._load(generation)
        return kept

    def _load(self, generation: int) -> _Content:
        concepts = self._reader.all_documents(["Concept"])
        targets = {relation["targetRef"] for entity in concepts for relation in entity["relations"]}
        return _Content(
            generation,
            {entity["metadata"]["name"].lower(): entity for entity in concepts},
            titles_of(self._reader.documents(sorted(targets))),
            tuple(self._reader.all_documents(["Glossary"])),
        )


def _nearest(name: str, concepts: Mapping[str, Entity]) -> str:
    """Return which concept is probably meant, by its name or a label, else all there are."""
    keys = {
        normal_form(label): known
        for known, entity in concepts.items()
        for label in (known, *(one.text for one in labels_of(known, entity)))
    }
    near = get_close_matches(normal_form(name), list(keys), 1, 0.6)
    if near:
        return f"did you mean '{keys[near[0]]}'?"
    return f"there are: {', '.join(sorted(concepts)) or 'none yet'}"


def _view_scheme(entity: Entity, wanted: Sequence[str]) -> GlossaryView:
    spec: dict[str, Any] = entity["spec"]
    language, _ = choose_language(wanted, list(spec["title"]))
    return GlossaryView(
        entity["metadata"]["name"],
        language,
        spec["title"][language],
        spec.get("subtitle", {}).get(language, ""),
        spec.get("introduction", {}).get(language, ""),
    )
