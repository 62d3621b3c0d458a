"""File trees as zips: what was written is read, and nothing else breaks the reader."""

from __future__ import annotations

import io
import zipfile

import pytest

from portal.kernel.errors import InputError
from portal.scaffolder.workspace.archive import from_zip
from portal.scaffolder.workspace.archive import to_zip
from portal.scaffolder.workspace.tree import MOST_FILES
from portal.scaffolder.workspace.tree import File

TREE = {"a/run.sh": File(b"#!/bin/sh\n" * 50, is_executable=True), "한.md": File(b"x")}


def test_a_tree_is_read_as_it_was_written() -> None:
    assert from_zip(to_zip(TREE)) == TREE


def test_a_zip_with_any_byte_changed_is_read_or_refused() -> None:
    data, refused = to_zip(TREE), 0
    for place in range(len(data)):
        for value in (0, 1, 0x7F, 0xFF):
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            try:
                from_zip(changed)
            except InputError:
                refused += 1
    assert refused > len(data)


@pytest.mark.parametrize("size", [1, MOST_FILES + 1])
def test_a_zip_of_too_much_is_refused(size: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(size):
            archive.writestr(str(number), b"")
    if size == 1:
        assert from_zip(buffer.getvalue()) == {"0": File(b"")}
        return
    with pytest.raises(InputError, match="too many files"):
        from_zip(buffer.getvalue())
