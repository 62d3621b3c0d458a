"""Collects the answers to a form: from a file, options, questions and defaults."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from portal.authoring.terminal.questions import Terminal
from portal.authoring.terminal.questions import ask_all
from portal.kernel.json_text import Json
from portal.reports import plain
from portal.scaffolder.forms.answers import AnswersError
from portal.scaffolder.forms.answers import Pages
from portal.scaffolder.forms.answers import check_answers
from portal.scaffolder.forms.answers import from_options
from portal.scaffolder.forms.answers import missing
from portal.scaffolder.forms.answers import read_values
from portal.scaffolder.forms.form import secret_names
from portal.scaffolder.forms.form import with_defaults


@dataclass(frozen=True, slots=True)
class Given:
    """The values of the command line.

    Attributes:
        file: A file of values.
        options: ``key=value`` texts.
        yes: Whether questions are asked only for required fields without a default.
    """

    file: Path | None
    options: tuple[str, ...]
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """Valid answers to a form; secrets are in ``secrets``, and masked in ``values``."""

    values: Mapping[str, Json]
    secrets: Mapping[str, str]


def settled(pages: Pages, given: Given) -> dict[str, Json]:
    """Return the values of file and options, completed by defaults and validated.

    Raises:
        InputError: When the file cannot be read, or a value is invalid.
    """
    values = with_defaults(pages, _from_command_line(pages, given))
    return check_answers(pages, values)


def collect(pages: Pages, given: Given) -> Answers:
    """Return the answers to a form; on a terminal, missing ones are asked for.

    Raises:
        InputError: When a file cannot be read.
        AnswersError: When a value is invalid, or a required one is missing and there is no
            terminal to ask for it.
    """
    values = _from_command_line(pages, given)
    if _is_terminal():
        terminal = Terminal(_say, _ask)
        values = ask_all(pages, values, terminal, only_needed=given.yes)
    values = with_defaults(pages, values)
    lacking = missing(pages, values)
    if lacking:
        raise AnswersError([*lacking, "give them with -p NAME=VALUE or --values FILE"])
    return _split(pages, check_answers(pages, values))


def _from_command_line(pages: Pages, given: Given) -> dict[str, Json]:
    values = read_values(given.file) if given.file else {}
    return from_options(pages, given.options, values)


def _split(pages: Pages, values: Mapping[str, Json]) -> Answers:
    """Separate secrets from values, where they are replaced by as many asterisks."""
    names = {name for page in pages for name in secret_names(page)} & values.keys()
    secrets = {name: str(values[name]) for name in names}
    masks = {name: "*" * len(secret) for name, secret in secrets.items()}
    return Answers({**values, **masks}, secrets)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _say(line: str) -> None:
    click.echo("\n".join(plain(part) for part in line.split("\n")))


def _ask(prompt: str, is_secret: bool) -> str:
    typed: str = click.prompt(
        plain(prompt), default="", show_default=False, prompt_suffix="", hide_input=is_secret
    )
    return typed
