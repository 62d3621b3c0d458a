"""Finds the position of a value in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from portal.kernel.yaml12.text import CONTROL
from portal.kernel.yaml12.text import LOADER
from portal.kernel.yaml12.text import Lines
from portal.kernel.yaml12.text import document_at


def position(data: bytes, line: int, path: Sequence[str | int]) -> tuple[int, int]:
    """Return line and column, both from 1, of a value.

    The document must have been accepted by ``read``: PyYAML composes nodes recursively,
    and ``read`` limits their depth.

    Args:
        data: The file's content.
        line: The first line of the document, from 1.
        path: The keys and indices that lead to the value. If it does not exist, the
            position is that of its nearest existing ancestor.
    """
    text = data.decode("utf-8-sig")
    lines = Lines(text)
    start, end = document_at(text, lines.offset(line))
    loader = LOADER(CONTROL.sub("\ufffd", text[start:end]))
    try:
        node = loader.get_node() if loader.check_node() else None
    except yaml.YAMLError:
        node = None
    finally:
        loader.dispose()
    if node is None:
        return line, 1
    nearest: tuple[Any, yaml.Node] = (node.start_mark, node)
    for part in path:
        child = _child(nearest[1], part)
        if child is None:
            break
        nearest = child
    return lines.place(start + nearest[0].index)


def _child(node: yaml.Node, part: str | int) -> tuple[Any, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark, node.value[part]
    return None
