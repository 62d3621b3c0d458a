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
_LONGEST_RING = 12
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
        namespace = ref_of(entity).namespace
        target = str(parse_ref(entity["spec"]["glossary"], "Glossary", namespace))
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
        for cycle in _cycles(above):
            first = cycle.index(min(cycle))
            ring = [*cycle[first:], *cycle[: first + 1]]
            text = f"{field} goes round in a circle: {' > '.join(_shortened(ring))}"
            yield _item(ring[0], "cycle", text, ("spec", field), "Remove one of the links.")


def _shortened(ring: list[str]) -> list[str]:
    return ring if len(ring) <= _LONGEST_RING else [*ring[:_LONGEST_RING], "…"]


def _cycles(above: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Yield a ring for every link that leads back on the way that found it.

    Every concept and every link is looked at once, however long the chains are.
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
    """Find what is related and also above or below (S27)."""
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


def _no_circular_definitions(concepts: Mapping[str, Entity]) -> Iterator[StatusItem]:
    """Two summaries do not explain themselves by one another (ISO 704)."""
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
    _no_circular_definitions,
)
