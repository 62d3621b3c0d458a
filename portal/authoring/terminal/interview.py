"""Collects the answers to a form: from a file, options, questions and defaults."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
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
        secrets: ``NAME=VARIABLE`` texts: secrets, and the environment variables they are in.
    """

    file: Path | None
    options: tuple[str, ...]
    yes: bool = False
    secrets: tuple[str, ...] = ()


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
    values |= _from_environment(pages, given.secrets, os.environ)
    if _is_terminal():
        terminal = Terminal(_say, _ask)
        values = ask_all(pages, values, terminal, only_needed=given.yes)
    values = with_defaults(pages, values)
    lacking = missing(pages, values)
    if lacking:
        raise AnswersError([*lacking, *_ways(pages, values)])
    return _split(pages, check_answers(pages, values))


def _from_command_line(pages: Pages, given: Given) -> dict[str, Json]:
    values = read_values(given.file) if given.file else {}
    return from_options(pages, given.options, values)


def _from_environment(
    pages: Pages, texts: Sequence[str], env: Mapping[str, str]
) -> dict[str, Json]:
    """Return the secrets of ``NAME=VARIABLE`` texts.

    Raises:
        AnswersError: When one is no secret of the form, or its variable is not set. What was
            written for a variable is not repeated: it may be the secret itself.
    """
    values, faults = dict[str, Json](), []
    known = _secret_names(pages)
    for text in texts:
        name, equals, variable = text.partition("=")
        if not equals:
            faults.append("--secret-from-env: write it as NAME=VARIABLE")
        elif name not in known:
            listed = ", ".join(sorted(known)) or "none"
            faults.append(f"{name}: the template asks for no such secret; it asks for: {listed}")
        elif not env.get(variable):
            faults.append(f"{name}: the variable that --secret-from-env names is not set")
        else:
            values[name] = env[variable]
    if faults:
        raise AnswersError(faults)
    return values


def _secret_names(pages: Pages) -> set[str]:
    return {name for page in pages for name in secret_names(page)}


def _ways(pages: Pages, values: Mapping[str, Json]) -> Iterator[str]:
    """Yield how what is missing can be given."""
    yield "give them with -p NAME=VALUE or --values FILE"
    if _secret_names(pages) - values.keys():
        yield "and secrets with --secret-from-env NAME=VARIABLE"


def _split(pages: Pages, values: Mapping[str, Json]) -> Answers:
    """Separate secrets from values, where they are replaced by as many asterisks."""
    names = _secret_names(pages) & values.keys()
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
