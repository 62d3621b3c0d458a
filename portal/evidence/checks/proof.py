"""Checks and expectations are proved by their examples, as rules are.

Run by ``portal check`` over every concept, with the reader that is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from portal.evidence.checks.check import Check
from portal.evidence.checks.check import State
from portal.evidence.checks.check import checks_of
from portal.evidence.checks.check import grade
from portal.evidence.checks.condition import Known
from portal.evidence.checks.criteria import Criteria
from portal.evidence.checks.expectation import Expectation
from portal.evidence.checks.expectation import ExpectationExample
from portal.evidence.checks.expectation import expectations_of
from portal.evidence.finding import Scan
from portal.evidence.proof import Files
from portal.evidence.rule import rules_of
from portal.evidence.scanning.scan import scan
from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import StatusItem
from portal.model.entity import ref_of

_HINTS = {
    "check-id": "Give each check and expectation of a concept an id of its own: results carry it.",
    "check-evidence": "Name rules of the concept's own evidence.",
    "check-text": "Write title, description, remedy and because in every language of the concept.",
    "check-example": "Write examples: one that passes and one that does not, each with its files.",
    "check-result": "Correct the rule, or what the example says.",
}


def check_checks(entities: Iterable[Entity]) -> Iterator[StatusItem]:
    """Yield what is wrong with checks and expectations, each with the ref of the concept."""
    for entity in entities:
        if entity["kind"] == "Concept":
            yield from _Proof(entity).items()


def scanned(criteria: Criteria, files: Mapping[str, str]) -> Scan:
    """Return what the rules of criteria find in some files."""
    tree = Files({path: text.encode() for path, text in files.items()})
    return scan(tree, "", criteria.rules)


@dataclass(frozen=True, slots=True)
class _Proof:
    """The proof of one concept."""

    entity: Entity

    @property
    def _name(self) -> str:
        return str(self.entity["metadata"]["name"])

    def items(self) -> Iterator[StatusItem]:
        described = tuple(self._described())
        if not described:
            return
        criteria = Criteria.of([self.entity])
        known: set[str] = set()
        for path, one in described:
            if one.id in known:
                yield self._item("check-id", f"the id {one.id!r} is used twice", path)
            known.add(one.id)
            yield from self._texts(one, path)
            yield from self._evidence(one, path)
            yield from self._examples(one, criteria, path)

    def _described(self) -> Iterator[tuple[JsonPath, Check | Expectation]]:
        spec = self.entity["spec"]
        for number, check in enumerate(checks_of(self._name, spec)):
            yield ("spec", "checks", number), check
        for number, expectation in enumerate(expectations_of(self._name, spec)):
            yield ("spec", "expectations", number), expectation

    def _texts(self, one: Check | Expectation, path: JsonPath) -> Iterator[StatusItem]:
        languages = set(self.entity["spec"].get("text") or ())
        members = (
            {"title": one.title, "description": one.description, "remedy": one.remedy}
            if isinstance(one, Check)
            else {"because": one.because}
        )
        for member, text in members.items():
            for language in sorted(languages - set(text)):
                message = f"{one.id!r} has no {member} in {language!r}"
                yield self._item("check-text", message, (*path, member), "warning")

    def _evidence(self, one: Check | Expectation, path: JsonPath) -> Iterator[StatusItem]:
        ids = {rule.id for rule in rules_of(self._name, self.entity["spec"])}
        for wanted in sorted(set(one.evidence())):
            if not any(fnmatchcase(known, wanted) for known in ids):
                message = f"{one.id!r} asks for the evidence {wanted!r}, which no rule has"
                yield self._item("check-evidence", message, path)

    def _examples(
        self, one: Check | Expectation, criteria: Criteria, path: JsonPath
    ) -> Iterator[StatusItem]:
        if isinstance(one, Check) and one.rule is None:
            return
        results = [
            (at, wanted, _holds(one, at, criteria)) for at, wanted in enumerate(_wanted(one))
        ]
        if {wanted for _, wanted, _ in results} != {True, False}:
            message = f"{one.id!r} lacks an example of one kind"
            yield self._item("check-example", message, path, "warning")
        for at, wanted, holds in results:
            if holds is not wanted:
                verb = "does not hold for" if wanted else "holds for"
                message = f"{one.id!r} {verb} example {at + 1}"
                yield self._item("check-result", message, (*path, "examples", at))

    def _item(self, rule: str, message: str, path: JsonPath, level: str = "error") -> StatusItem:
        text = f"{path[1]}: {message}"
        ref = str(ref_of(self.entity))
        return StatusItem(rule, text, json_path=path, hint=_HINTS[rule], ref=ref, level=level)


def _wanted(one: Check | Expectation) -> Iterator[bool]:
    for example in one.examples:
        yield example.expects if isinstance(example, ExpectationExample) else example.passes


def _holds(one: Check | Expectation, at: int, criteria: Criteria) -> bool:
    if isinstance(one, Check):
        found = scanned(criteria, one.examples[at].files)
        [result] = grade(one.concept, (one,), found).results
        return result.state is State.PASSED
    example = one.examples[at]
    known = Known(scanned(criteria, example.files), example.entity)
    return one.when.outcome(known).holds is True
