"""``portal template``: what a person who writes templates gets to read, and what is written."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import run
from tests.command_line import write_files
from tests.waiting import until

TEMPLATE = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: hello
spec:
  type: service
  owner: team-a
  parameters:
    required: [name]
    properties:
      name: {type: string, title: Name, pattern: "^[a-z]+$"}
      size: {type: integer, default: 3}
      remoteUrl: {type: string}
  steps:
    - id: make
      action: fetch:template
      input:
        url: ./skeleton
        templateFileExtension: true
        values:
          name: ${{ parameters.name }}
          size: ${{ parameters.size }}
          portal: ${{ portalUrl }}
    - id: publish
      action: publish:git
      if: ${{ parameters.remoteUrl }}
      input:
        remoteUrl: ${{ parameters.remoteUrl }}
    - id: register
      action: catalog:register
      if: ${{ parameters.remoteUrl }}
      input:
        repoContentsUrl: ${{ steps.publish.output.repoContentsUrl }}
  output:
    text:
      - title: Next
        content: Run ${{ parameters.name }}.
"""
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
FILES = {
    "template.yaml": TEMPLATE,
    "skeleton/README.md.njk": "# ${{ values.name }} ${{ values.size }}\n\n${{ values.portal }}\n",
    "skeleton/run.sh": "#!/bin/sh\necho hi\n",
    "skeleton/Makefile": "test:\n\t@grep -q ordering README.md && echo all fine\n",
    "cases/one.yaml": "values: {name: ordering}\n",
}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    folder = write_files(tmp_path / "hello", FILES)
    (folder / "skeleton" / "run.sh").chmod(0o755)
    return folder


class TestRender:
    def test_the_files_are_those_of_a_dry_run(self, template: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        result = run("template", "render", template, "-p", "name=ordering", "--out", out)
        assert result.exit_code == 0
        assert (out / "README.md").read_text() == "# ordering 3\n\nhttp://127.0.0.1:7007\n"
        assert stat.S_IMODE((out / "run.sh").stat().st_mode) & 0o111
        assert f"3 files in {out}" in result.output

    def test_steps_that_reach_outside_are_told_and_not_done(
        self, template: Path, tmp_path: Path
    ) -> None:
        given = ["-p", "name=ordering", "-p", "remoteUrl=https://git.example.org/a/b.git"]
        result = run("template", "render", template, *given, "--out", tmp_path / "out")
        assert result.exit_code == 0
        assert "not done: publish (publish:git)" in result.output
        assert "not done: register (catalog:register)" in result.output

    def test_options_win_over_a_file(self, template: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        values = ["--values", template / "cases" / "one.yaml", "-p", "size=5"]
        assert run("template", "render", template, *values, "--out", out).exit_code == 0
        assert (out / "README.md").read_text().startswith("# ordering 5\n")

    def test_wrong_parameters_are_told_field_by_field(self, template: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        result = run("template", "render", template, "-p", "name=A B", "-p", "siz=1", "--out", out)
        assert result.exit_code == 2
        assert '  name: does not match pattern "^[a-z]+$" (given: A B)' in result.output
        assert "did you mean 'size'?" in result.output
        assert not out.exists()

    def test_a_folder_with_files_is_left_alone_unless_forced(
        self, template: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        out.mkdir()
        (out / "mine").write_text("mine")
        command = ["template", "render", template, "-p", "name=ordering", "--out", out]
        refused = run(*command)
        assert refused.exit_code == 2
        assert "is not empty" in refused.output
        assert [path.name for path in out.iterdir()] == ["mine"]
        assert run(*command, "--force").exit_code == 0
        assert (out / "mine").read_text() == "mine"
        assert (out / "README.md").exists()

    def test_what_is_not_copied_as_an_author_expects_is_told(
        self, template: Path, tmp_path: Path
    ) -> None:
        skeleton = template / "skeleton"
        (skeleton / "link.sh").symlink_to("run.sh")
        (skeleton / "folder").symlink_to("/etc")
        (skeleton / "logo.svg").write_text(POINTER)
        (skeleton / "old.txt.njk").write_bytes(
            "값 ${{ values.name }}\n".encode("cp949") + b"x" * 90
        )
        result = run("template", "render", template, "-p", "name=a", "--out", tmp_path / "out")
        warnings = [line for line in result.output.splitlines() if line.startswith("warning: ")]
        assert [line.split(": ", 2)[2] for line in warnings] == [
            "Leaving out folder: it is a symbolic link, which is not followed",
            "Leaving out link.sh: it is a symbolic link, which is not followed",
            "Copying logo.svg as a pointer: its content is kept in Git LFS, not read here",
            (
                "Copying file old.txt.njk as it is, not rendered: "
                "it is neither UTF-8 nor UTF-16 with a byte order mark"
            ),
        ]
        assert not (tmp_path / "out" / "link.sh").exists()
        assert (tmp_path / "out" / "logo.svg").read_text() == POINTER

    def test_a_template_that_cannot_be_rendered_says_why(
        self, template: Path, tmp_path: Path
    ) -> None:
        (template / "skeleton" / "README.md.njk").write_text("a\n${{ values.name | nothing }}\n")
        result = run("template", "render", template, "-p", "name=a", "--out", tmp_path / "out")
        assert result.exit_code == 2
        assert "line 2" in result.output
        assert "Traceback" not in result.output


class TestTest:
    def test_without_golden_files_it_says_how_to_write_them(self, template: Path) -> None:
        result = run("template", "test", template)
        assert result.exit_code == 1
        assert "cases/one.golden: error [golden] there is none: write it with --update" in (
            result.output
        )

    def test_update_writes_what_was_rendered_in_full_and_the_rest_as_a_line(
        self, template: Path
    ) -> None:
        result = run("template", "test", template, "--update")
        assert result.exit_code == 0
        assert "  + README.md" in result.output
        golden = template / "cases" / "one.golden"
        assert sorted(path.name for path in golden.iterdir()) == ["README.md.golden", "files.txt"]
        assert (golden / "README.md.golden").read_text().startswith("# ordering 3\n")
        lines = [line.split() for line in (golden / "files.txt").read_text().splitlines()]
        assert [(mode, path) for mode, _, path in lines] == [
            ("100644", "Makefile"),
            ("100644", "README.md"),
            ("100755", "run.sh"),
        ]

    def test_nothing_is_wrong_afterwards_and_a_second_update_writes_nothing(
        self, template: Path
    ) -> None:
        run("template", "test", template, "--update")
        result = run("template", "test", template)
        assert result.exit_code == 0
        assert result.output.splitlines()[-1].split() == [
            "hello",
            "one",
            "3",
            "same",
            "not",
            "run",
            "ok",
        ]
        assert "golden files written" not in run("template", "test", template, "--update").output

    def test_a_changed_text_is_shown_as_a_difference(self, template: Path) -> None:
        run("template", "test", template, "--update")
        (template / "skeleton" / "README.md.njk").write_text("# ${{ values.name }}!\n")
        result = run("template", "test", template)
        assert result.exit_code == 1
        assert "    -# ordering 3\n" in result.output
        assert "    +# ordering!\n" in result.output

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (lambda folder: (folder / "run.sh").chmod(0o644), "mode 100755 -> 100644"),
            (lambda folder: (folder / "run.sh").write_text("other\n"), "run.sh is not as it was"),
            (lambda folder: (folder / "run.sh").unlink(), "run.sh is gone"),
            (lambda folder: (folder / "new").write_text("new\n"), "new is new"),
        ],
    )
    def test_every_change_of_a_copied_file_is_seen(
        self, template: Path, change: Any, told: str
    ) -> None:
        run("template", "test", template, "--update")
        change(template / "skeleton")
        result = run("template", "test", template)
        assert result.exit_code == 1
        assert told in result.output

    def test_a_case_that_is_gone_leaves_no_golden_files(self, template: Path) -> None:
        (template / "cases" / "two.yaml").write_text("values: {name: billing}\n")
        run("template", "test", template, "--update")
        (template / "cases" / "two.yaml").unlink()
        assert "two.golden: error [golden] there is no such case" in (
            run("template", "test", template).output
        )
        run("template", "test", template, "--update")
        assert not (template / "cases" / "two.golden").exists()

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("values: {name: NO}\n", "[case] name: does not match pattern"),
            ("values: {}\n", "[case] name: is required"),
            ("value: {}\n", "[case] 'value' is unknown; there are: values"),
            ("- a\n", "[case] a mapping with 'values' is expected"),
            ("values: {name: a}\nallow: {nothing: []}\n", "[case] 'allow.nothing' must be"),
        ],
    )
    def test_a_case_that_does_not_fit_the_form(
        self, template: Path, content: str, told: str
    ) -> None:
        (template / "cases" / "one.yaml").write_text(content)
        result = run("template", "test", template)
        assert result.exit_code == 1
        assert told in result.output

    def test_a_template_without_cases_is_not_proved(self, template: Path) -> None:
        (template / "cases" / "one.yaml").unlink()
        result = run("template", "test", template)
        assert result.exit_code == 1
        assert "there is no case" in result.output

    def test_faults_that_cases_share_are_told_once(self, template: Path) -> None:
        (template / "cases" / "two.yaml").write_text("values: {name: billing}\n")
        (template / "skeleton" / "bad.json").write_text("{\n")
        run("template", "test", template, "--update")
        output = run("template", "test", template).output
        assert output.count("[syntax]") == 1
        assert "(one, two) bad.json" in output

    def test_one_case_of_several_may_be_asked_for(self, template: Path) -> None:
        (template / "cases" / "two.yaml").write_text("values: {name: NO}\n")
        assert run("template", "test", template, "--update", "--case", "one").exit_code == 0
        assert not (template / "cases" / "two.golden").exists()

    def test_several_templates_are_one_table(self, template: Path, tmp_path: Path) -> None:
        run("template", "test", template, "--update")
        other = tmp_path / "other"
        subprocess.run(["cp", "-r", str(template), str(other)], check=True)
        text = (other / "template.yaml").read_text()
        (other / "template.yaml").write_text(text.replace("name: hello", "name: other", 1))
        result = run("template", "test", template, other)
        assert result.exit_code == 0
        assert [line.split()[0] for line in result.output.splitlines()] == [
            "template",
            "hello",
            "other",
        ]


class TestRun:
    """``--run``: the generated project's own tests."""

    def test_tests_that_pass_are_told_with_their_time(self, template: Path) -> None:
        run("template", "test", template, "--update")
        result = run("template", "test", template, "--run")
        assert result.exit_code == 0
        assert "make test" in result.output
        assert "not run" not in result.output

    def test_tests_that_fail_show_what_they_printed(self, template: Path) -> None:
        (template / "skeleton" / "Makefile").write_text("test:\n\t@echo 왜냐하면; exit 3\n")
        run("template", "test", template, "--update")
        result = run("template", "test", template, "--run")
        assert result.exit_code == 1
        assert "[run] 'make test' ended with exit code" in result.output
        assert "    왜냐하면\n" in result.output

    def test_a_case_names_its_own_command_which_runs_in_a_fresh_copy(self, template: Path) -> None:
        (template / "cases" / "one.yaml").write_text(
            "values: {name: ordering}\ntest: sh -c 'test -x run.sh && touch left'\n"
        )
        run("template", "test", template, "--update")
        assert run("template", "test", template, "--run").exit_code == 0
        assert not list(template.rglob("left"))

    def test_a_command_that_is_not_there_is_told(self, template: Path) -> None:
        (template / "cases" / "one.yaml").write_text("values: {name: a}\ntest: no-such-program\n")
        result = run("template", "test", template, "--run")
        assert "there is no program 'no-such-program'" in result.output

    @pytest.mark.slow
    def test_tests_that_do_not_end_are_ended_with_all_they_started(
        self, template: Path, tmp_path: Path
    ) -> None:
        pid = tmp_path / "pid"
        script = f"echo begun; sleep 300 & echo $! > {pid}; wait"
        (template / "cases" / "one.yaml").write_text(
            f"values: {{name: ordering}}\ntest: sh -c '{script}'\n"
        )
        result = run("template", "test", template, "--run", "--time-limit", "1")
        assert result.exit_code == 1
        assert "did not end within 1 seconds" in result.output
        assert "    begun\n" in result.output
        until(lambda: _is_gone(int(pid.read_text())))

    def test_the_portals_own_environment_is_not_passed_on(
        self, template: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        monkeypatch.setenv("VIRTUAL_ENV", "/nowhere")
        test = "sh -c 'test -z \"$PYTHONDONTWRITEBYTECODE$VIRTUAL_ENV\"'"
        (template / "cases" / "one.yaml").write_text(f"values: {{name: ordering}}\ntest: {test}\n")
        run("template", "test", template, "--update")
        assert run("template", "test", template, "--run").exit_code == 0


def _is_gone(pid: int) -> bool:
    """Return whether a process is gone, or only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
