"""The glossary as its doors see it: concepts in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.catalog.service import Catalog
from portal.glossary.concepts import ConceptView
from portal.glossary.concepts import choose_language
from portal.glossary.concepts import titles_of
from portal.glossary.concepts import view_concept
from portal.kernel.errors import NotFoundError
from portal.model.entity import Entity


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
    """The concepts of one generation, and the titles of all they link to."""

    generation: int
    concepts: Mapping[str, Entity]
    titles: Mapping[str, Mapping[str, str]]
    schemes: tuple[Entity, ...]


class Glossary:
    """Reads concepts from the catalog, once per generation."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._kept = _Content(-1, {}, {}, ())

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
            NotFoundError: When there is none of that name; names those there are.
        """
        content = self._content()
        entity = content.concepts.get(name.lower())
        if entity is None:
            known = ", ".join(sorted(content.concepts)) or "none yet"
            raise NotFoundError(f"No concept named '{name}'; there are: {known}")
        return view_concept(entity, wanted, content.titles)

    def schemes(self, wanted: Sequence[str]) -> list[GlossaryView]:
        """Return every concept scheme."""
        return [_view_scheme(entity, wanted) for entity in self._content().schemes]

    def _content(self) -> _Content:
        generation = self._catalog.generation()
        if self._kept.generation != generation:
            self._kept = self._load(generation)
        return self._kept

    def _load(self, generation: int) -> _Content:
        concepts = self._catalog.all_documents(["Concept"])
        targets = {relation["targetRef"] for entity in concepts for relation in entity["relations"]}
        return _Content(
            generation,
            {entity["metadata"]["name"].lower(): entity for entity in concepts},
            titles_of(self._catalog.documents(sorted(targets))),
            tuple(self._catalog.all_documents(["Glossary"])),
        )


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
