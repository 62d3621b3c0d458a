"""Turns the events of libyaml's parser into JSON values: in one pass, without recursion."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from portal.kernel.json_text import Json
from portal.kernel.yaml12.faults import FaultError
from portal.kernel.yaml12.faults import short
from portal.kernel.yaml12.limits import Budget
from portal.kernel.yaml12.scalars import check_tag
from portal.kernel.yaml12.scalars import drop_tag
from portal.kernel.yaml12.scalars import key_text
from portal.kernel.yaml12.scalars import scalar
from portal.kernel.yaml12.text import LOADER


def documents(
    text: str, budget: Budget, *, ignore_tags: bool = False
) -> Iterator[tuple[Json, int, int]]:
    """Yield the value of every document, and the offsets of its begin and end.

    Raises:
        FaultError: At the first document that cannot be read, or is over a limit.
    """
    loader = LOADER(text)
    try:
        while loader.check_event():
            event = loader.get_event()
            if type(event) is yaml.DocumentStartEvent:
                budget.spend_document(event.start_mark)
                start: int = event.start_mark.index  # type: ignore[union-attr]
                value, end = _Builder(loader, budget, ignore_tags=ignore_tags).build()
                yield value, start, end
    finally:
        loader.dispose()


@dataclass(frozen=True, slots=True)
class _Anchored:
    """The value of an anchor, and what an alias to it takes from the budget."""

    value: Json
    nodes: int = 1
    characters: int = 0
    depth: int = 0


class _Frame:
    """A collection under construction."""

    __slots__ = ("anchor", "characters", "depth", "key", "nodes", "value", "waiting")

    def __init__(self, value: Json, anchor: str | None, nodes: int, characters: int) -> None:
        self.value = value
        self.anchor = anchor
        self.nodes = nodes
        self.characters = characters
        self.depth = 1
        self.key = ""
        self.waiting = False


class _Builder:
    """Turns the events of one document into its value."""

    def __init__(self, loader: Any, budget: Budget, *, ignore_tags: bool) -> None:
        self._loader = loader
        self._ignores_tags = ignore_tags
        self._budget = budget
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = 0
        self._characters = 0

    def build(self) -> tuple[Json, int]:
        """Return the document's value and the offset of its end."""
        while True:
            event = self._loader.get_event()
            kind = type(event)
            if self._ignores_tags and isinstance(event, yaml.NodeEvent):
                drop_tag(event)
            if kind is yaml.ScalarEvent:
                value, depth = self._take_scalar(event), 0
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._open(event, {} if kind is yaml.MappingStartEvent else [])
                continue
            elif kind is yaml.AliasEvent:
                value, depth = self._follow(event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                value, depth = self._close()
            else:  # the end of the document, without a root node
                return None, event.end_mark.index
            self._nodes += 1
            self._budget.check_nodes(self._nodes, event.start_mark)
            if not self._stack:
                self._budget.nodes -= self._nodes
                return value, self._loader.get_event().end_mark.index
            self._put(value, depth, event.start_mark)

    def _take_scalar(self, event: Any) -> Json:
        value = scalar(event)
        self._characters += len(event.value)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, 1, len(event.value))
        return value

    def _open(self, event: Any, empty: Json) -> None:
        self._budget.check_depth(len(self._stack) + 1, event.start_mark)
        check_tag(event)
        self._stack.append(_Frame(empty, event.anchor, self._nodes, self._characters))
        self._nodes += 1

    def _follow(self, event: Any) -> tuple[Json, int]:
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            name = short(event.anchor)
            raise FaultError(f"alias '*{name}' has no finished anchor", event.start_mark)
        self._budget.spend_alias(anchored.nodes, anchored.characters, event.start_mark)
        self._budget.check_depth(len(self._stack) + anchored.depth, event.start_mark)
        self._nodes += anchored.nodes
        self._characters += anchored.characters
        return copy.deepcopy(anchored.value), anchored.depth

    def _close(self) -> tuple[Json, int]:
        frame = self._stack.pop()
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchored(
                frame.value,
                self._nodes - frame.nodes,
                self._characters - frame.characters,
                frame.depth,
            )
        return frame.value, frame.depth

    def _put(self, value: Json, depth: int, mark: Any) -> None:
        frame = self._stack[-1]
        if depth >= frame.depth:
            frame.depth = depth + 1
        if type(frame.value) is list:
            frame.value.append(value)
        elif frame.waiting:
            frame.value[frame.key] = value
            frame.waiting = False
        else:
            frame.key = _new_key(frame.value, value, mark)
            frame.waiting = True


def _new_key(mapping: dict[str, Json], value: Json, mark: Any) -> str:
    # Nothing is merged: YAML 1.2 has no merge key, so ``{<<: *a, b: 1}`` has the keys ``<<``
    # and ``b``, as in Backstage. Of a duplicate key one value would be lost silently.
    key = value if type(value) is str else key_text(value, mark)
    if key in mapping:
        raise FaultError(
            f"key '{short(key)}' stands twice in the same mapping",
            mark,
            "Remove one of them.",
        )
    return key
