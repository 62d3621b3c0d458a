"""The rules of templates, and violations of them as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: The rules by name; ``docs/users/template-authors.md`` explains each.
RULES: Mapping[str, str] = {
    "template": "the descriptor can be read, and the catalog takes its entity",
    "form": "every page of the form is a JSON Schema, whose defaults fit it",
    "action": "every step uses an action there is",
    "expression": "every expression can be parsed",
    "encoding": "what is to be rendered is text in UTF-8, or in UTF-16 with a byte order mark",
    "name": "an expression reads only what there is to read",
    "unused-parameter": "every parameter of the form is read by a step or the output",
    "unused-value": "every value given to a skeleton is read by it",
    "case": "every case fits the form, and there is one",
    "render": "every case can be rendered",
    "leftover": "no '${{' is left in a file, but in .github and in a project's own templates",
    "newline": "a text ends with one newline",
    "line-ending": "lines end with LF alone",
    "nfc": "names and texts are in Unicode's form NFC",
    "syntax": "JSON, TOML and YAML files can be read",
    "descriptor": "the catalog takes the project's catalog-info.yaml",
    "golden": "the files are those of the golden listing",
    "run": "the project's own tests pass",
    "former": "template and cases can be made again as they were in the former release",
    "answers": "the former answers fit the form, by migrations, defaults and today's cases",
    "conflict": "a project that nobody touched is updated without conflicts",
    "update": "an updated project is what the template makes now, but for what is made once",
    "own-file": "what a project added itself is still there, unchanged, after an update",
}


@dataclass(frozen=True, slots=True)
class RuleViolation:
    """A violation of a rule.

    Attributes:
        rule: A key of ``RULES``.
        place: File, or ``file:line:column``, as editors jump to it.
        message: What is wrong, and what is allowed.
        detail: Lines that show it, such as a difference.
    """

    rule: str
    place: str
    message: str
    detail: tuple[str, ...] = ()
