"""Conditions over what a scan found and what the entity is.

A condition is true, false, or unknown: a scan that ended at a limit proves what it found, and
not that something is absent. ``all``, ``any`` and ``not`` are those of Kleene's logic of three
values.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import count
from typing import Any
from typing import Protocol

from portal.evidence.finding import Finding
from portal.evidence.finding import Scan
from portal.evidence.finding import Scope
from portal.evidence.rule import Rule
from portal.evidence.rule import rule_of
from portal.model.entity import Entity

#: How many findings of one rule a condition reports.
_MOST_FINDINGS = 5


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of an entity that decided a condition: its type, and where it leads."""

    type: str
    target: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The value of a condition, and what decided it.

    Attributes:
        holds: Whether it is true; ``None`` when nobody can say, because the scan did not read
            everything or there is no entity.
        findings: What was found for it, or, when it is false, against it.
        relations: The relations of the entity that it asked for.
    """

    holds: bool | None
    findings: tuple[Finding, ...] = ()
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What conditions are decided on.

    Attributes:
        scan: The findings of one component.
        entity: The component, with its relations; ``None`` when there is only a folder.
    """

    scan: Scan
    entity: Entity | None = None


class Condition(Protocol):
    """What a check or an expectation asks."""

    def outcome(self, known: Known) -> Outcome:
        """Return whether it holds."""
        ...

    def rules(self) -> Iterator[Rule]:
        """Yield the rules that a scan must apply so that it can be decided."""
        ...

    def evidence(self) -> Iterator[str]:
        """Yield the rules of evidence it asks for: ids and globs."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """``all``: true when every part is."""

    parts: tuple[Condition, ...]

    def outcome(self, known: Known) -> Outcome:
        """Return whether it holds; what is false decides before what is unknown."""
        return _combined([part.outcome(known) for part in self.parts], deciding=False)

    def rules(self) -> Iterator[Rule]:
        """Yield the rules of its parts."""
        return (rule for part in self.parts for rule in part.rules())

    def evidence(self) -> Iterator[str]:
        """Yield what its parts ask for."""
        return (one for part in self.parts for one in part.evidence())


@dataclass(frozen=True, slots=True)
class Some:
    """``any``: true when one part is."""

    parts: tuple[Condition, ...]

    def outcome(self, known: Known) -> Outcome:
        """Return whether it holds; what is true decides before what is unknown."""
        return _combined([part.outcome(known) for part in self.parts], deciding=True)

    def rules(self) -> Iterator[Rule]:
        """Yield the rules of its parts."""
        return (rule for part in self.parts for rule in part.rules())

    def evidence(self) -> Iterator[str]:
        """Yield what its parts ask for."""
        return (one for part in self.parts for one in part.evidence())


def _combined(outcomes: list[Outcome], *, deciding: bool) -> Outcome:
    """Combine outcomes of which one of the deciding value decides all."""
    order = (deciding, None, not deciding)
    holds = next(value for value in order if any(one.holds is value for one in outcomes))
    telling = [one for one in outcomes if one.holds is holds]
    findings = {
        (finding.rule, finding.path, finding.line): finding
        for one in telling
        for finding in one.findings
    }
    relations = dict.fromkeys(relation for one in telling for relation in one.relations)
    return Outcome(holds, tuple(findings.values()), tuple(relations))


@dataclass(frozen=True, slots=True)
class Not:
    """``not``: true when its part is false."""

    part: Condition

    def outcome(self, known: Known) -> Outcome:
        """Return the opposite, with the same findings."""
        one = self.part.outcome(known)
        holds = None if one.holds is None else not one.holds
        return Outcome(holds, one.findings, one.relations)

    def rules(self) -> Iterator[Rule]:
        """Return the rules of its part."""
        return self.part.rules()

    def evidence(self) -> Iterator[str]:
        """Return what its part asks for."""
        return self.part.evidence()


@dataclass(frozen=True, slots=True)
class Found:
    """A rule of its own: true when it found something whole in one of its scopes."""

    rule: Rule
    scopes: frozenset[Scope]

    def outcome(self, known: Known) -> Outcome:
        """Return whether the scan's observations have such a finding."""
        of_rule = (
            one
            for one in known.scan.observations
            if (one.concept, one.rule) == (self.rule.concept, self.rule.id)
        )
        return _found(of_rule, self.scopes, known.scan)

    def rules(self) -> Iterator[Rule]:
        """Yield the rule."""
        yield self.rule

    def evidence(self) -> Iterator[str]:
        """Return nothing: it has a rule of its own."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Evidence:
    """``evidence``: true when the concept's own rules found something.

    Attributes:
        concept: The concept's name.
        ids: Globs over the ids of its rules.
        strength: The strength a finding must have; empty for any.
        scopes: The scopes it may have.
    """

    concept: str
    ids: tuple[str, ...]
    strength: str
    scopes: frozenset[Scope]

    def outcome(self, known: Known) -> Outcome:
        """Return whether the scan's findings have such a one."""
        return _found(filter(self.matches, known.scan.findings), self.scopes, known.scan)

    def matches(self, finding: Finding) -> bool:
        """Return whether a finding is of the concept, the rules and the strength."""
        return (
            finding.concept == self.concept
            and (not self.strength or finding.strength == self.strength)
            and any(fnmatchcase(finding.rule, one) for one in self.ids)
        )

    def rules(self) -> Iterator[Rule]:
        """Return no rules: the evidence of the concept is scanned anyway."""
        return iter(())

    def evidence(self) -> Iterator[str]:
        """Return the ids it asks for."""
        return iter(self.ids)


def _found(findings: Iterable[Finding], scopes: frozenset[Scope], scan: Scan) -> Outcome:
    by_place: dict[tuple[str, int], Finding] = {}
    for one in findings:
        if one.scope in scopes and not one.weakened:
            by_place.setdefault((one.path, one.line), one)
    if by_place:
        return Outcome(holds=True, findings=tuple(by_place.values())[:_MOST_FINDINGS])
    return Outcome(holds=False if scan.is_complete else None)


@dataclass(frozen=True, slots=True)
class Described:
    """``entity``: true when the entity is of one of the types, and has one of the relations."""

    types: frozenset[str]
    relations: frozenset[str]

    def outcome(self, known: Known) -> Outcome:
        """Return whether the entity is as described; unknown without an entity."""
        entity = known.entity
        if entity is None:
            return Outcome(holds=None)
        found = tuple(
            Relation(one["type"], one["targetRef"])
            for one in entity.get("relations") or ()
            if one["type"] in self.relations
        )
        is_of_type = not self.types or entity["spec"].get("type") in self.types
        return Outcome(is_of_type and (bool(found) or not self.relations), relations=found)

    def rules(self) -> Iterator[Rule]:
        """Return no rules: it is about no file."""
        return iter(())

    def evidence(self) -> Iterator[str]:
        """Return nothing: it is about no file."""
        return iter(())


def condition_of(
    concept: str, owner: str, because: Mapping[str, str], document: Mapping[str, Any]
) -> Condition:
    """Return a condition from the valid document that a concept's descriptor has for it.

    Args:
        concept: The concept's name.
        owner: The id of the check or expectation it decides: its rules are called
            ``<owner>.1``, ``<owner>.2``, …, unless they have an id of their own.
        because: The sentence of findings of rules that have none of their own, by language.
        document: The document.
    """
    return _Parser(concept, owner, because).parse(document)


class _Parser:
    def __init__(self, concept: str, owner: str, because: Mapping[str, str]) -> None:
        self._concept = concept
        self._owner = owner
        self._because = because
        self._numbers = count(1)

    def parse(self, document: Mapping[str, Any]) -> Condition:
        if "all" in document:
            return Every(tuple(map(self.parse, document["all"])))
        if "any" in document:
            return Some(tuple(map(self.parse, document["any"])))
        if "not" in document:
            return Not(self.parse(document["not"]))
        scopes = frozenset(map(Scope, document.get("scopes") or (Scope.RUNTIME,)))
        if "evidence" in document:
            body = document["evidence"]
            ids = tuple(body.get("rules") or ("*",))
            return Evidence(self._concept, ids, body.get("strength", ""), scopes)
        if "entity" in document:
            body = document["entity"]
            types, relations = body.get("types") or (), body.get("relations") or ()
            return Described(frozenset(types), frozenset(relations))
        id = f"{self._owner}.{document.get('id') or next(self._numbers)}"  # noqa: A001
        named = {"because": self._because, **document, "id": id}
        return Found(rule_of(self._concept, named, id, self._owner), scopes)
