"""Runs one step: renders and validates its input and runs its action, per item of ``each``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.json_text import Json
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import keys_of
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.expressions.javascript import to_json
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.forms.json_schema import violations
from portal.scaffolder.forms.template import Step
from portal.scaffolder.language.rendering import StepRenderer
from portal.scaffolder.running.action import INFO
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import Entities
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.running.action import TemplateFiles
from portal.scaffolder.running.environment import ActionEnvironment
from portal.scaffolder.running.journal import Journal
from portal.scaffolder.running.redaction import Redactor
from portal.scaffolder.running.redaction import masked
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import check_tree

#: The budget of rendering in one run, skeletons included, in steps.
MOST_STEPS = 40_000_000
_SECONDS = 30.0
_MOST_ITERATIONS = 1_000
_UNKNOWN = (
    "Template action with ID '{}' is not registered. See https://backstage.io/docs/features/"
    "software-templates/builtin-actions/ on how to add a new action module."
)
#: What Backstage says of an array that an empty text left a hole in, by its items' type.
_HOLES = {
    "string": 'The "paths[1]" argument must be of type string. Received undefined',
    "object": "Cannot read properties of undefined (reading 'from')",
}


class HoleError(ActionError):
    """An array of an action's input has an item that is undefined."""

    name = "TypeError"


def _allow(_action: str, _given: Mapping[str, Json]) -> None:
    """Allow every action."""


@dataclass(frozen=True, slots=True)
class RunnerServices:
    """The services that all runs share.

    Args:
        actions: The actions by id.
        entities: The catalog.
        environment: What actions may reach outside of the tree.
        check_action: Refuses an action, given its id and its rendered input, by raising
            ``NotAllowedError``.
    """

    actions: Mapping[str, Action]
    entities: Entities
    environment: ActionEnvironment
    check_action: Callable[[str, Mapping[str, Json]], None] = _allow


@dataclass(slots=True)
class StepRun:
    """Runs the steps of one run on one file tree.

    Args:
        task: The run's description for actions.
        secrets: Secrets by name; visible in inputs only.
        files: The template's own folder.
        runner_services: The services that all runs share.
        renderer: Renders inputs.
        redactor: Gets every text that a secret flowed into.
        journal: Where checkpoints are stored.
        log: Appends a line to the log of a step, at a level.
        tree: The files of the workspace; replaced by every step.
    """

    task: TaskInfo
    secrets: Mapping[str, str]
    files: TemplateFiles
    runner_services: RunnerServices
    renderer: StepRenderer
    redactor: Redactor
    journal: Journal
    log: Callable[[str, Step, str], None]
    tree: Tree

    def action(self, step: Step) -> Action:
        """Return the action of a step.

        Raises:
            NotFoundError: When no action has that id.
        """
        actions = self.runner_services.actions
        if step.action not in actions:
            raise NotFoundError(_UNKNOWN.format(step.action))
        return actions[step.action]

    def shown_input(self, step: Step) -> str:
        """Return a step's rendered input as JSON text for the log, secrets masked."""
        without = {"secrets": masked(self.secrets)}
        return str(stringify(self.renderer.value(dict(step.input), without), "  "))

    def outputs(self, position: int, step: Step, action: Action) -> Mapping[str, Json]:
        """Run a step and return its output; with ``each``, every value is a list.

        Raises:
            PortalError: When the input is invalid or the action fails.
        """
        self._renew_time()
        if step.each is None:
            whole = self._input(step, {})
            self._judge(action, whole, action.id)
            return self._act(step, action, whole, f"{position}/")
        rounds = [(each, self._round_input(step, each)) for each in self._rounds(step)]
        for each, given in rounds:
            if given is not None:
                self._judge(action, given, f"{action.id}[{each['key']}]")
        outputs: dict[str, Json] = {}
        for index, (each, given) in enumerate(rounds):
            shown = self.redactor.shown_value(each)
            told = stringify({"key": shown["key"], "value": to_text(shown["value"])})
            self.log(f"{'Skipping' if given is None else 'Running'} step each: {told}", step, INFO)
            if given is not None:
                self._renew_time()
                made = self._act(step, action, given, f"{position}/{index}/")
                for name, value in made.items():
                    outputs.setdefault(name, []).append(value)
        return outputs

    def _renew_time(self) -> None:
        """Restart the budget's clock: it limits rendering, not the waiting of actions.

        In a dry run it is not restarted: a client waits for the whole run.
        """
        if not self.task.is_dry_run:
            self.renderer.budget = Budget(steps=self.renderer.budget.steps, seconds=_SECONDS)

    def _round_input(self, step: Step, each: Mapping[str, Json]) -> dict[str, Json] | None:
        """Return the input of one round; ``None`` when the step's ``if`` leaves it out."""
        extra = {"each": each, "secrets": self.secrets}
        if step.condition not in (None, "") and not self.renderer.holds(step.condition, extra):
            return None
        return self._input(step, {"each": each})

    def _rounds(self, step: Step) -> Iterator[dict[str, Json]]:
        """Yield ``key`` and ``value`` of each item that a step is repeated for.

        Raises:
            InputError: When ``each`` is no array or object, or has too many items.
        """
        found = self._with_secrets(step.each, {})
        where = f"Invalid value on action {step.action}.each parameter"
        if found is UNDEFINED:
            raise InputError(f'{where}, "{step.each}" cannot be resolved to a value')
        if isinstance(found, list):
            items = enumerate(found)
            found = {str(index): item for index, item in items if item is not UNDEFINED}
        if not isinstance(found, dict):
            raise InputError(f"{where}, must resolve to an array or object")
        if len(found) > _MOST_ITERATIONS:
            raise InputError(f"{where}, has more than {_MOST_ITERATIONS} items")
        yield from ({"key": key, "value": found[key]} for key in keys_of(found))

    def _input(self, step: Step, extra: Mapping[str, Json]) -> dict[str, Json]:
        given: dict[str, Json] = self._with_secrets(dict(step.input), extra)
        return given

    def _with_secrets(self, source: Json, extra: Mapping[str, Json]) -> Json:
        """Return a value rendered with the secrets; texts they flow into are redacted."""
        return self.rendered(source, {**extra, "secrets": self.secrets})

    def rendered(self, source: Json, extra: Mapping[str, Json]) -> Json:
        """Return a rendered value; texts that secrets flow into are redacted from then on.

        These are all that come out otherwise, somewhere within an expression, when masks
        stand for the secrets and for whatever they have flowed into before.
        """
        if not self.secrets:
            return self.renderer.value(source, extra)
        found, made = self.renderer.value_and_texts(source, extra)
        shown = self.redactor.shown_value({**self.renderer.context, **extra})
        if "secrets" in extra:
            shown["secrets"] = masked(self.secrets)
        other, made_of_masks = self.renderer.value_and_texts(source, shown)
        self.redactor.hide(*set(made).difference(made_of_masks))
        self.redactor.hide_differences(found, other)
        return found

    def _judge(self, action: Action, given: Json, where: str) -> None:
        errors = violations(action.input, given)
        if errors:
            reasons = ", ".join(str(error["stack"]) for error in errors)
            raise InputError(f"Invalid input passed to action {where}, {reasons}")
        for name, schema in action.input.get("properties", {}).items():
            items = given.get(name)
            kind = schema.get("items", {}).get("type")
            if kind in _HOLES and isinstance(items, list) and UNDEFINED in items:
                raise HoleError(_HOLES[kind])
        self.runner_services.check_action(action.id, to_json(given))

    def _act(
        self, step: Step, action: Action, given: Mapping[str, Json], keys: str
    ) -> Mapping[str, Json]:
        def log(message: str, values: Mapping[str, Json] | None, level: str) -> None:
            shown = self.redactor.shown_value(values)
            tail = f" {stringify(_sorted(shown))}" if values else ""
            self.log(f"{self.redactor.shown(message)}{tail}", step, level)

        result = action.run(
            ActionContext(
                input=_with_named_token(step, action, to_json(given)),
                tree=self.tree,
                files=self.files,
                entities=self.runner_services.entities,
                task=self.task,
                environment=self.runner_services.environment,
                write_log=log,
                budget=self.renderer.budget,
                checkpoint=lambda key, make: self.journal.checkpoint(f"{keys}{key}", make),
                is_cancelled=self.journal.is_cancelled,
                redactor=self.redactor,
            )
        )
        check_tree(result.tree)
        self.tree = result.tree
        return result.output


def _with_named_token(step: Step, action: Action, given: dict[str, Json]) -> dict[str, Json]:
    """Return the input with an empty token where the step names one that is not there.

    It comes from a secret that nobody gave; to an action it must not look as if its template
    named none, and left the choice to the operator.
    """
    kind = action.input.get("properties", {}).get("token", {}).get("type")
    is_missing = "token" in step.input and not given.get("token")
    return {**given, "token": ""} if is_missing and kind == "string" else given


def budget() -> Budget:
    """Return a fresh budget for the rendering of one run."""
    return Budget(steps=MOST_STEPS, seconds=_SECONDS)


def _sorted(values: Mapping[str, Json]) -> dict[str, Json]:
    return {
        key: _sorted(value) if isinstance(value, dict) else value
        for key, value in sorted(values.items())
    }
