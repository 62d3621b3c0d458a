"""Where a name from outside becomes a path of the host."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from portal.kernel.errors import InputError
from portal.kernel.files import atomic_write
from portal.kernel.files import exclusive
from portal.kernel.files import private_folder
from portal.kernel.files import relative_path


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
