"""Three trees become one: properties of the merge, on real repositories."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from portal.kernel.errors import ConfigError
from portal.scaffolder.publishing.authorship import DEFAULT_AUTHOR
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.updating.merging import Merged
from portal.scaffolder.updating.merging import Trees
from portal.scaffolder.updating.merging import merge_trees
from portal.scaffolder.updating.merging import moved
from portal.scaffolder.updating.rules import UpdateRules
from portal.scaffolder.workspace.tree import File
from portal.scm.command import Git
from portal.scm.commit import NewCommit
from portal.scm.merging.listing import files_of
from portal.scm.merging.listing import read
from portal.scm.merging.three_way import check_version
from portal.scm.push import Outbox
from portal.scm.push import open_outbox
from portal.scm.urls import local_remote

Files = Mapping[str, bytes]
NO_RULES = UpdateRules()
NOTE = {PATH: b"note\n"}
LINES = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=6)
CONTENT = st.one_of(
    LINES.map(lambda lines: "".join(f"{line}\n" for line in lines).encode()),
    st.binary(max_size=20),
)
NAMES = st.sampled_from(["a.txt", "b.txt", "app/c.py", "app/d.py", "docs/e/f.md", "이름 g.txt"])
TREES = st.dictionaries(NAMES, CONTENT, min_size=1, max_size=6)
#: What has nothing in common with a template's file: else git takes it for that file, moved.
OWN = st.dictionaries(
    st.sampled_from(["ours/x.txt", "ours/y.bin", "app/ours.py", "z.txt"]),
    st.integers(0, 9).map(lambda number: f"number {number}\nof the project\n".encode() * 5),
    max_size=4,
)
QUICK = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@contextmanager
def outbox_at(folder: Path) -> Iterator[Outbox]:
    git = Git(folder, 60)
    with open_outbox(folder / "outbox", local_remote(str(folder)), git) as outbox:
        yield outbox


def tree(files: Files) -> dict[str, File]:
    return {path: File(data) for path, data in files.items()}


def merged(
    folder: Path, old: Files, new: Files, project: Files, rules: UpdateRules = NO_RULES
) -> tuple[dict[str, bytes], Merged]:
    """Merge; return the files that come out, and what the merge tells."""
    with outbox_at(folder) as outbox:
        head = outbox.write(NewCommit(tree(project), "head", DEFAULT_AUTHOR, 0))
        found = merge_trees(outbox, Trees(tree(old), tree(new), head, rules))
        listed = files_of(outbox, found.merge.tree)
        return {path: read(outbox, one) for path, one in listed.items()}, found


@pytest.mark.slow
@QUICK
@given(old=TREES, new=TREES)
def test_an_update_of_an_untouched_project_is_a_fresh_rendering(
    tmp_path: Path, old: Files, new: Files
) -> None:
    files, found = merged(tmp_path, old, new, {**old, **NOTE})
    assert files == {**new, **NOTE}
    assert not found.merge.conflicts
    assert found.kept == ()


@pytest.mark.slow
@QUICK
@given(old=TREES, project=TREES)
def test_an_update_to_the_same_files_changes_nothing(
    tmp_path: Path, old: Files, project: Files
) -> None:
    files, found = merged(tmp_path, old, old, {**project, **NOTE})
    assert files == {**project, **NOTE}
    assert not found.merge.conflicts


@pytest.mark.slow
@QUICK
@given(old=TREES, new=TREES, project=TREES, own=OWN)
def test_files_of_the_project_alone_never_change(
    tmp_path: Path, old: Files, new: Files, project: Files, own: Files
) -> None:
    files, _ = merged(tmp_path, old, new, {**project, **own, **NOTE})
    assert {path: files.get(path) for path in own} == own


@pytest.mark.slow
@QUICK
@given(old=TREES, new=TREES, project=TREES)
def test_what_is_made_once_never_changes(
    tmp_path: Path, old: Files, new: Files, project: Files
) -> None:
    rules = UpdateRules(once=("**",))
    files, found = merged(tmp_path, old, new, {**project, **NOTE}, rules)
    added = {path: data for path, data in new.items() if path not in {*old, *project}}
    assert files == {**added, **project, **NOTE}
    assert not found.merge.conflicts


@pytest.mark.slow
@QUICK
@given(old=TREES, new=TREES, project=TREES)
def test_what_is_managed_is_what_the_template_makes(
    tmp_path: Path, old: Files, new: Files, project: Files
) -> None:
    rules = UpdateRules(managed=("**",))
    files, found = merged(tmp_path, old, new, {**project, **NOTE}, rules)
    ours = {path: data for path, data in project.items() if path not in {*old, *new}}
    assert files == {**ours, **new, **NOTE}
    assert not found.merge.conflicts


def test_two_updates_that_do_not_touch_give_the_same_in_either_order(tmp_path: Path) -> None:
    old = {"a.txt": b"1\n2\n3\n4\n5\n6\n7\n8\n", "b.txt": b"b\n"}
    one = {**old, "a.txt": b"ONE\n2\n3\n4\n5\n6\n7\n8\n"}
    both = {**one, "a.txt": b"ONE\n2\n3\n4\n5\n6\n7\nEIGHT\n", "c.txt": b"c\n"}
    other = {**old, "a.txt": b"1\n2\n3\n4\n5\n6\n7\nEIGHT\n", "c.txt": b"c\n"}
    project = {**old, "b.txt": b"ours\n"}
    first, _ = merged(tmp_path, old, one, project)
    there, _ = merged(tmp_path, one, both, first)
    second, _ = merged(tmp_path, old, other, project)
    back, _ = merged(tmp_path, other, both, second)
    assert there == back == {**both, "b.txt": b"ours\n"}


def test_a_file_of_the_project_stays_where_it_is_though_its_folder_moved(tmp_path: Path) -> None:
    old = {f"src/{name}.py": name.encode() * 40 for name in "abcd"}
    new = {path.replace("src/", "lib/"): data for path, data in old.items()}
    files, found = merged(tmp_path, old, new, {**old, "src/ours.py": b"ours\n"})
    assert files == {**new, "src/ours.py": b"ours\n"}
    assert not found.merge.conflicts


def test_an_executable_stays_one(tmp_path: Path) -> None:
    with outbox_at(tmp_path) as outbox:
        old, new = {"run": File(b"1\n")}, {"run": File(b"1\n", is_executable=True)}
        head = outbox.write(NewCommit(old, "head", DEFAULT_AUTHOR, 0))
        found = merge_trees(outbox, Trees(old, new, head, UpdateRules()))
        assert files_of(outbox, found.merge.tree)["run"].mode == "100755"


def test_links_and_submodules_of_the_project_stay(tmp_path: Path) -> None:
    with outbox_at(tmp_path) as outbox:
        old, new = tree({"a": b"1\n"}), tree({"a": b"2\n"})
        first = outbox.write(NewCommit(old, "head", DEFAULT_AUTHOR, 0))
        blob = files_of(outbox, first)["a"].id
        listing = (
            f"120000 blob {blob}\tlink\n160000 commit {first}\tmodule\n100644 blob {blob}\ta\n"
        )
        made = outbox._git.run("mktree", cwd=outbox._folder, data=listing.encode())
        head = outbox.write(
            NewCommit({}, "head", DEFAULT_AUTHOR, 0, tree=made.decode().strip()), first
        )
        found = merge_trees(outbox, Trees(old, new, head, UpdateRules()))
        modes = {path: one.mode for path, one in files_of(outbox, found.merge.tree).items()}
        assert modes == {"a": "100644", "link": "120000", "module": "160000"}


def test_an_old_git_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with outbox_at(tmp_path) as outbox:
        old = tmp_path / "bin/git"
        old.parent.mkdir()
        old.write_text("#!/bin/sh\necho git version 2.37.9\n")
        old.chmod(old.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", str(old.parent), prepend=":")
        with pytest.raises(ConfigError, match=r"needs git 2.38 or newer .*; it has 2.37"):
            check_version(outbox)


def test_paths_move_with_their_folder() -> None:
    moves = {"app": "lib", "docs/a.md": "docs/b.md"}
    paths = ("app/x.py", "app", "apple", "docs/a.md", "docs/a.md.txt")
    assert [moved(path, moves) for path in paths] == [
        "lib/x.py",
        "lib",
        "apple",
        "docs/b.md",
        "docs/a.md.txt",
    ]
