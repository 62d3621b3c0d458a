"""A link between a concept and a service as pages show it: its sign, findings, what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from portal.links.link import CheckOutcome
from portal.links.link import CheckResult
from portal.links.link import Link
from portal.links.link import LinkDetail
from portal.links.link import LinkFinding
from portal.links.link import LinkStatus
from portal.model.refs import parse_ref

#: The sign of each status, in the order of legends: they differ in shape, not in colour alone.
SIGNS: Mapping[LinkStatus, str] = {
    LinkStatus.VERIFIED: "✓",
    LinkStatus.CONFIRMED: "●",
    LinkStatus.DECLARED: "○",
    LinkStatus.SUGGESTED: "?",
    LinkStatus.TEMPLATE: "▢",
    LinkStatus.REFUTED: "✕",
}
#: The statuses by which a service counts as implementing a concept.
IMPLEMENTED = frozenset({LinkStatus.VERIFIED, LinkStatus.CONFIRMED})
#: How many findings of a link are shown beside others, and of a rule at once.
_FEW = 3
#: The statuses of links to which a descriptor does not say that there is one.
_UNCLAIMED = frozenset({LinkStatus.SUGGESTED, LinkStatus.TEMPLATE, LinkStatus.CONFIRMED})


@dataclass(frozen=True, slots=True)
class Mark:
    """A link in a list.

    Attributes:
        link: The link.
        title: The name of its other end: of the service, or of the concept.
        findings: Its most telling findings.
        more: How many more there are.
        missing: The checks that fail on the way to the next level.
        patch: What to write into the descriptor, so that it declares the concept; or empty.
    """

    link: Link
    title: str
    findings: tuple[LinkFinding, ...] = ()
    more: int = 0
    missing: tuple[CheckResult, ...] = ()
    patch: str = ""


@dataclass(frozen=True, slots=True)
class RuleFindings:
    """The findings of one rule of a link.

    Attributes:
        rule: The rule's id.
        shown: The most telling ones.
        hidden: The others.
    """

    rule: str
    shown: tuple[LinkFinding, ...]
    hidden: tuple[LinkFinding, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.shown) + len(self.hidden)


def by_rule(findings: Iterable[LinkFinding]) -> list[RuleFindings]:
    """Return findings by rule, in the order of the first one of each."""
    groups: dict[str, list[LinkFinding]] = {}
    for one in findings:
        groups.setdefault(one.rule, []).append(one)
    return [
        RuleFindings(rule, tuple(found[:_FEW]), tuple(found[_FEW:]))
        for rule, found in groups.items()
    ]


def mark_of(detail: LinkDetail, title: str) -> Mark:
    """Return a link as lists show it."""
    link, found = detail.link, detail.findings
    return Mark(
        link,
        title,
        found[:_FEW],
        max(0, len(found) - _FEW),
        missing_for_next(link, detail.checks),
        patch_of(link),
    )


def missing_for_next(link: Link, checks: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Return the checks that keep a service from the level above the one it has."""
    failed = [one for one in checks if one.outcome is CheckOutcome.FAILED]
    above = [one.level for one in failed if one.level > (link.level or 0)]
    return tuple(one for one in failed if above and one.level == min(above))


def patch_of(link: Link) -> str:
    """Return the lines that declare the concept in the service's descriptor; empty if it does."""
    if link.is_declared or link.status not in _UNCLAIMED:
        return ""
    return f"spec:\n  implementsConcepts:\n    - {short_ref(link.concept)}\n"


def short_ref(ref: str) -> str:
    """Return the name of a concept as descriptors write it: without the default namespace."""
    found = parse_ref(ref)
    return found.name if found.namespace == "default" else f"{found.namespace}/{found.name}"


def badge_text(link: Link, title: str, portal: str) -> str:
    """Return the Markdown of a badge that says what is known of a link.

    Args:
        link: The link.
        title: The name of the concept.
        portal: The portal's address.
    """
    service = parse_ref(link.entity)
    path = f"{service.kind}/{service.namespace}/{service.name}"
    concept = quote(parse_ref(link.concept).name, safe="")
    picture = f"{portal}/api/catalog/entities/by-name/{path}/concepts/{concept}/badge.svg"
    words = title.replace("[", "\\[").replace("]", "\\]")
    return f"[![{words}]({picture})]({portal}/coverage/links/{link.id})"


def judgment_text(link: Link, status: LinkStatus, date: str) -> str:
    """Return the entry of ``links.yaml`` by which a person says what they know of a link."""
    lines = (
        "links:",
        f"  - entity: {link.entity}",
        f"    status: {status.value}",
        "    reason: …",
        "    by: user:default/…",
        f"    date: {date}",
        *([f"    commit: {link.commit[:12]}"] if link.commit else []),
    )
    return "\n".join(lines) + "\n"


def levels_of(checks: Sequence[CheckResult]) -> list[tuple[int, list[CheckResult]]]:
    """Return checks by their level, from the first."""
    return [
        (level, [one for one in checks if one.level == level])
        for level in sorted({one.level for one in checks})
    ]
