"""The table of attack cases is complete: each has tests that exist, or a reason why it has none."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.tables import each

_ROOT = Path(__file__).parents[2]
_TABLE = _ROOT / "docs" / "contributors" / "attack-cases.md"
#: How many cases there are of each group.
_GROUPS = {"A": 19, "B": 23, "C": 7, "D": 12, "E": 15, "F": 5, "G": 5, "H": 8, "I": 11}
_GROUPS |= {"J": 8, "K": 4, "L": 5}
_CASES = [f"{group}{number}" for group, last in _GROUPS.items() for number in range(1, last + 1)]
_REASON = "Cannot apply: "


def _rows() -> dict[str, str]:
    rows = re.findall(r"(?m)^\| ([A-L]\d+) \| [^|]+ \| ([^|]+) \|$", _TABLE.read_text())
    assert len(rows) == len(dict(rows))
    return dict(rows)


def _named() -> set[str]:
    """Return every test that the page names."""
    return set(re.findall(r"`([\w/]+\.py(?:::\w+)+)`", _TABLE.read_text()))


@cache
def _tests_of(file: str) -> set[str]:
    tree = ast.parse((_ROOT / "tests" / file).read_text())
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found.add(f"{file}::{node.name}")
        if isinstance(node, ast.ClassDef):
            inner = [item.name for item in node.body if isinstance(item, ast.FunctionDef)]
            found |= {f"{file}::{node.name}::{name}" for name in inner}
    return found


def test_every_case_is_there() -> None:
    assert len(_CASES) == 122
    assert list(_rows()) == _CASES


@each(_CASES)
def test_a_case_has_tests_that_exist_or_a_reason(case: str) -> None:
    told = _rows()[case]
    if told.startswith(_REASON):
        assert len(told) > len(_REASON) + 20
        return
    named = re.findall(r"`([^`]+)`", told)
    assert named
    assert [name for name in named if name not in _tests_of(name.partition("::")[0])] == []


@pytest.mark.slow
def test_what_is_named_is_collected() -> None:
    named = {f"tests/{name}" for name in _named()}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    files = sorted({name.partition("::")[0] for name in named})
    done = subprocess.run([*command, *files], capture_output=True, cwd=_ROOT, check=False)
    collected = {line.partition("[")[0] for line in done.stdout.decode().splitlines()}
    assert named - collected == set()
