"""Syntax trees to values: every step is counted, and only JSON values are touched.

There is no way from a template to a Python object: members are looked up in
dictionaries and in the tables of methods, and only functions of those tables are called.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import NoReturn

from portal.kernel.errors import PortalError
from portal.scaffolder.expressions import syntax as s
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.filter_call import FilterCall
from portal.scaffolder.expressions.filter_call import FilterError
from portal.scaffolder.expressions.filters import FILTERS
from portal.scaffolder.expressions.filters import NAMED
from portal.scaffolder.expressions.functions import functions
from portal.scaffolder.expressions.javascript import INDEX
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import CoercionError
from portal.scaffolder.expressions.javascript import Function
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import narrow
from portal.scaffolder.expressions.javascript import to_json
from portal.scaffolder.expressions.javascript import to_number
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.javascript import truthy
from portal.scaffolder.expressions.javascript import type_name
from portal.scaffolder.expressions.javascript import widen
from portal.scaffolder.expressions.method import Method
from portal.scaffolder.expressions.method import MethodError
from portal.scaffolder.expressions.operators import OPERATORS
from portal.scaffolder.expressions.operators import sliced
from portal.scaffolder.expressions.parser import RESERVED
from portal.scaffolder.expressions.tests import TESTS

#: A filter the scaffolder adds: takes JSON, returns JSON, raises ``PortalError``.
HostFilter = Callable[..., Value]


class NeedsOwnContextError(Exception):
    """A template is about to change an array of the shared context."""


@dataclass(slots=True)
class Scope:
    """The variables visible at one place in a template."""

    parent: Scope | None = None
    variables: dict[str, Value] = field(default_factory=dict)

    def find(self, name: str) -> Scope | None:
        """Return the nearest scope that defines ``name``, ``None`` without one."""
        scope: Scope | None = self
        while scope is not None and name not in scope.variables:
            scope = scope.parent
        return scope


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """The names a template can use.

    Args:
        context: The variables, plain JSON.
        filters: Filters in addition to the built-in ones.
        functions: Every function, the built-in ones included.
        methods: The methods of each type.
        constants: Names with a fixed value.
        owns_context: Whether the template may change the context's arrays.
    """

    context: Mapping[str, Value]
    filters: Mapping[str, HostFilter]
    functions: Mapping[str, Function]
    methods: Mapping[type, Mapping[str, Method]]
    constants: Mapping[str, Value]
    owns_context: bool


class Evaluator:
    """Evaluates the expressions of one rendering."""

    def __init__(self, source: str, context: EvaluationContext, budget: Budget) -> None:
        self.source = source
        self.budget = budget
        self._given = context
        self._functions = {**functions(budget), **context.functions}
        self._evaluate: dict[type, Callable[..., Value]] = {
            s.Literal: lambda node, _scope: node.value,
            s.Pattern: lambda node, _scope: node.regex,
            s.Name: self._name,
            s.Member: self._member,
            s.Slice: self._slice,
            s.Call: self._call,
            s.Filter: self._filter,
            s.Test: self._test,
            s.Unary: self._unary,
            s.Binary: self._binary,
            s.Choice: self._choice,
            s.ArrayLiteral: lambda node, scope: self._all(node.items, scope),
            s.ObjectLiteral: self._object,
            s.Several: lambda node, scope: self._all(node.items, scope)[-1],
        }

    def value(self, node: s.Expression, scope: Scope) -> Value:
        """Return the value of an expression.

        Raises:
            TemplateError: When it cannot be evaluated.
            TemplateLimitError: When evaluation exceeds the budget.
        """
        budget = self.budget
        budget.take()
        budget.enter()
        try:
            found = self._evaluate[type(node)](node, scope)
        except (CoercionError, MethodError) as error:
            self.fail(str(error), node.at)
        finally:
            budget.leave()
        budget.collect(found)
        return found

    def fail(self, message: str, at: int) -> NoReturn:
        """Refuse the template.

        Raises:
            TemplateError: Always, with the line and column of offset ``at``.
        """
        raise s.TemplateError(message, self.source, at) from None

    def _all(self, nodes: tuple[s.Expression, ...], scope: Scope) -> list[Value]:
        return [self.value(node, scope) for node in nodes]

    def _name(self, node: s.Name, scope: Scope) -> Value:
        found = scope.find(node.name)
        if found is not None:
            return found.variables[node.name]
        for names in (self._given.context, self._functions, self._given.constants):
            if node.name in names:
                return names[node.name]
        return UNDEFINED

    def _member(self, node: s.Member, scope: Scope) -> Value:
        owner = self.value(node.owner, scope)
        key = self.value(node.key, scope)
        return self._lookup(owner, key, node.at)

    def _lookup(self, owner: Value, key: Value, at: int) -> Value:
        if isinstance(owner, (str, list)) and isinstance(key, (int, float)):
            return self._item(owner, key)
        name = to_text(key)
        if name in RESERVED:
            self.fail(f'Template name "{name}" is reserved', at)
        if isinstance(owner, dict) and name in owner:
            return owner[name]
        if isinstance(owner, Function):
            return owner.members.get(name, UNDEFINED)
        if isinstance(owner, (str, list)):
            if name == "length":
                return len(widen(owner) if isinstance(owner, str) else owner)
            if INDEX.fullmatch(name):
                return self._item(owner, int(name))
        return self._method(owner, name)

    def _item(self, owner: str | list[Value], index: float) -> Value:
        items = widen(owner) if isinstance(owner, str) else owner
        if index != index // 1 or not 0 <= index < len(items):
            return UNDEFINED
        return items[int(index)]

    def _method(self, owner: Value, name: str) -> Value:
        kind = str if isinstance(owner, str) else type(owner)
        method = self._given.methods.get(kind, {}).get(name)
        if method is None:
            return UNDEFINED
        if method.changes and not self._given.owns_context:
            return Function(name, self._needs_own, method.least, method.most)
        if isinstance(owner, str):
            return Function(name, self._on_text(owner, method), method.least, method.most)
        return Function(
            name, lambda *given: method.call(owner, self.budget, *given), method.least, method.most
        )

    def _needs_own(self, *_arguments: Value) -> NoReturn:
        raise NeedsOwnContextError

    def _on_text(self, text: str, method: Method) -> Callable[..., Value]:
        def call(*given: Value) -> Value:
            self.budget.text(len(text))
            found = method.call(widen(str(text)), self.budget, *given)
            if isinstance(found, list):
                return [narrow(item) if isinstance(item, str) else item for item in found]
            return narrow(found) if isinstance(found, str) else found

        return call

    def _slice(self, node: s.Slice, scope: Scope) -> Value:
        owner = self.value(node.owner, scope)
        bounds = [UNDEFINED if b is None else self.value(b, scope) for b in node.bounds]
        self.budget.take(len(owner) if isinstance(owner, (str, list)) else 1)
        return sliced(owner, *bounds)

    def arguments(
        self, node: s.Arguments, scope: Scope
    ) -> tuple[tuple[Value, ...], dict[str, Value]]:
        """Return the values of a call's arguments, positional and named."""
        named = {name: self.value(value, scope) for name, value in node.named}
        return tuple(self._all(node.positional, scope)), named

    def _call(self, node: s.Call, scope: Scope) -> Value:
        callee = self.value(node.callee, scope)
        at = node.callee.at
        if not isinstance(callee, Function):
            path = _path(node.callee)
            what = f'value "{path}"' if path else "expression"
            kind = type_name(callee)
            self.fail(f"Template {what} resolved to {kind} and cannot be called", at)
        positional, named = self.arguments(node.arguments, scope)
        if callee.takes_names:
            return callee.call(positional, named)
        if named:
            positional = (*positional, named)
        if not callee.least <= len(positional) <= callee.most:
            wanted = _arity(callee)
            message = f"Template intrinsic {callee.name} requires {wanted} positional arguments"
            self.fail(message, at)
        return callee.call(*positional)

    def _filter(self, node: s.Filter, scope: Scope) -> Value:
        value = self.value(node.value, scope)
        return self.filtered(node, value, scope)

    def filtered(self, node: s.Filter | s.FilterBlock, value: Value, scope: Scope) -> Value:
        """Return the result of applying a filter to ``value``."""
        positional, named = self.arguments(node.arguments, scope)
        if node.name in self._given.filters:
            return self._host_filter(node, value, positional, named)
        if node.name not in FILTERS:
            self.fail(f'Unknown template filter "{node.name}"', node.at)
        if named and node.name not in NAMED:
            positional, named = (*positional, named), {}
        try:
            return FILTERS[node.name](value, FilterCall(self.budget, positional, named))
        except (FilterError, CoercionError) as error:
            kind = type_name(value)
            self.fail(f'Filter "{node.name}" failed for {kind} input: {error}', node.at)

    def _host_filter(
        self,
        node: s.Filter | s.FilterBlock,
        value: Value,
        positional: tuple[Value, ...],
        named: dict[str, Value],
    ) -> Value:
        if named:
            self.fail(f'Template filter "{node.name}" does not take keyword arguments', node.at)
        self.budget.take(100)
        try:
            given = [to_json(argument) for argument in positional]
            return self._given.filters[node.name](to_json(value), *given)
        except PortalError as error:
            self.fail(f'Template filter "{node.name}" failed: {error.message}', node.at)

    def _test(self, node: s.Test, scope: Scope) -> Value:
        if node.name not in TESTS:
            self.fail(f'Unknown template test "{node.name}"', node.at)
        value = self.value(node.value, scope)
        positional, _ = self.arguments(node.arguments, scope)
        test = TESTS[node.name]
        if len(positional) > test.arguments:
            wanted = f"{test.arguments} positional arguments"
            self.fail(f"Template test {node.name} requires {wanted}", node.at)
        try:
            return test.call(value, *positional)
        except FilterError as error:
            kind = type_name(value)
            self.fail(f'Test "{node.name}" failed for {kind} input: {error}', node.at)

    def _unary(self, node: s.Unary, scope: Scope) -> Value:
        value = self.value(node.value, scope)
        if node.operator == "not":
            return not truthy(value)
        number = to_number(value)
        return -number if node.operator == "-" else number

    def _binary(self, node: s.Binary, scope: Scope) -> Value:
        left = self.value(node.left, scope)
        if node.operator in ("and", "or"):
            is_settled = truthy(left) == (node.operator == "or")
            return left if is_settled else self.value(node.right, scope)
        right = self.value(node.right, scope)
        found = OPERATORS[node.operator](left, right)
        if found is None:
            self.fail("Membership requires an array, record, or string", node.left.at)
        if isinstance(found, str):
            self.budget.text(len(found))
        return found

    def _choice(self, node: s.Choice, scope: Scope) -> Value:
        if truthy(self.value(node.condition, scope)):
            return self.value(node.yes, scope)
        return "" if node.no is None else self.value(node.no, scope)

    def _object(self, node: s.ObjectLiteral, scope: Scope) -> Value:
        return {key: self.value(value, scope) for key, value in node.members}


def _path(node: s.Expression) -> str:
    """Return a callee as source text if it consists of names only, for messages."""
    if isinstance(node, s.Name):
        return node.name
    if isinstance(node, s.Member) and isinstance(node.key, s.Literal):
        owner = _path(node.owner)
        return f"{owner}.{to_text(node.key.value)}" if owner else ""
    return ""


def _arity(function: Function) -> str:
    if function.least == function.most:
        return str(function.least)
    return f"{function.least} to {to_text(function.most)}"
