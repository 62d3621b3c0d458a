"""What a scan of a component's files finds: the types that links and reports are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """When what was found takes effect, the most telling first.

    The words are those of dependency managers: an optional dependency is installed on
    demand, a development dependency never with the product.
    """

    RUNTIME = "runtime"
    OPTIONAL = "optional"
    DEVELOPMENT = "development"
    TEST = "test"

    def narrowed(self, other: Scope) -> Scope:
        """Return the less telling of two scopes."""
        order = list(Scope)
        return max(self, other, key=order.index)


class Strength(StrEnum):
    """What a rule's finding says: alone that the concept is implemented, or only with others."""

    STRONG = "strong"
    SUPPORTING = "supporting"


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in a repository that a rule of a concept matches.

    Attributes:
        concept: The concept's name, such as ``circuit-breaker``.
        rule: The rule's id inside its concept, such as ``python-library``.
        form: The rule's form, such as ``dependency`` or ``code``.
        path: The file, from the root of the repository.
        line: Its line, from 1; 1 for a rule that looks at names of files only.
        commit: The full commit id; empty for a working tree.
        scope: When it takes effect.
        strength: What it says by itself.
        message: The rule's sentence by language, ``ko`` and ``en``.
        matched: What was matched: a purl, a module, a key, a pattern, a name.
        blob: The id of the file's content.
        weakened: Why it says less than its rule: ``unused`` (imported, not used),
            ``unwired`` (defined, named by nothing that runs), ``indirect`` (comes with another
            dependency); empty when it says as much.
    """

    concept: str
    rule: str
    form: str
    path: str
    line: int
    commit: str
    scope: Scope
    strength: Strength
    message: Mapping[str, str]
    matched: str = ""
    blob: str = ""
    weakened: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it takes effect at run time and says as much as its rule."""
        return self.scope is Scope.RUNTIME and not self.weakened

    @property
    def counts(self) -> bool:
        """Whether it is strong and takes effect at run time: alone it makes a link."""
        return self.strength is Strength.STRONG and self.scope is Scope.RUNTIME


@dataclass(frozen=True, slots=True)
class Gap:
    """Something a scan did not do: a file or a rule left out, and why.

    Attributes:
        reason: A stable name: ``syntax``, ``size``, ``limit``, ``unreadable``,
            ``outdated`` (a report tells of a file that is not there), ``parser``.
        message: What was left out, as a sentence.
        path: The file, if it is about one.
    """

    reason: str
    message: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of a scan of one component.

    Attributes:
        folder: The component's folder in its repository; empty for the root.
        commit: The full commit id; empty for a working tree.
        rule_set: The hash of the rules that were applied.
        findings: What shows that concepts are implemented, by path and line.
        observations: What checks and expectations ask for, in the same order: it makes no
            link, and its ``rule`` is ``<check>.<number>``.
        gaps: What was left out.
        files: The number of files in the folder.
        read: The number of files that were read this time; the others were known.
        memory: What the next scan needs to read changed files only; opaque bytes to store
            with the component. Empty while what is stored still saves most of the work.
    """

    folder: str
    commit: str
    rule_set: str
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...] = ()
    files: int = 0
    read: int = 0
    memory: bytes = b""
    observations: tuple[Finding, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the scan read all it had to: what it did not find is not there."""
        return not any(gap.reason == "limit" for gap in self.gaps)

    def of(self, concept: str) -> tuple[Finding, ...]:
        """Return the findings for one concept."""
        return tuple(finding for finding in self.findings if finding.concept == concept)
