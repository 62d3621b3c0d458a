"""A template is put to the proof: its rules, its cases, their goldens, their own tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path

from portal.authoring.cases import FOLDER
from portal.authoring.cases import Case
from portal.authoring.cases import case_files
from portal.authoring.cases import read_case
from portal.authoring.finding import Finding
from portal.authoring.folder import TemplateFolder
from portal.authoring.folder import read_folder
from portal.authoring.goldens import Change
from portal.authoring.goldens import changes
from portal.authoring.goldens import golden_folder
from portal.authoring.goldens import golden_of
from portal.authoring.goldens import read_golden
from portal.authoring.goldens import write_golden
from portal.authoring.offline import render
from portal.authoring.project_tests import TestRun
from portal.authoring.project_tests import run_tests
from portal.authoring.template_rules import template_findings
from portal.authoring.tree_rules import tree_findings
from portal.kernel.errors import PortalError
from portal.scaffolder.tree import Tree

_UPDATE = "write it with --update, and look at it"
#: How a case's run is called, so that its files are the same every time.
_TASK = "template-test"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a proof does beside looking.

    Attributes:
        update: Whether golden files are written anew instead of compared.
        run: Whether each project's own tests are run.
        limit: Seconds these may take.
        cases: The names of the cases that count; all when empty.
    """

    update: bool = False
    run: bool = False
    limit: float = 600.0
    cases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CaseProof:
    """What one case came to.

    Attributes:
        name: The case.
        files: How many files it makes; ``None`` when it cannot be rendered.
        changes: What differs from its golden files, or was written into them.
        is_updated: Whether it was.
        tests: How the project's own tests went, when they were run.
        findings: What is wrong.
    """

    name: str
    files: int | None = None
    changes: tuple[Change, ...] = ()
    is_updated: bool = False
    tests: TestRun | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateProof:
    """What a template came to: what is wrong with itself, and its cases."""

    name: str
    path: Path
    findings: tuple[Finding, ...] = ()
    cases: tuple[CaseProof, ...] = field(default=())

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings and not any(case.findings for case in self.cases)


def prove(path: Path, wanted: Wanted, say: Callable[[str], None]) -> TemplateProof:
    """Put a template to the proof.

    Args:
        path: Its folder.
        wanted: What is done beside looking.
        say: Is told what takes longer.
    """
    try:
        template = read_folder(path)
    except PortalError as error:
        return TemplateProof(path.name, path, (Finding("template", str(path), error.message),))
    findings = tuple(dict.fromkeys(template_findings(template)))
    cases = tuple(_prove_cases(template, wanted, say))
    findings += tuple(_case_findings(template, wanted, cases))
    return TemplateProof(template.name, template.path, findings, cases)


def _prove_cases(
    template: TemplateFolder, wanted: Wanted, say: Callable[[str], None]
) -> Iterator[CaseProof]:
    for file in case_files(template):
        if not wanted.cases or file.stem in wanted.cases:
            yield _prove_case(template, file, wanted, say)


def _case_findings(
    template: TemplateFolder, wanted: Wanted, cases: tuple[CaseProof, ...]
) -> Iterator[Finding]:
    """Yield what is wrong with the cases as a whole: none, or goldens of none."""
    if not cases:
        yield Finding("case", FOLDER, f"there is no case: write {FOLDER}/<name>.yaml with 'values'")
    known = {golden_folder(template.path, file.stem) for file in case_files(template)}
    for folder in sorted((template.path / FOLDER).glob("*.golden")):
        if folder.is_dir() and folder not in known:
            if wanted.update:
                shutil.rmtree(folder)
            else:
                yield Finding("golden", f"{FOLDER}/{folder.name}", "there is no such case")


def _prove_case(
    template: TemplateFolder, file: Path, wanted: Wanted, say: Callable[[str], None]
) -> CaseProof:
    place = f"{FOLDER}/{file.name}"
    try:
        case = read_case(template, file)
    except PortalError as error:
        findings = (Finding("case", place, line) for line in error.message.splitlines())
        return CaseProof(file.stem, findings=tuple(findings))
    try:
        tree = render(template, case.values, case.secrets, _TASK).tree
    except PortalError as error:
        return CaseProof(case.name, findings=(Finding("render", place, error.message),))
    proof = _compared(template, case, tree, wanted)
    proof = replace(proof, findings=(*tree_findings(tree, case.allow), *proof.findings))
    if wanted.run:
        say(f"{template.name} ({case.name}): {' '.join(case.test)}")
        proof = _tested(proof, case, tree, wanted.limit)
    return proof


def _compared(template: TemplateFolder, case: Case, tree: Tree, wanted: Wanted) -> CaseProof:
    folder = golden_folder(template.path, case.name)
    old, new = read_golden(folder), golden_of(tree, template.files)
    changed = tuple(changes(old, new))
    proof = CaseProof(case.name, len(tree), changed)
    if wanted.update:
        if old != new:
            write_golden(folder, new)
        return replace(proof, is_updated=old != new)
    place = f"{FOLDER}/{folder.name}"
    if not old:
        return replace(proof, findings=(Finding("golden", place, f"there is none: {_UPDATE}"),))
    return replace(proof, findings=tuple(_golden_finding(place, change) for change in changed))


def _golden_finding(place: str, change: Change) -> Finding:
    word = {"+": "is new", "-": "is gone", "~": "is not as it was"}[change.mark]
    return Finding("golden", place, f"{change.path} {word}: {_UPDATE}", change.difference)


def _tested(proof: CaseProof, case: Case, tree: Tree, limit: float) -> CaseProof:
    tests = run_tests(tree, case.test, limit)
    if not tests.fault:
        return replace(proof, tests=tests)
    finding = Finding("run", case.file, tests.fault, tests.output)
    return replace(proof, tests=tests, findings=(*proof.findings, finding))
