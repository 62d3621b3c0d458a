"""Steps, one after the other: from values to a tree of files and an output."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from typing import Any

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.scaffolder.action import Action
from portal.scaffolder.action import ActionContext
from portal.scaffolder.action import Entities
from portal.scaffolder.action import TaskInfo
from portal.scaffolder.action import TemplateFiles
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import keys_of
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.json_schema import violations
from portal.scaffolder.redaction import Redactor
from portal.scaffolder.redaction import masked
from portal.scaffolder.rendering import StepRenderer
from portal.scaffolder.template import Step
from portal.scaffolder.template import TemplateSpec
from portal.scaffolder.tree import Tree
from portal.scaffolder.tree import check_tree

Json = Any
_INFO = "\x1b[32minfo\x1b[39m: "
#: What rendering may take in one run, its skeletons included.
_STEPS = 40_000_000
_SECONDS = 30.0
_MOST_ITERATIONS = 1_000
_UNKNOWN = (
    "Template action with ID '{}' is not registered. See https://backstage.io/docs/features/"
    "software-templates/builtin-actions/ on how to add a new action module."
)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What trying a template out needs.

    Args:
        spec: The template.
        values: The answers to its form, judged.
        secrets: What only inputs may see.
        user: Who asks: empty, or ``ref`` and ``entity``.
        files: The template's own folder.
        task_id: How the run is called.
    """

    spec: TemplateSpec
    values: Mapping[str, Json]
    secrets: Mapping[str, str]
    user: Mapping[str, Json]
    files: TemplateFiles
    task_id: str
    template_ref: str = "template:default/dry-run"


@dataclass(slots=True)
class Outcome:
    """What a run leaves: a log, the files and the output."""

    log: list[dict[str, str]] = field(default_factory=list)
    tree: Tree = field(default_factory=dict)
    output: dict[str, Json] = field(default_factory=dict)


class Runner:
    """Runs one template once, harming nothing."""

    def __init__(self, run: DryRun, actions: Mapping[str, Action], entities: Entities) -> None:
        self._run = run
        self._actions = actions
        self._entities = entities
        self._outcome = Outcome()
        self._redactor = Redactor(run.secrets)
        self._steps: dict[str, Json] = {}
        context = {
            "parameters": run.values,
            "steps": self._steps,
            "user": run.user,
            "context": {"task": {"id": run.task_id}},
            "environment": {"parameters": {}, "secrets": {}},
        }
        self._task = TaskInfo(
            run.task_id,
            datetime.now(UTC),
            run.template_ref,
            parameters=run.values,
            user_ref=run.user.get("ref", ""),
            is_dry_run=True,
        )
        self._budget = Budget(steps=_STEPS, seconds=_SECONDS)
        self._renderer = StepRenderer(context, self._budget)

    def outcome(self) -> Outcome:
        """Run every step and return what came of it.

        Raises:
            PortalError: What a step could not do; it is the first such error.
        """
        count = len(self._run.spec.steps) + 1
        self._tell(f"Starting up task with {count} steps")
        try:
            for step in self._run.spec.steps:
                self._step(step)
        except PortalError as error:
            error.message = self._redactor.shown(error.message)
            raise
        self._outcome.output = self._output()
        return self._outcome

    def _tell(self, message: str, step: Step | None = None, status: str = "") -> None:
        body = {"stepId": step.id} if step else {}
        body |= {"status": status} if status else {}
        self._outcome.log.append({**body, "message": self._redactor.shown(message)})

    def _info(self, message: str, step: Step) -> None:
        self._tell(_INFO + message, step)

    def _step(self, step: Step) -> None:
        self._tell(f"Beginning step {step.name}", step, "processing")
        is_repeated = step.each is not None
        is_asked = not is_repeated and step.condition is not None
        if is_asked and not self._renderer.holds(step.condition):
            reason = "because its if condition was false"
            self._tell(f"Skipping step {step.id} {reason}", step, "skipped")
            return
        action = self._action(step)
        without = {"secrets": masked(self._run.secrets)}
        shown = stringify(self._renderer.value(dict(step.input), without), "  ")
        message = f"Running {action.id} in dry-run mode with inputs (secrets redacted): {shown}"
        self._info(message, step)
        if not action.supports_dry_run:
            self._tell(f"Skipping because {action.id} does not support dry-run", step, "skipped")
            self._steps[step.id] = {"output": {}}
            return
        self._steps[step.id] = {"output": self._outputs(step, action)}
        self._tell(f"Finished step {step.name}", step, "completed")

    def _action(self, step: Step) -> Action:
        if step.action not in self._actions:
            raise NotFoundError(_UNKNOWN.format(step.action))
        return self._actions[step.action]

    def _outputs(self, step: Step, action: Action) -> Mapping[str, Json]:
        if step.each is None:
            given = self._input(step, {})
            self._judge(action, given, action.id)
            return self._act(step, action, given)
        rounds = list(self._rounds(step))
        judged = [(each, self._input(step, {"each": each})) for each in rounds]
        for index, (_, given) in enumerate(judged):
            self._judge(action, given, f"{action.id}[{index}]")
        outputs: dict[str, Json] = {}
        for each, given in judged:
            told = {"key": each["key"], "value": to_text(each["value"])}
            if not self._is_wanted(step, each):
                self._info(f"Skipping step each: {stringify(told)}", step)
                continue
            self._info(f"Running step each: {stringify(told)}", step)
            for name, value in self._act(step, action, given).items():
                outputs.setdefault(name, []).append(value)
        return outputs

    def _is_wanted(self, step: Step, each: Mapping[str, Json]) -> bool:
        extra = {"each": each, "secrets": self._run.secrets}
        return step.condition is None or self._renderer.holds(step.condition, extra)

    def _rounds(self, step: Step) -> Iterator[dict[str, Json]]:
        """Yield key and value of what a step is repeated for."""
        found = self._with_secrets(step.each, {})
        where = f"Invalid value on action {step.action}.each parameter"
        if found is UNDEFINED:
            raise InputError(f'{where}, "{step.each}" cannot be resolved to a value')
        if isinstance(found, list):
            found = {str(index): item for index, item in enumerate(found)}
        if not isinstance(found, dict):
            raise InputError(f"{where}, must resolve to an array or object")
        if len(found) > _MOST_ITERATIONS:
            raise InputError(f"{where}, has more than {_MOST_ITERATIONS} items")
        yield from ({"key": key, "value": found[key]} for key in keys_of(found))

    def _input(self, step: Step, extra: Mapping[str, Json]) -> dict[str, Json]:
        given: dict[str, Json] = self._with_secrets(dict(step.input), extra)
        return given

    def _with_secrets(self, source: Json, extra: Mapping[str, Json]) -> Json:
        """Return a value rendered; what a secret made of it is a secret, too."""
        secrets = self._run.secrets
        found = self._renderer.value(source, {**extra, "secrets": secrets})
        if secrets:
            other = self._renderer.value(source, {**extra, "secrets": masked(secrets)})
            self._redactor.hide_differences(found, other)
        return found

    def _judge(self, action: Action, given: Json, where: str) -> None:
        errors = violations(action.input, given)
        if errors:
            reasons = ", ".join(str(error["stack"]) for error in errors)
            raise InputError(f"Invalid input passed to action {where}, {reasons}")

    def _act(self, step: Step, action: Action, given: Mapping[str, Json]) -> Mapping[str, Json]:
        def log(message: str, values: Mapping[str, Json] | None) -> None:
            tail = f" {stringify(_sorted(values))}" if values else ""
            self._info(f"{message}{tail}", step)

        run = self._run
        result = action.run(
            ActionContext(
                input=given,
                tree=self._outcome.tree,
                files=run.files,
                entities=self._entities,
                task=self._task,
                log=log,
                budget=self._budget,
                checkpoint=lambda _key, make: make(),
                is_cancelled=lambda: False,
            )
        )
        check_tree(result.tree)
        self._outcome.tree = result.tree
        return result.output

    def _output(self) -> dict[str, Json]:
        rendered: dict[str, Json] = self._renderer.value(dict(self._run.spec.output))
        for name in ("links", "text"):
            if isinstance(rendered.get(name), list):
                rendered[name] = [_without_if(item) for item in rendered[name] if _is_shown(item)]
        return rendered


def _is_shown(item: Json) -> bool:
    if not isinstance(item, dict) or "if" not in item:
        return True
    condition = item["if"]
    return bool(condition) if isinstance(condition, list) else truthy(condition)


def _without_if(item: Json) -> Json:
    if not isinstance(item, dict):
        return item
    return {name: value for name, value in item.items() if name != "if"}


def _sorted(values: Mapping[str, Json]) -> dict[str, Json]:
    return {
        key: _sorted(value) if isinstance(value, dict) else value
        for key, value in sorted(values.items())
    }
