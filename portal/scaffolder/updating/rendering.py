"""A template at a commit and answers to the files that it publishes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import Protocol

from portal.integrations.addresses import parse_file_url
from portal.kernel import yaml12
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.kernel.json_text import Json
from portal.model.entity import MANAGED_BY
from portal.model.refs import parse_location_ref
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.forms.template import read_template
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.publishing.publish import part_of
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.action import TemplateFiles
from portal.scaffolder.running.journal import LogJournal
from portal.scaffolder.running.runner import Run
from portal.scaffolder.running.runner import Runner
from portal.scaffolder.running.step_run import RunnerServices
from portal.scaffolder.service import FindAt
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import check_tree

_PUBLISHING = "publish:"


@dataclass(frozen=True, slots=True)
class TemplateAt:
    """A template at a commit: its entity parsed, and its folder."""

    spec: TemplateSpec
    files: TemplateFiles
    commit: str
    repository: str = ""
    is_operated: bool = False


def read_at(files: TemplateFiles, descriptor: str, name: str) -> TemplateSpec:
    """Return a template as its descriptor has it at the commit of ``files``.

    Args:
        files: The template's folder at that commit.
        descriptor: The name of the descriptor in it.
        name: The name of the template.

    Raises:
        SourceError: When the descriptor has no such template.
        PortalError: When it cannot be read, or is no template.
    """
    data = files.file(f"./{descriptor}").data
    for item in yaml12.read(data):
        if isinstance(item, yaml12.Fault):
            raise SourceError(f"{descriptor}:{item.line}: {item.message}")
        found = item.value if isinstance(item.value, dict) else {}
        is_named = str((found.get("metadata") or {}).get("name")).lower() == name.lower()
        if found.get("kind") == "Template" and is_named:
            return read_template(found)
    raise SourceError(f"{descriptor} has no template {name} at that commit")


class CommittedFiles(TemplateFiles, Protocol):
    """The folder of a template at a known commit of a repository."""

    @property
    def commit(self) -> str:
        """The full id of the commit."""

    @property
    def repository(self) -> str:
        """The web address of the repository, or the name of its source."""

    @property
    def is_operated(self) -> bool:
        """Whether the operator chose the repository as a source."""


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of the catalog, as they are now and as they were.

    Args:
        find_at: Finds the entity of a ref, and the commit the catalog has it at.
        open_files: Opens the folder of a template entity, at a commit.
    """

    find_at: FindAt
    open_files: Callable[[Mapping[str, Json], str], CommittedFiles]

    def open(self, ref: str, commit: str) -> TemplateAt:
        """Return a template at a commit; at that of the catalog for ``""``.

        Raises:
            NotFoundError: When the catalog has no such template any more.
            SourceError: When its repository cannot be read at that commit.
        """
        found = self.find_at(ref)
        if found is None:
            raise NotFoundError(f"the catalog has no {ref} any more")
        files = self.open_files(found[0], commit or found[1])
        if commit and files.commit != commit:
            raise SourceError(f"the repository of {ref} has no history to read {commit[:12]} from")
        return open_at(found[0], files, commit)


def open_at(entity: Mapping[str, Json], files: CommittedFiles, wanted: str) -> TemplateAt:
    """Return a template at the commit of its folder.

    Args:
        entity: The template as the catalog has it.
        files: Its folder.
        wanted: The commit that was asked for; empty for that of the catalog, whose entity is
            taken as it is.

    Raises:
        PortalError: When the descriptor cannot be read at that commit.
    """
    if not wanted:
        return _template_at(read_template(entity), files)
    metadata = entity["metadata"]
    target = parse_location_ref(metadata["annotations"][MANAGED_BY]).target
    try:
        path = parse_file_url(target)[0].path
    except InputError:
        path = target
    spec = read_at(files, path.rpartition("/")[2], metadata["name"])
    return _template_at(spec, files)


def _template_at(spec: TemplateSpec, files: CommittedFiles) -> TemplateAt:
    return TemplateAt(spec, files, files.commit, files.repository, files.is_operated)


def render(
    template: TemplateAt,
    answers: Mapping[str, Json],
    task: TaskInfo,
    services: RunnerServices,
    secrets: Mapping[str, str] | None = None,
) -> Tree:
    """Return the files that a template hands to its first publishing step.

    Without such a step they are those of its workspace. Steps with effects are left out, as in
    a dry run.

    Args:
        template: The template.
        answers: Valid values of its form.
        task: The run; the same one gives the same files.
        services: The services of all runs.
        secrets: Secrets by name; an update knows none.

    Raises:
        PortalError: When a step fails.
    """
    taken: list[Tree] = []
    actions = {name: _taking(action, taken) for name, action in services.actions.items()}
    task = replace(task, is_dry_run=True, is_operated=template.is_operated)
    run = Run(template.spec, task, answers, secrets or {}, {}, template.files)
    outcome = Runner(run, replace(services, actions=actions), LogJournal()).outcome()
    if outcome.error is not None and not taken:
        raise outcome.error
    files = dict(taken[0] if taken else outcome.tree)
    files.pop(PATH, None)
    check_tree(files)
    return files


def _taking(action: Action, taken: list[Tree]) -> Action:
    """Return an action that, if it publishes, takes the files and publishes nothing."""
    if not action.id.startswith(_PUBLISHING):
        return action

    def take(context: ActionContext) -> ActionResult:
        source = context.input.get("sourcePath")
        taken.append(part_of(context.tree, source if isinstance(source, str) else ""))
        return ActionResult(context.tree, action.example_output())

    return replace(action, run=take, input={"type": "object"}, supports_dry_run=True)
