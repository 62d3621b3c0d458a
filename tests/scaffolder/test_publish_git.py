"""``publish:git``: real pushes to a real git server."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.config.sources import Integration
from portal.kernel.errors import ConfigError
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.kernel.yaml12 import read_one
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.workspace.tree import File
from tests.conftest import MakeSteps
from tests.conftest import Serving
from tests.conftest import Steps
from tests.conftest import Workspace
from tests.scaffolder.remotes import Remote

FILES: Workspace = {
    "README.md": "# Shop\n",
    "bin/run": File(b"#!/bin/sh\n", True),
    "용어/가.txt": "가",
}
NOTE = ".portal/provenance.yaml"


@pytest.fixture
def remote(serving: Serving) -> Remote:
    serving.make_empty("acme/shop")
    return Remote(serving)


@pytest.fixture
def steps(make_steps: MakeSteps, serving: Serving) -> Steps:
    return make_steps(publish_hosts=(serving.host,))


def _publish(
    steps: Steps, remote: Remote, tree: Workspace = FILES, /, **given: Any
) -> Mapping[str, Any]:
    return steps.run("publish:git", tree, remoteUrl=remote.url, **given).output


def test_a_tree_becomes_one_commit_of_an_empty_repository(
    steps: Steps, remote: Remote, serving: Serving
) -> None:
    output = _publish(steps, remote)
    (commit,) = remote.commits()
    assert output == {
        "remoteUrl": remote.url,
        "repoContentsUrl": f"http://{serving.host}/acme/shop/blob/main",
        "commitHash": commit,
        "branch": "main",
    }
    found = remote.files()
    assert found.pop(NOTE)
    assert found == {"README.md": "# Shop\n", "bin/run": "#!/bin/sh\n", "용어/가.txt": "가"}
    assert remote.git("ls-tree", "main", "bin/run").startswith("100755 ")


def test_the_commit_says_who_when_and_what(steps: Steps, remote: Remote) -> None:
    _publish(
        steps,
        remote,
        gitAuthorName="Ada Author",
        gitAuthorEmail="ada@example.org",
        gitCommitMessage="첫 커밋\n\nWith a body",
    )
    told = remote.git("log", "-1", "--format=%an|%ae|%aI|%cn|%ce|%cI|%B", "main")
    who = "Ada Author|ada@example.org|2026-11-23T01:02:03+00:00"
    assert told.strip() == f"{who}|{who}|첫 커밋\n\nWith a body"


def test_who_commits_are_by_when_nobody_says(steps: Steps, remote: Remote) -> None:
    _publish(steps, remote)
    told = remote.git("log", "-1", "--format=%an|%ae|%s", "main")
    assert told.strip() == "Scaffolder|scaffolder@localhost|initial commit"


def test_publishing_again_after_a_crash_changes_nothing(steps: Steps, remote: Remote) -> None:
    first = _publish(steps, remote)
    steps.said.clear()
    assert _publish(steps, remote) == first
    assert len(remote.commits()) == 1
    assert any("already" in line for line in steps.said)


def test_a_repository_with_other_commits_is_never_overwritten(steps: Steps, remote: Remote) -> None:
    _publish(steps, remote, {"other": "content"})
    before = remote.commits()
    with pytest.raises(ConflictError, match="nothing was overwritten"):
        _publish(steps, remote)
    assert remote.commits() == before


def test_another_branch_beside_does_not_matter(steps: Steps, remote: Remote) -> None:
    _publish(steps, remote, {"other": "content"}, defaultBranch="old")
    _publish(steps, remote)
    assert len(remote.commits("main")) == len(remote.commits("old")) == 1


def test_a_target_branch_goes_on_top_of_what_is_there(steps: Steps, remote: Remote) -> None:
    base = _publish(steps, remote, {"kept": "kept", "README.md": "old"})["commitHash"]
    output = _publish(steps, remote, targetBranch="starter/shop")
    assert remote.commits("starter/shop") == [output["commitHash"], base]
    found = remote.files("starter/shop")
    assert (found["kept"], found["README.md"]) == ("kept", "# Shop\n")
    assert remote.commits("main") == [base]
    assert output["branch"] == "starter/shop"
    assert {NOTE, ".portal/provenance/task-1.yaml"} <= set(found)


def test_a_target_branch_is_published_once_even_when_its_base_moves_on(
    steps: Steps, remote: Remote
) -> None:
    _publish(steps, remote, {"kept": "kept"})
    first = _publish(steps, remote, targetBranch="starter")
    late = replace(steps, task=replace(steps.task, id="task-2"), kept={})
    _publish(late, remote, {"more": "more"}, targetBranch="more")
    remote.git("update-ref", "refs/heads/main", "more")
    assert _publish(steps, remote, targetBranch="starter") == first


def test_a_target_branch_that_is_there_is_not_overwritten(steps: Steps, remote: Remote) -> None:
    _publish(steps, remote, {"kept": "kept"})
    _publish(steps, remote, targetBranch="starter")
    before = remote.commits("starter")
    late = replace(steps, task=replace(steps.task, id="task-2"), kept={})
    with pytest.raises(ConflictError, match="'starter'"):
        _publish(late, remote, {"other": "x"}, targetBranch="starter")
    assert remote.commits("starter") == before


def test_a_target_branch_of_an_empty_repository_is_its_first(steps: Steps, remote: Remote) -> None:
    output = _publish(steps, remote, targetBranch="starter")
    assert remote.commits("starter") == [output["commitHash"]]


def test_a_base_that_is_not_there_is_an_error(steps: Steps, remote: Remote) -> None:
    _publish(steps, remote, {"kept": "kept"})
    with pytest.raises(InputError, match="no branch 'trunk'"):
        _publish(steps, remote, defaultBranch="trunk", targetBranch="starter")


def test_only_the_folder_that_was_named_is_published(steps: Steps, remote: Remote) -> None:
    _publish(steps, remote, {"a/x": "1", "a/b/y": "2", "z": "3"}, sourcePath="./a")
    assert set(remote.files()) == {"x", "b/y", NOTE}


@pytest.mark.parametrize("path", ["..", "/etc", "a/../../b"])
def test_a_source_path_stays_in_the_workspace(steps: Steps, remote: Remote, path: str) -> None:
    with pytest.raises(NotAllowedError):
        _publish(steps, remote, sourcePath=path)
    assert remote.git("for-each-ref") == ""


def test_an_empty_folder_is_not_published(steps: Steps, remote: Remote) -> None:
    with pytest.raises(InputError, match="no files to publish in 'none'"):
        _publish(steps, remote, sourcePath="none")


def test_a_commit_is_signed_off_by_the_user_of_the_task(steps: Steps, remote: Remote) -> None:
    user = {"metadata": {"name": "kim"}, "spec": {"profile": {"email": "kim@example.org"}}}
    ref = "user:default/kim"
    signing = replace(steps, entities={ref: user}, task=replace(steps.task, user_ref=ref))
    _publish(signing, remote, signOff=True, gitCommitMessage="Begin\n")
    message = remote.git("log", "-1", "--format=%B", "main").strip()
    assert message == "Begin\n\nSigned-off-by: kim <kim@example.org>"


def test_nobody_signs_off_without_a_mail_address(steps: Steps, remote: Remote) -> None:
    with pytest.raises(ActionError, match="cannot be signed off"):
        _publish(steps, remote, signOff=True)


def test_a_task_that_was_cancelled_publishes_nothing(steps: Steps, remote: Remote) -> None:
    with pytest.raises(ActionError, match="cancelled"):
        _publish(replace(steps, is_cancelled=lambda: True), remote)
    assert remote.git("for-each-ref") == ""


@pytest.mark.slow
def test_as_many_files_as_a_tree_may_have_are_published(steps: Steps, remote: Remote) -> None:
    tree = {f"d{n % 100}/f{n}.txt": f"{n}\n" * 20 for n in range(19_999)}
    _publish(steps, remote, tree)
    assert remote.git("rev-list", "--count", "main").strip() == "1"
    assert len(remote.git("ls-tree", "-r", "--name-only", "main").splitlines()) == 20_000


def test_a_file_of_several_megabytes_is_published(steps: Steps, remote: Remote) -> None:
    data = bytes(range(256)) * 4 * 4096
    _publish(steps, remote, {"large": File(data)})
    done = subprocess.run(
        ("git", "cat-file", "blob", "main:large"), cwd=remote.path, capture_output=True, check=True
    )
    assert done.stdout == data


def test_too_many_files_are_refused_before_anything_is_sent(
    steps: Steps, remote: Remote, serving: Serving
) -> None:
    with pytest.raises(InputError, match="more than 20000 files"):
        _publish(steps, remote, {f"f{n}": "" for n in range(20_000)})
    assert not serving.seen


#: Stands for ssh: it runs what the other side would, and notes what it was told.
SSH = """#!/bin/sh
echo "$@" >> {folder}/told
for last in "$@"; do :; done
cd {root} && exec sh -c "$last"
"""


@pytest.mark.parametrize(
    "url", ["git@git.example.org:acme/shop.git", "ssh://git@git.example.org{root}/acme/shop.git"]
)
def test_over_ssh_nobody_is_asked_and_no_token_goes(
    steps: Steps,
    remote: Remote,
    serving: Serving,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
) -> None:
    url = url.format(root=serving.root)
    ssh = tmp_path / "bin/ssh"
    ssh.parent.mkdir()
    ssh.write_text(SSH.format(folder=tmp_path, root=serving.root))
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    steps.config = replace(steps.config, publish_hosts=("git.example.org",))
    output = steps.run("publish:git", FILES, remoteUrl=url, token="t0ken").output
    assert remote.commits() == [output["commitHash"]]
    told = (tmp_path / "told").read_text()
    assert "-oBatchMode=yes" in told
    assert "t0ken" not in told
    assert output["repoContentsUrl"].startswith(("https://git.example.org/", f"{url}//"))


# --- the note -----------------------------------------------------------------


def test_the_note_tells_template_commit_task_and_answers(steps: Steps, remote: Remote) -> None:
    task = replace(
        steps.task,
        template_commit="c" * 40,
        template_repository="url:https://git.example.org/t/blob/main",
        parameters={"name": "shop", "tags": ["a"]},
    )
    _publish(replace(steps, task=task), remote, {"a": "", NOTE: "of somebody else"})
    note = read_one(remote.read(NOTE).encode())
    assert note["template"] == {
        "ref": "template:default/shop",
        "repository": "url:https://git.example.org/t/blob/main",
        "commit": "c" * 40,
    }
    assert note["task"] == {"id": "task-1", "createdAt": "2026-11-23T01:02:03Z"}
    assert note["parameters"] == {"name": "shop", "tags": ["a"]}
    assert set(note["portal"]) == {"version"}


# --- credentials ----------------------------------------------------------------


def _authorizations(serving: Serving) -> set[str]:
    return {
        base64.b64decode(header.removeprefix("Basic ")).decode()
        for _, header in serving.seen
        if header
    }


def test_the_token_of_the_step_is_used(steps: Steps, remote: Remote, serving: Serving) -> None:
    serving.password = "t0ken-of-the-user"
    _publish(steps, remote, token="t0ken-of-the-user")
    assert _authorizations(serving) == {"x-access-token:t0ken-of-the-user"}


@pytest.mark.parametrize("where", ["integrations", "host_tokens"])
def test_else_the_token_of_the_host_is_used(
    steps: Steps, remote: Remote, serving: Serving, where: str
) -> None:
    serving.password = "t0ken-of-the-operator"
    integration = Integration(serving.host, "github", token_env="FORGE_TOKEN")
    settings: dict[str, Any] = {
        "integrations": (integration,),
        "host_tokens": {serving.host: "FORGE_TOKEN"},
    }
    config = replace(steps.config, **{where: settings[where]})
    env = {"FORGE_TOKEN": "t0ken-of-the-operator"}
    _publish(replace(steps, config=config, env=env), remote)
    assert len(remote.commits()) == 1


def test_a_user_without_rights_does_not_get_those_of_the_operator(
    steps: Steps, remote: Remote, serving: Serving
) -> None:
    serving.password = "t0ken-of-the-operator"
    config = replace(steps.config, host_tokens={serving.host: "FORGE_TOKEN"})
    env = {"FORGE_TOKEN": "t0ken-of-the-operator"}
    with pytest.raises(SourceError) as caught:
        _publish(replace(steps, config=config, env=env), remote, token="t0ken-of-the-user")
    assert _authorizations(serving) == {"x-access-token:t0ken-of-the-user"}
    assert "t0ken" not in str(caught.value)


def test_a_token_that_is_refused_is_in_no_message(
    steps: Steps, remote: Remote, serving: Serving, tmp_path: Path
) -> None:
    serving.password = "right"
    with pytest.raises(SourceError) as caught:
        _publish(steps, remote, token="s3cr3t-wrong")
    told = caught.value.message + "".join(steps.said)
    assert "credentials" in told
    assert "s3cr3t" not in told
    assert str(tmp_path) not in told


def test_a_variable_that_is_not_set_is_named(
    steps: Steps, remote: Remote, serving: Serving
) -> None:
    config = replace(steps.config, host_tokens={serving.host: "FORGE_TOKEN"})
    with pytest.raises(ConfigError, match="FORGE_TOKEN"):
        _publish(replace(steps, config=config), remote)


# --- what an attacker would send -------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc",
        "/srv/repo.git",
        "../repo.git",
        "ext::sh -c touch% /tmp/x",
        "EXT::sh",
        "fd::0",
        "-oProxyCommand=x",
        "--upload-pack=x",
        "ssh://-oProxyCommand=x/y",
        "git@-oProxyCommand=x:y",
        "https://user:s3cr3t@github.com/a/b.git",
        "https://github.com/../b.git",
        "https:///a/b.git",
        "http://git.example.org/a/b.git",
        "https://github.com/$HOME/b.git",
        "https://github.com/a b.git",
        "https://github.com/a\n/b.git",
    ],
)
def test_what_is_no_remote_is_refused(steps: Steps, url: str) -> None:
    with pytest.raises(InputError) as caught:
        steps.run("publish:git", FILES, remoteUrl=url)
    assert "s3cr3t" not in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/a/b.git",
        "https://github.com.evil.test/a/b.git",
        "ssh://git@169.254.169.254/a/b.git",
        "git@evil.test:a/b.git",
        "http://127.0.0.1:1/a/b.git",
        "http://localhost/a/b.git",
    ],
)
def test_only_hosts_of_the_operator_are_published_to(steps: Steps, url: str) -> None:
    with pytest.raises(NotAllowedError, match="publish_hosts"):
        steps.run("publish:git", FILES, remoteUrl=url)


@pytest.mark.parametrize(
    "branch",
    ["-x", "--force", "+main", "a..b", "a b", "main:other", "a.lock", "refs/../x", "a\nb", "~1"],
)
@pytest.mark.parametrize("name", ["defaultBranch", "targetBranch"])
def test_what_is_no_branch_is_refused(
    steps: Steps, remote: Remote, serving: Serving, name: str, branch: str
) -> None:
    with pytest.raises(InputError, match="branch"):
        _publish(steps, remote, **{name: branch})
    assert not serving.seen


@pytest.mark.parametrize(
    "name", ["a\nb", "a\0b", "a <b@c>", "\n", " ", "x" * 500, "a\ncommitter x <y> 1 +0000"]
)
@pytest.mark.parametrize("field", ["gitAuthorName", "gitAuthorEmail"])
def test_an_author_cannot_say_more_than_a_name(
    steps: Steps, remote: Remote, serving: Serving, field: str, name: str
) -> None:
    with pytest.raises(InputError, match="author"):
        _publish(steps, remote, **{field: name})
    assert not serving.seen


def test_a_message_is_kept_as_it_is(steps: Steps, remote: Remote) -> None:
    message = "data 3\nM 100644 inline evil\nfrom refs/heads/x\n\n--amend"
    _publish(steps, remote, gitCommitMessage=message)
    assert remote.git("log", "-1", "--format=%B", "main").strip() == message
    assert "evil" not in remote.files()


@pytest.mark.parametrize("message", ["a\0b", "\n\n", "x" * 20_001])
def test_what_is_no_message_is_refused(steps: Steps, remote: Remote, message: str) -> None:
    with pytest.raises(InputError, match="commit message"):
        _publish(steps, remote, gitCommitMessage=message)


@pytest.mark.parametrize("path", [".git/config", ".GIT/hooks/x", "a/.git/config", "git~1/config"])
def test_nothing_is_published_into_git_itself(steps: Steps, remote: Remote, path: str) -> None:
    with pytest.raises(InputError, match=r"\.git"):
        steps.run("publish:git", {"a": "1", path: "[core]"}, remoteUrl=remote.url)
    assert remote.git("for-each-ref") == ""


def test_files_that_configure_git_do_nothing_here(
    steps: Steps, remote: Remote, tmp_path: Path
) -> None:
    tree = {
        ".gitattributes": "* filter=evil\n",
        ".gitconfig": f"[core]\n\thooksPath = {tmp_path}\n[alias]\n\tpush = !touch pwned\n",
        ".gitmodules": '[submodule "../../x"]\n\tpath = x\n\turl = ext::sh\n',
        "config": "[core]\n\tsshCommand = touch pwned\n",
    }
    _publish(steps, remote, tree)
    assert set(remote.files()) == {*tree, NOTE}
    assert not list(tmp_path.rglob("pwned"))


def test_a_server_that_redirects_gets_no_push(
    steps: Steps, remote: Remote, serving: Serving
) -> None:
    serving.redirect = "http://169.254.169.254"
    with pytest.raises(SourceError, match="redirects"):
        _publish(steps, remote)


def test_a_server_that_refuses_is_told_of(steps: Steps, remote: Remote, serving: Serving) -> None:
    serving.status = 403
    with pytest.raises(SourceError, match=r"could not publish to .*refuses access"):
        _publish(steps, remote)


def test_a_repository_that_is_not_there_is_told_of(steps: Steps, serving: Serving) -> None:
    with pytest.raises(SourceError, match="no such repository"):
        steps.run("publish:git", FILES, remoteUrl=f"http://{serving.host}/acme/none.git")


def test_a_rule_of_the_repository_is_told_of(steps: Steps, remote: Remote) -> None:
    hook = remote.path / "hooks/pre-receive"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho secret words of the server\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PortalError, match="a rule of the repository refuses it") as caught:
        _publish(steps, remote)
    assert "secret words" not in caught.value.message


def test_nothing_is_left_in_the_data_folder(steps: Steps, remote: Remote) -> None:
    _publish(steps, remote)
    assert list((steps.config.data_dir / "git/outbox").iterdir()) == []


def test_what_a_killed_push_left_behind_goes_after_a_day(steps: Steps, remote: Remote) -> None:
    outbox = steps.config.data_dir / "git/outbox"
    old, new = outbox / "old", outbox / "new"
    for folder in (old, new):
        (folder / "objects").mkdir(parents=True)
    os.utime(old, (0, 0))
    _publish(steps, remote)
    assert list(outbox.iterdir()) == [new]


def test_several_tasks_publish_at_the_same_time(steps: Steps, remote: Remote) -> None:
    def one(number: int) -> str:
        task = replace(steps.task, id=f"task-{number}")
        own = replace(steps, task=task, kept={}, said=[])
        output = _publish(own, remote, {"n": str(number)}, defaultBranch=f"b{number}")
        return str(output["commitHash"])

    with ThreadPoolExecutor(8) as pool:
        commits = list(pool.map(one, range(8)))
    heads = remote.git("for-each-ref", "--format=%(objectname)", "refs/heads").split()
    assert sorted(heads) == sorted(commits)
