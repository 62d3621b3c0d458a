"""The command line, as a person meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from portal.cli import main
from tests.command_line import run
from tests.conftest import MakeRepository
from tests.conftest import Repository

COMPONENT = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: {name}
spec:
  type: service
  lifecycle: production
  owner: team-a
"""
BROKEN = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: 주문
spec:
  type: service
  owner: team-a
"""


#: Options of commands, and the repository of the one source they name.
Settings = tuple[list[str | Path], Repository]


@pytest.fixture
def settings(tmp_path: Path, make_repository: MakeRepository) -> Settings:
    """Return the options of a portal with one source, and that source."""
    repository = make_repository({"catalog-info.yaml": COMPONENT.format(name="orders")})
    config = tmp_path / "portal.yaml"
    config.write_text(json.dumps({"sources": [{"name": "one", "url": str(repository.path)}]}))
    return ["--config", config], repository


@pytest.mark.parametrize("command", [[], *[[name] for name in main.commands]])
def test_every_command_explains_itself(command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert len(result.output.splitlines()) > 4


class TestSync:
    def test_the_report_says_what_was_added(self, settings: Settings) -> None:
        options, _ = settings
        result = run("sync", *options)
        assert result.exit_code == 0
        assert "one at" in result.output
        assert "2 added, 0 changed, 0 removed, 0 problems" in result.output
        assert "+ component:default/orders" in result.output

    def test_a_second_run_says_that_nothing_changed(self, settings: Settings) -> None:
        options, _ = settings
        run("sync", *options)
        assert "unchanged" in run("sync", *options).output

    def test_a_problem_comes_with_file_line_rule_and_hint(self, settings: Settings) -> None:
        options, repository = settings
        repository.commit({"catalog-info.yaml": "kind: [\n"})
        result = run("sync", *options)
        assert "catalog-info.yaml:2:1: error [yaml]" in result.output
        assert "hint:" in result.output

    def test_a_held_commit_is_named_with_the_command_that_accepts_it(
        self, settings: Settings
    ) -> None:
        options, repository = settings
        many = "---\n".join(COMPONENT.format(name=f"c{n}") for n in range(9))
        repository.commit({"catalog-info.yaml": many})
        run("sync", *options, "--confirm", repository.git("rev-parse", "HEAD").strip())
        repository.commit({"catalog-info.yaml": COMPONENT.format(name="c0")})
        result = run("sync", *options)
        commit = repository.git("rev-parse", "HEAD").strip()
        assert result.exit_code == 1
        assert "would remove 8 entities" in result.output
        assert f"portal sync --confirm {commit[:12]}" in result.output
        assert run("sync", *options, "--confirm", commit[:12]).exit_code == 0

    def test_an_unknown_source_is_refused_with_those_there_are(self, settings: Settings) -> None:
        options, _ = settings
        result = run("sync", *options, "two")
        assert result.exit_code == 2
        assert "there is no source 'two'; there are: one" in result.output

    def test_a_source_that_cannot_be_read_fails_the_command(self, settings: Settings) -> None:
        options, repository = settings
        repository.path.rename(repository.path.with_name("gone"))
        result = run("sync", *options)
        assert result.exit_code == 1
        assert "cannot be read" in result.output
        assert str(repository.path) not in result.output


class TestCheck:
    def test_a_sound_folder_passes(self, tmp_path: Path) -> None:
        (tmp_path / "catalog-info.yaml").write_text(COMPONENT.format(name="a"))
        result = run("check", tmp_path)
        assert result.exit_code == 0
        assert "1 entities in 1 files: 0 errors, 0 warnings" in result.output

    def test_a_broken_one_fails_with_the_place(self, tmp_path: Path) -> None:
        (tmp_path / "catalog-info.yaml").write_text(BROKEN)
        result = run("check", tmp_path)
        assert result.exit_code == 1
        assert "catalog-info.yaml:4:3: error [policy]" in result.output

    @pytest.mark.parametrize("files", [(), ("README.md",), ("services.yaml",)])
    def test_a_folder_without_descriptors_is_an_error(
        self, tmp_path: Path, files: tuple[str, ...]
    ) -> None:
        for name in files:
            (tmp_path / name).write_text("a: 1\n")
        result = run("check", tmp_path)
        assert result.exit_code == 2
        assert "there is no descriptor in" in result.output
        assert "catalog-info.yaml" in result.output

    def test_one_file_is_judged_among_what_it_refers_to(
        self, make_repository: MakeRepository
    ) -> None:
        repository = make_repository(
            {
                "catalog-info.yaml": COMPONENT.format(name="a"),
                "other/catalog-info.yaml": "kind: [\n",
            }
        )
        result = run("check", repository.path / "catalog-info.yaml")
        assert result.exit_code == 0
        result = run("check", repository.path / "other")
        assert result.exit_code == 1
        assert "other/catalog-info.yaml:2:1" in result.output

    @pytest.mark.parametrize("form", ["json", "sarif"])
    def test_machines_get_json(self, tmp_path: Path, form: str) -> None:
        (tmp_path / "catalog-info.yaml").write_text(BROKEN)
        content = json.loads(run("check", tmp_path, "--format", form).output)
        text = json.dumps(content, ensure_ascii=False)
        assert "catalog-info.yaml" in text
        assert "주문" in text

    def test_github_gets_annotations_on_one_line_each(self, tmp_path: Path) -> None:
        (tmp_path / "catalog-info.yaml").write_text(BROKEN)
        lines = run("check", tmp_path, "--format", "github").output.splitlines()
        assert lines[0].startswith("::error file=catalog-info.yaml,line=4,col=3,title=policy::")


class TestReading:
    @pytest.mark.slow
    def test_search_and_concept_read_what_was_synced(self, tmp_path: Path) -> None:
        data = ["--data-dir", tmp_path / "data"]
        assert run("sync", *data).exit_code == 0
        found = run("search", *data, "서킷브레이커")
        assert found.exit_code == 0
        assert "concept:default/circuit-breaker" in found.output
        assert max(map(len, found.output.splitlines())) < 400
        results = json.loads(run("search", *data, "멱등", "--json").output)["results"]
        assert results[0]["ref"] == "concept:default/idempotency"
        assert "Nothing found" in run("search", *data, "qqqqqqqq").output
        assert "Idempotency" in run("concept", *data, "idempotency", "--lang", "en").output
        assert "멱등성" in run("concept", *data, "idempotency").output
        missing = run("concept", *data, "xxxxxxxx")
        assert missing.exit_code == 2
        assert "there are: apache-kafka" in missing.output
        for typed in ("idempotenci", "멱등", "Idempotence"):
            near = run("concept", *data, typed)
            assert (near.exit_code, near.output) == (
                2,
                f"portal: No concept named '{typed}'; did you mean 'idempotency'?\n",
            )
        other = run("concept", *data, "idempotency", "--lang", "fr")
        assert other.exit_code == 2
        assert "'fr' is not one of 'ko', 'en'" in other.output
        doctor = run("doctor", *data)
        assert doctor.exit_code == 0, doctor.output
        assert "BAD" not in doctor.output

    def test_searching_before_the_first_sync_says_what_to_do(self, tmp_path: Path) -> None:
        result = run("search", "--data-dir", tmp_path / "data", "kafka")
        assert result.exit_code == 2
        assert "portal sync" in result.output

    def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(self, settings: Settings) -> None:
        options, repository = settings
        before = run("doctor", *options)
        assert before.exit_code == 1
        assert "Run 'portal sync'." in before.output
        run("sync", *options)
        repository.path.rename(repository.path.with_name("gone"))
        after = run("doctor", *options)
        assert "BAD  source one" in after.output
        assert "The last good state is served" in after.output


class TestSettings:
    def test_another_address_needs_a_token(self, tmp_path: Path) -> None:
        result = run("serve", "--data-dir", tmp_path / "data", "--host", "0.0.0.0")
        assert result.exit_code == 2
        assert "PORTAL_SERVICE_TOKEN" in result.output

    def test_a_wrong_file_is_named(self, tmp_path: Path) -> None:
        config = tmp_path / "portal.yaml"
        config.write_text("prot: 1\n")
        result = run("sync", "--config", config)
        assert result.exit_code == 2
        assert "portal.yaml: unknown setting 'prot'" in result.output


@pytest.mark.slow
def test_the_module_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "portal", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("portal, version ")


@pytest.mark.parametrize("command", [["sync"], ["doctor"], ["search", "kafka"], ["serve"]])
def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file", "file/below"):
        result = run(*command, "--data-dir", str(tmp_path / place))
        assert result.exit_code == 2
        assert "data_dir must be the path of a folder, not of a file" in result.stderr


@pytest.mark.parametrize("content", [None, b"no database" * 100])
def test_a_database_that_cannot_be_opened_is_a_sentence(
    tmp_path: Path, content: bytes | None
) -> None:
    database = tmp_path / "portal.db"
    if content is None:
        database.mkdir()
    else:
        database.write_bytes(content)
    result = run("sync", "--data-dir", str(tmp_path))
    assert result.exit_code == 2
    assert f"the database at {database} cannot be opened: " in result.stderr


def test_a_folder_that_cannot_be_made_is_a_sentence() -> None:
    result = run("sync", "--data-dir", "/proc/nothing")
    assert result.exit_code == 2
    assert "the folder /proc/nothing cannot be made or taken" in result.stderr


@pytest.mark.slow
def test_without_git_the_commands_say_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "portal", "sync", "--data-dir", str(tmp_path / "data")]
    environment = {"PATH": str(tmp_path)}
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert result.returncode == 1
    assert "git is not installed, or not on PATH" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
