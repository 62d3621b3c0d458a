"""Rules over all concepts together: what makes a set of terms a glossary.

From SKOS (S13, S14, S27, no cycles in ``broader``) and ISO 704 (one term, one
concept; no circular definitions). ``portal check`` and the server share them.
"""

from __future__ import annotations

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
_LINKS = ("related", "broader", "partOf", "contrastsWith", "replacedBy")


@dataclass(frozen=True, slots=True)
class _Label:
    """A label of a concept: its text, its normal form, where it stands."""

    ref: str
    language: str
    text: str
    key: str
    path: JsonPath


def check_glossary(entities: Iterable[Entity]) -> Iterator[StatusItem]:
    """Yield every broken rule; each item carries the ref of the concept at fault."""
    found = list(entities)
    concepts = {str(ref_of(entity)): entity for entity in found if entity["kind"] == "Concept"}
    for rule in _RULES:
        yield from rule(concepts)
    glossaries = {str(ref_of(entity)) for entity in found if entity["kind"] == "Glossary"}
    for ref, entity in concepts.items():
        target = str(parse_ref(entity["spec"]["glossary"], "Glossary"))
        if target not in glossaries:
            yield _item(ref, "unknown-glossary", f"{target} does not exist", ("spec", "glossary"))


def _item(
    ref: str, rule: str, message: str, path: JsonPath, hint: str = "", level: str = "error"
) -> StatusItem:
    return StatusItem(rule, message, json_path=path, hint=hint, ref=ref, level=level)


def normal_form(text: str) -> str:
    """Return a label as it is compared: composed, without letter case."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _labels(ref: str, entity: Entity) -> Iterator[_Label]:
    for language, labels in entity["spec"]["labels"].items():
        for name in ("preferred", "abbreviation", "alternatives", "hidden"):
            value = labels.get(name)
            base: JsonPath = ("spec", "labels", language, name)
            if isinstance(value, str):
                yield _Label(ref, language, value, normal_form(value), base)
            for index, text in enumerate(value if isinstance(value, list) else ()):
                yield _Label(ref, language, text, normal_form(text), (*base, index))


def _unique_labels(concepts: Mapping[str, Entity]) -> Iterator[StatusItem]:
    """One label, one place: within a concept (S13) and between concepts (ISO 704)."""
    owners: dict[tuple[str, str], _Label] = {}
    for ref, entity in concepts.items():
        for label in _labels(ref, entity):
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
    """Concepts link to concepts that are there, and not to themselves."""
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
    """``broader`` and ``partOf`` lead up and never back."""
    for field in _HIERARCHIES:
        above = {ref: [x for x, _ in _targets(e, field)] for ref, e in concepts.items()}
        for ref in concepts:
            cycle = _cycle(ref, above)
            if cycle and min(cycle) == ref:
                text = f"{field} goes round in a circle: {' > '.join([*cycle, ref])}"
                yield _item(ref, "cycle", text, ("spec", field), "Remove one of the links.")


def _cycle(start: str, above: Mapping[str, list[str]]) -> list[str]:
    """Return a way from ``start`` back to itself, empty when there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for ref in above.get(way[-1], ()):
            if ref == start:
                return way
            if ref not in seen:
                seen.add(ref)
                ways.append([*way, ref])
    return []


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
    """What is related is not also above or below (S27)."""
    above = {ref: _ancestors(ref, concepts) for ref in concepts}
    for ref, entity in concepts.items():
        for target, path in _targets(entity, "related"):
            if target in above[ref] or ref in above.get(target, ()):
                text = f"{target} is related to {ref} and also above or below it"
                yield _item(ref, "related-hierarchy", text, path, "Keep one of the two.")


def _no_circular_definitions(concepts: Mapping[str, Entity]) -> Iterator[StatusItem]:
    """Two summaries do not explain themselves by one another (ISO 704)."""
    uses = {ref: set(_used_in_summary(ref, concepts)) for ref in concepts}
    for ref, used in uses.items():
        for other in sorted(used):
            if ref < other and ref in uses[other]:
                text = f"the summaries of {ref} and {other} define each by the other"
                path: JsonPath = ("spec", "text")
                yield _item(ref, "circular-definition", text, path, level="warning")


def _used_in_summary(ref: str, concepts: Mapping[str, Entity]) -> Iterator[str]:
    for language, texts in concepts[ref]["spec"]["text"].items():
        summary = normal_form(texts["summary"])
        for other, entity in concepts.items():
            labels = entity["spec"]["labels"].get(language)
            if other != ref and labels and normal_form(labels["preferred"]) in summary:
                yield other


_RULES: tuple[Callable[[Mapping[str, Entity]], Iterator[StatusItem]], ...] = (
    _unique_labels,
    _known_targets,
    _no_cycles,
    _related_is_not_above,
    _no_circular_definitions,
)
