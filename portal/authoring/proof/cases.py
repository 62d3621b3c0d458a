"""The test cases of a template: values of its form, each a file of ``cases/``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from pathlib import PurePosixPath

from portal.authoring.finding import RULES
from portal.authoring.folder import TemplateFolder
from portal.kernel import yaml12
from portal.kernel.errors import InputError
from portal.kernel.json_text import Json
from portal.scaffolder.forms.answers import check_answers
from portal.scaffolder.forms.form import with_defaults

FOLDER = "cases"
_SUFFIXES = (".yaml", ".yml")
_DEFAULT_TEST = ("make", "test")
_KEYS = ("values", "secrets", "test", "allow")


@dataclass(frozen=True, slots=True)
class Case:
    """A test case.

    Attributes:
        name: The file's name without its suffix.
        file: The path of the file, relative to the template's folder.
        values: The values of the form, completed by its defaults.
        secrets: Secrets by name; made up, as everything in a case.
        test: The command that runs the generated project's own tests.
        allow: Glob patterns of files exempt from a rule, by the rule's name.
    """

    name: str
    file: str
    values: Mapping[str, Json]
    secrets: Mapping[str, str] = field(default_factory=dict)
    test: tuple[str, ...] = _DEFAULT_TEST
    allow: Mapping[str, Sequence[str]] = field(default_factory=dict)


def case_files(template: TemplateFolder) -> list[Path]:
    """Return the files of cases, sorted by name."""
    folder = template.path / FOLDER
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if path.suffix in _SUFFIXES and path.is_file()]


def read_case(template: TemplateFolder, path: Path) -> Case:
    """Read a case and validate its values by the template's form.

    Raises:
        InputError: When it cannot be read, or its values are invalid.
    """
    return parse_case(template, path.name, path.read_bytes())


def committed_cases(template: TemplateFolder) -> dict[str, str]:
    """Return the paths of the cases that are among a template's files, by the cases' names."""
    paths = (PurePosixPath(path) for path in sorted(template.files))
    return {
        path.stem: str(path)
        for path in paths
        if str(path.parent) == FOLDER and path.suffix in _SUFFIXES
    }


def parse_case(template: TemplateFolder, name: str, data: bytes) -> Case:
    """Parse a case and validate its values by the template's form.

    Args:
        template: The template.
        name: The name of the case's file.
        data: Its content.

    Raises:
        InputError: When it cannot be read, or its values are invalid.
    """
    try:
        content = yaml12.read_one(data)
    except ValueError as error:
        raise InputError(str(error)) from None
    given = _checked(content)
    values = with_defaults(template.spec.pages, given.get("values", {}))
    return Case(
        PurePosixPath(name).stem,
        f"{FOLDER}/{name}",
        check_answers(template.spec.pages, values),
        {name: str(value) for name, value in given.get("secrets", {}).items()},
        tuple(shlex.split(given["test"])) if "test" in given else _DEFAULT_TEST,
        given.get("allow", {}),
    )


def _checked(content: Json) -> dict[str, Json]:
    if not isinstance(content, dict):
        raise InputError("a mapping with 'values' is expected")
    for key, value in content.items():
        if key not in _KEYS:
            raise InputError(f"'{key}' is unknown; there are: {', '.join(_KEYS)}")
        expected = str if key == "test" else dict
        if not isinstance(value, expected) or not (value or expected is dict):
            raise InputError(f"'{key}' must be {'a command' if expected is str else 'a mapping'}")
    for rule, patterns in content.get("allow", {}).items():
        is_list = isinstance(patterns, list) and all(isinstance(one, str) for one in patterns)
        if rule not in RULES or not is_list:
            raise InputError(f"'allow.{rule}' must be a rule with a list of patterns")
    return content
