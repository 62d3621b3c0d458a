"""``portal new``: offline, on a terminal, and at a real portal over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from werkzeug.serving import make_server

from portal.app import create_app
from tests.command_line import run
from tests.command_line import write_files
from tests.conftest import MakePortal

FORM = """\
  parameters:
    - title: 프로젝트 / Project
      required: [name]
      properties:
        name: {type: string, title: 이름 / Name, pattern: "^[a-z-]+$"}
        language: {type: string, title: Language, enum: [ko, en], default: ko}
    - title: More
      properties:
        docs: {type: boolean, title: Docs}
        token: {type: string, title: Token, "ui:field": Secret}
"""
HEAD = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: %s}
spec:
  type: service
  owner: team-a
"""
MAKE = """\
    - id: make
      name: Make it
      action: fetch:template
      input:
        url: ./skeleton
        values: {name: "${{ parameters.name }}", docs: "${{ parameters.docs }}"}
"""
OUTPUT = """\
  output:
    text: [{title: Next, content: "Try ${{ parameters.name }}."}]
    links: [{title: Repository, url: "${{ steps.publish.output.remoteUrl }}"}]
"""
TEMPLATES = {
    "hello": HEAD % "hello" + FORM + "  steps:\n" + MAKE + OUTPUT,
    "published": HEAD % "published"
    + "  parameters: {properties: {name: {type: string}, remoteUrl: {type: string}}}\n  steps:\n"
    + MAKE
    + "    - {id: publish, action: 'publish:git',"
    + " input: {remoteUrl: '${{ parameters.remoteUrl }}'}}\n"
    + OUTPUT,
    "waiting": HEAD % "waiting"
    + "  steps:\n    - {id: wait, name: Wait, action: 'debug:wait', input: {minutes: 5}}\n",
    "secretive": HEAD % "secretive"
    + "  parameters: {properties: {name: {type: string}}}\n"
    + "  secrets: {schema: {type: object, required: [token], properties:"
    + " {token: {type: string, title: Token of the registry, minLength: 8}}}}\n"
    + "  steps:\n"
    + MAKE.replace('docs: "${{ parameters.docs }}"', 't: "${{ secrets.token | length }}"')
    + OUTPUT.partition("    links")[0],
    "failing": HEAD % "failing"
    + "  steps:\n    - {id: bad, action: 'fetch:template', input: {url: ./nowhere}}\n",
}
SKELETON = {
    "skeleton/README.md": "# ${{ values.name }}\n",
    "skeleton/run.sh": "#!/bin/sh\necho hi\n",
}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return write_templates(tmp_path / "templates")["hello"]


def write_templates(root: Path) -> dict[str, Path]:
    for name, descriptor in TEMPLATES.items():
        folder = write_files(root / name, {"template.yaml": descriptor, **SKELETON})
        (folder / "skeleton/run.sh").chmod(0o755)
    return {name: root / name for name in TEMPLATES}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder commands are run in."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def new(*arguments: object, **options: Any) -> Result:
    return run("new", *arguments, **options)


class TestOffline:
    def test_a_project_is_made_in_a_folder_of_its_name(self, template: Path, work: Path) -> None:
        result = new(template, "-p", "name=order-desk")
        assert result.exit_code == 0
        assert (work / "order-desk" / "README.md").read_text() == "# order-desk\n"
        assert os.access(work / "order-desk" / "run.sh", os.X_OK)
        assert "3 files in order-desk" in result.output
        assert "Try order-desk." in result.output

    def test_it_says_where_it_came_from_without_secrets(self, template: Path, work: Path) -> None:
        result = new(template, "mine", "-p", "name=a", "-p", "token=s3cret-value")
        note = (work / "mine" / ".portal" / "provenance.yaml").read_text()
        assert result.exit_code == 0
        assert "ref: template:default/hello" in note
        assert "name: a" in note
        assert "s3cret-value" not in note + result.output

    def test_a_dry_run_shows_the_files_and_makes_none(self, template: Path, work: Path) -> None:
        result = new(template, "-p", "name=a", "--dry-run")
        assert result.exit_code == 0
        assert re.search(r"^\s+4  README\.md$", result.output, re.MULTILINE)
        assert re.search(r"run\.sh\*$", result.output, re.MULTILINE)
        assert list(work.iterdir()) == []

    def test_without_a_terminal_it_names_what_is_missing(self, template: Path, work: Path) -> None:
        result = new(template)
        assert result.exit_code == 2
        assert "name: is required (이름 / Name)" in result.output
        assert "-p NAME=VALUE" in result.output
        assert list(work.iterdir()) == []

    def test_a_folder_with_files_is_left_alone(self, template: Path, work: Path) -> None:
        (work / "a").mkdir()
        (work / "a" / "mine").write_text("")
        result = new(template, "-p", "name=a")
        assert result.exit_code == 2
        assert "a is not empty" in result.output
        assert new(template, "-p", "name=a", "--force").exit_code == 0

    def test_a_folder_without_a_template_is_told(self, work: Path) -> None:
        (work / "empty").mkdir()
        result = new("./empty")
        assert result.exit_code == 2
        assert "there is no template.yaml in this folder" in result.output

    def test_the_descriptor_may_be_named_instead_of_its_folder(
        self, template: Path, work: Path
    ) -> None:
        assert new(template / "template.yaml", "-p", "name=a").exit_code == 0
        assert (work / "a" / "README.md").is_file()

    def test_a_name_that_is_no_folder_wants_a_folder(self, tmp_path: Path, work: Path) -> None:
        template = write_templates(tmp_path / "t")["published"]
        result = new(template, "-p", "name=../elsewhere")
        assert result.exit_code == 2
        assert "name one as FOLDER" in result.output
        assert list(work.iterdir()) == []


SECRET = "s3cret-value"


@pytest.fixture
def secretive(tmp_path: Path) -> Path:
    return write_templates(tmp_path / "templates")["secretive"]


class TestSecrets:
    """Those of a template's ``secrets.schema``, which no page of its form asks for."""

    def test_one_is_taken_from_the_environment(
        self, secretive: Path, work: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REGISTRY_TOKEN", SECRET)
        result = new(secretive, "-p", "name=a", "--secret-from-env", "token=REGISTRY_TOKEN")
        assert result.exit_code == 0, result.output
        made = "".join(p.read_text() for p in (work / "a").rglob("*") if p.is_file())
        assert "# a" in made
        assert SECRET not in made + result.output
        # It is no parameter of the project, masked or not.
        assert "token" not in made

    def test_without_a_terminal_a_missing_one_says_how_to_give_it(
        self, secretive: Path, work: Path
    ) -> None:
        result = new(secretive, "-p", "name=a")
        assert result.exit_code == 2
        assert "token: is required (Token of the registry)" in result.output
        assert "--secret-from-env NAME=VARIABLE" in result.output
        assert list(work.iterdir()) == []

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (SECRET, "write it as NAME=VARIABLE"),
            (f"token={SECRET}", "token: the variable that --secret-from-env names is not set"),
            (f"tokn={SECRET}", "tokn: the template asks for no such secret; it asks for: token"),
        ],
    )
    @pytest.mark.usefixtures("work")
    def test_what_is_wrong_is_told_without_what_may_be_the_secret(
        self, secretive: Path, text: str, reason: str
    ) -> None:
        result = new(secretive, "-p", "name=a", "--secret-from-env", text)
        assert result.exit_code == 2
        assert reason in result.output
        assert SECRET not in result.output

    @pytest.mark.usefixtures("work")
    def test_its_schema_judges_it(self, secretive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REGISTRY_TOKEN", "s3cret")
        result = new(secretive, "-p", "name=a", "--secret-from-env", "token=REGISTRY_TOKEN")
        assert result.exit_code == 2
        assert "token: " in result.output
        assert "s3cret" not in result.output

    @pytest.mark.slow
    def test_a_terminal_asks_for_it_and_shows_nothing(self, secretive: Path, work: Path) -> None:
        typed = on_a_terminal(work, [str(secretive), "-p", "name=a"], [SECRET])
        assert typed.code == 0, typed.shown
        assert "Token of the registry" in typed.shown
        assert SECRET not in typed.shown


# --- on a terminal ---------------------------------------------------------------------


@dataclass
class Typed:
    """What a terminal showed, and how the program ended."""

    shown: str
    code: int


def on_a_terminal(folder: Path, arguments: list[str], answers: list[str]) -> Typed:
    """Run ``portal new`` on a pseudo-terminal and type an answer at each prompt.

    An empty list of answers left at a prompt is Ctrl-C.
    """
    command = [sys.executable, "-m", "portal", "new", *arguments]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execv(sys.executable, command)
    shown, left, deadline = b"", list(answers), time.monotonic() + 60
    with contextlib.suppress(OSError):
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 1)[0]:
                shown += os.read(terminal, 4096)
            if shown.endswith((b": ", b": ^C")):
                # Between prompt and reading, Python notes a Ctrl-C only with the next key.
                os.write(terminal, f"{left.pop(0)}\n".encode() if left else b"\x03")
    os.close(terminal)
    return Typed(shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


@pytest.mark.slow
class TestTerminal:
    def test_the_form_is_asked_page_by_page(self, template: Path, work: Path) -> None:
        typed = on_a_terminal(
            work, [str(template)], ["Not A Name", "order-desk", "2", "yes", "s3cret"]
        )
        assert typed.code == 0
        assert "[1/2] 프로젝트 / Project" in typed.shown
        assert 'does not match pattern "^[a-z-]+$"' in typed.shown
        assert "s3cret" not in typed.shown
        note = (work / "order-desk" / ".portal" / "provenance.yaml").read_text()
        assert "language: en" in note
        assert "docs: true" in note

    def test_yes_asks_only_for_what_has_no_default(self, template: Path, work: Path) -> None:
        typed = on_a_terminal(work, [str(template), "--yes"], ["order-desk"])
        assert typed.code == 0
        assert "Language" not in typed.shown
        assert (work / "order-desk").is_dir()

    def test_ctrl_c_makes_nothing(self, template: Path, work: Path) -> None:
        typed = on_a_terminal(work, [str(template)], ["order-desk"])
        assert typed.code == 1
        assert "Traceback" not in typed.shown
        assert list(work.iterdir()) == []


# --- at a portal -----------------------------------------------------------------------


@dataclass
class Served:
    """A portal in a process of its own, with the templates of above."""

    url: str
    git_root: Path
    git_url: str

    def repository(self, name: str) -> str:
        """Make an empty repository that may be pushed to, and return its remote."""
        place = str(self.git_root / f"{name}.git")
        git("init", "--quiet", "--bare", "--initial-branch", "main", place)
        git("-C", place, "config", "http.receivepack", "true")
        return f"{self.git_url}/{name}.git"

    def tasks(self) -> list[dict[str, Any]]:
        script = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
        command = [sys.executable, "-c", script, f"{self.url}/api/scaffolder/v2/tasks"]
        found = subprocess.run(command, capture_output=True, check=True, text=True)
        tasks: list[dict[str, Any]] = json.loads(found.stdout)["tasks"]
        return tasks


def git(*arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, make_shared_serving: Callable[[Path], Any]
) -> Iterator[Served]:
    """Return a portal that runs templates and may publish to a git server beside it."""
    folder = tmp_path_factory.mktemp("served")
    content, remotes = str(folder / "content"), folder / "remotes"
    remotes.mkdir()
    write_templates(Path(content) / "templates")
    git("init", "--quiet", "--initial-branch", "main", content)
    git("-C", content, "add", "--all")
    git("-C", content, "commit", "--quiet", "--message", "Templates")
    host = make_shared_serving(remotes).host
    source = {"name": "t", "url": content, "targets": ["templates/*/template.yaml"]}
    config = {"data_dir": str(folder / "data"), "sources": [source], "publish_hosts": [host]}
    (folder / "portal.yaml").write_text(json.dumps(config))
    port = free_port()
    command = [sys.executable, "-m", "portal", "serve", "--port", str(port)]
    command += ["--config", str(folder / "portal.yaml")]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process,
    ):
        try:
            known = Served(f"http://127.0.0.1:{port}", remotes, f"http://{host}")
            yield _ready(known, folder / "log")
        finally:
            process.terminate()
            process.wait(20)


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def _ready(served: Served, log: Path) -> Served:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if new("hello", "-p", "name=a", "--dry-run", "--url", served.url).exit_code == 0:
            return served
        time.sleep(0.2)
    pytest.fail(f"the portal did not start:\n{log.read_text()}")


@pytest.mark.slow
class TestPortal:
    def test_what_a_task_made_is_unpacked(self, served: Served, work: Path) -> None:
        result = new("hello", "-p", "name=order-desk", "--url", served.url)
        assert result.exit_code == 0, result.output
        assert "Beginning step Make it" in result.output
        assert "Finished step Make it" in result.output
        assert "Try order-desk." in result.output
        assert (work / "order-desk" / "README.md").read_text() == "# order-desk\n"
        assert os.access(work / "order-desk" / "run.sh", os.X_OK)
        assert (work / "order-desk" / ".portal" / "provenance.yaml").is_file()

    def test_a_full_name_and_a_folder_may_be_given(self, served: Served, work: Path) -> None:
        given = ["-p", "name=a", "--url", served.url]
        assert new("template:default/hello", "inner/mine", *given).exit_code == 0
        assert (work / "inner" / "mine" / "README.md").is_file()

    @pytest.mark.usefixtures("work")
    def test_values_are_judged_before_anything_is_run(self, served: Served) -> None:
        before = len(served.tasks())
        result = new("hello", "-p", "name=A B", "--url", served.url)
        assert result.exit_code == 2
        assert "name: does not match pattern" in result.output
        assert len(served.tasks()) == before

    def test_a_folder_in_the_way_is_told_before_anything_is_run(
        self, served: Served, work: Path
    ) -> None:
        before = len(served.tasks())
        (work / "a").mkdir()
        (work / "a" / "mine").write_text("")
        result = new("hello", "-p", "name=a", "--url", served.url)
        assert result.exit_code == 2
        assert "is not empty" in result.output
        assert len(served.tasks()) == before

    def test_what_was_published_is_told_and_not_unpacked(self, served: Served, work: Path) -> None:
        remote = served.repository("orders")
        given = ["-p", "name=orders", "-p", f"remoteUrl={remote}", "--url", served.url]
        result = new("published", *given)
        assert result.exit_code == 0, result.output
        assert f"Repository: {remote}" in result.output
        assert list(work.iterdir()) == []
        git("clone", "--quiet", remote, str(work / "clone"))
        assert (work / "clone" / "README.md").read_text() == "# orders\n"

    def test_a_folder_that_was_named_has_the_files_in_any_case(
        self, served: Served, work: Path
    ) -> None:
        remote = served.repository("both")
        given = ["-p", "name=both", "-p", f"remoteUrl={remote}", "--url", served.url]
        assert new("published", "mine", *given).exit_code == 0
        assert (work / "mine" / "README.md").read_text() == "# both\n"

    def test_a_task_that_fails_says_why_and_leaves_no_folder(
        self, served: Served, work: Path
    ) -> None:
        result = new("failing", "--url", served.url)
        assert result.exit_code == 1
        assert "nowhere" in result.output
        assert "Traceback" not in result.output
        assert list(work.iterdir()) == []

    @pytest.mark.usefixtures("work")
    def test_a_dry_run_starts_no_task(self, served: Served) -> None:
        before = len(served.tasks())
        result = new("hello", "-p", "name=a", "--dry-run", "--url", served.url)
        assert "template:default/hello would be run with" in result.output
        assert "  language: ko" in result.output
        assert len(served.tasks()) == before

    @pytest.mark.usefixtures("work")
    def test_secrets_are_sent_apart_and_never_shown(self, served: Served) -> None:
        result = new("hello", "-p", "name=a", "-p", "token=s3cret-value", "--url", served.url)
        assert result.exit_code == 0
        spec = served.tasks()[0]["spec"]
        assert spec["parameters"]["token"] == "*" * len("s3cret-value")
        assert "s3cret-value" not in json.dumps(served.tasks()) + result.output

    @pytest.mark.usefixtures("work")
    def test_the_secrets_of_its_schema_are_asked_for_too(
        self, served: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REGISTRY_TOKEN", SECRET)
        given = ("secretive", "-p", "name=a", "--url", served.url)
        assert "token: is required" in new(*given).output
        result = new(*given, "--secret-from-env", "token=REGISTRY_TOKEN")
        assert result.exit_code == 0, result.output
        task = served.tasks()[0]
        assert "token" not in task["spec"]["parameters"]
        assert SECRET not in json.dumps(task) + result.output

    @pytest.mark.usefixtures("work")
    def test_a_template_that_is_not_there(self, served: Served) -> None:
        result = new("nothing", "--url", served.url)
        assert result.exit_code == 2
        assert "No entity named 'nothing' found" in result.output

    def test_ctrl_c_cancels_the_task(self, served: Served, work: Path) -> None:
        command = [sys.executable, "-u", "-m", "portal", "new", "waiting", "--url", served.url]
        with subprocess.Popen(
            command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if "Beginning step Wait" in line:
                    break
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
        assert process.returncode == 1
        assert "cancelled; waiting" in rest
        assert "has been cancelled" in rest
        assert "Traceback" not in rest
        assert served.tasks()[0]["status"] in {"failed", "cancelled"}


@pytest.mark.usefixtures("work")
def test_a_portal_that_is_not_there() -> None:
    result = new("hello", "--url", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 2
    assert "no portal answers at http://127.0.0.1:" in result.output
    assert "it refuses the connection" in result.output


@pytest.mark.parametrize("url", ["ftp://a", "127.0.0.1:7007", "http://user:pw@127.0.0.1"])
@pytest.mark.usefixtures("work")
def test_an_address_that_is_none(url: str) -> None:
    result = new("hello", "--url", url)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


class TestToken:
    @pytest.fixture
    def url(self, make_portal: MakePortal, tmp_path: Path) -> Iterator[str]:
        """Return the address of a portal that wants a token; it runs no tasks."""
        templates = write_templates(tmp_path / "t")
        files = {"template.yaml": (templates["hello"] / "template.yaml").read_text()}
        portal = make_portal(files, targets=("template.yaml",), service_token="correct-horse")
        server = make_server("127.0.0.1", 0, create_app(portal.services), threaded=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

    @pytest.mark.usefixtures("work")
    def test_without_it_the_variable_is_named(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("PORTAL_SERVICE_TOKEN", raising=False)
        result = new("hello", "-p", "name=a", "--dry-run", "--url", url)
        assert result.exit_code == 2
        assert "set PORTAL_SERVICE_TOKEN" in result.output

    @pytest.mark.usefixtures("work")
    def test_with_it_the_portal_answers(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORTAL_SERVICE_TOKEN", "correct-horse")
        result = new("hello", "-p", "name=a", "--dry-run", "--url", url)
        assert result.exit_code == 0
        assert "correct-horse" not in result.output
