"""What a template is held to, one rule at a time: each template breaks exactly one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.authoring.finding import RULES
from portal.authoring.folder import read_folder
from portal.authoring.proof.options import ProofOptions
from portal.authoring.proof.proof import prove
from portal.authoring.rules.template_rules import template_findings
from portal.authoring.rules.tree_rules import tree_findings
from portal.kernel.errors import InputError
from portal.scaffolder.workspace.tree import File
from tests.command_line import write_files

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
      name: {type: string}
{more}  steps:
    - id: make
      action: fetch:template
      input:
        url: ./skeleton
        values:
          name: ${{ parameters.name }}
{steps}  output:
    text:
      - content: ${{ steps.make.output.x }}
"""
SKELETON = {"skeleton/${{ values.name }}.txt": "Hello ${{ values.name }}\n"}


#: Judges the shared template with changes; returns rule, place and message of each finding.
Judge = Callable[..., list[tuple[str, str, str]]]


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    """Return a function that says which rules a template breaks, and where."""

    def judge(more: str = "", steps: str = "", **files: str) -> list[tuple[str, str, str]]:
        descriptor = TEMPLATE.replace("{more}", more).replace("{steps}", steps)
        extra = {f"skeleton/{name}.txt": text for name, text in files.items()}
        folder = write_files(tmp_path / "t", {"template.yaml": descriptor, **SKELETON, **extra})
        found = template_findings(read_folder(folder))
        return [(one.rule, one.place, one.message) for one in found]

    return judge


def test_a_good_template_breaks_no_rule(judged: Judge) -> None:
    assert judged() == []


class TestTemplates:
    @pytest.mark.parametrize(
        ("schema", "place", "reason"),
        [
            ("{type: strng}", "template.yaml:12:14", "'strng' is not valid"),
            ("{type: string, pattern: '[a'}", "template.yaml:12:28", "is no regular expression"),
            ("{type: integer, default: x}", "template.yaml:12:29", "the default will not do"),
            ("{enum: [a, b], default: c}", "template.yaml:12:28", "not one of enum values: a,b"),
        ],
    )
    def test_a_form_that_cannot_be_answered(
        self, judged: Judge, schema: str, place: str, reason: str
    ) -> None:
        step = "    - {action: debug:log, input: {message: '${{ parameters.size }}'}}\n"
        [(rule, where, message)] = judged(more=f"      size: {schema}\n", steps=step)
        assert (rule, where) == ("form", place)
        assert reason in message

    def test_a_form_of_an_older_draft_is_one(self, judged: Judge) -> None:
        more = "      pair: {type: array, items: [{type: string}], default: [a]}\n"
        step = "    - {action: debug:log, input: {message: '${{ parameters.pair }}'}}\n"
        assert judged(more=more, steps=step) == []

    def test_an_action_that_is_not_there(self, judged: Judge) -> None:
        [found] = judged(steps="    - action: publish:nowhere\n")
        assert found == (
            "action",
            "template.yaml:19:7",
            "there is no action 'publish:nowhere'",
        )

    def test_an_expression_of_a_step_that_cannot_be_parsed(self, judged: Judge) -> None:
        step = "    - action: debug:log\n      input: {message: '${{ parameters. }}'}\n"
        [(rule, place, message)] = judged(steps=step)
        assert (rule, place) == ("expression", "template.yaml:20:15")
        assert "${{ parameters. }}" in message

    @pytest.mark.parametrize(
        ("condition", "rule", "message"),
        [
            ("parameters. ==", "expression", "${{ parameters. == }}"),
            ("${{ parameters.nmae }}", "name", "no page asks for 'nmae'"),
            ("steps.make.output.x", "name", "there is no 'steps' here"),
            ("parameters.name == 'x'", "", ""),
        ],
    )
    def test_the_condition_of_a_page_is_an_expression(
        self, judged: Judge, condition: str, rule: str, message: str
    ) -> None:
        found = judged(more=f"    when: {condition}\n")
        assert [(one[0], one[1]) for one in found] == (
            [(rule, "template.yaml:12:5")] if rule else []
        )
        assert message in "".join(one[2] for one in found)

    def test_an_expression_of_a_skeleton_that_cannot_be_parsed(self, judged: Judge) -> None:
        [(rule, place, _)] = judged(other="fine\n${{ values.name | }}\n")
        assert rule == "expression"
        assert place.startswith("skeleton/other.txt:2:")

    @pytest.mark.parametrize(
        ("expression", "message"),
        [
            ("parameters.nmae", "no page asks for 'nmae'"),
            ("paramters.name", "there is no 'paramters' here"),
            ("steps.later.output.x", "there is no step 'later' before it"),
            ("each.value", "there is no 'each' here"),
        ],
    )
    def test_an_expression_that_reads_what_is_not_there(
        self, judged: Judge, expression: str, message: str
    ) -> None:
        step = f"    - action: debug:log\n      input: {{message: '${{{{ {expression} }}}}'}}\n"
        later = "    - id: later\n      action: debug:log\n"
        assert judged(steps=step + later) == [("name", "template.yaml:20:15", message)]

    def test_a_skeleton_that_reads_a_value_it_is_not_given(self, judged: Judge) -> None:
        [found] = judged(other="a\n  ${{ values.owner }}\n")
        assert found == (
            "name",
            "skeleton/other.txt:2:7",
            "'values.owner' is not among the values it is given",
        )

    def test_a_skeleton_that_reads_parameters(self, judged: Judge) -> None:
        [(rule, _, message)] = judged(other="${{ parameters.name }}\n")
        assert (rule, message) == ("name", "'parameters' is not among the values it is given")

    def test_names_a_skeleton_sets_itself_are_there(self, judged: Judge) -> None:
        text = "{% set x = values.name %}{% for a, b in [[1, 2]] %}${{ a ~ b ~ x ~ loop.index }}"
        assert judged(other=text + "{% endfor %}{% macro m(p) %}${{ p }}{% endmacro %}\n") == []

    def test_a_parameter_nothing_reads(self, judged: Judge) -> None:
        assert judged(more="      size: {type: integer}\n") == [
            ("unused-parameter", "template.yaml:12:7", "nothing reads the parameter 'size'")
        ]

    @pytest.mark.parametrize(
        "step",
        [
            "    - {action: debug:log, if: '${{ parameters.size }}'}\n",
            "    - {action: debug:log, each: '${{ [parameters[\"size\"]] }}'}\n",
            "    - {action: debug:log, input: {extra: '${{ parameters }}'}}\n",
        ],
    )
    def test_a_parameter_is_read_by_conditions_and_as_a_whole(
        self, judged: Judge, step: str
    ) -> None:
        assert judged(more="      size: {type: integer}\n", steps=step) == []

    def test_a_secret_parameter_is_read_as_a_secret(self, judged: Judge) -> None:
        more = "      token: {type: string, ui:field: Secret}\n"
        step = "    - {action: debug:log, input: {message: '${{ secrets.token }}'}}\n"
        assert judged(more=more, steps=step) == []
        assert [rule for rule, _, _ in judged(more=more)] == ["unused-parameter"]

    def test_a_parameter_that_only_decides_what_is_asked_is_used(self, judged: Judge) -> None:
        more = "      kind: {type: string}\n    dependencies: {kind: [name]}\n"
        assert judged(more=more) == []

    def test_a_value_no_file_reads(self, judged: Judge, tmp_path: Path) -> None:
        assert judged() == []
        descriptor = (tmp_path / "t" / "template.yaml").read_text()
        changed = descriptor.replace("        values:\n", "        values:\n          unread: 1\n")
        (tmp_path / "t" / "template.yaml").write_text(changed)
        [found] = template_findings(read_folder(tmp_path / "t"))
        assert (found.rule, found.place) == ("unused-value", "template.yaml:18:11")

    @pytest.mark.parametrize("url", ["https://github.com/o/r/tree/main/x", "../shared"])
    def test_skeletons_that_are_elsewhere_are_not_judged(self, tmp_path: Path, url: str) -> None:
        descriptor = TEMPLATE.replace("{more}", "").replace("{steps}", "")
        files = {"template.yaml": descriptor.replace("./skeleton", url)}
        assert list(template_findings(read_folder(write_files(tmp_path, files)))) == []

    def test_a_value_may_be_read_by_another_step_that_is_given_it(self, tmp_path: Path) -> None:
        descriptor = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: hello}
spec:
  type: service
  owner: team-a
  parameters: {properties: {lang: {type: string}}}
  steps:
    - action: fetch:template
      input: {url: ./one, values: &values {a: 1, b: 2}}
    - action: fetch:template
      input: {url: './text/${{ parameters.lang }}', values: *values}
"""
        files = {
            "template.yaml": descriptor,
            "one/x": "${{ values.a }}",
            "text/ko/x": "${{ values.b }}",
            "textile/x": "${{ values.not_rendered }}",
        }
        assert list(template_findings(read_folder(write_files(tmp_path, files)))) == []

    def test_files_that_are_only_copied_are_not_parsed(self, tmp_path: Path) -> None:
        descriptor = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: hello}
spec:
  type: service
  owner: team-a
  steps:
    - action: fetch:template
      input: {url: ./one, templateFileExtension: true, values: {a: 1}}
    - action: fetch:template
      input: {url: ./two, copyWithoutTemplating: ['raw/**'], values: {a: 1}}
"""
        files = {
            "template.yaml": descriptor,
            "one/x.njk": "${{ values.a }}",
            "one/workflow.yml": "${{ github. }}",
            "two/raw/workflow.yml": "${{ github. }}",
        }
        assert list(template_findings(read_folder(write_files(tmp_path, files)))) == []

    def test_the_catalogs_own_rules_are_kept(self, tmp_path: Path) -> None:
        descriptor = TEMPLATE.replace("{more}", "").replace("{steps}", "")
        bad = descriptor.replace("name: hello", "name: 안녕")
        folder = write_files(tmp_path, {"template.yaml": bad, **SKELETON})
        assert [one.rule for one in template_findings(read_folder(folder))] == ["template"]


class TestFolder:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("a: [\n", r"template\.yaml:\d+:\d+: "),
            ("kind: Component\n", "no document of kind Template"),
            ("apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\n", "metadata"),
        ],
    )
    def test_what_is_no_template_is_refused_with_its_place(
        self, tmp_path: Path, content: str, message: str
    ) -> None:
        with pytest.raises(InputError, match=message):
            read_folder(write_files(tmp_path, {"template.yaml": content}))

    def test_a_folder_without_one_says_what_is_expected(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"there is no template\.yaml"):
            read_folder(tmp_path)

    def test_links_are_left_out_and_programs_stay_programs(self, tmp_path: Path) -> None:
        descriptor = TEMPLATE.replace("{more}", "").replace("{steps}", "")
        write_files(tmp_path, {"template.yaml": descriptor, "skeleton/run.sh": "#!/bin/sh\n"})
        (tmp_path / "skeleton" / "run.sh").chmod(0o755)
        (tmp_path / "skeleton" / "passwd").symlink_to("/etc/passwd")
        files = read_folder(tmp_path).files
        assert files["skeleton/run.sh"].is_executable
        assert "skeleton/passwd" not in files

    def test_reading_a_template_leaves_nothing_in_its_folder(self, tmp_path: Path) -> None:
        descriptor = TEMPLATE.replace("{more}", "").replace("{steps}", "")
        write_files(tmp_path, {"template.yaml": descriptor, **SKELETON})
        before = sorted(tmp_path.rglob("*"))
        read_folder(tmp_path)
        assert sorted(tmp_path.rglob("*")) == before

    def test_what_git_ignores_is_no_part_of_the_template(self, tmp_path: Path) -> None:
        descriptor = TEMPLATE.replace("{more}", "").replace("{steps}", "")
        files = {
            "template.yaml": descriptor,
            "skeleton/.gitignore": "var/\n",
            "skeleton/var/cache": "x",
            "skeleton/kept": "x",
        }
        write_files(tmp_path, files)
        assert "skeleton/var/cache" in read_folder(tmp_path).files
        subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
        found = read_folder(tmp_path).files
        assert "skeleton/kept" in found
        assert "skeleton/var/cache" not in found


COMPONENT = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: ok}\n"
SPEC = "spec: {type: service, lifecycle: experimental, owner: team-a}\n"


class TestTrees:
    @pytest.mark.parametrize(
        ("path", "content", "rule", "place"),
        [
            ("a.txt", "x\n${{ left }}\n", "leftover", "a.txt:2"),
            ("a.txt", "no end", "newline", "a.txt"),
            ("a.txt", "two\n\n", "newline", "a.txt"),
            ("a.txt", "x\ny\r\n", "line-ending", "a.txt:2"),
            ("a.txt", "x\n\u1112\u1161\u11ab\n", "nfc", "a.txt:2"),
            ("\u1112\u1161\u11ab.txt", "x\n", "nfc", "\u1112\u1161\u11ab.txt"),
            ("a.json", "{\n", "syntax", "a.json"),
            ("a.toml", "a = \n", "syntax", "a.toml"),
            ("a.yml", "a: [\n", "syntax", "a.yml"),
            ("catalog-info.yaml", COMPONENT, "descriptor", "catalog-info.yaml:1:1"),
        ],
    )
    def test_a_fault_is_found_where_it_is(
        self, path: str, content: str, rule: str, place: str
    ) -> None:
        [found] = tree_findings({path: File(content.encode())}, {})
        assert (found.rule, found.place) == (rule, place)

    @pytest.mark.parametrize(
        ("path", "data"),
        [
            (".github/workflows/ci.yml", b"on: ${{ github.ref }}\n"),
            ("empty", b""),
            ("picture.png", b"\x89PNG\r\n\x1a\n\0${{"),
            ("stack.yaml", b"a: !Ref b\n"),
            ("catalog-info.yaml", (COMPONENT + SPEC).encode()),
            ("한글.txt", "한글\n".encode()),
        ],
    )
    def test_what_is_good_is_left_alone(self, path: str, data: bytes) -> None:
        assert list(tree_findings({path: File(data)}, {})) == []

    def test_templates_of_the_project_itself_are_rendered_later(self) -> None:
        inner = b"apiVersion: scaffolder.backstage.io/v1beta3\nname: ${{ parameters.name }}\n"
        tree = {
            "golden-path/template.yaml": File(inner),
            "golden-path/skeleton/a.yaml": File(b"x: {% raw %}${{ later }}{% endraw %}\n"),
            "golden-path-2/a.txt": File(b"${{ left }}\n"),
        }
        assert [one.place for one in tree_findings(tree, {})] == ["golden-path-2/a.txt:1"]

    def test_a_case_may_allow_what_a_project_needs(self) -> None:
        tree = {"templates/a.yaml": File(b"x: ${{ later }}\n"), "b.txt": File(b"${{ left }}\n")}
        found = tree_findings(tree, {"leftover": ["templates/**"]})
        assert [one.place for one in found] == ["b.txt:1"]


def test_every_rule_is_explained_to_those_who_write_templates() -> None:
    page = Path(__file__).parents[2] / "docs" / "users" / "template-authors.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    assert {row.split("`")[1] for row in rows} >= set(RULES)


def test_a_folder_that_is_no_template_is_a_finding_like_others(tmp_path: Path) -> None:
    proof = prove(tmp_path, ProofOptions(), lambda _line: None)
    assert [one.rule for one in proof.findings] == ["template"]
    assert not proof.is_good
