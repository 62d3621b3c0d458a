"""Runs the steps of a template in order: values to a file tree and an output.

Tasks and dry runs share it: they differ in the journal, in ``TaskInfo.is_dry_run``, and
in a line that dry runs log for each step.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.kernel.errors import InputError
from portal.kernel.errors import PortalError
from portal.kernel.json_text import Json
from portal.kernel.telemetry.logs import TRACEBACK
from portal.kernel.telemetry.spans import span
from portal.scaffolder.expressions.javascript import to_json
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.forms.template import Step
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.language.extensions import extensions_of
from portal.scaffolder.language.rendering import StatusCheck
from portal.scaffolder.language.rendering import StepRenderer
from portal.scaffolder.running.action import INFO
from portal.scaffolder.running.action import LEVELS
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.action import TemplateFiles
from portal.scaffolder.running.journal import COMPLETED
from portal.scaffolder.running.journal import FAILED
from portal.scaffolder.running.journal import SKIPPED
from portal.scaffolder.running.journal import Failure
from portal.scaffolder.running.journal import Journal
from portal.scaffolder.running.journal import Progress
from portal.scaffolder.running.journal import Restored
from portal.scaffolder.running.journal import RunAbandonedError
from portal.scaffolder.running.journal import StepRecord
from portal.scaffolder.running.redaction import Redactor
from portal.scaffolder.running.step_run import RunnerServices
from portal.scaffolder.running.step_run import StepRun
from portal.scaffolder.running.step_run import budget
from portal.scaffolder.workspace.tree import Tree

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """The input of a run.

    Args:
        spec: The template.
        task: The run's description for actions.
        values: The values of its form, validated.
        secrets: Secrets by name; visible in inputs of steps only.
        user: The user: empty, or ``ref`` and ``entity``.
        files: The template's own folder.
        restored: The stored state, if the run was interrupted.
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
    """The result of a run.

    Args:
        tree: The files after the last step that did not fail.
        output: The template's output, redacted; empty if the run failed.
        failure: The first failure; ``None`` if there was none.
        error: Its exception; ``None`` if the run was interrupted since.
    """

    tree: Tree
    output: Mapping[str, Json] = field(default_factory=dict)
    failure: Failure | None = None
    error: PortalError | None = None


class Runner:
    """Runs one template once.

    Args:
        run: The input.
        runner_services: The services that all runs share.
        journal: Where events and state are written.
    """

    def __init__(self, run: Run, runner_services: RunnerServices, journal: Journal) -> None:
        self._run = run
        self._journal = journal
        self._redactor = Redactor(run.secrets)
        self._redactor.hide(*runner_services.environment.secrets, *run.restored.progress.hidden)
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
        environment = runner_services.environment
        extensions = extensions_of(environment.integrations, environment.portal_url)
        self._renderer = StepRenderer(context, budget(), self._status, extensions)
        self._step_run = StepRun(
            task=run.task,
            secrets=run.secrets,
            files=run.files,
            runner_services=runner_services,
            renderer=self._renderer,
            redactor=self._redactor,
            journal=journal,
            log=self._log,
            tree=run.restored.progress.tree,
        )

    def outcome(self) -> Outcome:
        """Run every step and return the result.

        Raises:
            RunAbandonedError: When the run was taken over or postponed.
        """
        steps = self._run.spec.steps
        if not self._run.restored.is_resumed:
            count = len(steps) + self._run.task.is_dry_run
            self._append_event(f"Starting up task with {count} steps")
        for position, step in enumerate(steps):
            record = self._run.restored.records.get(position)
            if record is None:
                self._step(position, step)
            else:
                self._take_over(step, record)
        output = self._output() if self._failure is None else {}
        return Outcome(self._step_run.tree, output, self._failure, self._error)

    def _take_over(self, step: Step, record: StepRecord) -> None:
        """Apply the stored result of a step that finished before the interruption."""
        if record.output is not None:
            self._steps[step.id] = {"output": record.output}
        if record.failure is not None:
            self._note(record.failure, None)

    # --- events ------------------------------------------------------------------

    def _body(self, message: str, step: Step | None, status: str) -> dict[str, Json]:
        body = {"stepId": step.id} if step else {}
        body |= {"status": status} if status else {}
        return {**body, "message": self._redactor.shown(message)}

    def _append_event(self, message: str, step: Step | None = None, status: str = "") -> None:
        self._journal.append_event(self._body(message, step, status))

    def _log(self, message: str, step: Step, level: str = INFO) -> None:
        self._append_event(LEVELS[level] + message, step)

    def _save(self, position: int, step: Step, record: StepRecord, message: str) -> None:
        """Store the result of a step together with its last event."""
        if record.output is not None:
            self._steps[step.id] = {"output": record.output}
        progress = Progress(self._step_run.tree, self._redactor.hidden())
        body = self._body(message, step, record.status)
        self._journal.save_step(position, record, progress, body)

    # --- one step ------------------------------------------------------------------

    def _step(self, position: int, step: Step) -> None:
        if self._failure is not None and not self._renderer.calls_status(step.condition):
            reason = "because a previous step failed"
            record = StepRecord(SKIPPED)
            self._save(position, step, record, f"Skipping step {step.id} {reason}")
            return
        self._append_event(f"Beginning step {step.name}", step, "processing")
        tree = self._step_run.tree
        try:
            with span("task step", action=step.action):
                record, message = self._done(position, step)
        except RunAbandonedError:
            raise
        except Exception as error:  # noqa: BLE001 - any failure ends the step, not the worker
            self._step_run.tree = tree
            self._fail(position, step, self._known(error))
        else:
            self._save(position, step, record, message)

    def _done(self, position: int, step: Step) -> tuple[StepRecord, str]:
        """Run a step; return its result and the message of its last event."""
        self._check_cancelled(step)
        is_asked = step.condition is not None and (step.each is None or step.condition is False)
        if is_asked and not self._renderer.holds(step.condition):
            reason = "because its if condition was false"
            return StepRecord(SKIPPED), f"Skipping step {step.id} {reason}"
        action = self._step_run.action(step)
        if self._run.task.is_dry_run:
            shown = self._step_run.shown_input(step)
            told = f"Running {action.id} in dry-run mode with inputs (secrets redacted): {shown}"
            self._log(told, step)
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
        self._save(position, step, StepRecord(FAILED, None, failure), message)

    def _note(self, failure: Failure, error: PortalError | None) -> None:
        """Mark the run as failed; its first failure is the one reported."""
        self._status.has_failed = True
        if self._failure is None:
            self._failure = failure
            self._error = error
            if error is not None:
                error.message = failure.message

    # --- the end ---------------------------------------------------------------------

    def _output(self) -> dict[str, Json]:
        try:
            rendered: dict[str, Json] = to_json(
                self._step_run.rendered(dict(self._run.spec.output), {})
            )
        except Exception as error:  # noqa: BLE001 - likewise
            found = self._known(error)
            self._note(Failure(found.name, self._redactor.shown(found.message)), found)
            return {}
        for name in ("links", "text"):
            if isinstance(rendered.get(name), list):
                rendered[name] = [_without_if(item) for item in rendered[name] if _is_shown(item)]
        shown: dict[str, Json] = self._redactor.shown_value(rendered)
        return shown

    def _known(self, error: Exception) -> PortalError:
        """Return an error that may be shown; unforeseen ones become an internal error."""
        if isinstance(error, PortalError):
            return error
        if isinstance(error, RecursionError):
            return InputError("The template or its values are nested too deep")
        log_id = secrets.token_hex(10)
        lines = self._redactor.shown("".join(traceback.format_exception(error)))
        _LOG.error("a step failed unexpectedly, logId=%s", log_id, extra={TRACEBACK: lines})
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
