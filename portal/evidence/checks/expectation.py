"""Where a concept is expected of a component that shows nothing of it: a gap, with its reason."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.evidence.checks.condition import Condition
from portal.evidence.checks.condition import Known
from portal.evidence.checks.condition import Relation
from portal.evidence.checks.condition import condition_of
from portal.evidence.finding import Finding
from portal.evidence.finding import Scan
from portal.model.entity import Entity


@dataclass(frozen=True, slots=True)
class ExpectationExample:
    """A component of which a concept is expected, or is not: its files, and what it is."""

    expects: bool
    files: Mapping[str, str]
    entity: Entity


@dataclass(frozen=True, slots=True)
class Expectation:
    """When a component should implement a concept.

    Attributes:
        concept: The concept's name.
        id: The expectation's id, unique in its concept.
        when: What makes a component need the concept.
        because: Why, a sentence, by language.
        examples: Components to prove it with.
    """

    concept: str
    id: str
    when: Condition
    because: Mapping[str, str]
    examples: tuple[ExpectationExample, ...] = ()

    def evidence(self) -> Iterator[str]:
        """Yield the rules of evidence it asks for: ids and globs."""
        return self.when.evidence()


@dataclass(frozen=True, slots=True)
class UnmetExpectation:
    """A concept that is expected of a component, and that it does not show.

    Attributes:
        expectation: What is expected, and why.
        findings: What in its files makes the component need the concept.
        relations: What its relations say.
    """

    expectation: Expectation
    findings: tuple[Finding, ...]
    relations: tuple[Relation, ...]


def unmet(
    expectations: Iterable[Expectation],
    scan: Scan,
    implemented: Collection[str],
    entity: Entity | None = None,
) -> tuple[UnmetExpectation, ...]:
    """Return what is expected of a component and not there.

    What is not known to be true is not told: an expectation that a scan could not decide is
    left out.

    Args:
        expectations: The expectations of all concepts.
        scan: What was found in the component by ``Criteria.rules``.
        implemented: The names of the concepts it implements, by evidence or by a person's
            word; a declaration alone shows nothing.
        entity: The component, with its relations.
    """
    known = Known(scan, entity)
    return tuple(_unmet(expectations, known, implemented))


def _unmet(
    expectations: Iterable[Expectation], known: Known, implemented: Collection[str]
) -> Iterator[UnmetExpectation]:
    for one in expectations:
        if one.concept not in implemented:
            outcome = one.when.outcome(known)
            if outcome.holds:
                yield UnmetExpectation(one, outcome.findings, outcome.relations)


def expectations_of(concept: str, spec: Mapping[str, Any]) -> Iterator[Expectation]:
    """Yield the expectations of a valid concept.

    Args:
        concept: The concept's name.
        spec: The ``spec`` of its entity.
    """
    for document in spec.get("expectations") or ():
        yield Expectation(
            concept,
            document["id"],
            condition_of(
                concept, f"{document['id']}.expected", document["because"], document["when"]
            ),
            document["because"],
            tuple(map(_example, document.get("examples") or ())),
        )


def _example(document: Mapping[str, Any]) -> ExpectationExample:
    described = document.get("entity") or {}
    relations = [
        {"type": one, "targetRef": "api:default/example"} for one in described.get("relations", ())
    ]
    entity = {"spec": {"type": described.get("type", "service")}, "relations": relations}
    return ExpectationExample(document["expects"], document.get("files") or {}, entity)
