"""The types of this room: links between concepts and services, and what is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from typing import Any

#: The kinds of entities that implement concepts.
KINDS = ("Component", "API", "Resource", "System")


class LinkStatus(StrEnum):
    """What is known of a concept and a service.

    ``verified``: its descriptor claims it and its files show it; ``confirmed``: a person said
    so; ``declared``: claimed, and nothing of it found; ``suggested``: found, and not claimed;
    ``template``: made from the concept's starter, and neither claimed nor found; ``refuted``: a
    person said that it is not so.
    """

    VERIFIED = "verified"
    CONFIRMED = "confirmed"
    DECLARED = "declared"
    SUGGESTED = "suggested"
    TEMPLATE = "template"
    REFUTED = "refuted"


#: The statuses that clients of Backstage see, as the relation ``implementsConcept``.
RELATED = frozenset({LinkStatus.VERIFIED, LinkStatus.CONFIRMED, LinkStatus.DECLARED})


class Completeness(StrEnum):
    """How much of a service's files the last scan has read.

    ``partial``: some were left out (see ``Scan.gaps``); ``failed``: its repository could not be
    read, and what is shown is that of the scan before; ``unreadable``: it has no files that
    could be read, or its host is not allowed.
    """

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    UNREADABLE = "unreadable"


class CheckOutcome(StrEnum):
    """The result of a check of a concept; see ``portal.evidence.checks.check.State``."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNIMPLEMENTED = "unimplemented"


def link_id(concept: str, entity: str) -> str:
    """Return the id of the link between two entities: it stays the same for ever."""
    return hashlib.sha256(f"{concept}\0{entity}".encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Place:
    """A line in a repository.

    Attributes:
        path: The file, from the repository's root.
        line: Its line, from 1.
        commit: The full id of the commit.
        url: The page of the forge that shows that line at that commit; empty when the
            repository is at none.
    """

    path: str
    line: int
    commit: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class LinkFinding:
    """A place that a rule of the concept matches.

    Attributes:
        place: Where.
        rule: The rule's id inside of its concept.
        form: The form of the rule: ``dependency``, ``import``, ``code``, …
        scope: When it takes effect: ``runtime``, ``optional``, ``development`` or ``test``.
        strength: ``strong`` makes a link, ``supporting`` only with others.
        weakened: Why it says less than its rule: ``unused``, ``unwired``, ``indirect``; or empty.
        matched: What was matched.
        message: The rule's sentence by language, ``ko`` and ``en``.
    """

    place: Place
    rule: str
    form: str
    scope: str
    strength: str
    weakened: str
    matched: str
    message: Mapping[str, str]

    @property
    def counts(self) -> bool:
        """Whether it makes a link by itself."""
        return self.strength == "strong" and self.scope == "runtime"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check of the concept in the service.

    Attributes:
        id: The check's id inside of its concept.
        level: The level it belongs to, 1 to 3.
        outcome: Its result.
        reason: Why it was skipped: ``inapplicable`` or ``incomplete``; empty otherwise.
        title: A few words, by language.
        description: What it asks for, by language.
        remedy: What to do to pass it, by language.
        findings: The places that decided it.
    """

    id: str
    level: int
    outcome: CheckOutcome
    reason: str = ""
    title: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)
    remedy: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[LinkFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A concept that is expected of a service, and that it does not implement.

    Attributes:
        concept: The ref of the concept.
        entity: The ref of the service.
        expectation: The id of the expectation inside of its concept.
        message: Why it is expected, by language.
        findings: The places that make the service need it.
    """

    concept: str
    entity: str
    expectation: str
    message: Mapping[str, str]
    findings: tuple[LinkFinding, ...] = ()

    @property
    def id(self) -> str:
        """The id of the gap: it stays the same for ever."""
        return link_id(f"{self.concept} {self.expectation}", self.entity)


@dataclass(frozen=True, slots=True)
class Judgment:
    """What a person said of a link, in ``links.yaml`` or in the service's descriptor.

    Attributes:
        status: ``confirmed`` or ``refuted``.
        reason: Why.
        by: Who: the ref of a user, or a name.
        date: When, as ISO 8601 has it: ``2026-11-30``.
        commit: The commit of the service that the person looked at; may be empty.
        rules: The strong rules that matched then.
        path: The file that says it.
        line: Its line.
        reopened_by: For ``refuted``: the rule that was not known then and matches now, so that
            it does not hold any more; empty while it holds.
    """

    status: LinkStatus
    reason: str
    by: str
    date: str
    commit: str = ""
    rules: tuple[str, ...] = ()
    path: str = ""
    line: int = 0
    reopened_by: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One concept and one service, as the last scan left it.

    Attributes:
        id: The id of the link.
        concept: The ref of the concept: ``concept:default/circuit-breaker``.
        entity: The ref of the service: ``component:default/payments``.
        status: What is known of them.
        confidence: How likely the service implements the concept, from 0 to 1; see
            ``portal.evidence.judging.confidence``.
        level: The level that it reaches by the concept's checks; 0 when none, ``None`` when
            the concept has no checks, or they were not run.
        commit: The commit of the service's repository that was looked at; empty when none was.
        is_declared: Whether the service's descriptor claims the concept.
        since: Since when it has this status, ISO 8601 in UTC.
        template: The template that made the service, if that is the concept's starter.
        judgment: What a person said of it.
    """

    id: str
    concept: str
    entity: str
    status: LinkStatus
    confidence: float
    level: int | None
    commit: str
    is_declared: bool
    since: str
    template: str = ""
    judgment: Judgment | None = None

    @property
    def counts(self) -> bool:
        """Whether it says that the service implements the concept."""
        return self.status in {LinkStatus.VERIFIED, LinkStatus.CONFIRMED}


@dataclass(frozen=True, slots=True)
class Scan:
    """How the files of a service were read last.

    Attributes:
        entity: The ref of the service.
        completeness: How much was read.
        repository: The web address of the repository, or the name of its source.
        folder: The folder of the service; empty for the root.
        commit: The full id of the commit; empty when none was read.
        tree: The id of the folder's tree at that commit.
        rule_set: The hash of the rules that were applied.
        scanned_at: When the findings were made, ISO 8601 in UTC.
        checked_at: When the service was last looked at.
        seconds: How long the scan took.
        files: The number of files in the folder.
        read: The number of files that were read; the others were known.
        gaps: What was left out: ``reason``, ``message`` and ``path`` of each.
        error: Why it could not be read.
        failing_since: Since when.
    """

    entity: str
    completeness: Completeness
    repository: str = ""
    folder: str = ""
    commit: str = ""
    tree: str = ""
    rule_set: str = ""
    scanned_at: str = ""
    checked_at: str = ""
    seconds: float = 0.0
    files: int = 0
    read: int = 0
    gaps: tuple[Mapping[str, str], ...] = ()
    error: str = ""
    failing_since: str = ""


@dataclass(frozen=True, slots=True)
class LinkDetail:
    """A link with all that shows it.

    Attributes:
        link: The link.
        scan: How the service's files were read; ``None`` before the first scan.
        findings: Every place that was found, the most telling first.
        checks: The results of the concept's checks, by level.
        looked_for: The sentences of the concept's rules, by language: what was looked for.
    """

    link: Link
    scan: Scan | None
    findings: tuple[LinkFinding, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    looked_for: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A change of a link's status or level.

    Attributes:
        id: The number of the change; later ones have greater numbers.
        link: The id of the link.
        concept: The ref of the concept.
        entity: The ref of the service.
        before: The status before; ``None`` for a new link.
        after: The status after; ``None`` for a link that is gone.
        level_before: The level before.
        level_after: The level after.
        checks: The checks whose outcome changed: before and after by id; ``""`` for none.
        confidence: The confidence after.
        commit: The commit of the service that shows it.
        committed_at: When that commit was made, ISO 8601 in UTC; may be empty.
        recorded_at: When it was noticed, ISO 8601 in UTC.
    """

    id: int
    link: str
    concept: str
    entity: str
    before: LinkStatus | None
    after: LinkStatus | None
    level_before: int | None
    level_after: int | None
    checks: Mapping[str, tuple[str, str]]
    confidence: float
    commit: str
    committed_at: str
    recorded_at: str


def judgment_to_json(judgment: Judgment | None) -> dict[str, Any] | None:
    """Return a judgment as JSON for clients; see ``judgment_of``."""
    if judgment is None:
        return None
    return {
        "status": judgment.status.value,
        "reason": judgment.reason,
        "by": judgment.by,
        "date": judgment.date,
        "commit": judgment.commit,
        "rules": list(judgment.rules),
        "path": judgment.path,
        "line": judgment.line,
        "reopenedBy": judgment.reopened_by,
    }


def judgment_of(value: Mapping[str, Any] | None) -> Judgment | None:
    """Return the judgment of the JSON that ``judgment_to_json`` made."""
    if not value:
        return None
    return Judgment(
        LinkStatus(value["status"]),
        value["reason"],
        value["by"],
        value["date"],
        value["commit"],
        tuple(value["rules"]),
        value["path"],
        value["line"],
        value["reopenedBy"],
    )
