"""The functions every template may call: ``range``, ``cycler`` and ``joiner``."""

from __future__ import annotations

import math

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import Function
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.javascript import number
from portal.scaffolder.expressions.javascript import to_number


def functions(budget: Budget) -> dict[str, Function]:
    """Return the functions by name; their work counts against ``budget``."""

    def numbers(*bounds: Value) -> Value:
        values = [float(to_number(bound)) for bound in bounds]
        if not values:
            return []
        start, stop, step = (0.0, *values, 1.0) if len(values) < 2 else (*values, 1.0)[:3]
        if any(map(math.isnan, (start, stop, step))):
            return []
        count = (stop - start) / step if step else (1 if start < stop else 0)
        budget.take(math.ceil(min(max(count, 0), 1e15)))
        return [number(start + index * step) for index in range(math.ceil(max(count, 0)))]

    return {
        "range": Function("range", numbers, 0, 3),
        "cycler": Function("cycler", _cycler),
        "joiner": Function("joiner", _joiner, 0, 1),
    }


def _cycler(*items: Value) -> Value:
    state: dict[str, Value] = {"current": None}
    position = -1

    def following() -> Value:
        nonlocal position
        position = (position + 1) % len(items) if items else 0
        state["current"] = items[position] if items else UNDEFINED
        return state["current"]

    def reset() -> Value:
        nonlocal position
        position, state["current"] = -1, None
        return UNDEFINED

    state["next"] = Function("next", following, 0, 0)
    state["reset"] = Function("reset", reset, 0, 0)
    return Function("cycler", lambda: UNDEFINED, members=state)


def _joiner(separator: Value = ",") -> Value:
    first = True

    def mark() -> Value:
        nonlocal first
        if not first:
            return separator
        first = False
        return ""

    return Function("joiner", mark, 0, 0)
