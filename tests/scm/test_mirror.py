"""Mirrors of real repositories: over a path, over HTTP, and over what hurts."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
from copy import copy
from pathlib import Path
from typing import Any

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import MirrorError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.scm.command import Git
from portal.scm.mirror import Mirror
from portal.scm.urls import local_remote
from portal.scm.urls import parse_remote
from tests.conftest import MakeRepository
from tests.conftest import Repository
from tests.conftest import Serving


@pytest.fixture
def git(tmp_path: Path) -> Git:
    home = tmp_path / "home"
    home.mkdir()
    return Git(home, 20)


@pytest.fixture
def content(make_repository: MakeRepository) -> Repository:
    return make_repository({"a.txt": "one", "folder/b.txt": "two"})


def mirror_of(tmp_path: Path, git: Git, repository: Any, ref: str = "") -> Mirror:
    url = repository if isinstance(repository, str) else ""
    remote = parse_remote(url) if url else local_remote(str(repository.path))
    return Mirror(tmp_path / "mirror.git", remote, ref, git)


def read(mirror: Mirror, path: str) -> bytes:
    try:
        return mirror.snapshot(mirror.fetch()).read(path).data
    finally:
        mirror.close()


class TestFollowing:
    def test_head_is_followed_by_default(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        mirror = mirror_of(tmp_path, git, content)
        assert mirror.look() == mirror.fetch() == content.git("rev-parse", "HEAD").strip()
        assert read(mirror, "a.txt") == b"one"
        new = content.commit({"a.txt": "three"})
        assert mirror.look() == new
        assert read(mirror, "a.txt") == b"three"

    def test_a_branch_is_followed(self, tmp_path: Path, git: Git, content: Repository) -> None:
        content.git("checkout", "-q", "-b", "feature/용어")
        content.commit({"a.txt": "branch"})
        content.git("checkout", "-q", "main")
        assert read(mirror_of(tmp_path, git, content, "feature/용어"), "a.txt") == b"branch"

    @pytest.mark.parametrize("options", [[], ["-a", "-m", "a tag object"]])
    def test_a_tag_is_followed_to_its_commit(
        self, tmp_path: Path, git: Git, content: Repository, options: list[str]
    ) -> None:
        content.git("tag", *options, "v1")
        content.commit({"a.txt": "later"})
        mirror = mirror_of(tmp_path, git, content, "v1")
        assert mirror.look() == mirror.fetch() == content.git("rev-parse", "v1^{commit}").strip()

    def test_a_branch_goes_before_a_tag_of_its_name(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        content.git("tag", "both")
        content.git("checkout", "-q", "-b", "both")
        tip = content.commit({"a.txt": "branch"})
        mirror = mirror_of(tmp_path, git, content, "both")
        assert (mirror.look(), mirror.fetch()) == (tip, tip)

    def test_a_branch_whose_name_ends_alike_is_another(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        content.git("branch", "other/main")
        with pytest.raises(SourceError, match="no branch or tag 'other'"):
            mirror_of(tmp_path, git, content, "other").look()

    def test_a_force_push_is_followed(self, tmp_path: Path, git: Git, content: Repository) -> None:
        mirror = mirror_of(tmp_path, git, content)
        content.commit({"a.txt": "two"})
        mirror.fetch()
        content.git("reset", "-q", "--hard", "HEAD~1")
        new = content.commit({"a.txt": "rewritten"})
        assert mirror.fetch() == new
        assert read(mirror, "a.txt") == b"rewritten"

    def test_a_repository_without_commits_is_an_error_and_not_an_empty_snapshot(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        empty = tmp_path / "empty"
        content.git("init", "-q", "--bare", str(empty))
        mirror = Mirror(tmp_path / "m.git", local_remote(str(empty)), "", git)
        with pytest.raises(SourceError, match="it has no commit yet"):
            mirror.look()
        with pytest.raises(SourceError, match="it has no commit yet"):
            mirror.fetch()

    def test_a_head_that_names_no_branch_says_which_there_are(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        content.git("branch", "other")
        content.git("symbolic-ref", "HEAD", "refs/heads/master")
        for call in (
            mirror_of(tmp_path, git, content).look,
            mirror_of(tmp_path, git, content).fetch,
        ):
            with pytest.raises(SourceError, match=r"set ref \(there are: main, other\)"):
                call()

    def test_a_repository_whose_objects_are_named_by_sha256_is_read(
        self, tmp_path: Path, git: Git
    ) -> None:
        path = tmp_path / "sha256"
        subprocess.run(
            ["git", "init", "-q", "-b", "main", "--object-format=sha256", path], check=True
        )
        other = Repository(path)
        first = other.commit({"a.txt": "one"})
        mirror = mirror_of(tmp_path, git, other)
        assert mirror.look() == first
        assert mirror.fetch() == first
        assert len(first) == 64
        assert read(mirror, "a.txt") == b"one"
        second = other.commit({"a.txt": "two", "b.txt": "b"})
        assert mirror.fetch() == second
        assert read(mirror, "a.txt") == b"two"
        assert mirror.authors(["a.txt", "b.txt"], first, second)["b.txt"].id == second
        at_first = Mirror(tmp_path / "at.git", local_remote(str(path)), first, git)
        assert at_first.fetch() == first
        for one in (mirror, at_first):
            one.close()

    def test_a_deleted_branch_is_an_error_and_the_old_commit_stays_readable(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        content.git("branch", "gone")
        mirror = mirror_of(tmp_path, git, content, "gone")
        commit = mirror.fetch()
        content.git("branch", "-D", "gone")
        for call in (mirror.look, mirror.fetch):
            with pytest.raises(SourceError, match="no branch or tag 'gone'"):
                call()
        assert mirror.has(commit)
        assert mirror.snapshot(commit).read("a.txt").data == b"one"
        mirror.close()

    def test_a_vanished_repository_is_an_error(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        mirror = mirror_of(tmp_path, git, content)
        mirror.fetch()
        content.path.rename(tmp_path / "elsewhere")
        with pytest.raises(SourceError, match="it is not a git repository"):
            mirror.look()

    def test_locks_of_a_killed_git_do_not_block_the_next(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        mirror = mirror_of(tmp_path, git, content)
        mirror.fetch()
        for name in ("refs/portal/head.lock", "packed-refs.lock", "shallow.lock", "HEAD.lock"):
            (tmp_path / "mirror.git" / name).touch()
        new = content.commit({"a.txt": "two"})
        assert mirror.fetch() == new

    def test_a_ref_that_is_no_ref_is_refused_before_git_sees_it(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        with pytest.raises(InputError):
            mirror_of(tmp_path, git, content, "--output=x")


class TestOverHttp:
    def test_a_repository_is_read(
        self, tmp_path: Path, git: Git, content: Repository, serving: Serving
    ) -> None:
        mirror = mirror_of(tmp_path, git, serving.url())
        assert mirror.look() == content.git("rev-parse", "HEAD").strip()
        assert read(mirror, "a.txt") == b"one"

    @pytest.mark.usefixtures("content")
    def test_a_token_opens_it(self, tmp_path: Path, git: Git, serving: Serving) -> None:
        serving.password = "s3cr3t"
        with pytest.raises(SourceError, match="token_env"):
            mirror_of(tmp_path, git, serving.url()).look()
        with pytest.raises(SourceError, match="token_env"):
            mirror_of(tmp_path, Git(git.home, 20, "wrong"), serving.url()).look()
        assert read(mirror_of(tmp_path, Git(git.home, 20, "s3cr3t"), serving.url()), "a.txt")

    @pytest.mark.usefixtures("content")
    def test_the_token_is_nowhere_on_disk(self, tmp_path: Path, git: Git, serving: Serving) -> None:
        serving.password = "s3cr3t"
        mirror = mirror_of(tmp_path, Git(git.home, 20, "s3cr3t"), serving.url())
        mirror.fetch()
        encoded = base64.b64encode(b"x-access-token:s3cr3t")
        for path in (*git.home.rglob("*"), *(tmp_path / "mirror.git").rglob("*")):
            if path.is_file():
                assert b"s3cr3t" not in path.read_bytes()
                assert encoded not in path.read_bytes()

    @pytest.mark.usefixtures("content")
    def test_a_redirect_is_not_followed_and_gets_no_token(
        self, tmp_path: Path, git: Git, serving: Serving
    ) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.2)
        serving.redirect = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(SourceError, match="redirects"):
            mirror_of(tmp_path, Git(git.home, 20, "s3cr3t"), serving.url()).look()
        with pytest.raises(TimeoutError):
            listener.accept()
        listener.close()

    @pytest.mark.parametrize(
        ("status", "reason"), [(403, "refuses access"), (404, "no such repository"), (500, "git")]
    )
    @pytest.mark.usefixtures("content")
    def test_a_refusal_is_told(
        self, tmp_path: Path, git: Git, serving: Serving, status: int, reason: str
    ) -> None:
        serving.status = status
        with pytest.raises(SourceError, match=reason) as caught:
            mirror_of(tmp_path, git, serving.url()).look()
        assert "127.0.0.1" not in caught.value.message

    def test_a_closed_port_is_told(self, tmp_path: Path, git: Git) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(SourceError, match="refuses the connection"):
            mirror_of(tmp_path, git, f"http://127.0.0.1:{port}/x").look()

    def test_a_server_that_says_nothing_ends_in_time(self, tmp_path: Path, git: Git) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
            with pytest.raises(SourceError, match=r"did not finish within 0\.5 seconds"):
                mirror_of(tmp_path, Git(git.home, 0.5), url).look()

    def test_a_truncated_answer_is_an_error_and_the_next_fetch_heals(
        self, tmp_path: Path, git: Git, content: Repository, serving: Serving
    ) -> None:
        mirror = mirror_of(tmp_path, git, serving.url())
        old = mirror.fetch()
        new = content.commit({"big.bin": os.urandom(20_000)})
        serving.truncate = 400
        with pytest.raises(SourceError):
            mirror.fetch()
        assert mirror.snapshot(old).read("a.txt").data == b"one"
        serving.truncate = 0
        assert mirror.fetch() == new
        mirror.close()


class TestSnapshot:
    def test_symbolic_links_are_seen_and_never_read(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        (content.path / "link.yaml").symlink_to("/etc/passwd")
        (content.path / "dir").symlink_to("/etc")
        (content.path / "dangling").symlink_to("/not/yet")
        content.commit()
        mirror = mirror_of(tmp_path, git, content)
        snapshot = mirror.snapshot(mirror.fetch())
        assert snapshot.glob("*.yaml") == ["link.yaml"]
        for path in ("link.yaml", "dir", "dangling"):
            with pytest.raises(NotFoundError, match="is a symbolic link"):
                snapshot.read(path)
        with pytest.raises(NotFoundError, match="does not exist"):
            snapshot.read("dir/passwd")
        mirror.close()

    def test_submodules_are_inert(self, tmp_path: Path, git: Git, content: Repository) -> None:
        head = content.git("rev-parse", "HEAD").strip()
        content.git("update-index", "--add", "--cacheinfo", f"160000,{head},module")
        (content.path / ".gitmodules").write_text(
            '[include]\n\tpath = /etc/passwd\n[submodule "../../x"]\n'
            "\tpath = module\n\turl = ext::sh -c 'touch pwned'\n"
        )
        content.git("add", ".gitmodules")
        content.git("commit", "-q", "-m", "hostile")
        mirror = mirror_of(tmp_path, git, content)
        snapshot = mirror.snapshot(mirror.fetch())
        assert set(snapshot.entries) == {".gitmodules", "a.txt", "folder/b.txt"}
        assert not list(tmp_path.rglob("pwned"))
        mirror.close()

    def test_hooks_and_filters_are_inert(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        marker = tmp_path / "ran"
        for name in ("post-checkout", "post-merge", "reference-transaction", "pre-receive"):
            hook = content.path / ".git/hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
            hook.chmod(0o755)
        content.git("config", "filter.evil.smudge", f"touch {marker}; cat")
        content.git("config", "core.fsmonitor", f"touch {marker}")
        content.commit({".gitattributes": "* filter=evil\n", "c.txt": "raw"})
        marker.unlink(missing_ok=True)
        assert read(mirror_of(tmp_path, git, content), "c.txt") == b"raw"
        assert not marker.exists()

    def test_executable_files_are_read(self, tmp_path: Path, git: Git, content: Repository) -> None:
        (content.path / "run.sh").write_text("#!/bin/sh\n")
        (content.path / "run.sh").chmod(0o755)
        content.commit()
        assert read(mirror_of(tmp_path, git, content), "run.sh") == b"#!/bin/sh\n"

    def test_names_of_every_kind_are_kept(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        names = ["용어/개념 드리프트.yaml", 'quo"te\\.txt', "tab\tnew\nline.txt", "-dash", " lead"]
        content.commit(dict.fromkeys(names, "x"))
        mirror = mirror_of(tmp_path, git, content)
        snapshot = mirror.snapshot(mirror.fetch())
        assert {name: snapshot.read(name).data for name in names} == dict.fromkeys(names, b"x")
        authors = mirror.authors(names, None, snapshot.commit)
        assert {c.author for c in authors.values()} == {"Ada Author"}
        mirror.close()

    def test_a_name_that_is_no_utf8_is_listed_as_printable_text_and_not_read(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        with open(os.fsencode(content.path) + b"/caf\xe9.yaml", "wb") as file:  # noqa: PTH123
            file.write(b"x")
        new = content.commit()
        mirror = mirror_of(tmp_path, git, content)
        snapshot = mirror.snapshot(mirror.fetch())
        assert snapshot.glob("caf*") == ["caf\\xe9.yaml"]
        with pytest.raises(NotFoundError, match="is left out: its name is not UTF-8: rename it"):
            snapshot.read("caf\\xe9.yaml")
        assert mirror.authors(["caf\\xe9.yaml"], None, new)["caf\\xe9.yaml"].id == new
        mirror.close()

    def test_a_huge_file_is_not_read_into_memory(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        content.commit({"big.yaml": b" " * (10 * 1024 * 1024 + 1)})
        mirror = mirror_of(tmp_path, git, content)
        with pytest.raises(InputError, match="more than the 10,485,760 that are read"):
            mirror.snapshot(mirror.fetch()).read("big.yaml")
        mirror.close()

    def test_the_repository_of_a_running_hook_is_not_read_instead(
        self, tmp_path: Path, git: Git, content: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "hook.git"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
        assert read(mirror_of(tmp_path, git, content), "a.txt") == b"one"


class TestHistory:
    def test_the_last_commit_that_touched_a_path_is_found(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        first = content.git("rev-parse", "HEAD").strip()
        second = content.commit({"a.txt": "2"}, "Second commit")
        third = content.commit({"folder/b.txt": None}, "Third commit")
        mirror = mirror_of(tmp_path, git, content)
        mirror.fetch()
        found = mirror.authors(["a.txt", "folder/b.txt"], first, third)
        assert (found["a.txt"].id, found["a.txt"].subject) == (second, "Second commit")
        assert found["folder/b.txt"].id == third
        assert found["a.txt"].time == "2025-01-01T00:01:00+00:00"
        assert found["a.txt"].email == "ada@example.org"

    def test_a_path_outside_of_the_span_gets_the_newest_commit(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        second = content.commit({"a.txt": "2"})
        mirror = mirror_of(tmp_path, git, content)
        mirror.fetch()
        assert mirror.authors(["folder/b.txt"], second, second)["folder/b.txt"].id == second

    def test_a_base_that_is_gone_does_not_matter(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        head = content.git("rev-parse", "HEAD").strip()
        mirror = mirror_of(tmp_path, git, content)
        mirror.fetch()
        assert mirror.authors(["a.txt"], "0" * 40, head)["a.txt"].id == head

    @pytest.mark.parametrize(
        ("author", "shown"),
        [
            ("x" * 20_000 + " <" * 20, "x" * 200),
            ("<" * 20_000, ""),
            ("A\x01" + "0" * 40 + "\x02Mallory\x1b[31m", "A" + "0" * 40 + "Mallory[31m"),
            ("Ev\u202eil", "Evil"),
            ("<script>alert(1)</script>", "<script>alert(1)/script>"),
        ],
    )
    def test_a_hostile_author_is_one_short_printable_line(
        self, tmp_path: Path, git: Git, content: Repository, author: str, shown: str
    ) -> None:
        tree = content.git("rev-parse", "HEAD^{tree}").strip()
        raw = f"tree {tree}\nauthor {author} <e@x> 1735689600 +0000\n"
        raw += "committer C <c@x> 1735689600 +0000\n\nsubject\x01here\n"
        commit = self._write_commit(content, raw)
        mirror = mirror_of(tmp_path, git, content)
        mirror.fetch()
        found = mirror.commit(commit)
        assert found.id == commit
        assert found.subject == "subjecthere"
        assert len(found.author) <= 200
        assert found.author.isprintable()
        if shown and "<" not in shown:
            assert found.author == shown

    @pytest.mark.parametrize(
        "time", ["253402300799 -1200", "9999999999999999 +0000", "-1 +0000", "0 +9999"]
    )
    def test_a_date_out_of_range_is_no_date(
        self, tmp_path: Path, git: Git, content: Repository, time: str
    ) -> None:
        tree = content.git("rev-parse", "HEAD^{tree}").strip()
        raw = f"tree {tree}\nauthor A <a@x> {time}\ncommitter C <c@x> {time}\n\ns\n"
        commit = self._write_commit(content, raw)
        mirror = mirror_of(tmp_path, git, content)
        mirror.fetch()
        assert mirror.commit(commit).id == commit

    def _write_commit(self, content: Repository, raw: str) -> str:
        file = content.path.parent / "raw-commit"
        file.write_bytes(raw.encode())
        commit: str = content.git(
            "hash-object", "-t", "commit", "-w", "--literally", str(file)
        ).strip()
        content.git("update-ref", "refs/heads/main", commit)
        return commit


def test_a_commit_that_another_machine_has_read_is_fetched_and_nothing_cloned_anew(
    tmp_path: Path, git: Git, content: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    mirror = mirror_of(tmp_path, git, content)
    mirror.fetch()
    new = content.commit({"a.txt": "read elsewhere"})
    assert mirror.snapshot(new).read("a.txt").data == b"read elsewhere"
    mirror.close()
    assert "cloned anew" not in caplog.text


def test_a_machine_that_never_had_a_repository_fetches_it(
    tmp_path: Path, git: Git, content: Repository
) -> None:
    new = content.commit({"a.txt": "read elsewhere"})
    mirror = mirror_of(tmp_path, git, content)
    assert mirror.snapshot(new).read("a.txt").data == b"read elsewhere"
    mirror.close()


def test_many_small_fetches_are_packed(
    tmp_path: Path, git: Git, content: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.scm.mirror._LOOSE_OBJECTS", 1)
    mirror = mirror_of(tmp_path, git, content)
    loose = tmp_path / "mirror.git" / "objects"

    def count() -> int:
        return sum(1 for path in loose.glob("??/*") if path.is_file())

    for number in range(20):
        content.commit({f"folder{number}/{number}.txt": str(number)})
        mirror.fetch()
    before = count()
    mirror.tidy()
    assert before > 0
    assert count() < before
    assert read(mirror, "folder19/19.txt") == b"19"


def _lose_objects(mirror: Path) -> None:
    for path in (mirror / "objects").rglob("*"):
        if path.is_file():
            path.unlink()


def _change_bytes(mirror: Path) -> None:
    for path in (mirror / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"\x5a" * path.stat().st_size)


def test_a_list_of_files_is_brought_to_another_commit(
    tmp_path: Path, git: Git, content: Repository
) -> None:
    content.commit({"gone.txt": "1", "moved.txt": "2", "결제.txt": "3", "run.sh": "4"})
    mirror = mirror_of(tmp_path, git, content)
    old = mirror.snapshot(mirror.fetch())
    (content.path / "link").symlink_to("a.txt")
    content.git("mv", "moved.txt", "folder/moved.txt")
    content.git("rm", "--quiet", "gone.txt")
    (content.path / "run.sh").chmod(0o755)
    commit = content.commit({"a.txt": "another one", "결제.txt": "네"})
    assert mirror.fetch() == commit

    new = mirror.snapshot(commit, old)
    whole = mirror.snapshot(commit)
    assert new.commit == commit
    assert new.entries == whole.entries
    assert new.read("a.txt").data == b"another one"
    changed = {"gone.txt", "moved.txt", "folder/moved.txt", "run.sh", "link", "a.txt", "결제.txt"}
    assert new.changed_from(old) == whole.changed_from(old) == changed
    assert mirror.snapshot(old.commit, new).entries == old.entries
    mirror.close()


def test_a_list_of_a_commit_that_is_gone_is_made_anew(
    tmp_path: Path, git: Git, content: Repository
) -> None:
    mirror = mirror_of(tmp_path, git, content)
    commit = mirror.fetch()
    whole = mirror.snapshot(commit)
    unknown = copy(whole)
    unknown.commit, unknown.entries = "1" * 40, {}
    assert mirror.snapshot(commit, unknown).entries == whole.entries
    mirror.close()


def _break_head(mirror: Path) -> None:
    (mirror / "HEAD").write_bytes(b"\0\0\0")


def _lose_blobs(mirror: Path) -> None:
    for path in (mirror / "objects").glob("??/*"):
        if subprocess.run(
            ["git", "cat-file", "-t", f"{path.parent.name}{path.name}"],
            cwd=mirror,
            capture_output=True,
            check=True,
        ).stdout.startswith(b"blob"):
            path.unlink()


class TestAMirrorThatIsDamaged:
    @pytest.fixture(params=[_lose_objects, _change_bytes, _break_head, _lose_blobs])
    def damaged(
        self, tmp_path: Path, git: Git, content: Repository, request: pytest.FixtureRequest
    ) -> Path:
        assert read(mirror_of(tmp_path, git, content), "a.txt") == b"one"
        request.param(tmp_path / "mirror.git")
        return tmp_path / "mirror.git"

    @pytest.mark.usefixtures("damaged")
    def test_it_is_cloned_anew_when_it_is_read(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        mirror = mirror_of(tmp_path, git, content)
        tree = mirror.snapshot(content.git("rev-parse", "HEAD").strip())
        assert tree.read("a.txt").data == b"one"
        assert tree.read("folder/b.txt").data == b"two"
        mirror.close()

    @pytest.mark.usefixtures("damaged")
    def test_it_is_cloned_anew_when_there_is_a_new_commit(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        content.commit({"a.txt": "three"})
        assert read(mirror_of(tmp_path, git, content), "a.txt") == b"three"
        assert read(mirror_of(tmp_path, git, content), "folder/b.txt") == b"two"

    def test_it_is_not_told_as_a_fault_of_the_remote(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        mirror = mirror_of(tmp_path, git, content)
        with pytest.raises(MirrorError, match="its local copy is gone"):
            git.run("log", cwd=tmp_path / "nowhere")
        commit = mirror.fetch()
        shutil.rmtree(content.path)
        _lose_objects(tmp_path / "mirror.git")
        with pytest.raises(SourceError, match="it is not a git repository"):
            mirror.snapshot(commit)  # that of the remote, which cannot be cloned

    def test_a_fault_of_the_remote_leaves_it_alone(
        self, tmp_path: Path, git: Git, content: Repository
    ) -> None:
        mirror = mirror_of(tmp_path, git, content)
        commit = mirror.fetch()
        content.path.rename(tmp_path / "elsewhere")
        with pytest.raises(SourceError):
            mirror.fetch()
        assert mirror.snapshot(commit).read("a.txt").data == b"one"
        mirror.close()
