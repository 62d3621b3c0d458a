"""Rules over all concepts together: what makes a set of terms a glossary.

From the integrity conditions of SKOS (https://www.w3.org/TR/skos-reference/: within a
concept preferred, alternative and hidden labels differ, S13; one preferred label per
language, S14; ``related`` excludes ``broader``, S27; and no cycles in ``broader``), and
from ISO 704 (one term designates one concept; no circular definitions). ``portal check``
and the server share them. Every rule yields one ``StatusItem`` per violation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import StatusItem
from portal.model.entity import ref_of
from portal.model.refs import parse_ref

#: The kinds ``check_glossary`` looks at.
KINDS = ("Concept", "Glossary")
_HIERARCHIES = ("broader", "partOf")
_LONGEST_RING = 12
#: The length of a symptom, in characters.
_SHORTEST_SYMPTOM = 8
_LONGEST_SYMPTOM = 120
_LINKS = ("related", "broader", "partOf", "contrastsWith", "replacedBy")


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a concept: its text, its normal form and its path in the entity."""

    ref: str
    language: str
    text: str
    key: str
    path: JsonPath


def check_glossary(entities: Iterable[Entity]) -> Iterator[StatusItem]:
    """Yield every violation; each item has the ref of the concept at fault."""
    found = list(entities)
    concepts = {str(ref_of(entity)): entity for entity in found if entity["kind"] == "Concept"}
    for rule in _RULES:
        yield from rule(concepts)
    glossaries = {str(ref_of(entity)) for entity in found if entity["kind"] == "Glossary"}
    for ref, entity in concepts.items():
        namespace = ref_of(entity).namespace
        target = str(parse_ref(entity["spec"]["glossary"], "Glossary", namespace))
        if target not in glossaries:
            yield _item(ref, "unknown-glossary", f"{target} does not exist", ("spec", "glossary"))


def _item(
    ref: str, rule: str, message: str, path: JsonPath, hint: str = "", level: str = "error"
) -> StatusItem:
    return StatusItem(rule, message, json_path=path, hint=hint, ref=ref, level=level)


def normal_form(text: str) -> str:
    """Return a label normalised for comparison: NFC, case-folded, single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def labels_of(ref: str, entity: Entity) -> Iterator[Label]:
    """Yield every label of a concept, hidden ones too, in each language."""
    for language, labels in entity["spec"]["labels"].items():
        for name in ("preferred", "abbreviation", "alternatives", "hidden"):
            value = labels.get(name)
            base: JsonPath = ("spec", "labels", language, name)
            if isinstance(value, str):
                yield Label(ref, language, value, normal_form(value), base)
            for index, text in enumerate(value if isinstance(value, list) else ()):
                yield Label(ref, language, text, normal_form(text), (*base, index))


def _unique_labels(concepts: Mapping[str, Entity]) -> Iterator[StatusItem]:
    """Report a label used twice, within a concept (SKOS S13) or by two (ISO 704)."""
    owners: dict[tuple[str, str], Label] = {}
    for ref, entity in concepts.items():
        for label in labels_of(ref, entity):
            first = owners.setdefault((label.language, label.key), label)
            if first is label:
                continue
            if first.ref == ref:
                text = f"label '{label.text}' ({label.language}) stands twice in {ref}"
            else:
                text = f"label '{label.text}' ({label.language}) is also a label of {first.ref}"
            yield _item(ref, "label-unique", text, label.path, "Keep it in one place.")


def _targets(entity: Entity, field: str) -> Iterator[tuple[str, JsonPath]]:
    value = entity["spec"].get(field) or ()
    names = [value] if isinstance(value, str) else value
    for index, name in enumerate(names):
        path: JsonPath = ("spec", field) if isinstance(value, str) else ("spec", field, index)
        try:
            namespace = entity["metadata"].get("namespace") or "default"
            yield str(parse_ref(name, "Concept", namespace)), path
        except ValueError:
            continue  # the kind's own rules report it


def _known_targets(concepts: Mapping[str, Entity]) -> Iterator[StatusItem]:
    """Report links to concepts that do not exist, and links of a concept to itself."""
    for ref, entity in concepts.items():
        for field in _LINKS:
            for target, path in _targets(entity, field):
                if target == ref:
                    yield _item(ref, "self-link", f"{ref} names itself in {field}", path)
                elif target not in concepts:
                    hint = "Correct the name, or write the concept."
                    text = f"{field}: {target} does not exist"
                    yield _item(ref, "unknown-concept", text, path, hint, "warning")


def _no_cycles(concepts: Mapping[str, Entity]) -> Iterator[StatusItem]:
    """Report cycles in ``broader`` and ``partOf``."""
    for field in _HIERARCHIES:
        above = {ref: [x for x, _ in _targets(e, field)] for ref, e in concepts.items()}
        for cycle in _cycles(above):
            first = cycle.index(min(cycle))
            ring = [*cycle[first:], *cycle[: first + 1]]
            text = f"{field} goes round in a circle: {' > '.join(_shortened(ring))}"
            yield _item(ring[0], "cycle", text, ("spec", field), "Remove one of the links.")


def _shortened(ring: list[str]) -> list[str]:
    return ring if len(ring) <= _LONGEST_RING else [*ring[:_LONGEST_RING], "…"]


def _cycles(above: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Yield the cycles of a graph, found by a depth-first search without recursion.

    Every link is followed once, so a cycle that shares links with another may be missed;
    there is at least one as long as the graph has cycles.
    """
    done: set[str] = set()
    for start in above:
        way: dict[str, Iterator[str]] = {}
        at = start if start not in done else ""
        while at:
            links = way.setdefault(at, iter(above.get(at, ())))
            upward = next(links, "")
            if not upward:
                done.add(at)
                way.popitem()
                at = next(reversed(way), "")
            elif upward in way and upward != at:
                names = list(way)
                yield names[names.index(upward) :]
            elif upward not in done and upward != at:
                at = upward


def _ancestors(ref: str, concepts: Mapping[str, Entity]) -> set[str]:
    found: set[str] = set()
    open_refs = [ref]
    while open_refs:
        entity = concepts.get(open_refs.pop())
        for field in _HIERARCHIES if entity else ():
            for target, _ in _targets(entity or {}, field):
                if target not in found:
                    found.add(target)
                    open_refs.append(target)
    return found


def _related_is_not_above(concepts: Mapping[str, Entity]) -> Iterator[StatusItem]:
    """Report concepts that are related and also broader or narrower (SKOS S27)."""
    pairs = {
        (ref, target): path
        for ref, entity in concepts.items()
        for target, path in _targets(entity, "related")
    }
    related = {ref for pair in pairs for ref in pair}
    above = {ref: _ancestors(ref, concepts) & related for ref in related}
    for (ref, target), path in pairs.items():
        if target in above[ref] or ref in above[target]:
            text = f"{target} is related to {ref} and also above or below it"
            yield _item(ref, "related-hierarchy", text, path, "Keep one of the two.")


def _symptoms_are_told_plainly(concepts: Mapping[str, Entity]) -> Iterator[StatusItem]:
    """Warn of symptoms that are no sentence, that stand twice, or that name the concept."""
    for ref, entity in concepts.items():
        names = [(label.text, _in_text(label.key)) for label in labels_of(ref, entity)]
        for language, symptoms in (entity["spec"].get("symptoms") or {}).items():
            known: set[str] = set()
            for index, text in enumerate(symptoms):
                path: JsonPath = ("spec", "symptoms", language, index)
                key = normal_form(text)
                for problem, hint in _symptom_problems(key, names, key in known):
                    yield _item(ref, "symptom", f"'{text}' {problem}", path, hint, "warning")
                known.add(key)


def _symptom_problems(
    key: str, names: Iterable[tuple[str, re.Pattern[str]]], is_known: bool
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a symptom, and how to mend it."""
    if not _SHORTEST_SYMPTOM <= len(key) <= _LONGEST_SYMPTOM:
        limits = f"{_SHORTEST_SYMPTOM} to {_LONGEST_SYMPTOM}"
        yield f"has {len(key)} characters", f"Write a sentence of {limits} characters."
    if is_known:
        yield "stands twice", "Keep it in one place."
    for name, pattern in names:
        if pattern.search(key):
            yield f"names the concept ('{name}')", "Say it as one who does not know the name."
            return


def _in_text(key: str) -> re.Pattern[str]:
    """Return a pattern of a label in a text: Latin words whole, Korean ones with particles."""
    return re.compile(rf"(?<![a-z0-9]){re.escape(key)}(?![a-z0-9])" if key else r"(?!)")


def _no_circular_definitions(concepts: Mapping[str, Entity]) -> Iterator[StatusItem]:
    """Warn of two summaries that each use the other's preferred label (ISO 704)."""
    names = _preferred(concepts)
    uses = {ref: set(_used_in_summary(ref, concepts, names)) for ref in concepts}
    for ref, used in uses.items():
        for other in sorted(used):
            if ref < other and ref in uses[other]:
                text = f"the summaries of {ref} and {other} define each by the other"
                path: JsonPath = ("spec", "text")
                yield _item(ref, "circular-definition", text, path, level="warning")


def _used_in_summary(
    ref: str, concepts: Mapping[str, Entity], names: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    for language, texts in concepts[ref]["spec"]["text"].items():
        summary = normal_form(texts["summary"])
        for other, name in names.get(language, {}).items():
            if other != ref and name in summary:
                yield other


def _preferred(concepts: Mapping[str, Entity]) -> dict[str, dict[str, str]]:
    """Return the preferred labels in their normal form, by language and ref."""
    found: dict[str, dict[str, str]] = {}
    for ref, entity in concepts.items():
        for language, labels in entity["spec"]["labels"].items():
            found.setdefault(language, {})[ref] = normal_form(labels["preferred"])
    return found


_RULES: tuple[Callable[[Mapping[str, Entity]], Iterator[StatusItem]], ...] = (
    _unique_labels,
    _known_targets,
    _no_cycles,
    _related_is_not_above,
    _symptoms_are_told_plainly,
    _no_circular_definitions,
)
