"""Statements (``{% %}``) to text; expressions are left to the evaluator."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator

from portal.scaffolder.expressions import syntax as s
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.evaluator import EvaluationContext
from portal.scaffolder.expressions.evaluator import Evaluator
from portal.scaffolder.expressions.evaluator import Scope
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import CoercionError
from portal.scaffolder.expressions.javascript import Function
from portal.scaffolder.expressions.javascript import SafeText
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import keys_of
from portal.scaffolder.expressions.javascript import printed
from portal.scaffolder.expressions.javascript import strictly_equal
from portal.scaffolder.expressions.javascript import stringify
from portal.scaffolder.expressions.javascript import truthy


class Renderer:
    """Renders one template once."""

    def __init__(self, source: str, context: EvaluationContext, budget: Budget) -> None:
        self._evaluator = Evaluator(source, context, budget)
        self._budget = budget
        self._root = Scope()
        #: Returns a printed value's text: as it is, or as JSON.
        self._written: Callable[[Value], str] = printed
        self._render: dict[type, Callable[..., str]] = {
            s.Text: lambda node, _scope: node.text,
            s.Output: self._output,
            s.If: self._if,
            s.For: self._for,
            s.Assign: self._assign,
            s.Macro: self._macro,
            s.CallBlock: self._call_block,
            s.FilterBlock: self._filter_block,
            s.Switch: self._switch,
            s.Block: lambda node, scope: self._body(node.body, Scope(scope)),
        }

    def text(self, body: s.Body) -> str:
        """Return a template's text."""
        return self._body(body, self._root)

    def json_text(self, body: s.Body) -> str:
        """Return a template's text with every value that it prints written as JSON."""
        self._written = _as_json
        return self._body(body, self._root)

    def _captured(self, body: s.Body, scope: Scope) -> str:
        """Return the text of a body that becomes a value: what it prints is written as it is."""
        outer, self._written = self._written, printed
        try:
            return self._body(body, scope)
        finally:
            self._written = outer

    def value(self, output: s.Output) -> Value:
        """Return the native value of a template that is one expression."""
        found = self._evaluator.value(output.value, self._root)
        if isinstance(found, Function):
            self._evaluator.fail(str(CoercionError()), output.at)
        return found

    def _body(self, body: s.Body, scope: Scope) -> str:
        self._budget.enter()
        try:
            parts = [self._part(node, scope) for node in body]
        finally:
            self._budget.leave()
        self._budget.text(sum(map(len, parts)))
        return "".join(parts)

    def _part(self, node: s.Statement, scope: Scope) -> str:
        self._budget.take()
        return self._render[type(node)](node, scope)

    def _output(self, node: s.Output, scope: Scope) -> str:
        value = self._evaluator.value(node.value, scope)
        try:
            return self._written(value)
        except CoercionError as error:
            self._evaluator.fail(str(error), node.at)

    def _if(self, node: s.If, scope: Scope) -> str:
        for condition, body in node.branches:
            if truthy(self._evaluator.value(condition, scope)):
                return self._body(body, scope)
        return self._body(node.otherwise, scope)

    def _for(self, node: s.For, scope: Scope) -> str:
        items = self._evaluator.value(node.items, scope)
        rows = list(self._rows(items, len(node.targets)))
        if not rows:
            return self._body(node.otherwise, Scope(scope))
        parts = []
        for index, row in enumerate(rows):
            inner = Scope(scope, {**dict(zip(node.targets, row, strict=False))})
            inner.variables["loop"] = _loop(index, len(rows))
            parts.append(self._body(node.body, inner))
            self._budget.take()
        return "".join(parts)

    def _rows(self, items: Value, targets: int) -> Iterator[tuple[Value, ...]]:
        """Yield the values of a loop's variables, one tuple per iteration."""
        if isinstance(items, (str, list)):
            self._budget.take(len(items))
        if targets == 1:
            if isinstance(items, (str, list)):
                yield from ((item,) for item in items)
            return
        missing = (UNDEFINED,) * targets
        if isinstance(items, str):
            items = {str(index): item for index, item in enumerate(items)}
        if isinstance(items, dict):
            yield from (((key, items[key], *missing)[:targets]) for key in keys_of(items))
        elif isinstance(items, list):
            for item in items:
                parts = tuple(item) if isinstance(item, (str, list)) else ()
                yield (*parts, *missing)[:targets]

    def _assign(self, node: s.Assign, scope: Scope) -> str:
        if node.value is None:
            value: Value = self._captured(node.body, scope)
        else:
            value = self._evaluator.value(node.value, scope)
        for name in node.targets:
            (scope.find(name) or scope).variables[name] = value
        return ""

    def _macro(self, node: s.Macro, scope: Scope) -> str:
        scope.variables[node.name] = self._function(node, None)
        return ""

    def _function(self, macro: s.Macro, seen: Scope | None) -> Function:
        """Return a macro as a function; ``seen`` is the scope of its body."""

        def call(positional: tuple[Value, ...], named: dict[str, Value]) -> Value:
            inner = Scope(None if seen is None else seen)
            if seen is None:
                inner.variables.update(self._root.variables)
            names = (*macro.parameters, *(name for name, _ in macro.defaults))
            given = dict(zip(names, positional, strict=False))
            taken = {name: value for name, value in named.items() if name not in given}
            allowed = {*names, "caller"}
            given.update((name, value) for name, value in taken.items() if name in allowed)
            inner.variables.update(dict.fromkeys(macro.parameters, UNDEFINED))
            for name, default in macro.defaults:
                if name not in given:
                    given[name] = self._evaluator.value(
                        default, Scope(inner, {**inner.variables, **given})
                    )
            inner.variables.update(given)
            return SafeText(self._captured(macro.body, inner))

        return Function(macro.name, call, takes_names=True)

    def _call_block(self, node: s.CallBlock, scope: Scope) -> str:
        callee = self._evaluator.value(node.call.callee, scope)
        if not isinstance(callee, Function) or not callee.takes_names:
            self._evaluator.fail("Call blocks can target only template macros", node.at)
        positional, named = self._evaluator.arguments(node.call.arguments, scope)
        caller = self._function(node.caller, scope)
        made = callee.call(positional, {**named, "caller": caller})
        self._budget.collect(made)
        return printed(made)

    def _filter_block(self, node: s.FilterBlock, scope: Scope) -> str:
        text = self._captured(node.body, scope)
        return self._made(self._evaluator.filtered(node, text, scope))

    def _made(self, value: Value) -> str:
        """Return the text of a value that a statement made of what is in it."""
        self._budget.collect(value)
        return self._written(value)

    def _switch(self, node: s.Switch, scope: Scope) -> str:
        subject = self._evaluator.value(node.subject, scope)
        is_found = False
        for case, body in node.cases:
            is_found = is_found or strictly_equal(subject, self._evaluator.value(case, scope))
            if is_found and body:
                return self._body(body, scope)
        return (
            ""
            if is_found and node.cases and node.cases[-1][1]
            else self._body(node.otherwise, scope)
        )


def _as_json(value: Value) -> str:
    printed(value)  # refuses what has no text
    return printed(stringify(value))


def _loop(index: int, length: int) -> dict[str, Value]:
    return {
        "index": index + 1,
        "index0": index,
        "revindex": length - index,
        "revindex0": length - index - 1,
        "first": index == 0,
        "last": index == length - 1,
        "length": length,
    }
