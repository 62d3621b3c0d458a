"""What an update merges, for a case: the template then and now, with what is known of answers.

A project was made with all answers. An update makes the files again from the project's note, which
holds no secrets: what it knows, and what the project was made with, are two renderings.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime

from portal.authoring.finding import RuleViolation
from portal.authoring.folder import TemplateFolder
from portal.authoring.offline import published
from portal.authoring.proof.cases import Case
from portal.kernel.errors import PortalError
from portal.kernel.json_text import Json
from portal.scaffolder.forms.answers import fault_text
from portal.scaffolder.forms.form import secret_names
from portal.scaffolder.publishing.provenance import provenance
from portal.scaffolder.publishing.provenance import public_parameters
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.updating.answers import NewAnswers
from portal.scaffolder.updating.answers import asked_by
from portal.scaffolder.updating.answers import new_answers
from portal.scaffolder.updating.answers import with_masks
from portal.scaffolder.updating.answers import without_secrets
from portal.scaffolder.updating.rules import Migration
from portal.scaffolder.updating.rules import UpdateRules
from portal.scaffolder.workspace.tree import Tree

#: The task of a case's project: a constant, so that its files are reproducible.
_TASK = "template-test"


class BrokenRuleError(Exception):
    """A case breaks rules, and cannot be followed any further."""

    def __init__(self, *violations: RuleViolation) -> None:
        super().__init__(violations)
        self.violations = violations


@contextmanager
def held(rule: str, place: str, words: str = "") -> Iterator[None]:
    """Take an error for a violation of a rule.

    Raises:
        BrokenRuleError: After a ``PortalError``.
    """
    try:
        yield
    except PortalError as error:
        message = " ".join((words, *error.message.splitlines())).strip()
        raise BrokenRuleError(RuleViolation(rule, place, message)) from None


@dataclass(frozen=True, slots=True)
class Release:
    """The template of the former release, and that of now.

    Attributes:
        former: The template as it was.
        commit: The commit it is read at.
        since: The name of that commit, as it was given.
        now: The template as it is now.
        rules: What it says of updates now.
    """

    former: TemplateFolder
    commit: str
    since: str
    now: TemplateFolder
    rules: UpdateRules

    @property
    def migrations(self) -> tuple[Migration, ...]:
        """Those of the template since."""
        return self.rules.since(self.former.spec.version)


@dataclass(frozen=True, slots=True)
class Renderings:
    """The files of a case.

    Attributes:
        project: The project as the former template made it.
        old: What an update knows of that.
        fresh: The project as the template makes it now.
        new: What an update knows of that.
        notes: The project's note, before and after the update.
        questions: What the form asks anew.
    """

    project: Tree
    old: Tree
    fresh: Tree
    new: Tree
    notes: tuple[bytes, bytes]
    questions: tuple[str, ...]


def renderings(release: Release, case: Case, now: Case | None) -> Renderings:
    """Render a case by the template as it was and as it is now.

    Args:
        release: The template, then and now.
        case: The case as it was.
        now: The case as it is now; ``None`` where it is gone or will not do.

    Raises:
        BrokenRuleError: When the answers do not fit the form of now, or either cannot be made.
    """
    former, secrets = release.former.spec, {**(now.secrets if now else {}), **case.secrets}
    known = public_parameters(former, case.values, case.secrets)
    before = _task(release.former, known, release.commit)
    with held("former", case.file, f"at {release.since} the case could not be made:"):
        old = published(release.former, with_masks(former, known), before, {})
        project = _with_secrets(old, release.former, known, case.values, before, case.secrets)
    answers, questions = _answers(release, known, case.file, now)
    after = _task(release.now, without_secrets(release.now.spec, answers.values))
    with held("render", case.file, "with the former answers:"):
        new = published(release.now, answers.values, after, {})
        fresh = _with_secrets(
            new, release.now, answers.values, _unmasked(release, answers, case), after, secrets
        )
    return Renderings(project, old, fresh, new, (provenance(before), provenance(after)), questions)


def _with_secrets(
    made: Tree,
    template: TemplateFolder,
    known: Mapping[str, Json],
    values: Mapping[str, Json],
    task: TaskInfo,
    secrets: Mapping[str, str],
) -> Tree:
    """Return the files with all answers: those already made, if an update knows all of them."""
    if not secrets and dict(known) == dict(values):
        return made
    return published(template, values, task, secrets)


def _task(template: TemplateFolder, parameters: Mapping[str, Json], commit: str = "") -> TaskInfo:
    return TaskInfo(
        _TASK,
        datetime.fromtimestamp(0, UTC),
        f"template:default/{template.name}",
        commit,
        parameters=parameters,
        template_version=template.spec.version,
    )


def _answers(
    release: Release, known: Mapping[str, Json], place: str, now: Case | None
) -> tuple[NewAnswers, tuple[str, ...]]:
    """Return a project's answers for the form of now, and the questions that are new.

    Raises:
        BrokenRuleError: When they are not enough.
    """
    asked = asked_by(release.former.spec, release.migrations)
    given = {name: one for name, one in (now.values if now else {}).items() if name not in asked}
    spec, migrations = release.now.spec, release.migrations
    questions = new_answers(spec, known, migrations, {}, asked).questions
    answers = new_answers(spec, known, migrations, given, asked)
    if answers.errors:
        raise BrokenRuleError(
            *(RuleViolation("answers", place, fault_text(error)) for error in answers.errors)
        )
    return answers, tuple(str(one["name"]) for one in questions)


def _unmasked(release: Release, answers: NewAnswers, case: Case) -> dict[str, Json]:
    """Return answers with the secrets of a case in place of asterisks."""
    secret = {name for page in release.now.spec.pages for name in secret_names(page)}
    real = {name: one for name, one in case.values.items() if name in secret}
    return {**answers.values, **{name: one for name, one in real.items() if name in answers.values}}
