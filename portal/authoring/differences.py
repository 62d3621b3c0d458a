"""The differences of two trees, as people read them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree


def tree_diff(before: Tree, after: Tree) -> Iterator[str]:
    """Yield the differences of two trees as a unified diff; binary files are named only."""
    for path in sorted({*before, *after}):
        one, other = before.get(path), after.get(path)
        if one == other:
            continue
        old, new = _lines(one), _lines(other)
        if old is None or new is None:
            yield f"binary file {path} differs"
            continue
        names = (f"a/{path}" if one else "/dev/null", f"b/{path}" if other else "/dev/null")
        yield from difflib.unified_diff(old, new, *names, lineterm="")
        if one and other and one.is_executable != other.is_executable:
            yield f"mode of {path} differs"


def _lines(file: File | None) -> list[str] | None:
    """Return the lines of a file; none for no file, ``None`` for one that is no text."""
    try:
        return file.data.decode().splitlines() if file else []
    except UnicodeDecodeError:
        return None
