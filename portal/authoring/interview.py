"""Where the answers to a form come from: a file, options, a person, defaults."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from portal.authoring.answers import AnswersError
from portal.authoring.answers import Pages
from portal.authoring.answers import check_answers
from portal.authoring.answers import from_options
from portal.authoring.answers import missing
from portal.authoring.answers import read_values
from portal.authoring.form import secret_names
from portal.authoring.form import with_defaults
from portal.authoring.questions import Terminal
from portal.authoring.questions import ask_all
from portal.reports import plain

Json = Any


@dataclass(frozen=True, slots=True)
class Given:
    """What was given on the command line.

    Attributes:
        file: A file of values.
        options: ``key=value`` texts.
        yes: Whether a person is asked only for what has no default.
    """

    file: Path | None
    options: tuple[str, ...]
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers that a form takes; a secret's value is among ``secrets`` only."""

    values: Mapping[str, Json]
    secrets: Mapping[str, str]


def settled(pages: Pages, given: Given) -> dict[str, Json]:
    """Return what file and options say, with the form's defaults, judged.

    Raises:
        InputError: When the file cannot be read, or the form would not take the values.
    """
    values = with_defaults(pages, _from_command_line(pages, given))
    check_answers(pages, values)
    return values


def collect(pages: Pages, given: Given) -> Answers:
    """Return the answers to a form; on a terminal, what is not given is asked for.

    Raises:
        InputError: When a value will not do, or nobody is there to be asked.
    """
    values = _from_command_line(pages, given)
    if _is_terminal():
        terminal = Terminal(_say, _ask)
        values = ask_all(pages, values, terminal, only_needed=given.yes)
    values = with_defaults(pages, values)
    lacking = missing(pages, values)
    if lacking:
        raise AnswersError([*lacking, "give them with -p NAME=VALUE or --values FILE"])
    check_answers(pages, values)
    return _split(pages, values)


def _from_command_line(pages: Pages, given: Given) -> dict[str, Json]:
    values = read_values(given.file) if given.file else {}
    return from_options(pages, given.options, values)


def _split(pages: Pages, values: Mapping[str, Json]) -> Answers:
    """Return the answers with secrets apart; in their places stand as many asterisks."""
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
