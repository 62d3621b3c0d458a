"""A graded check of a concept, its result for one component, and the level this makes."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.evidence.checks.condition import Condition
from portal.evidence.checks.condition import Known
from portal.evidence.checks.condition import condition_of
from portal.evidence.finding import Finding
from portal.evidence.finding import Scan
from portal.evidence.rule import Rule
from portal.model.entity import Entity
from portal.model.kinds.checks import LEVELS


class State(StrEnum):
    """The result of a check, with the words of GitLab's maturity model of services.

    ``passed``: its rule holds. ``failed``: it does not, and everything it asks for was read.
    ``skipped``: it was not judged; ``Reason`` says why. ``unimplemented``: the check has no
    rule yet, so that nothing can pass it.
    """

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNIMPLEMENTED = "unimplemented"


class Reason(StrEnum):
    """Why a check was skipped.

    ``inapplicable``: its ``when`` does not hold, so that it asks nothing of this component.
    ``incomplete``: the scan ended at a limit (or there is no entity), and what was read
    decides neither way.
    """

    NONE = ""
    INAPPLICABLE = "inapplicable"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class CheckExample:
    """The files of a component that passes a check, or does not."""

    passes: bool
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a concept.

    Attributes:
        concept: The concept's name.
        id: The check's id, unique in its concept.
        level: 1 to 3.
        title: A few words, by language.
        description: What it asks for, a sentence, by language.
        remedy: What to do to pass it, by language.
        when: When it applies; ``None`` for every component.
        rule: What decides it; ``None`` when nothing does yet.
        examples: Components to prove it with.
    """

    concept: str
    id: str
    level: int
    title: Mapping[str, str]
    description: Mapping[str, str]
    remedy: Mapping[str, str]
    when: Condition | None = None
    rule: Condition | None = None
    examples: tuple[CheckExample, ...] = ()

    def rules(self) -> Iterator[Rule]:
        """Yield the rules that a scan must apply so that it can be decided."""
        for condition in self._conditions:
            yield from condition.rules()

    def evidence(self) -> Iterator[str]:
        """Yield the rules of evidence it asks for: ids and globs."""
        for condition in self._conditions:
            yield from condition.evidence()

    @property
    def _conditions(self) -> tuple[Condition, ...]:
        return tuple(filter(None, (self.when, self.rule)))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check says of one component.

    Attributes:
        check: The check.
        state: Its result.
        reason: Why it was skipped.
        findings: What decided it: what it asks for and was found, or what was found and
            speaks against it; none when something is absent.
    """

    check: Check
    state: State
    reason: Reason = Reason.NONE
    findings: tuple[Finding, ...] = ()

    @property
    def holds_back(self) -> bool:
        """Whether a component cannot have the level of the check, because of this result."""
        return self.state is not State.PASSED and self.reason is not Reason.INAPPLICABLE


@dataclass(frozen=True, slots=True)
class Grade:
    """How far a component passes the checks of one concept.

    Attributes:
        concept: The concept's name.
        level: See ``level_of``.
        results: One for each check, by level.
    """

    concept: str
    level: int
    results: tuple[CheckResult, ...] = ()

    @property
    def missing(self) -> tuple[CheckResult, ...]:
        """What holds back the next level: the results of its checks, and of those below it."""
        held = [one for one in self.results if one.holds_back]
        return tuple(one for one in held if one.check.level == held[0].check.level)


def grade(concept: str, checks: Iterable[Check], scan: Scan, entity: Entity | None = None) -> Grade:
    """Return how far a component passes the checks of a concept.

    Args:
        concept: The concept's name.
        checks: Its checks.
        scan: What was found in the component by ``Criteria.rules``.
        entity: The component, with its relations, for the conditions that ask about it.
    """
    known = Known(scan, entity)
    results = tuple(_result(check, known) for check in sorted(checks, key=lambda one: one.level))
    return Grade(concept, level_of(results), results)


def level_of(results: Iterable[CheckResult]) -> int:
    """Return the highest level of which a check passed, so that none below or in it is open.

    Open are the results that failed, are unimplemented, or were skipped because the scan is
    incomplete. A check that does not apply is left out: it neither makes nor holds back a
    level. 0 is the level of a component that has none.
    """
    known = tuple(results)
    held = min((one.check.level for one in known if one.holds_back), default=max(LEVELS) + 1)
    passed = (one.check.level for one in known if one.state is State.PASSED)
    return max((level for level in passed if level < held), default=0)


def _result(check: Check, known: Known) -> CheckResult:
    if check.when is not None:
        applies = check.when.outcome(known)
        if applies.holds is not True:
            unknown = applies.holds is None
            reason = Reason.INCOMPLETE if unknown else Reason.INAPPLICABLE
            return CheckResult(check, State.SKIPPED, reason, applies.findings)
    if check.rule is None:
        return CheckResult(check, State.UNIMPLEMENTED)
    outcome = check.rule.outcome(known)
    if outcome.holds is None:
        return CheckResult(check, State.SKIPPED, Reason.INCOMPLETE, outcome.findings)
    state = State.PASSED if outcome.holds else State.FAILED
    return CheckResult(check, state, findings=outcome.findings)


def checks_of(concept: str, spec: Mapping[str, Any]) -> Iterator[Check]:
    """Yield the checks of a valid concept.

    Args:
        concept: The concept's name.
        spec: The ``spec`` of its entity.
    """
    for document in spec.get("checks") or ():
        yield check_of(concept, document)


def check_of(concept: str, document: Mapping[str, Any]) -> Check:
    """Return one check, from the document that the concept's descriptor has for it."""
    id = document["id"]  # noqa: A001

    def condition(member: str, owner: str) -> Condition | None:
        found = document.get(member)
        return condition_of(concept, owner, document["description"], found) if found else None

    return Check(
        concept,
        id,
        document["level"],
        document["title"],
        document["description"],
        document["remedy"],
        condition("when", f"{id}.when"),
        condition("rule", id),
        tuple(CheckExample(one["passes"], one["files"]) for one in document.get("examples") or ()),
    )
