"""Rules for the files of a rendered template."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

from portal.authoring.finding import RuleViolation
from portal.authoring.folder import DESCRIPTORS
from portal.authoring.rules.snapshot import descriptor_findings
from portal.kernel import yaml12
from portal.kernel.json_text import parse_json
from portal.scaffolder.forms.template import API_VERSION
from portal.scaffolder.workspace.file_text import is_binary
from portal.scaffolder.workspace.patterns import matching
from portal.scaffolder.workspace.tree import Tree

#: GitHub Actions uses the same delimiters for its own expressions.
_WORKFLOWS = ".github/"
_OPENING = "${{"
#: Rules that templates inside of the project are exempt from: these are rendered later.
_NOT_IN_TEMPLATES = ("leftover", "syntax")
_COMPONENTS = ("catalog-info.yaml", "catalog-info.yml")


def tree_findings(tree: Tree, allowed: Mapping[str, Sequence[str]]) -> Iterator[RuleViolation]:
    """Yield the violations of rendered files.

    Args:
        tree: The files.
        allowed: Glob patterns of files exempt from a rule, by the rule's name.
    """
    spared = {rule: matching(patterns, list(tree)) for rule, patterns in allowed.items()}
    for rule in _NOT_IN_TEMPLATES:
        spared[rule] = spared.get(rule, set()) | set(_of_templates(tree))
    for finding in _findings(tree):
        if finding.place.partition(":")[0] not in spared.get(finding.rule, ()):
            yield finding


def _of_templates(tree: Tree) -> Iterator[str]:
    """Yield the paths of templates that are part of the project."""
    found = {path.rpartition("/")[0] for path in tree if _is_template(path, tree)}
    for path in tree:
        if any(path.startswith(f"{folder}/") for folder in found if folder):
            yield path


def _is_template(path: str, tree: Tree) -> bool:
    is_named_so = path.rpartition("/")[2] in DESCRIPTORS
    return is_named_so and API_VERSION.encode() in tree[path].data


def _findings(tree: Tree) -> Iterator[RuleViolation]:
    for path, file in sorted(tree.items()):
        if unicodedata.normalize("NFC", path) != path:
            yield RuleViolation("nfc", path, "its name is not in Unicode's form NFC")
        if is_binary(file.data):
            continue
        try:
            text = file.data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        for rule in _TEXT_RULES:
            yield from rule(path, text)
    targets = tuple(name for name in _COMPONENTS if name in tree)
    if targets:
        yield from descriptor_findings(tree, targets, "descriptor")


def _leftover(path: str, text: str) -> Iterator[RuleViolation]:
    if path.startswith(_WORKFLOWS):
        return
    found = [n for n, line in enumerate(text.splitlines(), 1) if _OPENING in line]
    if found:
        count = f" in {len(found)} lines" if len(found) > 1 else ""
        message = f"'{_OPENING}' is left{count}; a case may say 'allow: {{leftover: [{path}]}}'"
        yield RuleViolation("leftover", f"{path}:{found[0]}", message)


def _newline(path: str, text: str) -> Iterator[RuleViolation]:
    if text and not text.endswith("\n"):
        yield RuleViolation("newline", path, "its last line does not end with a newline")
    elif text.endswith("\n\n") or text == "\n":
        yield RuleViolation("newline", path, "it ends with an empty line")


def _line_ending(path: str, text: str) -> Iterator[RuleViolation]:
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        yield RuleViolation("line-ending", f"{path}:{line}", "it holds a carriage return (CR)")


def _nfc(path: str, text: str) -> Iterator[RuleViolation]:
    if not unicodedata.is_normalized("NFC", text):
        lines = enumerate(text.splitlines(), 1)
        line = next(n for n, one in lines if not unicodedata.is_normalized("NFC", one))
        yield RuleViolation("nfc", f"{path}:{line}", "its text is not in Unicode's form NFC")


def _syntax(path: str, text: str) -> Iterator[RuleViolation]:
    read = _READERS.get(path.rpartition(".")[2])
    reason = read(text) if read else ""
    if reason:
        yield RuleViolation("syntax", path, reason)


def _json(text: str) -> str:
    try:
        parse_json(text)
    except ValueError as error:
        return f"it is no JSON: {error}"
    return ""


def _toml(text: str) -> str:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return f"it is no TOML: {error}"
    return ""


def _yaml(text: str) -> str:
    for item in yaml12.read(text.encode()):
        # Other programs give tags a meaning; whether the rest can be read, only they can tell.
        if isinstance(item, yaml12.Fault) and not item.message.startswith("tag "):
            return f"it is no YAML: line {item.line}, column {item.column}: {item.message}"
    return ""


_READERS: Mapping[str, Callable[[str], str]] = {
    "json": _json,
    "toml": _toml,
    "yaml": _yaml,
    "yml": _yaml,
}
_TEXT_RULES = (_leftover, _newline, _line_ending, _nfc, _syntax)
