"""``portal template diff`` and what ``portal template update`` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.authoring.differences import tree_diff
from portal.authoring.update_command import update_lines
from portal.scaffolder.workspace.tree import File
from tests.command_line import run
from tests.command_line import write_files

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: one}
spec:
  owner: guests
  type: service
  parameters: {properties: {name: {type: string}}}
  steps:
    - action: fetch:template
      input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}
"""
PLAN: dict[str, Any] = {
    "project": "component:default/shop",
    "template": "template:default/service",
    "from": {"commit": "a" * 40, "version": "1.0.0"},
    "to": {"commit": "b" * 40},
    "state": "conflicts",
    "files": [
        {"path": "a", "change": "added"},
        {"path": "c", "change": "moved", "before": "b"},
    ],
    "conflicts": [{"kind": "content", "paths": ["x", "y"], "message": "…"}],
    "questions": [
        {"name": "team", "required": True},
        {"name": "size", "required": False, "default": 3},
    ],
    "errors": [{"stack": 'instance requires property "team"'}],
    "leftAlone": {"once": ["src/app.py"], "changedByProject": []},
    "request": {"number": 1, "url": "http://x/1"},
    "notes": ["a note"],
}


def _template(folder: Path, text: str) -> str:
    write_files(
        folder,
        {
            "template.yaml": TEMPLATE,
            "skeleton/README.md": text,
            "cases/usual.yaml": "values: {name: shop}\n",
        },
    )
    return str(folder)


def test_a_diff_shows_what_an_update_of_an_untouched_project_does(tmp_path: Path) -> None:
    old = _template(tmp_path / "old", "# ${{ values.name }}\n")
    new = _template(tmp_path / "new", "# ${{ values.name | upper }}\n")
    shown = run("template", "diff", old, new)
    assert shown.exit_code == 1
    assert shown.output.splitlines() == [
        "# case usual",
        "--- a/README.md",
        "+++ b/README.md",
        "@@ -1 +1 @@",
        "-# shop",
        "+# SHOP",
    ]
    same = run("template", "diff", new, new)
    assert (same.exit_code, same.output) == (0, "")


def test_added_removed_binary_and_executable_files_are_told() -> None:
    before = {"gone": File(b"1\n"), "image": File(b"\xff"), "run": File(b"x\n")}
    after = {"image": File(b"\xfe"), "new": File(b"2\n"), "run": File(b"x\n", True)}
    assert list(tree_diff(before, after)) == [
        "--- a/gone",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-1",
        "binary file image differs",
        "--- /dev/null",
        "+++ b/new",
        "@@ -0,0 +1 @@",
        "+2",
        "mode of run differs",
    ]


def test_an_update_is_told_in_lines() -> None:
    assert list(update_lines(PLAN)) == [
        "component:default/shop: template:default/service, from 1.0.0 to bbbbbbbbbbbb: conflicts",
        "  added    a",
        "  moved    c (was b)",
        "  conflict content: x, y",
        "  left     src/app.py (the template makes it once)",
        "  question team needs an answer: -p team=…",
        "  question size is new: -p size=…, default 3",
        '  error    instance requires property "team"',
        "  request  http://x/1",
        "  note     a note",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((":x", "--preview"), "is no name of a project"),
        (("shop", "-p", "team"), "must be KEY=VALUE"),
        (("shop", "--url", "http://127.0.0.1:9"), "no portal answers at http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_asked_for_is_told(arguments: tuple[str, ...], words: str) -> None:
    refused = run("template", "update", *arguments)
    assert refused.exit_code == 2
    assert words in refused.output
