"""Localized views of concepts: one entity in one language.

A concept without texts in the wanted language is given in another one and marked as a
fallback.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from portal.model.entity import Entity
from portal.model.entity import display_name
from portal.model.entity import ref_of
from portal.model.refs import parse_ref

#: The languages of the portal itself, the default first.
LANGUAGES = ("ko", "en")


@dataclass(frozen=True, slots=True)
class ConceptLink:
    """An entity related to a concept; ``exists`` tells whether the catalog has it."""

    ref: str
    kind: str
    name: str
    title: str
    exists: bool


@dataclass(frozen=True, slots=True)
class UseCase:
    """A use case of a concept."""

    title: str
    description: str


@dataclass(frozen=True, slots=True)
class ConceptView:
    """One concept in one language.

    Attributes:
        ref: The entity ref.
        name: The id in addresses.
        language: The language of the texts.
        is_fallback: Whether that is not the language asked for.
        languages: The languages of the concept's texts.
        title: The preferred label.
        titles: The preferred label in every language.
        abbreviation: The short form; may be empty.
        alternatives: Other labels that are shown.
        symptoms: What people say who need it and do not know its name.
        overview: The lines of the overview.
        links: Related entities by relation type.
    """

    ref: str
    name: str
    uid: str
    order: int
    type: str
    status: str
    owner: str
    glossary: str
    tags: tuple[str, ...]
    web_links: tuple[tuple[str, str], ...]
    language: str
    is_fallback: bool
    languages: tuple[str, ...]
    title: str
    titles: Mapping[str, str]
    abbreviation: str
    alternatives: tuple[str, ...]
    symptoms: tuple[str, ...]
    summary: str
    overview: tuple[str, ...]
    explanation: str
    relevance: str
    use_cases: tuple[UseCase, ...]
    links: Mapping[str, tuple[ConceptLink, ...]]


def choose_language(wanted: Sequence[str], available: Sequence[str]) -> tuple[str, bool]:
    """Return the best available language, and whether it is a fallback.

    Args:
        wanted: Language tags, the preferred first; ``en-US`` matches ``en``.
        available: The available languages, the default first.
    """
    for tag in wanted:
        primary = tag.lower().partition("-")[0]
        if primary in available:
            return primary, primary != wanted[0].lower().partition("-")[0]
    ordered = [language for language in LANGUAGES if language in available]
    return (ordered or list(available))[0], bool(wanted)


def view_concept(
    entity: Entity, wanted: Sequence[str], titles: Mapping[str, Mapping[str, str]]
) -> ConceptView:
    """Return a concept in the wanted language.

    Args:
        entity: The final entity of kind Concept.
        wanted: Language tags, the preferred first.
        titles: The titles of all existing entities, by ref and language (``""`` for
            any); other refs count as missing.
    """
    spec, metadata = entity["spec"], entity["metadata"]
    language, is_fallback = choose_language(wanted, list(spec["text"]))
    labels = spec["labels"].get(language) or next(iter(spec["labels"].values()))
    text = spec["text"][language]
    return ConceptView(
        ref=str(ref_of(entity)),
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        order=spec.get("order", 0),
        type=spec["type"],
        status=spec["status"],
        owner=spec["owner"],
        glossary=spec["glossary"],
        tags=tuple(metadata.get("tags", ())),
        web_links=tuple(
            (link["url"], link.get("title", link["url"])) for link in metadata.get("links", ())
        ),
        language=language,
        is_fallback=is_fallback,
        languages=tuple(spec["text"]),
        title=labels["preferred"],
        titles={key: value["preferred"] for key, value in spec["labels"].items()},
        abbreviation=labels.get("abbreviation", ""),
        alternatives=tuple(labels.get("alternatives", ())),
        symptoms=tuple((spec.get("symptoms") or {}).get(language, ())),
        summary=text["summary"],
        overview=tuple(line.strip() for line in text["overview"].splitlines()),
        explanation=text["explanation"],
        relevance=text["relevance"],
        use_cases=tuple(UseCase(c["title"], c["description"]) for c in text["useCases"]),
        links=_links(entity, language, titles),
    )


def _links(
    entity: Entity, language: str, titles: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[ConceptLink, ...]]:
    found: dict[str, list[ConceptLink]] = {}
    for relation in entity.get("relations", ()):
        link = _link(relation["targetRef"], language, titles)
        found.setdefault(relation["type"], []).append(link)
    return {kind: tuple(links) for kind, links in found.items()}


def _link(text: str, language: str, titles: Mapping[str, Mapping[str, str]]) -> ConceptLink:
    ref = parse_ref(text)
    known = titles.get(text)
    title = (known or {}).get(language) or (known or {}).get("") or ref.name
    return ConceptLink(text, ref.kind, ref.name, title, known is not None)


def titles_of(entities: Iterable[Entity]) -> dict[str, dict[str, str]]:
    """Return the titles of entities by ref and language, for ``view_concept``.

    People and teams are called by the display name of their profile.
    """
    found = {}
    for entity in entities:
        titles = {"": display_name(entity)}
        if entity["kind"] == "Concept":
            labels = entity["spec"]["labels"]
            titles |= {language: value["preferred"] for language, value in labels.items()}
        elif entity["kind"] == "Glossary":
            titles |= entity["spec"]["title"]
        found[str(ref_of(entity))] = titles
    return found
