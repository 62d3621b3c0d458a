"""``portal check``: the server's own rules before the commit, in four formats."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from portal.catalog.ingestion.checker import CheckReport
from portal.catalog.ingestion.checker import check
from portal.glossary.integrity import check_glossary
from portal.scm.worktree import WorkingTree
from tests.command_line import run
from tests.command_line import write_files

SYSTEM = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: %s}\nspec: {owner: o}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one of every mistake, and a sound file."""
    files = {
        "good/catalog-info.yaml": SYSTEM % "good",
        "syntax/catalog-info.yaml": "a: 1\n  b: [\n",
        "kind/catalog-info.yaml": (SYSTEM % "k").replace("System", "Widget"),
        "missing/catalog-info.yaml": (SYSTEM % "m").replace("owner", "other"),
        "twice/catalog-info.yaml": SYSTEM % "good",
        "bomb/catalog-info.yaml": "[" * 60_000,
        "na%me:,\nx/catalog-info.yaml": "- a\n",
    }
    write_files(tmp_path, files)
    (tmp_path / "link").mkdir()
    (tmp_path / "link/catalog-info.yaml").symlink_to("/etc/passwd")
    return tmp_path


def judge(folder: Path, *targets: str) -> CheckReport:
    return check(WorkingTree(folder), targets, check_glossary)


def check_in(folder: Path, *arguments: str) -> Result:
    with contextlib.chdir(folder):
        return run("check", *arguments)


def test_every_mistake_is_told_with_its_place(folder: Path) -> None:
    report = judge(folder)
    places = {
        (item.rule, item.position.path.partition("/")[0], item.position.line)
        for item in report.items
        if item.position and item.level == "error"
    }
    assert places == {
        ("yaml", "syntax", 2),
        ("kind", "kind", 2),
        ("schema", "missing", 4),
        ("conflict", "twice", 1),
        ("yaml", "bomb", 1),
        ("yaml", "na%me:,\nx", 1),
        ("read", "link", 1),
    }
    assert report.entities == 1
    assert report.errors == 7


def test_a_root_descriptor_is_where_it_begins(tmp_path: Path) -> None:
    target = "kind: Location\nmetadata: {name: l}\nspec: {targets: [./sub/catalog-info.yaml]}\n"
    (tmp_path / "sub").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "catalog-info.yaml").write_text("apiVersion: backstage.io/v1alpha1\n" + target)
    (tmp_path / "sub/catalog-info.yaml").write_text(SYSTEM % "s")
    (tmp_path / "other/catalog-info.yaml").write_text("[")
    report = judge(tmp_path)
    assert (report.entities, report.items) == (2, ())


def test_nested_relative_targets_are_those_of_the_server(tmp_path: Path) -> None:
    head = "apiVersion: backstage.io/v1alpha1\nkind: Location\n"
    (tmp_path / "sub").mkdir()
    (tmp_path / "catalog-info.yaml").write_text(
        head + "metadata: {name: l}\nspec: {target: ./sub/catalog-info.yaml}\n"
    )
    (tmp_path / "sub/catalog-info.yaml").write_text(
        head + "metadata: {name: m}\nspec: {target: ./inner.yaml}\n"
    )
    (tmp_path / "sub/inner.yaml").write_text(SYSTEM % "s")
    assert judge(tmp_path).items == ()


def test_rules_over_many_entities_are_told_with_their_place(tmp_path: Path) -> None:
    text = (
        "apiVersion: glossary/v1\nkind: Concept\nmetadata: {name: c}\nspec:\n  type: t\n"
        "  status: draft\n  owner: o\n  glossary: none\n  labels: {ko: {preferred: c}}\n"
        "  text: {ko: {summary: s, overview: o, explanation: e, relevance: r, useCases: []}}\n"
    )
    (tmp_path / "catalog-info.yaml").write_text(f"# first\n---\n{text}")
    [item] = judge(tmp_path).items
    assert item.rule == "unknown-glossary"
    assert str(item.position) == "catalog-info.yaml:10:3"


def test_a_fifo_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "catalog-info.yaml")
    assert judge(tmp_path, "catalog-info.yaml").entities == 0


def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "catalog-info.yaml").write_text("x")
    tree = WorkingTree(tmp_path)
    (tmp_path / "catalog-info.yaml").unlink()
    [item] = check(tree, (), check_glossary).items
    assert item.message == "file catalog-info.yaml cannot be read: No such file or directory"


class TestCommand:
    def test_exit_codes(self, folder: Path) -> None:
        assert check_in(folder).exit_code == 1
        assert check_in(folder, "good").exit_code == 0
        assert check_in(folder, "good/catalog-info.yaml").exit_code == 0
        assert check_in(folder, "nowhere").exit_code == 2

    @pytest.mark.slow
    def test_as_a_process(self, folder: Path) -> None:
        command = [sys.executable, "-m", "portal", "check", "--format", "github"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout == check_in(folder, "--format", "github").stdout

    def test_text(self, folder: Path) -> None:
        lines = check_in(folder).stdout.splitlines()
        assert any(line.startswith("syntax/catalog-info.yaml:2:") for line in lines)
        assert any("[kind] No processor recognized" in line for line in lines)
        assert lines[-1] == "1 entities in 8 files: 7 errors, 1 warnings"

    def test_json(self, folder: Path) -> None:
        content = json.loads(check_in(folder, "--format", "json").stdout)
        assert (content["entities"], content["errors"]) == (1, 7)
        [item] = [item for item in content["items"] if item["rule"] == "kind"]
        assert (item["file"], item["line"], item["column"]) == ("kind/catalog-info.yaml", 2, 1)
        assert (item["entityRef"], item["path"]) == ("widget:default/k", ["kind"])
        assert item["hint"]

    def test_sarif(self, folder: Path) -> None:
        content = json.loads(check_in(folder, "--format", "sarif").stdout)
        [found] = content["runs"]
        assert content["version"] == "2.1.0"
        rules = {rule["id"] for rule in found["tool"]["driver"]["rules"]}
        assert {result["ruleId"] for result in found["results"]} == rules
        assert {result["level"] for result in found["results"]} <= {"error", "warning", "note"}
        for result in found["results"]:
            place = result["locations"][0]["physicalLocation"]
            assert place["region"]["startLine"] >= 1
            assert place["artifactLocation"]["uri"]

    def test_github(self, folder: Path) -> None:
        lines = check_in(folder, "--format", "github").stdout.splitlines()
        assert len(lines) == 8
        for line in lines:
            assert line.startswith(("::error file=", "::warning file="))
        assert any("file=na%25me%3A%2C%0Ax/catalog-info.yaml,line=1" in line for line in lines)

    def test_nothing_steers_the_terminal(self, tmp_path: Path) -> None:
        text = SYSTEM % '"\\e[31mred\\e]0;x\\a"'
        (tmp_path / "catalog-info.yaml").write_text(text)
        done = check_in(tmp_path)
        assert done.exit_code == 1
        assert "\x1b" not in done.stdout

    @pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
    def test_a_sound_folder(self, folder: Path, form: str) -> None:
        done = check_in(folder, "good", "--format", form)
        assert (done.exit_code, done.stderr) == (0, "")


def test_check_report_counts_errors_only() -> None:
    made: Any = CheckReport(0, 0, ())
    assert made.errors == 0
