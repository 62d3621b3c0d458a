"""The scaffolder as its doors see it: forms, actions, and trying a template out."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from typing import Any

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.scaffolder.action import Action
from portal.scaffolder.action import ActionError
from portal.scaffolder.action import TaskInfo
from portal.scaffolder.actions.table import ACTIONS
from portal.scaffolder.extension_documents import extensions_document
from portal.scaffolder.extensions import extensions_of
from portal.scaffolder.journal import LogJournal
from portal.scaffolder.outside import Outside
from portal.scaffolder.parameters import check_secrets
from portal.scaffolder.parameters import check_values
from portal.scaffolder.parameters import form
from portal.scaffolder.provenance import public_parameters
from portal.scaffolder.runner import Outcome
from portal.scaffolder.runner import Run
from portal.scaffolder.runner import Runner
from portal.scaffolder.step_run import Surroundings
from portal.scaffolder.template import TemplateSpec
from portal.scaffolder.template import documents
from portal.scaffolder.template import read_template
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree
from portal.scaffolder.tree import below
from portal.scaffolder.tree import check_tree
from portal.scaffolder.tree import inside
from portal.scm.forges import not_allowed

Json = Any
_DRY_RUN_REF = "template:default/dry-run"
#: Given a resource, a token and what is known, returns what a field may be filled with.
Complete = Callable[[str, str, Mapping[str, str]], Iterable[Json]]
#: Returns the final entities of some refs by these refs.
FindEntities = Callable[[Iterable[str]], Mapping[str, Json]]
#: Returns the final entity of a ref, and the commit its source was read at.
FindAt = Callable[[str], "tuple[Json, str] | None"]


class GivenFiles:
    """A template's folder that came with the request."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def folder(self, path: str) -> Tree:
        """Return the files of a folder."""
        name = self._path(path)
        found = below(self._tree, name)
        if not found and name:
            raise ActionError(f"ENOENT: no such file or directory, '{name}'")
        return found

    def file(self, path: str) -> File:
        """Return a file."""
        name = self._path(path)
        if name not in self._tree:
            raise ActionError(f"ENOENT: no such file or directory, '{name}'")
        return self._tree[name]

    def _path(self, address: str) -> str:
        if "://" in address:
            raise NotAllowedError(not_allowed(address))
        return inside(address)


@dataclass(frozen=True)
class CatalogEntities:
    """The catalog, as actions ask it."""

    find_entities: FindEntities

    def find(self, refs: Sequence[str]) -> list[Json]:
        """Return the entities, ``None`` for those that are not there."""
        found = self.find_entities(refs)
        return [found.get(ref) for ref in refs]


@dataclass(frozen=True)
class DryRunRequest:
    """A template to be tried out, as it was sent."""

    template: Mapping[str, Json]
    values: Mapping[str, Json]
    secrets: Mapping[str, str]
    contents: Tree
    user_ref: str = ""


class Scaffolder:
    """Answers what clients ask of the scaffolder.

    Args:
        find_entities: Where templates and other entities come from.
        outside: What actions may reach beyond the tree.
        completions: Who is asked what fields of forms may be filled with, by name.
        actions: What steps may use, by id.
        find_at: Where templates come from, when it is known at which commit they are.
    """

    def __init__(
        self,
        find_entities: FindEntities,
        outside: Outside,
        completions: Mapping[str, Complete] = {},
        actions: Mapping[str, Action] = ACTIONS,
        find_at: FindAt | None = None,
    ) -> None:
        self._find = find_entities
        self._find_at = find_at or self._find_anywhere
        self._completions = completions
        self.surroundings = Surroundings(actions, CatalogEntities(find_entities), outside)

    def form(self, ref: EntityRef) -> dict[str, Json]:
        """Return the form of a template.

        Raises:
            InputError: When the ref is not that of a template.
            NotFoundError: When there is no such template.
        """
        return form(self.template(ref))

    def template(self, ref: EntityRef) -> TemplateSpec:
        """Return a template of the catalog, or raise as ``form`` does."""
        return self.template_at(ref)[0]

    def template_at(self, ref: EntityRef) -> tuple[TemplateSpec, str]:
        """Return a template and the commit the catalog has it at, or raise as ``form`` does.

        The commit is empty where none is known.
        """
        if ref.kind.lower() != "template":
            raise InputError("Invalid kind, only 'Template' kind is supported")
        found = self._find_at(str(ref))
        if found is None:
            raise NotFoundError(f"Template {ref} not found")
        return read_template(found[0]), found[1]

    def _find_anywhere(self, ref: str) -> tuple[Json, str] | None:
        entity = self._find([ref]).get(ref)
        return None if entity is None else (entity, "")

    def actions(self) -> list[dict[str, Json]]:
        """Return every action there is, sorted by its id."""
        actions = self.surroundings.actions
        return [actions[name].document() for name in sorted(actions)]

    def extensions(self) -> dict[str, Json]:
        """Return what templates have beside the language, described."""
        return extensions_document(extensions_of(self.surroundings.outside.config))

    def autocomplete(
        self, provider: str, resource: str, token: str, context: Mapping[str, str]
    ) -> list[Json]:
        """Return what a field of a form may be filled with.

        Args:
            provider: Which forge is asked.
            resource: What of it is listed.
            token: What the user shows there.
            context: What the form knows so far.

        Raises:
            InputError: When there is no such forge, or nothing of the kind there.
        """
        if provider not in self._completions:
            raise InputError(f"Unsupported provider: {provider}")
        return list(self._completions[provider](resource, token, context))

    def dry_run(self, request: DryRunRequest) -> dict[str, Json]:
        """Try a template out and return what it would make.

        Raises:
            ValuesError: When the values do not fit the template's form.
            PortalError: What a step could not do.
        """
        try:
            return self._dry_run(request)
        except RecursionError:
            raise InputError("The template or its values are nested too deep") from None

    def _dry_run(self, request: DryRunRequest) -> dict[str, Json]:
        spec = read_template(request.template)
        check_values(spec, request.values)
        check_secrets(spec, request.secrets)
        check_tree(request.contents)
        task = TaskInfo(
            f"dry-run-{uuid.uuid4()}",
            datetime.now(UTC),
            _DRY_RUN_REF,
            parameters=public_parameters(spec, request.values, request.secrets),
            user_ref=request.user_ref,
            is_dry_run=True,
        )
        user = self.user(request.user_ref)
        files = GivenFiles(request.contents)
        run = Run(spec, task, request.values, request.secrets, user, files)
        journal = LogJournal()
        outcome = Runner(run, self.surroundings, journal).outcome()
        if outcome.error is not None:
            raise outcome.error
        return _answer(spec, outcome, journal.log)

    def user(self, ref: str) -> dict[str, Json]:
        """Return a user as templates see them: empty for nobody in particular."""
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
    """Return the files that a request holds.

    Raises:
        InputError: When one is not Base64.
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
