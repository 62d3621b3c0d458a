"""A file tree becomes a commit, without a working tree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from portal.kernel.errors import SourceError
from portal.scaffolder.workspace.tree import File
from portal.scm.command import Git
from portal.scm.commit import Author
from portal.scm.commit import NewCommit
from portal.scm.commit import blob_id
from portal.scm.commit import commit_files
from portal.scm.commit import write_commit
from portal.scm.mirror import Mirror
from portal.scm.urls import local_remote

FILES = {
    "a.txt": b"one\n",
    '용어/따"옴 표\\.yaml': "한국어".encode(),
    "empty": b"",
    "bin": b"\0\xff\n",
}


@pytest.fixture
def git(tmp_path: Path) -> Git:
    home = tmp_path / "home"
    home.mkdir()
    return Git(home, 20)


def data(repository: Path, tmp_path: Path, git: Git) -> dict[str, bytes]:
    mirror = Mirror(tmp_path / "mirror.git", local_remote(str(repository)), "main", git)
    snapshot = mirror.snapshot(mirror.fetch())
    found = {path: snapshot.read(path).data for path in snapshot.entries}
    mirror.close()
    return found


def commits(repository: Path) -> int:
    output = subprocess.check_output(["git", "rev-list", "--count", "main"], cwd=repository)
    return int(output)


def test_the_files_are_the_whole_content(tmp_path: Path, git: Git) -> None:
    repository = tmp_path / "new" / "x.git"
    commit_files(repository, FILES, "제목\n\nText", git)
    assert data(repository, tmp_path, git) == FILES
    commit_files(repository, {"b.txt": b"two"}, "second", git)
    assert data(repository, tmp_path, git) == {"b.txt": b"two"}
    assert commits(repository) == 2


def test_the_same_files_make_no_commit(tmp_path: Path, git: Git) -> None:
    commit_files(tmp_path / "x.git", FILES, "m", git)
    commit_files(tmp_path / "x.git", FILES, "m", git)
    assert commits(tmp_path / "x.git") == 1


def test_a_repository_whose_first_commit_never_came_gets_it(tmp_path: Path, git: Git) -> None:
    repository = tmp_path / "x.git"
    repository.mkdir()
    git.run("init", "--quiet", "--bare", "-b", "main", cwd=repository)
    commit_files(repository, FILES, "m", git)
    assert data(repository, tmp_path, git) == FILES


def test_a_message_cannot_forge_commands(tmp_path: Path, git: Git) -> None:
    commit_files(tmp_path / "x.git", FILES, "m\ndeleteall\nM 100644 inline evil\n", git)
    assert data(tmp_path / "x.git", tmp_path, git) == FILES


def test_a_blob_has_the_id_git_gives_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"some\0data\n")
    found = subprocess.check_output(["git", "hash-object", str(tmp_path / "file")], text=True)
    assert blob_id(b"some\0data\n") == found.strip()


# --- a commit of its own -------------------------------------------------------------

AUTHOR = Author("Ada Author", "ada@example.org")


@pytest.fixture
def bare(tmp_path: Path, git: Git) -> Path:
    path = tmp_path / "bare.git"
    path.mkdir()
    git.run("init", "--quiet", "--bare", "--template=", cwd=path)
    return path


def new_commit(**files: str) -> NewCommit:
    tree = {path: File(data.encode()) for path, data in files.items()}
    return NewCommit(tree, "A message", AUTHOR, 1_700_000_000)


def listing(repository: Path, git: Git, commit: str) -> dict[str, str]:
    lines = git.run("ls-tree", "-r", "-z", commit, cwd=repository).decode().split("\0")
    return {line.split("\t")[1]: line.split()[0] for line in lines if line}


def test_the_same_commit_has_the_same_id_everywhere(bare: Path, git: Git, tmp_path: Path) -> None:
    other = tmp_path / "other.git"
    other.mkdir()
    git.run("init", "--quiet", "--bare", "--template=", cwd=other)
    commit = new_commit(a="1", b="2")
    assert write_commit(bare, commit, git) == write_commit(other, commit, git)


def test_a_commit_has_exactly_its_files_and_modes(bare: Path, git: Git) -> None:
    files = {path: File(data) for path, data in FILES.items()} | {"run": File(b"x", True)}
    commit = write_commit(bare, NewCommit(files, "m", AUTHOR, 1), git)
    modes = listing(bare, git, commit)
    assert modes == dict.fromkeys(FILES, "100644") | {"run": "100755"}
    for path, data in FILES.items():
        assert git.run("cat-file", "blob", f"{commit}:{path}", cwd=bare) == data


def test_over_a_parent_the_other_files_stay(bare: Path, git: Git) -> None:
    first = write_commit(bare, new_commit(kept="1", changed="1", gone="1"), git)
    change = NewCommit({"changed": File(b"2")}, "m", AUTHOR, 2, ("gone", "never/there"))
    second = write_commit(bare, change, git, first)
    assert set(listing(bare, git, second)) == {"kept", "changed"}
    assert git.run("rev-parse", f"{second}^", cwd=bare).decode().strip() == first


def test_a_parent_that_is_not_there_is_an_error(bare: Path, git: Git) -> None:
    with pytest.raises(SourceError):
        write_commit(bare, new_commit(a="1"), git, "1" * 40)
