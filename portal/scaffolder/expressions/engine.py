"""The door to the templating language: text and values in, text or a value out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import lru_cache

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.evaluator import HostFilter
from portal.scaffolder.expressions.evaluator import NeedsOwnContextError
from portal.scaffolder.expressions.evaluator import Surroundings
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Function
from portal.scaffolder.expressions.javascript import Value
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

_PYTHON_CONSTANTS = {"True": True, "False": False, "None": None}
#: Longer templates are not kept: a skeleton renders each of its files once.
_LONGEST_KEPT = 2_000


@dataclass(frozen=True)
class Engine:
    """Renders templates one way.

    Args:
        filters: Filters beside the built-in ones.
        functions: Functions beside the built-in ones.
        delimiters: How templates mark what is to be evaluated.
        cookiecutter: Whether templates were written for cookiecutter.
    """

    filters: Mapping[str, HostFilter] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Value]] = field(default_factory=dict)
    delimiters: Delimiters = BACKSTAGE
    cookiecutter: bool = False

    def render(
        self, source: str, context: Mapping[str, Value], budget: Budget | None = None
    ) -> str:
        """Return the template's text.

        Raises:
            TemplateError: When it cannot be read or rendered.
            TemplateLimitError: When it takes too much.
        """
        body = self._parsed(source)
        return printable(self._run(source, context, budget, lambda renderer: renderer.text(body)))

    def value(
        self, source: str, context: Mapping[str, Value], budget: Budget | None = None
    ) -> Value:
        """Return a lone expression's value as it is, anything else as text.

        Raises:
            TemplateError: When it cannot be read or rendered.
            TemplateLimitError: When it takes too much.
        """
        body = self._parsed(source)
        if len(body) != 1 or not isinstance(body[0], Output):
            return self.render(source, context, budget)
        output = body[0]
        return detached(self._run(source, context, budget, lambda renderer: renderer.value(output)))

    def _parsed(self, source: str) -> Body:
        if len(source) > _LONGEST_KEPT:
            return parse_template(source, self.delimiters)
        return _kept(source, self.delimiters)

    def _run(
        self,
        source: str,
        context: Mapping[str, Value],
        budget: Budget | None,
        work: Callable[[Renderer], Value],
    ) -> Value:
        """Evaluate; again with a copy of the context when the template changes it."""
        budget = budget or Budget()
        try:
            return work(Renderer(source, self._surroundings(context, own=False), budget))
        except NeedsOwnContextError:
            own = copy.deepcopy(dict(context))
            return work(Renderer(source, self._surroundings(own, own=True), budget))

    def _surroundings(self, context: Mapping[str, Value], *, own: bool) -> Surroundings:
        extra: dict[str, HostFilter] = {"jsonify": stringify} if self.cookiecutter else {}
        return Surroundings(
            context=context,
            filters={**extra, **self.filters},
            functions={name: Function(name, call) for name, call in self.functions.items()},
            methods=COOKIECUTTER_METHODS if self.cookiecutter else METHODS,
            constants=_PYTHON_CONSTANTS if self.cookiecutter else {},
            owns_context=own,
        )


@lru_cache(maxsize=1_024)
def _kept(source: str, delimiters: Delimiters) -> Body:
    return parse_template(source, delimiters)


def detached(value: Value) -> Value:
    """Return a value that shares nothing with the template: JSON, or undefined."""
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
