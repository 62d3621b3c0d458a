"""Rendering of a step's values: a text that is one expression keeps its value's type.

What one statement prints is decoded if it is JSON, see ``Engine.json_value``.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass

from portal.kernel.json_text import Json
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.engine import Engine
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import keys_of
from portal.scaffolder.expressions.javascript import to_json
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.language.extensions import KNOWN
from portal.scaffolder.language.extensions import Extensions


@dataclass(slots=True)
class StatusCheck:
    """The functions ``failure()`` and ``always()`` of a step's ``if``.

    Attributes:
        has_failed: Whether a step of the run has failed.
        was_called: Whether one of the two was called since this was last reset.
    """

    has_failed: bool = False
    was_called: bool = False

    def failure(self) -> bool:
        """Return whether a step of the run has failed."""
        self.was_called = True
        return self.has_failed

    def always(self) -> bool:
        """Return true, whatever happened before."""
        self.was_called = True
        return True


class StepRenderer:
    """Renders the values of a template's steps and output.

    Args:
        context: The variables of every expression.
        budget: The limits for all of them together.
        status: Answers ``failure()`` and ``always()``.
        extensions: Filters and values in addition to the language's own.

    Attributes:
        context: The variables of every expression, those of extensions among them.
    """

    def __init__(
        self,
        context: Mapping[str, Json],
        budget: Budget,
        status: StatusCheck,
        extensions: Extensions = KNOWN,
    ) -> None:
        self.context = {**extensions.values, **context}
        self.budget = budget
        self.status = status
        functions = {"always": status.always, "failure": status.failure}
        self._engine = Engine(extensions.filters, functions)

    def value(self, source: Json, extra: Mapping[str, Json] | None = None) -> Json:
        """Return a JSON value with every text in it rendered; keys stay as they are.

        A text that cannot be rendered stays as written; a member whose value is
        undefined is left out, and an item of an array that is undefined stays
        ``UNDEFINED``: a hole. All as in Backstage.
        """
        return self._value(source, {**self.context, **(extra or {})})

    def value_and_texts(
        self, source: Json, extra: Mapping[str, Json]
    ) -> tuple[Json, Collection[str]]:
        """Return ``value``, and every text that an expression in it evaluated to."""
        made: set[str] = set()
        self.budget.made = made
        try:
            return self.value(source, extra), made
        finally:
            self.budget.made = None

    def _value(self, source: Json, context: Mapping[str, Json]) -> Json:
        if isinstance(source, str):
            return self._text(source, context)
        if isinstance(source, list):
            return [self._value(item, context) for item in source]
        if isinstance(source, dict):
            members = {key: self._value(source[key], context) for key in keys_of(source)}
            return {key: item for key, item in members.items() if item is not UNDEFINED}
        return source

    def _text(self, source: str, context: Mapping[str, Json]) -> Json:
        try:
            with self.budget.part() as budget:
                return to_json(self._engine.json_value(source, context, budget))
        except TemplateError:
            return source

    def holds(self, condition: Json, extra: Mapping[str, Json] | None = None) -> bool:
        """Return whether a step's ``if`` is true; an empty array is not."""
        if isinstance(condition, bool):
            return condition
        value = self.value(condition, extra)
        return bool(value) if isinstance(value, list) else truthy(value)

    def calls_status(self, condition: Json) -> bool:
        """Return whether rendering a step's ``if`` calls ``failure()`` or ``always()``."""
        self.status.was_called = False
        if isinstance(condition, str):
            self.value(condition)
        return self.status.was_called
