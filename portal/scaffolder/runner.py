"""Steps, one after the other: from values to a tree of files and an output.

One runner runs templates for good and tries them out; what differs is its journal, the
word of the task, and a line that a dry run tells.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from portal.kernel.errors import InputError
from portal.kernel.errors import PortalError
from portal.scaffolder.action import TaskInfo
from portal.scaffolder.action import TemplateFiles
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.extensions import extensions_of
from portal.scaffolder.journal import COMPLETED
from portal.scaffolder.journal import FAILED
from portal.scaffolder.journal import SKIPPED
from portal.scaffolder.journal import Failure
from portal.scaffolder.journal import Journal
from portal.scaffolder.journal import Progress
from portal.scaffolder.journal import Restored
from portal.scaffolder.journal import RunAbandonedError
from portal.scaffolder.journal import StepRecord
from portal.scaffolder.redaction import Redactor
from portal.scaffolder.rendering import StatusCheck
from portal.scaffolder.rendering import StepRenderer
from portal.scaffolder.step_run import StepRun
from portal.scaffolder.step_run import Surroundings
from portal.scaffolder.step_run import budget
from portal.scaffolder.template import Step
from portal.scaffolder.template import TemplateSpec
from portal.scaffolder.tree import Tree

Json = Any
_LOG = logging.getLogger(__name__)
_INFO = "\x1b[32minfo\x1b[39m: "


@dataclass(frozen=True, slots=True)
class Run:
    """A template to be run, with all that it needs.

    Args:
        spec: The template.
        task: What actions may know of the run.
        values: The answers to its form, judged.
        secrets: What only inputs may see.
        user: Who asks: empty, or ``ref`` and ``entity``.
        files: The template's own folder.
        restored: What an interrupted run left.
    """

    spec: TemplateSpec
    task: TaskInfo
    values: Mapping[str, Json]
    secrets: Mapping[str, str] = field(repr=False)
    user: Mapping[str, Json]
    files: TemplateFiles
    restored: Restored = field(default_factory=Restored)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leaves: the files and the output, or why there is none.

    Args:
        tree: The files after the last step that did not fail.
        output: What the template says at the end, without secrets.
        failure: Why it failed: the first reason.
        error: The same, where the run was not interrupted after it.
    """

    tree: Tree
    output: Mapping[str, Json] = field(default_factory=dict)
    failure: Failure | None = None
    error: PortalError | None = None


class Runner:
    """Runs one template once.

    Args:
        run: What is run.
        surroundings: What every run finds.
        journal: Where it tells what happens.
    """

    def __init__(self, run: Run, surroundings: Surroundings, journal: Journal) -> None:
        self._run = run
        self._journal = journal
        self._redactor = Redactor(run.secrets)
        self._redactor.hide(*run.restored.progress.hidden)
        self._steps: dict[str, Json] = {}
        self._status = StatusCheck()
        self._failure: Failure | None = None
        self._error: PortalError | None = None
        context = {
            "parameters": run.values,
            "steps": self._steps,
            "user": run.user,
            "context": {"task": {"id": run.task.id}},
            "environment": {"parameters": {}, "secrets": {}},
        }
        self._renderer = StepRenderer(
            context, budget(), self._status, extensions_of(surroundings.outside.config)
        )
        self._step_run = StepRun(
            task=run.task,
            secrets=run.secrets,
            files=run.files,
            surroundings=surroundings,
            renderer=self._renderer,
            redactor=self._redactor,
            journal=journal,
            say=self._info,
            tree=run.restored.progress.tree,
        )

    def outcome(self) -> Outcome:
        """Run every step and return what came of it.

        Raises:
            RunAbandonedError: When the run goes on elsewhere, or later.
        """
        steps = self._run.spec.steps
        if not self._run.restored.is_resumed:
            count = len(steps) + self._run.task.is_dry_run
            self._tell(f"Starting up task with {count} steps")
        for position, step in enumerate(steps):
            record = self._run.restored.records.get(position)
            if record is None:
                self._step(position, step)
            else:
                self._take_over(step, record)
        output = self._output() if self._failure is None else {}
        return Outcome(self._step_run.tree, output, self._failure, self._error)

    def _take_over(self, step: Step, record: StepRecord) -> None:
        """Go on after a step that was over before the run was interrupted."""
        if record.output is not None:
            self._steps[step.id] = {"output": record.output}
        if record.failure is not None:
            self._note(record.failure, None)

    # --- telling -----------------------------------------------------------------

    def _body(self, message: str, step: Step | None, status: str) -> dict[str, Json]:
        body = {"stepId": step.id} if step else {}
        body |= {"status": status} if status else {}
        return {**body, "message": self._redactor.shown(message)}

    def _tell(self, message: str, step: Step | None = None, status: str = "") -> None:
        self._journal.tell(self._body(message, step, status))

    def _info(self, message: str, step: Step) -> None:
        self._tell(_INFO + message, step)

    def _keep(self, position: int, step: Step, record: StepRecord, message: str) -> None:
        """Tell the end of a step, and keep what became of it."""
        if record.output is not None:
            self._steps[step.id] = {"output": record.output}
        progress = Progress(self._step_run.tree, self._redactor.hidden())
        body = self._body(message, step, record.status)
        self._journal.keep(position, record, progress, body)

    # --- one step ------------------------------------------------------------------

    def _step(self, position: int, step: Step) -> None:
        if self._failure is not None and not self._renderer.asks_for_status(step.condition):
            reason = "because a previous step failed"
            record = StepRecord(SKIPPED)
            self._keep(position, step, record, f"Skipping step {step.id} {reason}")
            return
        self._tell(f"Beginning step {step.name}", step, "processing")
        tree = self._step_run.tree
        try:
            record, message = self._done(position, step)
        except RunAbandonedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the task tells it and ends
            self._step_run.tree = tree
            self._fail(position, step, _known(error))
        else:
            self._keep(position, step, record, message)

    def _done(self, position: int, step: Step) -> tuple[StepRecord, str]:
        """Do a step; return what became of it and what is told of that."""
        self._check_cancelled(step)
        is_asked = step.each is None and step.condition is not None
        if is_asked and not self._renderer.holds(step.condition):
            reason = "because its if condition was false"
            return StepRecord(SKIPPED), f"Skipping step {step.id} {reason}"
        action = self._step_run.action(step)
        if self._run.task.is_dry_run:
            shown = self._step_run.shown_input(step)
            told = f"Running {action.id} in dry-run mode with inputs (secrets redacted): {shown}"
            self._info(told, step)
            if not action.supports_dry_run:
                reason = f"because {action.id} does not support dry-run"
                return StepRecord(SKIPPED, action.example_output()), f"Skipping {reason}"
        output = self._step_run.outputs(position, step, action)
        self._check_cancelled(step)
        return StepRecord(COMPLETED, output), f"Finished step {step.name}"

    def _check_cancelled(self, step: Step) -> None:
        if self._journal.is_cancelled():
            where = f"Step {step.id} ({step.name}) of task {self._run.task.id}"
            raise PortalError(f"{where} has been cancelled.")

    def _fail(self, position: int, step: Step, error: PortalError) -> None:
        failure = Failure(error.name, self._redactor.shown(error.message))
        is_first = self._failure is None
        message = f"{failure.name}: {failure.message}"
        if not is_first:
            message = f"Additional error occurred: {failure.message}"
        self._note(failure, error)
        self._keep(position, step, StepRecord(FAILED, None, failure), message)

    def _note(self, failure: Failure, error: PortalError | None) -> None:
        """Remember the first reason to fail; it is the run's."""
        self._status.has_failed = True
        if self._failure is None:
            self._failure = failure
            self._error = error
            if error is not None:
                error.message = failure.message

    # --- the end ---------------------------------------------------------------------

    def _output(self) -> dict[str, Json]:
        try:
            rendered: dict[str, Json] = self._renderer.value(dict(self._run.spec.output))
        except Exception as error:  # noqa: BLE001 - likewise
            found = _known(error)
            self._note(Failure(found.name, self._redactor.shown(found.message)), found)
            return {}
        for name in ("links", "text"):
            if isinstance(rendered.get(name), list):
                rendered[name] = [_without_if(item) for item in rendered[name] if _is_shown(item)]
        shown: dict[str, Json] = self._redactor.shown_value(rendered)
        return shown


def _known(error: Exception) -> PortalError:
    """Return an error that may be shown: one that was foreseen, or one that says so."""
    if isinstance(error, PortalError):
        return error
    if isinstance(error, RecursionError):
        return InputError("The template or its values are nested too deep")
    log_id = secrets.token_hex(10)
    _LOG.error("a step failed unexpectedly, logId=%s", log_id, exc_info=error)
    return PortalError(f"An internal error occurred logId={log_id}")


def _is_shown(item: Json) -> bool:
    if not isinstance(item, dict) or "if" not in item:
        return True
    condition = item["if"]
    return bool(condition) if isinstance(condition, list) else truthy(condition)


def _without_if(item: Json) -> Json:
    if not isinstance(item, dict):
        return item
    return {name: value for name, value in item.items() if name != "if"}
