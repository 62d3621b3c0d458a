"""Every rule of content has a sentence, in both languages, for the pages that show problems."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

import portal
from portal.catalog.processing import problems
from portal.evidence.checks import proof
from portal.ui.texts.table import TEXTS
from portal.ui.texts.table import text_in

ROOT = Path(portal.__file__).parent
#: What makes a problem of a rule, as a function and as a method, and which argument the rule is.
_FUNCTIONS = {"StatusItem": 0, "_item": 1}
_METHODS = {"_item": 0}


def rules_in(path: Path) -> Iterator[str]:
    """Yield the rules that a module writes out where it makes a problem."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        at = None
        if isinstance(node.func, ast.Name):
            at = _FUNCTIONS.get(node.func.id)
        elif isinstance(node.func, ast.Attribute):
            at = _METHODS.get(node.func.attr)
        if at is not None and len(node.args) > at:
            rule = node.args[at]
            if isinstance(rule, ast.Constant) and isinstance(rule.value, str):
                yield rule.value


def test_every_rule_is_told_in_both_languages() -> None:
    modules = [path for path in ROOT.rglob("*.py") if "StatusItem" in path.read_text()]
    made = {rule for path in modules for rule in rules_in(path)}
    made |= {problems.PAGE_RULE, problems.LINK_RULE, *proof._HINTS}
    assert made == {key.removeprefix("rule.") for key in TEXTS if key.startswith("rule.")}


def test_values_beside_markup_are_escaped() -> None:
    values = {"name": "<i>x</i>", "since": Markup("<time>now</time>")}
    text = text_in("en", "notice.stale.source", values)
    assert "<time>now</time>" in text
    assert "&lt;i&gt;x" in text
