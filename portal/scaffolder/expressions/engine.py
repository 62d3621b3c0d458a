"""The public interface of the templating language: a template and values to text or a value."""

from __future__ import annotations

import copy
from collections.abc import Callable
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from functools import lru_cache

from portal.kernel.json_text import parse_json
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.evaluator import EvaluationContext
from portal.scaffolder.expressions.evaluator import HostFilter
from portal.scaffolder.expressions.evaluator import NeedsOwnContextError
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Function
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import number
from portal.scaffolder.expressions.javascript import printable
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.methods import COOKIECUTTER_METHODS
from portal.scaffolder.expressions.methods import METHODS
from portal.scaffolder.expressions.regex import Regex
from portal.scaffolder.expressions.renderer import Renderer
from portal.scaffolder.expressions.statements import parse_template
from portal.scaffolder.expressions.syntax import BACKSTAGE
from portal.scaffolder.expressions.syntax import Body
from portal.scaffolder.expressions.syntax import Delimiters
from portal.scaffolder.expressions.syntax import Output
from portal.scaffolder.expressions.syntax import Text

_PYTHON_CONSTANTS = {"True": True, "False": False, "None": None}
#: Longer templates (in characters) are not cached: a skeleton renders each file once.
_LONGEST_CACHED = 2_000


@dataclass(frozen=True)
class Engine:
    """Renders templates with one set of filters, functions and delimiters.

    Args:
        filters: Filters in addition to the built-in ones.
        functions: Functions in addition to the built-in ones.
        delimiters: What starts an expression, and how blanks are trimmed.
        cookiecutter: Whether Python's names (``True``, ``dict.items()``) work, as
            templates written for cookiecutter need them.
    """

    filters: Mapping[str, HostFilter] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Value]] = field(default_factory=dict)
    delimiters: Delimiters = BACKSTAGE
    cookiecutter: bool = False

    def render(
        self, source: str, context: Mapping[str, Value], budget: Budget | None = None
    ) -> str:
        """Return the rendered text.

        Raises:
            TemplateError: When the template cannot be parsed or rendered.
            TemplateLimitError: When rendering exceeds the budget.
        """
        body = self._parsed(source)
        return printable(self._run(source, context, budget, lambda renderer: renderer.text(body)))

    def value(
        self, source: str, context: Mapping[str, Value], budget: Budget | None = None
    ) -> Value:
        """Return the native value of a template that is one expression, else its text.

        Raises:
            TemplateError: When the template cannot be parsed or rendered.
            TemplateLimitError: When rendering exceeds the budget.
        """
        body = self._parsed(source)
        if len(body) != 1 or not isinstance(body[0], Output):
            return self.render(source, context, budget)
        output = body[0]
        return detached(self._run(source, context, budget, lambda renderer: renderer.value(output)))

    def json_value(
        self, source: str, context: Mapping[str, Value], budget: Budget | None = None
    ) -> Value:
        """Return the value of a step's text: like ``value``, but with Backstage's JSON coercion.

        What a template that is one statement prints is decoded if it is JSON; a template
        that prints nothing gives undefined. Both do not concern one expression.

        Raises:
            TemplateError: When the template cannot be parsed or rendered.
            TemplateLimitError: When rendering exceeds the budget.
        """
        body = self._parsed(source)
        if len(body) == 1 and isinstance(body[0], Output):
            return self.value(source, context, budget)
        if len(body) == 1 and not isinstance(body[0], Text):
            written = self._run(source, context, budget, lambda renderer: renderer.json_text(body))
            with suppress(ValueError):
                return _decoded(written) if written else UNDEFINED
        return self.render(source, context, budget) or UNDEFINED

    def _parsed(self, source: str) -> Body:
        if len(source) > _LONGEST_CACHED:
            return parse_template(source, self.delimiters)
        return _cached(source, self.delimiters)

    def _run(
        self,
        source: str,
        context: Mapping[str, Value],
        budget: Budget | None,
        work: Callable[[Renderer], Value],
    ) -> Value:
        """Evaluate on the shared context; on a copy if the template changes an array."""
        budget = budget or Budget()
        try:
            return work(Renderer(source, self._evaluation_context(context, own=False), budget))
        except NeedsOwnContextError:
            own = copy.deepcopy(dict(context))
            return work(Renderer(source, self._evaluation_context(own, own=True), budget))

    def _evaluation_context(self, context: Mapping[str, Value], *, own: bool) -> EvaluationContext:
        extra: dict[str, HostFilter] = {"jsonify": stringify} if self.cookiecutter else {}
        return EvaluationContext(
            context=context,
            filters={**extra, **self.filters},
            functions={name: Function(name, call) for name, call in self.functions.items()},
            methods=COOKIECUTTER_METHODS if self.cookiecutter else METHODS,
            constants=_PYTHON_CONSTANTS if self.cookiecutter else {},
            owns_context=own,
        )


@lru_cache(maxsize=1_024)
def _cached(source: str, delimiters: Delimiters) -> Body:
    return parse_template(source, delimiters)


def detached(value: Value) -> Value:
    """Return a deep copy of a value as JSON, or undefined."""
    if isinstance(value, list):
        items = [detached(item) for item in value]
        return [None if item is UNDEFINED else item for item in items]
    if isinstance(value, dict):
        members = {key: detached(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not UNDEFINED}
    if isinstance(value, str):
        return printable(str(value))
    if isinstance(value, Function):
        return UNDEFINED
    return to_text(value) if isinstance(value, Regex) else value


def _decoded(text: str) -> Value:
    """Return what ``JSON.parse`` gives: numbers are doubles.

    Raises:
        ValueError: When the text is no JSON, or nested too deep.
    """
    return _with_doubles(parse_json(text, parse_constant=_no_constant))


def _no_constant(name: str) -> Value:
    raise ValueError(name)


def _with_doubles(value: Value) -> Value:
    if isinstance(value, list):
        return [_with_doubles(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_doubles(item) for key, item in value.items()}
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number(value) if is_number else value
