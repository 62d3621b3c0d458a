"""Tests a template: its rules, its cases, their golden files and their projects' tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path

from portal.authoring.finding import RuleViolation
from portal.authoring.folder import TemplateFolder
from portal.authoring.folder import read_folder
from portal.authoring.offline import render
from portal.authoring.proof.cases import FOLDER
from portal.authoring.proof.cases import Case
from portal.authoring.proof.cases import case_files
from portal.authoring.proof.cases import read_case
from portal.authoring.proof.goldens import GoldenDifference
from portal.authoring.proof.goldens import changes
from portal.authoring.proof.goldens import golden_folder
from portal.authoring.proof.goldens import golden_of
from portal.authoring.proof.goldens import read_golden
from portal.authoring.proof.goldens import write_golden
from portal.authoring.proof.options import ProofOptions
from portal.authoring.proof.project_tests import TestRun
from portal.authoring.proof.project_tests import run_tests
from portal.authoring.proof.updates import UpdateProof
from portal.authoring.proof.updates import prove_updates
from portal.authoring.rules.template_rules import template_findings
from portal.authoring.rules.tree_rules import tree_findings
from portal.kernel.errors import PortalError
from portal.scaffolder.workspace.tree import Tree

_UPDATE = "write it with --update, and look at it"
#: The task id of a case's run: a constant, so that its files are reproducible.
_TASK = "template-test"


@dataclass(frozen=True, slots=True)
class CaseProof:
    """The result of a case.

    Attributes:
        name: The case.
        files: The number of files it makes; ``None`` when it cannot be rendered.
        changes: The differences from its golden files.
        is_updated: Whether they were written to the golden files.
        tests: The result of the project's own tests, if they were run.
        findings: The rule violations.
    """

    name: str
    files: int | None = None
    changes: tuple[GoldenDifference, ...] = ()
    is_updated: bool = False
    tests: TestRun | None = None
    findings: tuple[RuleViolation, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateProof:
    """The result of a template: its own rule violations, its cases, and updates of these."""

    name: str
    path: Path
    findings: tuple[RuleViolation, ...] = ()
    cases: tuple[CaseProof, ...] = field(default=())
    updates: tuple[UpdateProof, ...] = field(default=())

    @property
    def is_good(self) -> bool:
        """Whether there are no rule violations."""
        found = (self.findings, *(one.findings for one in self.cases))
        return not any((*found, *(one.findings for one in self.updates)))


def prove(path: Path, options: ProofOptions, say: Callable[[str], None]) -> TemplateProof:
    """Test a template.

    Args:
        path: Its folder.
        options: The options.
        say: Called with a line about each longer operation.

    Raises:
        PortalError: When projects of a former release are to be updated, and there is no such
            release, or git is too old.
    """
    try:
        template = read_folder(path)
    except PortalError as error:
        return TemplateProof(
            path.name, path, (RuleViolation("template", str(path), error.message),)
        )
    findings = tuple(dict.fromkeys(template_findings(template)))
    cases = tuple(_prove_cases(template, options, say))
    findings += tuple(_case_findings(template, options, cases))
    updates = _updates(template, options, say) if options.since is not None else ()
    return TemplateProof(template.name, template.path, findings, cases, updates)


def _updates(
    template: TemplateFolder, options: ProofOptions, say: Callable[[str], None]
) -> tuple[UpdateProof, ...]:
    cases: dict[str, Case | None] = {file.stem: None for file in case_files(template)}
    for file in case_files(template):
        with suppress(PortalError):  # it was told as a case
            cases[file.stem] = read_case(template, file)
    return prove_updates(template, cases, options, say)


def _prove_cases(
    template: TemplateFolder, options: ProofOptions, say: Callable[[str], None]
) -> Iterator[CaseProof]:
    for file in case_files(template):
        if options.takes(file.stem):
            yield _prove_case(template, file, options, say)


def _case_findings(
    template: TemplateFolder, options: ProofOptions, cases: tuple[CaseProof, ...]
) -> Iterator[RuleViolation]:
    """Yield violations of the cases as a whole: there are none, or goldens lack a case."""
    if not cases:
        yield RuleViolation(
            "case", FOLDER, f"there is no case: write {FOLDER}/<name>.yaml with 'values'"
        )
    known = {golden_folder(template.path, file.stem) for file in case_files(template)}
    for folder in sorted((template.path / FOLDER).glob("*.golden")):
        if folder.is_dir() and folder not in known:
            if options.update:
                shutil.rmtree(folder)
            else:
                yield RuleViolation("golden", f"{FOLDER}/{folder.name}", "there is no such case")


def _prove_case(
    template: TemplateFolder, file: Path, options: ProofOptions, say: Callable[[str], None]
) -> CaseProof:
    place = f"{FOLDER}/{file.name}"
    try:
        case = read_case(template, file)
    except PortalError as error:
        findings = (RuleViolation("case", place, line) for line in error.message.splitlines())
        return CaseProof(file.stem, findings=tuple(findings))
    try:
        tree = render(template, case.values, case.secrets, _TASK).tree
    except PortalError as error:
        return CaseProof(case.name, findings=(RuleViolation("render", place, error.message),))
    proof = _compared(template, case, tree, options)
    proof = replace(proof, findings=(*tree_findings(tree, case.allow), *proof.findings))
    if options.run:
        say(f"{template.name} ({case.name}): {' '.join(case.test)}")
        proof = _tested(proof, case, tree, options.limit)
    return proof


def _compared(template: TemplateFolder, case: Case, tree: Tree, options: ProofOptions) -> CaseProof:
    folder = golden_folder(template.path, case.name)
    old, new = read_golden(folder), golden_of(tree, template.files)
    changed = tuple(changes(old, new))
    proof = CaseProof(case.name, len(tree), changed)
    if options.update:
        if old != new:
            write_golden(folder, new)
        return replace(proof, is_updated=old != new)
    place = f"{FOLDER}/{folder.name}"
    if not old:
        return replace(
            proof, findings=(RuleViolation("golden", place, f"there is none: {_UPDATE}"),)
        )
    return replace(proof, findings=tuple(_golden_finding(place, change) for change in changed))


def _golden_finding(place: str, change: GoldenDifference) -> RuleViolation:
    word = {"+": "is new", "-": "is gone", "~": "is not as it was"}[change.mark]
    return RuleViolation("golden", place, f"{change.path} {word}: {_UPDATE}", change.difference)


def _tested(proof: CaseProof, case: Case, tree: Tree, limit: float) -> CaseProof:
    tests = run_tests(tree, case.test, limit)
    if not tests.fault:
        return replace(proof, tests=tests)
    finding = RuleViolation("run", case.file, tests.fault, tests.output)
    return replace(proof, tests=tests, findings=(*proof.findings, finding))
