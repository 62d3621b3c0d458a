"""Trials: a template of the catalog run without effects, with the files beside it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime

from portal.kernel.errors import InputError
from portal.kernel.json_text import Json
from portal.scaffolder.forms.parameters import check_secrets
from portal.scaffolder.forms.parameters import check_values
from portal.scaffolder.forms.template import Step
from portal.scaffolder.publishing.provenance import public_parameters
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.journal import LogJournal
from portal.scaffolder.running.runner import Run
from portal.scaffolder.running.runner import Runner
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.tasks.running.execution import OpenFiles
from portal.scaffolder.tasks.serving.service import TaskRequest
from portal.scaffolder.workspace.tree import Tree


@dataclass(frozen=True, slots=True)
class Trial:
    """What a run would do.

    Attributes:
        tree: The files it would make.
        steps: The steps of the template.
        log: The events of the run, in order.
        output: The template's output.
        error: Why it would fail; empty if it would not.
    """

    tree: Tree
    steps: tuple[Step, ...]
    log: tuple[Mapping[str, Json], ...] = ()
    output: Mapping[str, Json] = field(default_factory=dict)
    error: str = ""


class Trials:
    """Runs templates without effects.

    Args:
        scaffolder: Provides templates, users and what runs share.
        open_files: Opens the folder of a template.
    """

    def __init__(self, scaffolder: Scaffolder, open_files: OpenFiles) -> None:
        self._scaffolder = scaffolder
        self._open_files = open_files

    def run(self, request: TaskRequest) -> Trial:
        """Run a template without effects.

        Raises:
            InputError: When the ref is not that of a template, or it is nested too deep.
            NotFoundError: When there is no such template.
            ValuesError: When values or secrets are invalid.
            SourceError: When the template's files cannot be read.
        """
        try:
            return self._run(request)
        except RecursionError:
            raise InputError("The template or its values are nested too deep") from None

    def _run(self, request: TaskRequest) -> Trial:
        spec, commit = self._scaffolder.template_at(request.template)
        self._scaffolder.permissions.require_template(spec.entity)
        values = check_values(spec, request.values, request.secrets)
        check_secrets(spec, request.secrets)
        files = self._open_files(spec.entity, commit)
        task = TaskInfo(
            f"dry-run-{uuid.uuid4()}",
            datetime.now(UTC),
            str(request.template),
            template_commit=commit,
            parameters=public_parameters(spec, values, request.secrets),
            user_ref=request.user_ref,
            is_dry_run=True,
            template_version=spec.version,
            is_operated=files.is_operated,
        )
        user = self._scaffolder.user(request.user_ref)
        journal = LogJournal()
        run = Run(spec, task, values, request.secrets, user, files)
        outcome = Runner(run, self._scaffolder.runner_services, journal).outcome()
        error = "" if outcome.failure is None else outcome.failure.message
        return Trial(outcome.tree, spec.steps, tuple(journal.log), outcome.output, error)
