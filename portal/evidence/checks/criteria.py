"""All that the concepts of a glossary say about evidence, in one value."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property

from portal.evidence.checks.check import Check
from portal.evidence.checks.check import Grade
from portal.evidence.checks.check import checks_of
from portal.evidence.checks.check import grade
from portal.evidence.checks.expectation import Expectation
from portal.evidence.checks.expectation import expectations_of
from portal.evidence.finding import Scan
from portal.evidence.matching import Matchers
from portal.evidence.rule import Rule
from portal.evidence.rule import RuleSet
from portal.evidence.rule import rules_of
from portal.model.entity import Entity


@dataclass(frozen=True)
class Criteria:
    """What concepts say about evidence.

    Attributes:
        rules: Everything that a scan has to apply: the rules of evidence, and those that
            checks and expectations ask for.
        checks: The checks by the name of their concept.
        expectations: The expectations of all concepts.
    """

    rules: RuleSet
    checks: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()

    @classmethod
    def of(cls, entities: Iterable[Entity]) -> Criteria:
        """Return the criteria of valid entities of kind Concept; others are ignored.

        Rules are told apart by the concept's name: a glossary has it once.
        """
        concepts = [
            (entity["metadata"]["name"], entity["spec"])
            for entity in entities
            if entity["kind"] == "Concept"
        ]
        checks = {name: tuple(checks_of(name, spec)) for name, spec in concepts}
        expectations = tuple(one for name, spec in concepts for one in expectations_of(name, spec))
        own = (rule for name, spec in concepts for rule in rules_of(name, spec))
        return cls(
            RuleSet.of((*own, *_asked(checks, expectations))),
            {name: several for name, several in checks.items() if several},
            expectations,
        )

    @cached_property
    def matchers(self) -> Matchers:
        """The rules, arranged for quick decisions: made once, and used by all scans."""
        return Matchers(self.rules)

    def grade(self, concept: str, scan: Scan, entity: Entity | None = None) -> Grade:
        """Return how far a component passes the checks of a concept; see ``check.grade``."""
        return grade(concept, self.checks.get(concept, ()), scan, entity)


def _asked(
    checks: Mapping[str, tuple[Check, ...]], expectations: Iterable[Expectation]
) -> Iterator[Rule]:
    for several in checks.values():
        for check in several:
            yield from check.rules()
    for one in expectations:
        yield from one.when.rules()
