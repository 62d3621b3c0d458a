"""The status of every link of a service: decided by one table, from what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from portal.evidence.finding import Finding
from portal.evidence.finding import Scope
from portal.evidence.finding import Strength
from portal.evidence.judging import confidence
from portal.links.link import Judgment
from portal.links.link import Link
from portal.links.link import LinkFinding
from portal.links.link import LinkStatus
from portal.links.link import Place
from portal.links.link import link_id
from portal.links.store import LinkRecord

#: How many places of a link are stored, the most telling ones.
MOST_FINDINGS = 500


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a service, beside its files.

    Attributes:
        entity: Its ref.
        declared: The refs of the concepts that its descriptor claims.
        judgments: What persons said, by concept.
        starters: The refs of the templates that make services of a concept, by concept.
        template: The ref of the template that made the service; empty for none.
        is_own: Whether what is found may be suggested for it.
    """

    entity: str
    declared: frozenset[str]
    judgments: Mapping[str, Judgment] = field(default_factory=dict)
    starters: Mapping[str, str] = field(default_factory=dict)
    template: str = ""
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of one concept and one service."""

    is_declared: bool
    is_found: bool
    is_own: bool
    is_of_starter: bool
    judgment: Judgment | None

    @property
    def is_refuted(self) -> bool:
        return bool(
            self.judgment
            and self.judgment.status is LinkStatus.REFUTED
            and not self.judgment.reopened_by
        )

    @property
    def is_confirmed(self) -> bool:
        return bool(self.judgment and self.judgment.status is LinkStatus.CONFIRMED)


#: The first row that applies decides.
_TABLE: tuple[tuple[LinkStatus, Callable[[_Facts], bool]], ...] = (
    (LinkStatus.REFUTED, lambda one: one.is_refuted),
    (LinkStatus.VERIFIED, lambda one: one.is_declared and one.is_found),
    (LinkStatus.CONFIRMED, lambda one: one.is_confirmed),
    (LinkStatus.DECLARED, lambda one: one.is_declared),
    (LinkStatus.SUGGESTED, lambda one: one.is_found and one.is_own),
    (LinkStatus.TEMPLATE, lambda one: one.is_of_starter),
)


def decide(
    known: Known,
    findings: Iterable[Finding],
    before: Mapping[str, Link],
    commit: str,
    now: str,
) -> list[LinkRecord]:
    """Return the links of a service, by concept.

    Args:
        known: What is known of it.
        findings: What was found in its files; the concepts are their refs.
        before: Its links so far, by concept.
        commit: The commit of its files.
        now: The present time, ISO 8601 in UTC.
    """
    by_concept: dict[str, list[Finding]] = {}
    for finding in findings:
        by_concept.setdefault(finding.concept, []).append(finding)
    concepts = {*by_concept, *known.declared, *known.judgments, *_of_starters(known)}
    records = []
    for concept in sorted(concepts):
        found = sorted(by_concept.get(concept, ()), key=_weight)
        link = _link(known, concept, found, before.get(concept), commit, now)
        if link is not None:
            records.append(LinkRecord(link, tuple(map(stored, found[:MOST_FINDINGS]))))
    return records


def _of_starters(known: Known) -> set[str]:
    return {concept for concept, one in known.starters.items() if one == known.template}


def _link(
    known: Known, concept: str, found: list[Finding], before: Link | None, commit: str, now: str
) -> Link | None:
    rules = tuple(sorted({finding.rule for finding in found if finding.counts}))
    judgment = known.judgments.get(concept)
    if judgment is not None:
        judgment = _held(judgment, before.judgment if before else None, rules)
    is_of_starter = concept in _of_starters(known)
    facts = _Facts(concept in known.declared, bool(rules), known.is_own, is_of_starter, judgment)
    status = next((status for status, applies in _TABLE if applies(facts)), None)
    if status is None:
        return None
    is_same = before is not None and before.status is status
    return Link(
        link_id(concept, known.entity),
        concept,
        known.entity,
        status,
        confidence(found),
        None,
        commit,
        facts.is_declared,
        before.since if before is not None and is_same else now,
        known.template if is_of_starter else "",
        judgment,
    )


def _held(judgment: Judgment, before: Judgment | None, rules: tuple[str, ...]) -> Judgment:
    """Return a judgment with the rules that it knew of, and the one that reopens it.

    A refutation holds until a strong rule matches at run time that did not when it was made.
    Which did, the file says (``rules``); where it does not, it is those of the first scan that
    saw the judgment.
    """
    is_known = before is not None and _said(before) == _said(judgment)
    known = judgment.rules or (before.rules if before is not None and is_known else rules)
    new = [rule for rule in rules if rule not in known]
    is_reopened = judgment.status is LinkStatus.REFUTED and bool(new)
    return replace(judgment, rules=known, reopened_by=new[0] if is_reopened else "")


def _said(judgment: Judgment) -> tuple[str, ...]:
    return (judgment.status, judgment.reason, judgment.by, judgment.date, judgment.commit)


def stored(finding: Finding) -> LinkFinding:
    """Return a finding as it is stored."""
    return LinkFinding(
        Place(finding.path, finding.line, finding.commit),
        finding.rule,
        finding.form,
        finding.scope,
        finding.strength,
        finding.weakened,
        finding.matched,
        finding.message,
    )


def _weight(finding: Finding) -> tuple[int, int, str, int]:
    """Return the place of a finding in the order of what they tell."""
    scope, strength = list(Scope).index(finding.scope), list(Strength).index(finding.strength)
    return scope, strength, finding.path, finding.line
