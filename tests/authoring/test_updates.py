"""``portal template test --since``: projects of a former release become those of today."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result

from tests.command_line import run
from tests.conftest import MakeRepository
from tests.conftest import Repository

TEMPLATE = """\
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: hello
  annotations: {backstage.io/template-version: 1.0.0}
spec:
  type: service
  owner: team-a
  parameters:
    required: [name]
    properties:
      name: {type: string}
  steps:
    - id: make
      action: fetch:template
      input:
        url: ./skeleton
        values:
          name: ${{ parameters.name }}
"""
MAKEFILE = "test:\n\t@grep -q 'shop' README.md\n"
FILES: Mapping[str, str | None] = {
    "hello/template.yaml": TEMPLATE,
    "hello/skeleton/README.md": "# ${{ values.name }}\n",
    "hello/skeleton/Makefile": MAKEFILE,
    "hello/skeleton/docs/api.md": "".join(f"Line {one}\n" for one in range(20)),
    "hello/skeleton/src/app.py": "print('begin')\n",
    "hello/cases/usual.yaml": "values: {name: shop}\n",
}
VERSION, SECOND = "template-version: 1.0.0", "template-version: 2.0.0"


@dataclass
class Author:
    """An author of a template, with the repository that has it."""

    repository: Repository

    @property
    def folder(self) -> Path:
        return self.repository.path / "hello"

    def change(self, files: Mapping[str, str | None] = {}, **words: str) -> None:
        """Write files of the template and replace words of its descriptor, but commit nothing."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if content is None else path.write_text(content)
        descriptor = self.folder / "template.yaml"
        text = descriptor.read_text()
        for before, after in words.items():
            assert before in text
            text = text.replace(before, after)
        descriptor.write_text(text)

    def rules_of_updates(self, rules: str) -> None:
        """Make version 2 of the template, with rules for updates."""
        self.change({}, **{VERSION: SECOND, "  parameters:": f"  updates: {rules}\n  parameters:"})

    def asks(self, question: str) -> None:
        """Let the form ask something more, which the README tells."""
        name = question.partition(":")[0]
        self.change(
            {"skeleton/README.md": f"# ${{{{ values.name }}}}\n\n${{{{ values.{name} }}}}\n"},
            **{
                "name: {type: string}": f"name: {{type: string}}\n      {question}",
                "name: ${{": f"{name}: ${{{{ parameters.{name} }}}}\n          name: ${{{{",
            },
        )

    def test(self, since: str = "v1", *more: object) -> Result:
        """Test the template; golden files are written, so that no other check fails."""
        return run("template", "test", self.folder, "--update", "--since", since, *more)


MakeAuthor = Callable[..., Author]


@pytest.fixture
def make_author(make_repository: MakeRepository) -> MakeAuthor:
    """Return a function that makes an author, whose release ``v1`` has changes to the files."""

    def make(changes: Mapping[str, str | None] = {}, /, **words: str) -> Author:
        text = TEMPLATE
        for before, after in words.items():
            text = text.replace(before, after)
        files = {**FILES, "hello/template.yaml": text, **changes}
        author = Author(make_repository({k: v for k, v in files.items() if v is not None}))
        author.repository.git("tag", "v1")
        return author

    return make


@pytest.fixture
def author(make_author: MakeAuthor) -> Author:
    return make_author()


def last(result: Result, number: int = 1) -> list[list[str]]:
    """Return the last rows of what was printed, as words."""
    return [line.split() for line in result.output.splitlines()[-number:]]


def errors(result: Result) -> list[str]:
    """Return what was found, without the folder."""
    lines = [line for line in result.output.splitlines() if ": error [" in line]
    return [line.partition(" ")[2] for line in lines]


class TestCleanUpdates:
    def test_nothing_changed_since(self, author: Author) -> None:
        result = author.test()
        assert result.exit_code == 0, result.output
        assert last(result, 2) == [
            ["template", "case", "since", "update", "asks", "tests"],
            ["hello", "usual", "v1", "0", "changed", "not", "run", "ok"],
        ]

    def test_added_changed_and_removed_files_and_one_that_moved(self, author: Author) -> None:
        author.change(
            {
                "skeleton/README.md": "# ${{ values.name }}\n\nNew.\n",
                "skeleton/new.md": "New\n",
                "skeleton/src/app.py": None,
                "skeleton/docs/api.md": None,
                "skeleton/docs/reference.md": FILES["hello/skeleton/docs/api.md"],
            }
        )
        result = author.test()
        assert (result.exit_code, errors(result)) == (0, [])
        assert last(result) == [["hello", "usual", "v1", "4", "changed", "not", "run", "ok"]]

    @pytest.mark.parametrize("ref", ["main~1", "v1", "HEAD^", "old"])
    def test_any_name_of_a_commit_will_do(self, author: Author, ref: str) -> None:
        author.repository.git("branch", "old")
        author.repository.commit({"hello/skeleton/README.md": "# ${{ values.name }}!\n"})
        assert last(author.test(ref)) == [
            ["hello", "usual", ref, "1", "changed", "not", "run", "ok"]
        ]

    def test_a_file_that_is_made_once_stays_as_it_was(self, author: Author) -> None:
        author.rules_of_updates("{once: [src/**]}")
        author.change({"skeleton/src/app.py": "print('other')\n", "skeleton/src/b.py": "print()\n"})
        result = author.test()
        assert (result.exit_code, errors(result)) == (0, [])
        assert last(result)[0][3:5] == ["1", "changed"], "the new file of src is added"

    def test_a_declared_move_is_made(self, author: Author) -> None:
        author.rules_of_updates(
            "{once: [docs/**], migrations: [{before: 2.0.0, moved: {docs/api.md: docs/x/a.md}}]}"
        )
        author.change({"skeleton/docs/api.md": None, "skeleton/docs/x/a.md": "Now other\n"})
        result = author.test()
        assert (result.exit_code, errors(result)) == (0, [])

    def test_a_new_question_gets_the_answer_of_the_case_or_its_default(
        self, author: Author
    ) -> None:
        author.asks("size: {type: integer, default: 3}")
        result = author.test()
        assert (result.exit_code, errors(result)) == (0, [])
        assert last(result)[0][3:6] == ["1", "changed", "size"]
        author.change({"cases/usual.yaml": "values: {name: other, size: 7}\n"})
        checked = author.test("v1", "--run")
        assert checked.exit_code == 1, "the fresh project is not called shop, the updated one is"
        assert len(errors(checked)) == 1

    def test_a_question_without_default_takes_the_answer_of_the_case(self, author: Author) -> None:
        author.asks("size: {type: integer}")
        author.change({}, **{"required: [name]": "required: [name, size]"})
        author.change({"cases/usual.yaml": "values: {name: shop, size: 7}\n"})
        assert author.test().exit_code == 0

    def test_an_answer_that_has_another_name_now(self, author: Author) -> None:
        author.rules_of_updates("{migrations: [{before: 2.0.0, renamed: {name: id}}]}")
        author.change(
            {"cases/usual.yaml": "values: {id: other}\n"},
            **{"required: [name]": "required: [id]", "name: {type": "id: {type"},
        )
        author.change({}, **{"parameters.name": "parameters.id"})
        result = author.test("v1", "--run")
        assert [line.split()[-1] for line in result.output.splitlines()[-1:]] == ["ok"]

    def test_a_case_that_is_gone_is_updated_and_a_new_one_is_skipped_aloud(
        self, author: Author
    ) -> None:
        author.change({"cases/usual.yaml": None, "cases/new.yaml": "values: {name: new}\n"})
        result = author.test()
        assert result.exit_code == 0
        assert last(result, 2) == [
            ["hello", "new", "v1", "was", "not", "there", "skipped"],
            ["hello", "usual", "v1", "0", "changed", "not", "run", "ok"],
        ]

    def test_one_case_of_several_may_be_asked_for(self, make_author: MakeAuthor) -> None:
        author = make_author({"hello/cases/two.yaml": "values: {name: shop}\n"})
        result = author.test("v1", "--case", "two")
        assert last(result, 2)[0][:2] == ["template", "case"]
        assert last(result)[0][:2] == ["hello", "two"]

    def test_the_repository_is_left_as_it_is(self, author: Author) -> None:
        run("template", "test", author.folder, "--update")
        author.repository.commit({})
        before = _listing(author.repository.path)
        assert author.test().exit_code == 0
        assert _listing(author.repository.path) == before

    def test_a_template_that_is_the_whole_repository(self, make_repository: MakeRepository) -> None:
        own = {path.removeprefix("hello/"): content for path, content in FILES.items()}
        repository = make_repository(own)
        result = run("template", "test", repository.path, "--update", "--since", "HEAD")
        assert result.exit_code == 0, result.output


def _listing(folder: Path) -> set[str]:
    return {path.as_posix() for path in folder.rglob("*")}


class TestUpdatesThatAreNotClean:
    def test_a_move_over_a_folder_that_is_there(self, author: Author) -> None:
        author.rules_of_updates("{migrations: [{before: 2.0.0, moved: {docs: src}}]}")
        author.change(
            {
                "skeleton/docs/api.md": None,
                "skeleton/src/api.md": FILES["hello/skeleton/docs/api.md"],
            }
        )
        result = author.test()
        assert result.exit_code == 1
        assert errors(result) == [
            "(usual) cases/usual.yaml: error [update] src/app.py is missing after the update"
        ]
        assert "    -print('begin')\n" in result.output

    def test_a_move_that_loses_what_the_template_changed(self, author: Author) -> None:
        author.rules_of_updates("{migrations: [{before: 2.0.0, moved: {docs: src}}]}")
        author.change({"skeleton/src/app.py": "print('other')\n"})
        result = author.test()
        assert result.exit_code == 1
        assert errors(result)[0] == (
            "(usual) cases/usual.yaml: error [conflict] modify/delete: src/app.py"
        )

    def test_a_secret_that_an_update_does_not_know(self, make_author: MakeAuthor) -> None:
        ask = "name: {type: string}\n      key: {type: string, ui:field: Secret}"
        author = make_author(
            {
                "hello/skeleton/key.txt": "key: ${{ values.key }}\nport: 1\n",
                "hello/cases/usual.yaml": "values: {name: shop, key: abcdef}\n",
            },
            **{
                "name: {type: string}": ask,
                "name: ${{": "key: ${{ parameters.key }}\n          name: ${{",
            },
        )
        same = author.test()
        assert same.exit_code == 0, same.output
        author.change({"skeleton/key.txt": "key: ${{ values.key }}\nport: 2\n"})
        [conflict] = errors(author.test())
        assert "error [conflict] content: key.txt" in conflict
        author.change(
            {
                "skeleton/key.txt": "key: ${{ values.key }}\nport: 1\n",
                "skeleton/copy.txt": "${{ values.key }}\n",
            }
        )
        [different] = errors(author.test())
        assert "error [update] copy.txt is not as it should be after the update" in different

    def test_a_folder_becomes_a_file_where_projects_may_have_files(self, author: Author) -> None:
        author.change({"skeleton/src/app.py": None})
        (author.folder / "skeleton" / "src").rmdir()
        author.change({"skeleton/src": "a file\n"})
        [found] = errors(author.test())
        assert "[own-file] file/directory: src~template, src" in found

    def test_a_new_question_that_nobody_answers(self, author: Author) -> None:
        author.asks("size: {type: integer}")
        author.change({"cases/usual.yaml": None}, **{"required: [name]": "required: [name, size]"})
        found = errors(author.test())
        assert "(usual) cases/usual.yaml: error [answers] size: is required" in found

    def test_an_answer_that_is_no_longer_allowed(self, author: Author) -> None:
        author.change(
            {"cases/usual.yaml": "values: {name: x}\n"},
            **{"name: {type: string}": "name: {type: string, maxLength: 2}"},
        )
        [found] = errors(author.test())
        assert "[answers] name: does not meet maximum length of 2" in found

    def test_an_updated_project_whose_tests_fail(self, author: Author) -> None:
        author.change({"skeleton/src/app.py": "print('end')\n"})
        author.change({"skeleton/Makefile": "test:\n\t@grep -q end src/app.py\n"})
        author.rules_of_updates("{once: [src/**]}")
        assert author.test().exit_code == 0, "tests are run with --run only"
        result = author.test("v1", "--run")
        [found] = errors(result)
        assert found == (
            "(usual) cases/usual.yaml: error [run] after the update: 'make test' ended with "
            "exit code 2"
        )
        assert last(result)[0][-2:] == ["1", "wrong"]

    @pytest.mark.parametrize(
        ("rules", "told"),
        [
            ("{twice: []}", "[update] the template's spec.updates must be a mapping with"),
            ("{once: src}", "[update] the template's spec.updates.once must be a list of globs"),
        ],
    )
    def test_rules_of_updates_that_cannot_be_read(
        self, author: Author, rules: str, told: str
    ) -> None:
        author.rules_of_updates(rules)
        result = author.test()
        assert result.exit_code == 1
        assert told in errors(result)[0]


class TestNothingToUpdateFrom:
    @pytest.mark.parametrize("ref", ["v9", "-x", "", "v1:hello", "0" * 40])
    def test_an_unknown_ref(self, author: Author, ref: str) -> None:
        result = author.test(ref)
        assert result.exit_code == 2
        assert f"there is no commit, tag or branch '{ref}'" in result.output

    def test_a_folder_in_no_repository(self, author: Author, tmp_path: Path) -> None:
        folder = shutil.copytree(author.folder, tmp_path / "alone")
        result = run("template", "test", folder, "--update", "--since", "v1")
        assert result.exit_code == 2
        assert f"{folder} is in no git repository" in result.output

    def test_a_template_that_was_not_there(self, author: Author) -> None:
        new = shutil.copytree(author.folder, author.repository.path / "new")
        result = run("template", "test", new, "--update", "--since", "v1")
        assert result.exit_code == 1
        assert errors(result) == [
            "error [former] there was no template.yaml in this folder at v1: nothing to update from"
        ]
        assert last(result) == [["hello", "-", "v1", "1", "wrong"]]

    @pytest.mark.parametrize(
        ("descriptor", "told"),
        [
            ("kind: [\n", "at v1 the template could not be read: "),
            (TEMPLATE.replace("hello", "hi"), "at v1 the template was called hi: "),
        ],
    )
    def test_a_template_that_was_another(
        self, make_author: MakeAuthor, descriptor: str, told: str
    ) -> None:
        author = make_author({"hello/template.yaml": descriptor})
        author.folder.joinpath("template.yaml").write_text(TEMPLATE)
        [found] = errors(author.test())
        assert f"error [former] {told}" in found

    def test_a_template_that_had_no_cases(self, make_author: MakeAuthor) -> None:
        author = make_author({"hello/cases/usual.yaml": None})
        author.change({"cases/usual.yaml": "values: {name: shop}\n"})
        result = author.test()
        assert result.exit_code == 1
        assert "[former] there was no case at v1: nothing to update from" in errors(result)[0]

    @pytest.mark.parametrize(
        ("case", "skeleton", "told"),
        [
            ("values: {}\n", "x\n", "at v1 the case could not be read: name: is required"),
            ("values: {name: a}\n", "${{ x | nothing }}\n", "at v1 the case could not be made: "),
        ],
    )
    def test_a_case_that_cannot_be_made_as_it_was(
        self, make_author: MakeAuthor, case: str, skeleton: str, told: str
    ) -> None:
        author = make_author({"hello/cases/usual.yaml": case, "hello/skeleton/x.txt": skeleton})
        author.change({"cases/usual.yaml": "values: {name: a}\n", "skeleton/x.txt": "x\n"})
        [found] = errors(author.test())
        assert f"cases/usual.yaml: error [former] {told}" in found

    def test_a_case_that_cannot_be_made_now(self, author: Author) -> None:
        author.change({"skeleton/x.txt": "${{ values.name | nothing }}\n"})
        found = [one for one in errors(author.test()) if "[render]" in one]
        assert sorted("with the former answers: " in one for one in found) == [False, True]

    def test_an_old_git_is_told_in_a_sentence(
        self, author: Author, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old, real = tmp_path / "bin/git", shutil.which("git")
        old.parent.mkdir()
        old.write_text(
            f'#!/bin/sh\ncase "$*" in *" version") echo git version 2.37.9;; '
            f'*) exec {real} "$@";; esac\n'
        )
        old.chmod(0o755)
        monkeypatch.setenv("PATH", str(old.parent), prepend=":")
        result = author.test()
        assert result.exit_code == 2
        assert "needs git 2.38 or newer" in result.output
        assert "2.37" in result.output
