"""Projects of a former release are updated, by the merge of real updates and without a portal.

For every case of the former release, the project as it was made then becomes what the template
makes now: untouched, and with a file of the project's own in every folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

from portal.authoring.finding import RuleViolation
from portal.authoring.folder import TemplateFolder
from portal.authoring.former import commit_of
from portal.authoring.former import former_folder
from portal.authoring.proof.cases import FOLDER
from portal.authoring.proof.cases import Case
from portal.authoring.proof.cases import committed_cases
from portal.authoring.proof.cases import parse_case
from portal.authoring.proof.merged import UpdatedProject
from portal.authoring.proof.merged import expected_files
from portal.authoring.proof.merged import own_findings
from portal.authoring.proof.merged import update_findings
from portal.authoring.proof.merged import updated
from portal.authoring.proof.options import ProofOptions
from portal.authoring.proof.project_tests import TestRun
from portal.authoring.proof.project_tests import run_tests
from portal.authoring.proof.renderings import BrokenRuleError
from portal.authoring.proof.renderings import Release
from portal.authoring.proof.renderings import Renderings
from portal.authoring.proof.renderings import held
from portal.authoring.proof.renderings import renderings
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.updating.rules import read_rules
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scm.command import Git
from portal.scm.merging.three_way import check_version
from portal.scm.push import Outbox
from portal.scm.push import open_outbox
from portal.scm.urls import local_remote

_GIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class UpdateProof:
    """The result of an update.

    Attributes:
        name: The case; empty for what is wrong with the former template itself.
        changed: The number of files that the update changes; ``None`` when there was none.
        questions: What the form asks anew.
        is_new: Whether the former release had no such case: there is nothing to update.
        tests: The result of the updated project's own tests, if they were run.
        findings: The rule violations.
    """

    name: str = ""
    changed: int | None = None
    questions: tuple[str, ...] = ()
    is_new: bool = False
    tests: TestRun | None = None
    findings: tuple[RuleViolation, ...] = ()


@dataclass(frozen=True, slots=True)
class _Proving:
    """What the updates of all cases share."""

    release: Release
    options: ProofOptions
    say: Callable[[str], None]
    outbox: Outbox


def prove_updates(
    template: TemplateFolder,
    cases: Mapping[str, Case | None],
    options: ProofOptions,
    say: Callable[[str], None],
) -> tuple[UpdateProof, ...]:
    """Update a project of each case of the former release.

    Args:
        template: The template as it is now.
        cases: Its cases by name; ``None`` for one that will not do.
        options: The options; ``since`` is the former release.
        say: Called with a line about each longer operation.

    Raises:
        InputError: When there is no such commit, or the folder is in no repository.
        ConfigError: When git is too old.
        SourceError: When git fails.
    """
    since = options.since or ""
    commit = commit_of(template.path, since)
    with _opened_outbox() as outbox:
        check_version(outbox)
        try:
            release = _release(template, commit, since)
        except BrokenRuleError as error:
            return (UpdateProof(findings=error.violations),)
        return tuple(_proofs(_Proving(release, options, say, outbox), cases))


@contextmanager
def _opened_outbox() -> Iterator[Outbox]:
    with tempfile.TemporaryDirectory(prefix="portal-template-") as name:
        home = Path(name)
        remote = local_remote(name)  # never asked for anything
        with open_outbox(home / "outbox", remote, Git(home, _GIT_SECONDS)) as outbox:
            yield outbox


def _release(template: TemplateFolder, commit: str, since: str) -> Release:
    """Return the template then and now.

    Raises:
        BrokenRuleError: When there is nothing to update from, or the rules cannot be read.
    """
    with held("former", template.descriptor, f"at {since} the template could not be read:"):
        former = former_folder(template, commit)
    reason = _why_not(template, former, since)
    if former is None or reason:
        raise BrokenRuleError(RuleViolation("former", template.descriptor, reason))
    with held("update", template.descriptor):
        rules = read_rules(template.spec.entity)
    return Release(former, commit, since, template, rules)


def _why_not(template: TemplateFolder, former: TemplateFolder | None, since: str) -> str:
    """Return why no project can be updated from a former template; empty where one can."""
    if former is None:
        return (
            f"there was no {template.descriptor} in this folder at {since}: nothing to update from"
        )
    if former.name != template.name:
        return (
            f"at {since} the template was called {former.name}: projects name it so, and find no "
            f"update in {template.name}"
        )
    if not committed_cases(former):
        return f"there was no case at {since}: nothing to update from"
    return ""


def _proofs(proving: _Proving, cases: Mapping[str, Case | None]) -> Iterator[UpdateProof]:
    former = committed_cases(proving.release.former)
    for name in sorted({*former, *cases}):
        if not proving.options.takes(name):
            continue
        if name not in former:
            yield UpdateProof(name, is_new=True)
            continue
        try:
            yield _proof(proving, name, former[name], cases.get(name))
        except BrokenRuleError as error:
            yield UpdateProof(name, findings=error.violations)


def _proof(proving: _Proving, name: str, path: str, now: Case | None) -> UpdateProof:
    """Return the proof of a case.

    Raises:
        BrokenRuleError: When the project cannot be made, then or now.
    """
    release = proving.release
    with held("former", path, f"at {release.since} the case could not be read:"):
        file = path.removeprefix(f"{FOLDER}/")
        case = parse_case(release.former, file, release.former.files[path].data)
    made = renderings(release, case, now)
    with held("update", case.file):
        expected = expected_files(release, made)
        after = updated(proving.outbox, release, made, {})
        findings = tuple(_findings(proving.outbox, case.file, release, made, after, expected))
    proof = UpdateProof(name, after.changed, made.questions, findings=findings)
    if after.conflicts or not proving.options.run:
        return proof
    note = {PATH: File(made.notes[1])}
    return _tested(proving, proof, now or case, {**after.read(proving.outbox), **note})


def _findings(
    outbox: Outbox,
    place: str,
    release: Release,
    made: Renderings,
    after: UpdatedProject,
    expected: Tree,
) -> Iterator[RuleViolation]:
    """Yield what is wrong with an untouched project; where nothing is, with one that is not."""
    found = tuple(update_findings(outbox, place, after, expected))
    yield from found or own_findings(outbox, place, release, made, expected)


def _tested(proving: _Proving, proof: UpdateProof, case: Case, tree: Tree) -> UpdateProof:
    name = f"{proving.release.now.name} ({case.name})"
    proving.say(f"{name}, updated: {' '.join(case.test)}")
    tests = run_tests(tree, case.test, proving.options.limit)
    if not tests.fault:
        return replace(proof, tests=tests)
    fault = RuleViolation("run", case.file, f"after the update: {tests.fault}", tests.output)
    return replace(proof, tests=tests, findings=(*proof.findings, fault))
