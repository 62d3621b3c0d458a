"""One step: its input rendered and judged, its action done, once or once for each item."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
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
from portal.scaffolder.journal import Journal
from portal.scaffolder.json_schema import violations
from portal.scaffolder.outside import Outside
from portal.scaffolder.redaction import Redactor
from portal.scaffolder.redaction import masked
from portal.scaffolder.rendering import StepRenderer
from portal.scaffolder.template import Step
from portal.scaffolder.tree import Tree
from portal.scaffolder.tree import check_tree

Json = Any
#: What rendering may take in one run, its skeletons included.
MOST_STEPS = 40_000_000
_SECONDS = 30.0
_MOST_ITERATIONS = 1_000
_UNKNOWN = (
    "Template action with ID '{}' is not registered. See https://backstage.io/docs/features/"
    "software-templates/builtin-actions/ on how to add a new action module."
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every run finds: the actions there are, and what these may ask and reach.

    Args:
        actions: By their ids.
        entities: The catalog.
        outside: What is beyond the tree.
    """

    actions: Mapping[str, Action]
    entities: Entities
    outside: Outside


@dataclass(slots=True)
class StepRun:
    """Does the work of steps, one after the other, on one tree.

    Args:
        task: The run they are part of.
        secrets: What only inputs may see.
        files: The template's own folder.
        surroundings: What every run finds.
        renderer: Renders their inputs.
        redactor: Learns what must not be shown.
        journal: Where checkpoints are kept.
        say: Writes a line into the log of a step.
        tree: The files there are.
    """

    task: TaskInfo
    secrets: Mapping[str, str]
    files: TemplateFiles
    surroundings: Surroundings
    renderer: StepRenderer
    redactor: Redactor
    journal: Journal
    say: Callable[[str, Step], None]
    tree: Tree

    def action(self, step: Step) -> Action:
        """Return the action of a step.

        Raises:
            NotFoundError: When there is none of that name.
        """
        actions = self.surroundings.actions
        if step.action not in actions:
            raise NotFoundError(_UNKNOWN.format(step.action))
        return actions[step.action]

    def shown_input(self, step: Step) -> str:
        """Return a step's input for the log, secrets masked."""
        without = {"secrets": masked(self.secrets)}
        return str(stringify(self.renderer.value(dict(step.input), without), "  "))

    def outputs(self, position: int, step: Step, action: Action) -> Mapping[str, Json]:
        """Do a step and return its output; that of a repeated one has lists.

        Raises:
            PortalError: What it could not do.
        """
        self._renew_time()
        if step.each is None:
            given = self._input(step, {})
            self._judge(action, given, action.id)
            return self._act(step, action, given, f"{position}/")
        rounds = list(self._rounds(step))
        judged = [(each, self._input(step, {"each": each})) for each in rounds]
        for index, (_, given) in enumerate(judged):
            self._judge(action, given, f"{action.id}[{index}]")
        outputs: dict[str, Json] = {}
        for index, (each, given) in enumerate(judged):
            if self._is_told_to_run(step, each):
                self._renew_time()
                made = self._act(step, action, given, f"{position}/{index}/")
                for name, value in made.items():
                    outputs.setdefault(name, []).append(value)
        return outputs

    def _renew_time(self) -> None:
        """Count seconds from now on: what is limited is rendering, not waiting for others.

        Somebody waits for the answer of a dry run, so its seconds are those of all of it.
        """
        if not self.task.is_dry_run:
            self.renderer.budget = Budget(steps=self.renderer.budget.steps, seconds=_SECONDS)

    def _is_told_to_run(self, step: Step, each: Mapping[str, Json]) -> bool:
        told = stringify({"key": each["key"], "value": to_text(each["value"])})
        extra = {"each": each, "secrets": self.secrets}
        is_wanted = step.condition is None or self.renderer.holds(step.condition, extra)
        self.say(f"{'Running' if is_wanted else 'Skipping'} step each: {told}", step)
        return is_wanted

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
        found = self.renderer.value(source, {**extra, "secrets": self.secrets})
        if self.secrets:
            masks = masked(self.secrets)
            other = self.renderer.value(source, {**extra, "secrets": masks})
            self.redactor.hide_differences(found, other)
        return found

    def _judge(self, action: Action, given: Json, where: str) -> None:
        errors = violations(action.input, given)
        if errors:
            reasons = ", ".join(str(error["stack"]) for error in errors)
            raise InputError(f"Invalid input passed to action {where}, {reasons}")

    def _act(
        self, step: Step, action: Action, given: Mapping[str, Json], keys: str
    ) -> Mapping[str, Json]:
        def log(message: str, values: Mapping[str, Json] | None) -> None:
            tail = f" {stringify(_sorted(values))}" if values else ""
            self.say(f"{message}{tail}", step)

        result = action.run(
            ActionContext(
                input=given,
                tree=self.tree,
                files=self.files,
                entities=self.surroundings.entities,
                task=self.task,
                outside=self.surroundings.outside,
                log=log,
                budget=self.renderer.budget,
                checkpoint=lambda key, make: self.journal.checkpoint(f"{keys}{key}", make),
                is_cancelled=self.journal.is_cancelled,
            )
        )
        check_tree(result.tree)
        self.tree = result.tree
        return result.output


def budget() -> Budget:
    """Return what rendering may take in a run."""
    return Budget(steps=MOST_STEPS, seconds=_SECONDS)


def _sorted(values: Mapping[str, Json]) -> dict[str, Json]:
    return {
        key: _sorted(value) if isinstance(value, dict) else value
        for key, value in sorted(values.items())
    }
