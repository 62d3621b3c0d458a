"""Where a name from outside becomes a path of the host."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.files import atomic_write
from portal.kernel.files import exclusive
from portal.kernel.files import private_folder
from portal.kernel.files import relative_path
from portal.kernel.files import write_files


@pytest.mark.parametrize(
    ("base", "target", "expected"),
    [
        ("a", "b", "a/b"),
        ("a", "./b", "a/b"),
        ("a", "../b", "b"),
        ("a/b", "../../c", "c"),
        ("a", "/b", "b"),
        ("a", "//b", "b"),
        ("", "a//b/./c", "a/b/c"),
        (".", "a", "a"),
        ("a", "b/*.yaml", "a/b/*.yaml"),
        ("a", "", "a"),
        ("a", "...", "a/..."),
    ],
)
def test_a_target_is_resolved_inside(base: str, target: str, expected: str) -> None:
    assert relative_path(base, target) == expected


@pytest.mark.parametrize(
    ("base", "target"),
    [
        ("", ".."),
        ("a", "../.."),
        ("a", "/.."),
        ("a", "b/../../../c"),
        ("", "/../etc"),
        ("a", "//.."),
    ],
)
def test_a_target_outside_is_refused(base: str, target: str) -> None:
    with pytest.raises(InputError, match="points outside of the repository"):
        relative_path(base, target)


def test_a_private_folder_is_closed_even_when_it_was_open(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir(mode=0o755)
    assert private_folder(tmp_path / "x").stat().st_mode & 0o777 == 0o700
    assert private_folder(tmp_path / "y/z").stat().st_mode & 0o777 == 0o700


def test_an_atomic_write_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    atomic_write(tmp_path / "f", b"one")
    atomic_write(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    with pytest.raises(TypeError):
        atomic_write(tmp_path / "f", "text")  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_bytes() == b"two"


def test_only_one_process_at_a_time_is_inside(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from portal.kernel.files import exclusive
        print("waiting", flush=True)
        with exclusive(Path(sys.argv[1])):
            print("inside", flush=True)
        """
    )
    with exclusive(tmp_path / "lock"):
        other = subprocess.Popen(
            [sys.executable, "-c", program, tmp_path / "lock"], stdout=subprocess.PIPE, text=True
        )
        assert other.stdout
        assert other.stdout.readline() == "waiting\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.2)
    assert other.communicate(timeout=10)[0] == "inside\n"


def test_a_folder_that_all_users_share_is_refused_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(ConfigError, match="is shared by all users: choose a data_dir"):
        private_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


class TestWriteFiles:
    def test_files_are_written_with_their_folders_and_rights(self, tmp_path: Path) -> None:
        files = {"a/b.sh": (b"#!/bin/sh\n", True), "c": (b"\xff", False)}
        write_files(tmp_path / "new" / "folder", files, force=False)
        folder = tmp_path / "new" / "folder"
        assert (folder / "c").read_bytes() == b"\xff"
        assert (folder / "a" / "b.sh").stat().st_mode & 0o111
        assert not (folder / "c").stat().st_mode & 0o111

    def test_the_mask_of_the_user_is_kept(self, tmp_path: Path) -> None:
        old = os.umask(0o077)
        try:
            write_files(tmp_path, {"a": (b"", False), "b": (b"", True)}, force=False)
        finally:
            os.umask(old)
        modes = [(tmp_path / name).stat().st_mode & 0o777 for name in "ab"]
        assert modes == [0o600, 0o700]

    def test_a_folder_with_something_in_it_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("mine")
        with pytest.raises(InputError, match="is not empty"):
            write_files(tmp_path, {"a": (b"", False)}, force=False)
        assert [path.name for path in tmp_path.iterdir()] == ["mine"]

    def test_with_force_files_are_replaced_and_others_stay(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("mine")
        (tmp_path / "a").write_text("old")
        write_files(tmp_path, {"a": (b"new", False)}, force=True)
        assert (tmp_path / "a").read_text() == "new"
        assert (tmp_path / "mine").read_text() == "mine"

    def test_a_link_in_the_way_is_never_followed(self, tmp_path: Path) -> None:
        outside, folder = tmp_path / "outside", tmp_path / "folder"
        outside.mkdir()
        folder.mkdir()
        (outside / "kept").write_text("kept")
        (folder / "inner").symlink_to(outside)
        (folder / "file").symlink_to(outside / "kept")
        with pytest.raises(InputError, match="in the way"):
            write_files(folder, {"inner/x": (b"x", False)}, force=True)
        write_files(folder, {"file": (b"new", False)}, force=True)
        assert (outside / "kept").read_text() == "kept"
        assert [path.name for path in outside.iterdir()] == ["kept"]
        assert not (folder / "file").is_symlink()

    @pytest.mark.parametrize("name", ["../x", "a/../../x"])
    def test_a_path_that_leaves_the_folder_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InputError):
            write_files(tmp_path / "folder", {name: (b"x", False)}, force=False)
        assert not (tmp_path / "x").exists()

    @pytest.mark.parametrize("name", ["a/b", "c"])
    def test_nothing_is_written_when_something_is_in_the_way(
        self, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "a").write_text("a file")
        (tmp_path / "c").mkdir()
        with pytest.raises(InputError, match="in the way"):
            write_files(tmp_path, {"0": (b"", False), name: (b"", False)}, force=True)
        assert not (tmp_path / "0").exists()
