"""Rules: what in a repository shows that a service implements a concept.

A rule is a member of ``spec.evidence`` of a concept, in the form that
``portal.model.kinds.evidence`` validates.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
from typing import Any

from portal.evidence.finding import Strength
from portal.model.kinds.evidence import FORMS


@dataclass(frozen=True, slots=True)
class Example:
    """Files that a rule matches, or that it does not."""

    found: bool
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a concept.

    Attributes:
        concept: The concept's name.
        id: The rule's id, unique in its concept.
        form: One of ``FORMS``: which reader of files applies it.
        body: The members of that form, as the concept's descriptor has them.
        strength: What its findings say.
        because: The sentence for its findings, by language.
        examples: Files to prove it with.
        decides: The check or expectation that asks for it; empty for a rule of evidence, whose
            findings say that the concept is implemented.
    """

    concept: str
    id: str
    form: str
    body: Mapping[str, Any]
    strength: Strength
    because: Mapping[str, str]
    examples: tuple[Example, ...] = ()
    decides: str = ""

    def texts(self, member: str) -> tuple[str, ...]:
        """Return a member of the body that is a list of texts; empty when it is absent."""
        return tuple(self.body.get(member) or ())


def rules_of(concept: str, spec: Mapping[str, Any], member: str = "evidence") -> Iterator[Rule]:
    """Yield the rules of a valid concept.

    Args:
        concept: The concept's name.
        spec: The ``spec`` of its entity.
        member: The member of the spec that is a list of rules.
    """
    for number, document in enumerate(spec.get(member) or (), 1):
        yield rule_of(concept, document, f"rule-{number}")


def rule_of(concept: str, document: Mapping[str, Any], default_id: str, decides: str = "") -> Rule:
    """Return one rule, from the document that the concept's descriptor has for it."""
    form = next(form for form in FORMS if form in document)
    return Rule(
        concept,
        document.get("id", default_id),
        form,
        document[form],
        Strength(document.get("strength", Strength.SUPPORTING)),
        document.get("because", {}),
        tuple(Example(one["found"], one["files"]) for one in document.get("examples") or ()),
        decides,
    )


@dataclass(frozen=True)
class RuleSet:
    """The rules that one scan applies, in a fixed order.

    Attributes:
        rules: The rules.
    """

    rules: tuple[Rule, ...] = field(default_factory=tuple)

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> RuleSet:
        """Return a set of rules, ordered by concept and id."""
        return cls(tuple(sorted(rules, key=lambda rule: (rule.concept, rule.id))))

    @cached_property
    def id(self) -> str:
        """The hash of all that decides what the rules match; texts are not part of it."""
        texts = [[rule.concept, rule.id, rule.form, rule.body, rule.decides] for rule in self.rules]
        written = json.dumps(texts, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(written.encode()).hexdigest()
