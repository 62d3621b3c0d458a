"""The use cases of updates: what one would do, and doing it."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.kernel.json_text import Json
from portal.model.refs import EntityRef
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.publishing.provenance import provenance
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.step_run import RunnerServices
from portal.scaffolder.updating.answers import NewAnswers
from portal.scaffolder.updating.answers import asked_by
from portal.scaffolder.updating.answers import new_answers
from portal.scaffolder.updating.answers import with_masks
from portal.scaffolder.updating.answers import without_secrets
from portal.scaffolder.updating.merging import Merged
from portal.scaffolder.updating.merging import Trees
from portal.scaffolder.updating.merging import merge_trees
from portal.scaffolder.updating.note import Note
from portal.scaffolder.updating.note import read_note
from portal.scaffolder.updating.plan import CONFLICTS
from portal.scaffolder.updating.plan import CURRENT
from portal.scaffolder.updating.plan import QUESTIONS
from portal.scaffolder.updating.plan import READY
from portal.scaffolder.updating.plan import UpdatePlan
from portal.scaffolder.updating.plan import Version
from portal.scaffolder.updating.plan import branch_of
from portal.scaffolder.updating.project import Project
from portal.scaffolder.updating.project import hosted_of
from portal.scaffolder.updating.project import project_of
from portal.scaffolder.updating.project import project_outbox
from portal.scaffolder.updating.proposing import Change
from portal.scaffolder.updating.proposing import propose_change
from portal.scaffolder.updating.proposing import push_change
from portal.scaffolder.updating.rendering import TemplateAt
from portal.scaffolder.updating.rendering import render
from portal.scaffolder.updating.rules import read_rules
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scm.merging.listing import files_of
from portal.scm.merging.listing import read
from portal.scm.merging.three_way import check_version
from portal.scm.merging.three_way import differences
from portal.scm.merging.three_way import patch
from portal.scm.push import Branches
from portal.scm.push import Outbox

_LONGEST_PATCH = 2_000_000
#: Returns the entity of a ref as JSON; raises ``NotFoundError`` if the caller sees none.
FindEntity = Callable[[EntityRef], bytes]
#: Returns a template by its ref, at a commit; at the newest one for ``""``.
OpenTemplate = Callable[[str, str], TemplateAt]


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """A request for an update or its preview.

    Attributes:
        project: The ref of the project's entity.
        answers: Answers to the questions that the form asks anew.
        token: The caller's token for the forge; empty takes the operator's.
        with_patch: Whether the plan has the change as a patch.
    """

    project: EntityRef
    answers: Mapping[str, Json] = field(default_factory=dict)
    token: str = field(default="", repr=False)
    with_patch: bool = False


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A plan, and what it takes to carry it out; no change where there is nothing to do."""

    plan: UpdatePlan
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class _Renderings:
    """The template then and now, the answers for it now, and the files of both."""

    newest: TemplateAt
    answers: NewAnswers
    old: Tree = field(default_factory=dict)
    new: Tree = field(default_factory=dict)
    base: str = "rendered"
    note: bytes = b""


class Updates:
    """Plans updates of projects, and proposes them.

    Args:
        find_entity: Finds what the caller may see.
        open_template: Opens a template at a commit.
        services: What all runs of templates share.
        on_proposed: Is told of every update that was proposed.
    """

    def __init__(
        self,
        find_entity: FindEntity,
        open_template: OpenTemplate,
        services: RunnerServices,
        on_proposed: Callable[[UpdatePlan], None] = lambda _plan: None,
    ) -> None:
        self._on_proposed = on_proposed
        self._find_entity = find_entity
        self._open_template = open_template
        self._services = services

    def plan(self, request: UpdateRequest) -> UpdatePlan:
        """Return what an update would do; nothing is changed.

        Raises:
            NotFoundError: When there is no such project, or it has no note.
            PortalError: When project or template cannot be read.
        """
        project = self._project(request)
        with self._opened(project, request.token) as (outbox, branches):
            return self._prepared(request, project, outbox, branches).plan

    def propose(self, request: UpdateRequest) -> UpdatePlan:
        """Push the update to a branch of its own and open a request for it.

        With conflicts, that is a draft with markers. The same update is proposed once.

        Raises:
            PortalError: As ``plan`` does, and when the forge refuses.
        """
        project = self._project(request)
        environment = self._services.environment
        with self._opened(project, request.token) as (outbox, branches):
            prepared = self._prepared(request, project, outbox, branches)
            if prepared.change is None:
                return prepared.plan
            hosted = hosted_of(
                project, environment.integrations, request.token, environment.timeout
            )
            done = push_change(outbox, branches, prepared.plan, prepared.change)
            proposed = propose_change(hosted, done)
        self._on_proposed(proposed)
        return proposed

    def _project(self, request: UpdateRequest) -> Project:
        return project_of(str(request.project), json.loads(self._find_entity(request.project)))

    @contextmanager
    def _opened(self, project: Project, token: str) -> Iterator[tuple[Outbox, Branches]]:
        """Yield an outbox for the project's repository, and its branches.

        Raises:
            NotAllowedError: When nothing may be published to its host.
            SourceError: When it cannot be read.
        """
        try:
            with project_outbox(project, self._services.environment, token) as outbox:
                check_version(outbox)
                yield outbox, outbox.branches()
        except SourceError as error:
            raise SourceError(f"could not update {project.ref}: {error.message}") from None

    def _prepared(
        self, request: UpdateRequest, project: Project, outbox: Outbox, branches: Branches
    ) -> _Prepared:
        target = project.branch or branches.default
        if target not in branches.commits:
            raise InputError(f"{project.ref} has no branch '{target}'")
        outbox.fetch(target)
        head = branches.commits[target]
        note = _note(project, outbox, head)
        found = self._rendered(request, note, outbox)
        newest = found.newest
        plan = UpdatePlan(
            project.ref,
            str(note.template),
            Version(note.commit, note.version),
            Version(newest.commit, newest.spec.version),
            QUESTIONS if found.answers.errors else CURRENT,
            found.base,
            branch_of(note.template.name, newest.commit),
            target,
            questions=found.answers.questions,
            errors=found.answers.errors,
        )
        if found.answers.errors or (newest.commit == note.commit and not request.answers):
            return _Prepared(plan)
        rules = read_rules(newest.spec.entity)
        trees = Trees(found.old, found.new, head, rules, rules.since(note.version))
        merged = merge_trees(outbox, trees)
        change = Change(head, merged.merge.tree, found.note, found.new)
        return _merged(request, plan, merged, outbox, change)

    def _rendered(self, request: UpdateRequest, note: Note, outbox: Outbox) -> _Renderings:
        self._find_entity(note.template)  # a note names any template, also one that is hidden
        newest = self._open_template(str(note.template), "")
        migrations = read_rules(newest.spec.entity).since(note.version)
        before = self._before(note)
        asked = asked_by(before.spec, migrations) if isinstance(before, TemplateAt) else ()
        answers = new_answers(newest.spec, note.parameters, migrations, request.answers, asked)
        if answers.errors or (newest.commit == note.commit and not request.answers):
            return _Renderings(newest, answers)
        old, base = self._old(note, before, outbox)
        shown = without_secrets(newest.spec, answers.values)
        task = TaskInfo(
            note.task_id,
            note.created_at,
            str(note.template),
            newest.commit,
            newest.repository,
            shown,
            template_version=newest.spec.version,
        )
        new = render(newest, answers.values, task, self._services)
        return _Renderings(newest, answers, old, new, base, provenance(task))

    def _before(self, note: Note) -> TemplateAt | PortalError:
        """Return the template as it was then, or why it cannot be read."""
        try:
            if note.commit:
                return self._open_template(str(note.template), note.commit)
        except PortalError as error:
            return error
        return SourceError("the project's note names no commit of the template")

    def _old(
        self, note: Note, before: TemplateAt | PortalError, outbox: Outbox
    ) -> tuple[Tree, str]:
        """Return the files that the template made then, and how they were found.

        They are rendered again, as the new ones are, so that what nobody knows any more (the
        user, secrets) is missing in both. Where that cannot be done, those that were kept in
        the project's repository are taken.

        Raises:
            SourceError: When there is neither; the message says why.
        """
        try:
            if isinstance(before, PortalError):
                raise before
            task = TaskInfo(
                note.task_id,
                note.created_at,
                str(note.template),
                note.commit,
                parameters=note.parameters,
                template_version=note.version,
            )
            answers = with_masks(before.spec, note.parameters)
            return render(before, answers, task, self._services), "rendered"
        except PortalError as error:
            kept = outbox.fetch_kept(note.key)
            if kept:
                return _tree(outbox, kept), "kept"
            raise SourceError(
                f"the files that {note.template} made at {note.commit[:12] or 'that time'} cannot "
                f"be made again ({error.message}), and the project keeps no copy of them; "
                "nothing is overwritten instead"
            ) from None


def _note(project: Project, outbox: Outbox, head: str) -> Note:
    listed = files_of(outbox, head).get(PATH)
    if listed is None or not listed.is_file:
        raise NotFoundError(
            f"{project.ref} has no {PATH}: no template is known to have made the whole project"
        )
    return read_note(read(outbox, listed))


def _tree(outbox: Outbox, commit: str) -> Tree:
    return {
        path: File(read(outbox, listed), listed.mode == "100755")
        for path, listed in files_of(outbox, commit).items()
        if listed.is_file and path != PATH
    }


def _merged(
    request: UpdateRequest, plan: UpdatePlan, merged: Merged, outbox: Outbox, change: Change
) -> _Prepared:
    changes = tuple(differences(outbox, change.head, change.tree))
    conflicts = merged.merge.conflicts
    if not changes and not conflicts:
        return _Prepared(replace(plan, once=merged.once, kept=merged.kept))
    words = patch(outbox, change.head, change.tree) if request.with_patch else ""
    is_long = len(words) > _LONGEST_PATCH
    planned = replace(
        plan,
        state=CONFLICTS if conflicts else READY,
        files=changes,
        conflicts=conflicts,
        once=merged.once,
        kept=merged.kept,
        patch="" if is_long else words,
        notes=("the patch is too long to be shown",) if is_long else (),
    )
    return _Prepared(planned, change)
