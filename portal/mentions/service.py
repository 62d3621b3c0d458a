"""The use case of mentions: a text is annotated with the concepts that it names."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Hashable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from portal.glossary.concepts import ConceptView
from portal.glossary.service import Glossary
from portal.mentions.finding import find_mentions
from portal.mentions.formats import PLAIN
from portal.mentions.linking import Target
from portal.mentions.linking import linked
from portal.mentions.matching import Match
from portal.mentions.vocabulary import Node
from portal.mentions.vocabulary import vocabulary_of


@dataclass(frozen=True, slots=True)
class AnnotationRequest:
    """A text, and what is wanted of it.

    Attributes:
        text: The text.
        format: ``plain``, ``markdown`` or ``html``.
        languages: The languages of the definitions, the preferred first.
        once: Whether only the first mention of each concept is wanted.
        without: Names of concepts that are not looked for.
        is_linked: Whether the text is wanted with links.
    """

    text: str
    format: str = PLAIN
    languages: Sequence[str] = ()
    once: bool = False
    without: Collection[str] = ()
    is_linked: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """The mentions in a text.

    Attributes:
        mentions: The mentions, in order; they do not overlap.
        concepts: What is mentioned, by ref, in the order of the first mention.
        addresses: The pages of these concepts, by ref.
        linked: The text with links; ``None`` unless asked for.
    """

    mentions: tuple[Match, ...]
    concepts: Mapping[str, ConceptView]
    addresses: Mapping[str, str]
    linked: str | None


class Mentions:
    """Finds mentions; the vocabulary is kept while callers see the same concepts.

    Args:
        glossary: The concepts.
        public_url: The address of the portal, without a slash at its end.
    """

    def __init__(self, glossary: Glossary, public_url: str) -> None:
        self._glossary = glossary
        self._public_url = public_url
        self._kept: tuple[Hashable, Node] = (None, Node())

    def annotate(self, request: AnnotationRequest) -> Annotation:
        """Return the mentions in a text."""
        found = self.find(request.text, request.format, request.without, request.once)
        refs = dict.fromkeys(match.term.ref for match in found)
        concepts = {ref: self._glossary.concept(_name(ref), request.languages) for ref in refs}
        addresses = {ref: self._address(view.name) for ref, view in concepts.items()}
        if not request.is_linked:
            return Annotation(found, concepts, addresses, None)
        targets = {
            ref: Target(view.name, addresses[ref], view.summary) for ref, view in concepts.items()
        }
        text = linked(request.text, request.format, found, targets)
        return Annotation(found, concepts, addresses, text)

    def find(
        self, text: str, format_: str = PLAIN, without: Collection[str] = (), once: bool = False
    ) -> tuple[Match, ...]:
        """Return the mentions in a text.

        Args:
            text: The text.
            format_: Its format.
            without: Names of concepts that are not looked for.
            once: Whether only the first mention of each concept is wanted.
        """
        excluded = {name.lower() for name in without}
        names = self._glossary.names()
        refs = {ref for name, ref in names.items() if name not in excluded}
        vocabulary = self._vocabulary(frozenset(names.values()))
        return find_mentions(text, format_, vocabulary, refs, once)

    def _vocabulary(self, visible: frozenset[str]) -> Node:
        """Return the terms of the concepts that the caller sees."""
        key, (kept, vocabulary) = (self._glossary.generation(), visible), self._kept
        if kept != key:
            vocabulary = vocabulary_of(self._glossary.labels())
            self._kept = key, vocabulary
        return vocabulary

    def _address(self, name: str) -> str:
        return f"{self._public_url}/glossary/{quote(name, safe='')}"


def _name(ref: str) -> str:
    return ref.rpartition("/")[2]
