"""A folder as it is now, in the shape of a snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.scm.commit import blob_id
from portal.scm.worktree import WorkingTree


def test_files_are_listed_and_read(tmp_path: Path) -> None:
    (tmp_path / "용어").mkdir()
    (tmp_path / "용어/a.yaml").write_text("x")
    tree = WorkingTree(tmp_path)
    assert tree.glob("**/*.yaml") == ["용어/a.yaml"]
    blob = tree.read("용어/a.yaml")
    assert (blob.data, blob.id) == (b"x", blob_id(b"x"))
    assert tree.commit == ""


def test_folders_of_tools_are_left_out(tmp_path: Path) -> None:
    for name in (".git", ".venv", "node_modules", "__pycache__", "kept"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").touch()
    assert list(WorkingTree(tmp_path).entries) == ["kept/a"]


def test_links_are_seen_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    (tmp_path / "dangling").symlink_to("/not/yet")
    tree = WorkingTree(tmp_path)
    assert set(tree.entries) == {"file", "dangling"}
    for path in ("file", "dangling"):
        with pytest.raises(NotFoundError, match="is a symbolic link"):
            tree.read(path)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "missing", "", "."])
def test_nothing_outside_is_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "x").touch()
    with pytest.raises(NotFoundError, match="does not exist"):
        WorkingTree(tmp_path / "in").read(path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "big.yaml").open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    with pytest.raises(InputError, match="more than the"):
        WorkingTree(tmp_path).read("big.yaml")
