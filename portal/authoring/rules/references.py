"""The variables that a template's expressions read, and their members."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portal.scaffolder.expressions import syntax
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.functions import functions

#: Names that every template has.
_BUILT_IN = frozenset({*functions(Budget()), "loop", "caller"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A variable that is read; ``member`` is empty when it is read as a whole."""

    name: str
    member: str
    at: int


def readings(body: syntax.Body) -> list[Reading]:
    """Return the variables that a template reads and does not set itself."""
    own = _BUILT_IN | set(_assigned(body))
    return [reading for reading in _read(body) if reading.name not in own]


def _read(node: Any) -> Iterator[Reading]:
    match node:
        case syntax.Call(callee=syntax.Member(owner=syntax.Name() as owner)):
            # A method call on the whole: the members it reads are not known.
            yield Reading(owner.name, "", owner.at)
            yield from _read(node.arguments)
        case syntax.Member(owner=syntax.Name() as owner, key=syntax.Literal(value=str() as key)):
            yield Reading(owner.name, str(key), owner.at)
        case syntax.Name():
            yield Reading(node.name, "", node.at)
        case _:
            for part in _parts(node):
                yield from _read(part)


def _assigned(node: Any) -> Iterator[str]:
    match node:
        case syntax.For() | syntax.Assign():
            yield from node.targets
        case syntax.Macro():
            yield from (node.name, *node.parameters)
    for part in _parts(node):
        yield from _assigned(part)


def _parts(node: Any) -> Iterator[Any]:
    """Yield the child nodes of a node; values that are no nodes have none."""
    if isinstance(node, tuple):
        yield from node
    elif dataclasses.is_dataclass(node) and type(node).__module__ == syntax.__name__:
        yield from (getattr(node, field.name) for field in dataclasses.fields(node))
