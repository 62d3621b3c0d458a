"""Values of a template's steps, rendered: whole expressions keep their type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.engine import Engine
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import to_json
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.extensions import KNOWN
from portal.scaffolder.extensions import Extensions

Json = Any


@dataclass(slots=True)
class StatusCheck:
    """What ``failure()`` and ``always()`` answer, and whether a template asked.

    Attributes:
        has_failed: Whether a step has failed.
        was_asked: Whether one of the two was called since this was last set.
    """

    has_failed: bool = False
    was_asked: bool = False

    def failure(self) -> bool:
        """Say whether a step has failed."""
        self.was_asked = True
        return self.has_failed

    def always(self) -> bool:
        """Say yes."""
        self.was_asked = True
        return True


class StepRenderer:
    """Renders what stands in a template's steps and output.

    Args:
        context: What every expression sees.
        budget: What all of them together may take.
        status: How the run stands.
        extensions: Filters and values beside those of the language.
    """

    def __init__(
        self,
        context: Mapping[str, Json],
        budget: Budget,
        status: StatusCheck,
        extensions: Extensions = KNOWN,
    ) -> None:
        self._context = {**extensions.values, **context}
        self.budget = budget
        self.status = status
        functions = {"always": status.always, "failure": status.failure}
        self._engine = Engine(extensions.filters, functions)

    def value(self, source: Json, extra: Mapping[str, Json] | None = None) -> Json:
        """Return a value with every text in it rendered; keys are left as they are.

        A text that cannot be rendered stays as it was written; a member that comes
        to nothing is left out.
        """
        rendered = self._value(source, {**self._context, **(extra or {})})
        return rendered if rendered is UNDEFINED else to_json(rendered)

    def _value(self, source: Json, context: Mapping[str, Json]) -> Json:
        if isinstance(source, str):
            return self._text(source, context)
        if isinstance(source, list):
            return [self._value(item, context) for item in source]
        if isinstance(source, dict):
            return {key: self._value(item, context) for key, item in source.items()}
        return source

    def _text(self, source: str, context: Mapping[str, Json]) -> Json:
        try:
            with self.budget.part() as budget:
                return self._engine.value(source, context, budget)
        except TemplateError:
            return source

    def holds(self, condition: Json, extra: Mapping[str, Json] | None = None) -> bool:
        """Say whether a step's ``if`` lets it run: an empty array does not."""
        if isinstance(condition, bool):
            return condition
        value = self.value(condition, extra)
        return bool(value) if isinstance(value, list) else truthy(value)

    def asks_for_status(self, condition: Json) -> bool:
        """Say whether a step's ``if`` calls ``failure()`` or ``always()`` when it is rendered."""
        self.status.was_asked = False
        if isinstance(condition, str):
            self.value(condition)
        return self.status.was_asked
