"""What the commands about templates print."""

from __future__ import annotations

import click
import pytest

from portal.authoring.terminal.texts import event_lines


def lines(message: str, **body: str) -> list[str]:
    event = {"type": "log", "body": {"message": message, **body}}
    return [click.unstyle(line) for line in event_lines(event)]


def test_what_a_step_says_is_indented_below_it() -> None:
    assert lines("Beginning step Code", stepId="a", status="processing") == ["Beginning step Code"]
    assert lines("\x1b[32minfo\x1b[39m: Listing files", stepId="a") == ["  info: Listing files"]


@pytest.mark.parametrize(
    "message",
    [
        "Writing file README.md to template output path with mode 33188.",
        "Writing directory docs/ to template output path.",
        "Copying file/directory logo.png without processing.",
    ],
)
def test_single_files_are_not_told_while_it_runs(message: str) -> None:
    assert lines(f"\x1b[32minfo\x1b[39m: {message}", stepId="a") == []
