"""The use cases of the scaffolder: forms, actions, autocompletion and dry runs."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import UTC
from datetime import datetime

from portal.audit.events import AuditAction
from portal.audit.events import Record
from portal.audit.events import record_nothing
from portal.catalog.sources.remote_access import RemoteAccess
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.json_text import Json
from portal.model.refs import EntityRef
from portal.permission.access import UNRESTRICTED
from portal.permission.access import Access
from portal.scaffolder.access import ScaffolderAccess
from portal.scaffolder.actions.table import ACTIONS
from portal.scaffolder.forms.parameters import check_secrets
from portal.scaffolder.forms.parameters import check_values
from portal.scaffolder.forms.parameters import form
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.forms.template import documents
from portal.scaffolder.forms.template import read_template
from portal.scaffolder.language.extension_documents import extensions_document
from portal.scaffolder.language.extensions import extensions_of
from portal.scaffolder.publishing.provenance import public_parameters
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import FetchedFolder
from portal.scaffolder.running.action import NotAFolderError
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.environment import ActionEnvironment
from portal.scaffolder.running.journal import LogJournal
from portal.scaffolder.running.runner import Outcome
from portal.scaffolder.running.runner import Run
from portal.scaffolder.running.runner import Runner
from portal.scaffolder.running.step_run import RunnerServices
from portal.scaffolder.running.template_files import file_at
from portal.scaffolder.running.template_files import folder_at
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import below
from portal.scaffolder.workspace.tree import check_tree
from portal.scaffolder.workspace.tree import inside

_DRY_RUN_REF = "template:default/dry-run"
#: Given a resource, a token and the form's values, returns completions of a field.
Complete = Callable[[str, str, Mapping[str, str]], Iterable[Json]]
#: Returns the final entities of refs, by ref.
FindEntities = Callable[[Iterable[str]], Mapping[str, Json]]
#: Returns the final entity of a ref, and the commit its source was read at.
FindAt = Callable[[str], "tuple[Json, str] | None"]


class GivenFiles:
    """A template's folder that was sent with the request; implements ``TemplateFiles``.

    Args:
        tree: Its files.
        left_out: What of it is not used, by path, and why.
        access: What reading whole addresses needs; ``None`` reads none.
    """

    def __init__(
        self,
        tree: Tree,
        left_out: Mapping[str, str] | None = None,
        access: RemoteAccess | None = None,
    ) -> None:
        self._tree = tree
        self._access = access
        self._left_out = left_out or {}

    def folder(self, path: str) -> FetchedFolder:
        """Return what is in a folder.

        Raises:
            NotAllowedError: When the path leaves the folder, or is at a host that may not
                be read.
            NotAFolderError: When it is a file.
            ActionError: When the folder does not exist.
        """
        if "://" in path:
            return folder_at(path, self._access_to(path))
        name = inside(path)
        found = below(self._tree, name)
        if name in self._tree:
            raise NotAFolderError
        if not found and name:
            raise ActionError(f"ENOENT: no such file or directory, '{name}'")
        return FetchedFolder(found, below(self._left_out, name))

    def file(self, path: str) -> File:
        """Return a file.

        Raises:
            NotAllowedError: When the path leaves the folder, or is at a host that may not
                be read.
            ActionError: When the file does not exist.
        """
        if "://" in path:
            return file_at(path, self._access_to(path))
        name = inside(path)
        if name not in self._tree:
            raise ActionError(f"ENOENT: no such file or directory, '{name}'")
        return self._tree[name]

    def _access_to(self, address: str) -> RemoteAccess:
        if self._access is None:
            raise NotAllowedError(f"'{address}' is not read offline; try the template at a portal")
        return self._access


@dataclass(frozen=True)
class CatalogEntities:
    """The catalog for actions; implements ``Entities``."""

    find_entities: FindEntities

    def find(self, refs: Sequence[str]) -> list[Json]:
        """Return the entities in the order of ``refs``, ``None`` for missing ones."""
        found = self.find_entities(refs)
        return [found.get(ref) for ref in refs]


@dataclass(frozen=True)
class DryRunRequest:
    """A request for a dry run: a template, its values, and the files beside it."""

    template: Mapping[str, Json]
    values: Mapping[str, Json]
    secrets: Mapping[str, str]
    contents: Tree
    user_ref: str = ""


class Scaffolder:
    """The use cases of the scaffolder.

    Args:
        find_entities: Finds final entities by ref.
        environment: What actions may reach outside of the tree.
        completions: Autocompletion by provider.
        actions: The actions by id.
        find_at: Finds an entity and its commit; ``None`` where no commits are known.
        access: What dry runs need to read whole addresses; ``None`` reads none.
        permissions: What the caller may do.
        record: Records what was done.
    """

    def __init__(
        self,
        find_entities: FindEntities,
        environment: ActionEnvironment,
        completions: Mapping[str, Complete] = {},
        actions: Mapping[str, Action] = ACTIONS,
        find_at: FindAt | None = None,
        access: RemoteAccess | None = None,
        permissions: Access = UNRESTRICTED,
        record: Record = record_nothing,
    ) -> None:
        self._record = record
        self.permissions = ScaffolderAccess(permissions)
        self._access = access
        self._find = find_entities
        self._find_at = find_at or self._find_anywhere
        self._completions = completions
        self.runner_services = RunnerServices(
            actions,
            CatalogEntities(find_entities),
            environment,
            self.permissions.require_action,
        )

    def form(self, ref: EntityRef) -> dict[str, Json]:
        """Return the form of a template as JSON.

        Raises:
            InputError: When the ref is not that of a template.
            NotFoundError: When there is no such template.
        """
        return form(self.template(ref))

    def template(self, ref: EntityRef) -> TemplateSpec:
        """Return a template of the catalog; raises as ``form`` does."""
        return self.template_at(ref)[0]

    def template_at(self, ref: EntityRef) -> tuple[TemplateSpec, str]:
        """Return a template and the commit it was read at; empty where none is known.

        Raises:
            InputError: When the ref is not that of a template.
            NotFoundError: When there is no such template.
        """
        if ref.kind.lower() != "template":
            raise InputError("Invalid kind, only 'Template' kind is supported")
        found = self._find_at(str(ref))
        if found is None:
            raise NotFoundError(f"Template {ref} not found")
        return read_template(self.permissions.visible(found[0])), found[1]

    def _find_anywhere(self, ref: str) -> tuple[Json, str] | None:
        entity = self._find([ref]).get(ref)
        return None if entity is None else (entity, "")

    def actions(self) -> list[dict[str, Json]]:
        """Return every action as JSON, sorted by id."""
        actions = self.runner_services.actions
        return [actions[name].to_json() for name in sorted(actions)]

    def extensions(self) -> dict[str, Json]:
        """Return the documentation of the extension filters and values."""
        environment = self.runner_services.environment
        return extensions_document(extensions_of(environment.integrations, environment.portal_url))

    def autocomplete(
        self, provider: str, resource: str, token: str, context: Mapping[str, str]
    ) -> list[Json]:
        """Return completions of a form's field.

        Args:
            provider: The forge.
            resource: What is listed, such as ``repositories``.
            token: The user's token for the forge.
            context: The values of the form so far.

        Raises:
            InputError: When the provider or the resource is unknown.
        """
        if provider not in self._completions:
            raise InputError(f"Unsupported provider: {provider}")
        return list(self._completions[provider](resource, token, context))

    def dry_run(self, request: DryRunRequest) -> dict[str, Json]:
        """Run a template without effects and return its log, files, output and steps.

        Raises:
            InputError: When the template is nested too deep.
            ValuesError: When the values are invalid.
            PortalError: When a step fails.
        """
        try:
            return self._dry_run(request)
        except RecursionError:
            raise InputError("The template or its values are nested too deep") from None

    def _dry_run(self, request: DryRunRequest) -> dict[str, Json]:
        spec = read_template(request.template)
        self._record(AuditAction.DRY_RUN, str(spec.entity["metadata"].get("name", "")))
        values = check_values(spec, request.values, request.secrets)
        check_secrets(spec, request.secrets)
        check_tree(request.contents)
        task = TaskInfo(
            f"dry-run-{uuid.uuid4()}",
            datetime.now(UTC),
            _DRY_RUN_REF,
            parameters=public_parameters(spec, values, request.secrets),
            user_ref=request.user_ref,
            is_dry_run=True,
            template_version=spec.version,
        )
        user = self.user(request.user_ref)
        # Whoever sent the template wrote it: nothing of the operator's is lent to it.
        access = self._access and replace(self._access, borrower=task.borrower)
        files = GivenFiles(request.contents, access=access)
        run = Run(spec, task, values, request.secrets, user, files)
        journal = LogJournal()
        outcome = Runner(run, self.runner_services, journal).outcome()
        if outcome.error is not None:
            raise outcome.error
        return _answer(spec, outcome, journal.log)

    def user(self, ref: str) -> dict[str, Json]:
        """Return a user for templates (``ref`` and ``entity``); empty without one."""
        if not ref:
            return {}
        entity = self._find([ref]).get(ref)
        return {"ref": ref, **({"entity": entity} if entity else {})}


def _answer(
    spec: TemplateSpec, outcome: Outcome, log: Iterable[Mapping[str, Json]]
) -> dict[str, Json]:
    return {
        "log": [{"body": body} for body in log],
        "directoryContents": [
            {
                "path": path,
                "executable": file.is_executable,
                "base64Content": base64.b64encode(file.data).decode(),
            }
            for path, file in sorted(outcome.tree.items())
        ],
        "output": outcome.output,
        "steps": documents(spec.steps),
    }


def read_contents(items: Iterable[Mapping[str, Json]]) -> dict[str, File]:
    """Return the file tree of a request's ``directoryContents``.

    Raises:
        InputError: When the content of a file is not base64.
        NotAllowedError: When a path leaves the folder.
    """
    files = {}
    for item in items:
        path = inside(item["path"])
        try:
            data = base64.b64decode(item["base64Content"])
        except (binascii.Error, ValueError):
            raise InputError(f"The content of {path!r} is not Base64") from None
        files[path] = File(data)
    return files
