"""Every message and hint about content has a Korean form, whatever module makes it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

import portal
from portal.evidence.checks.proof import _HINTS
from portal.kernel.yaml12 import Fault
from portal.kernel.yaml12 import read
from portal.scm.command import _LOCAL_REASONS
from portal.scm.command import _REASONS
from portal.ui.texts.messages.korean import MESSAGES
from portal.ui.texts.messages.korean import in_korean
from tests.conftest import MakePortal

ROOT = Path(portal.__file__).parent
#: Where messages about content are made, beside the modules that make a ``StatusItem``.
_BELOW = (
    *(ROOT / "catalog/ingestion").glob("*.py"),
    *(ROOT / "kernel/yaml12").glob("*.py"),
    *(ROOT / "techdocs/sites").glob("*.py"),
    *(ROOT / "model/kinds").glob("*.py"),
    ROOT / "kernel/json_text.py",
    ROOT / "model/formats.py",
    ROOT / "model/schema.py",
    ROOT / "scm/snapshot.py",
)
#: Texts of these modules that are no messages: for the log, of pages, of requests, or of Backstage.
_OTHER = re.compile(
    r"To learn more about |\^|cannot process |a configured target|.* of source |nesting depth$|"
    r".* - \{self\.params\}$|\(|\{ | \"#|\{json_pointer|\{self\.error|location:default/|Invalid location"
)
#: What a message is put together from: the whole ones are in ``WHOLE``.
_PART = re.compile(
    r"(does not exist|does not match|does not hold for|has no Markdown pages|is a symbolic link|"
    r"is left out: .*|holds for|has \{len\(key\)\} characters|stands twice|names the concept .*|symbolic link|"
    r"must have required property|\{_REQUIRED\} .*|.* to \{_LONGEST_SYMPTOM\}|.*\{limits\}.*|"
    r".*(\{reason\}|\{problem\}|\{verb\}).*)$"
)
WHOLE = (
    "file a.yaml does not exist",
    "file a.yaml is a symbolic link",
    "file a.yaml is left out: it is a symbolic link, which is not followed",
    "evidence: rule 'a' does not match example 1",
    "evidence: rule 'a' matches example 1",
    "checks: 'a' does not hold for example 1",
    "checks: 'a' holds for example 2",
    "its documentation cannot be shown: the folder 'docs' has no Markdown pages",
    "its documentation cannot be shown: the folder 'docs' does not exist",
    "'too many' has 8 characters",
    "'too many' stands twice",
    "'the breaker' names the concept ('breaker')",
    "Write a sentence of 8 to 120 characters.",
    "Placeholder $text could not read location ./a, NotFoundError: file a does not exist",
    "Validation of API entity failed: /spec must have required property 'x' - missingProperty: x",
    "status must be verified or rejected",
    "by is missing: expected is the ref of a user, or a name",
)
_HANGUL = re.compile("[가-힣]")
#: Texts of pages, in both languages already.
_PAGES = ROOT / "techdocs/sites/generated.py"
#: Values of a sample: any text, and a message.
_SAMPLES = ("x1", "it is no mapping")
#: What stands before a message, where a module makes only its end, and after its beginning.
_BEFORE = ("", "/spec ", "checks: ")
_AFTER = ("", "it is no mapping")


def forms_in(path: Path) -> Iterator[str]:
    """Yield the texts with a blank that a module writes out; values become samples."""
    tree = ast.parse(path.read_text())
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            left_out.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            left_out |= {one for one in ast.walk(node) if one is not node}
    for node in ast.walk(tree):
        text = "" if node in left_out else _written(node)
        if " " in text.strip() and not _OTHER.match(text) and not _PART.match(text):
            yield text


def _written(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_written, node.values))
    if isinstance(node, ast.FormattedValue):
        return f"{{{ast.unparse(node.value)}}}"
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _has_korean(form: str) -> bool:
    texts = [re.sub(r"\{[^{}]*\}", sample, form) for sample in _SAMPLES]
    ways = product(_BEFORE, texts, _AFTER)
    return any(_HANGUL.search(in_korean(f"{before}{text}{after}")) for before, text, after in ways)


MODULES = {path for path in ROOT.rglob("*.py") if "StatusItem(" in path.read_text()} | set(_BELOW)


@pytest.mark.parametrize(
    "path", sorted(MODULES - {_PAGES}), ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_message_of_a_module_has_a_korean_form(path: Path) -> None:
    assert [form for form in forms_in(path) if not _has_korean(form)] == []


@pytest.mark.parametrize("message", WHOLE)
def test_what_is_put_together_has_one(message: str) -> None:
    assert _HANGUL.search(in_korean(message))


@pytest.mark.parametrize(
    "hints", [_HINTS.values(), dict(_REASONS).values(), dict(_LOCAL_REASONS).values()]
)
def test_tables_of_hints_and_reasons_have_one(hints: Iterable[str]) -> None:
    assert [hint for hint in hints if not in_korean(hint)] == []


def test_a_form_keeps_its_values() -> None:
    for english, korean in MESSAGES.items():
        assert set(re.findall(r"{(\w+)}", korean)) <= set(re.findall(r"{(\w+)}", english))


def test_values_stay_as_they_are() -> None:
    message = (
        "Policy check failed for component:default/a; caused by Error: /metadata/{x} must be string"
    )
    assert in_korean(message) == "component:default/a: /metadata/{x}: 문자열 형식이어야 합니다."


def test_a_conflict_of_two_sources_is_told_in_korean() -> None:
    message = "group:default/a is already defined at org.yaml of source demo, which keeps it"
    assert (
        in_korean(message)
        == "group:default/a: 이미 소스 demo의 org.yaml에서 정의합니다. 그쪽을 씁니다."
    )


#: Texts that are no YAML, each in its own way.
NO_YAML = (
    "a: b: c", "a:\n\t- b", "a: 'x", 'a: "x\n---', "a: &", "a: *", "a: [1, 2\nb: 3", "a: {b: 1\nc: 2",
    "- a\nb: c", "a: 1\n- b", "a: 1\nb\nc: 2", 'a: "\\q"', 'a: "\\xZZ"', 'a: "\\uD800"', "a: !<x",
    "a: !e!x 1", "%FOO\n---\na", "%YAML 1.1\n%YAML 1.1\n---\na", "%YAML 3.0\n---\na", "%YAML x\n---\na",
    "%TAG ! \n---\na", "a: |0\n x", "a: |x\n x", "a: |\n\tx", "a: @x", "a: ? b", "a: - b", "a: 1\n... x",
    "[a:b:]: x", "a: [,]", "a: !<%zz> x", "a: !<%ff%ff> x", "a:\n  b: 1\n c: 2", "%!", "%YAML 1.",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_YAML)
def test_what_the_parser_says_is_korean(text: str) -> None:
    fault = next(one for one in read(f"{text}\n".encode()) if isinstance(one, Fault))
    korean = in_korean(fault.message)
    assert _HANGUL.search(korean)
    assert not re.search(r"while|found|find|expected", korean)


def test_the_parser_says_what_it_was_reading() -> None:
    message = "while parsing a flow mapping did not find expected ',' or '}'"
    assert in_korean(message) == "흐름 매핑: ','나 '}'가 있어야 합니다."


def test_other_texts_stay_english() -> None:
    assert in_korean("some plug-in says what nobody knows") == ""
    assert in_korean("a" * 100_000) == ""


BROKEN = {
    "catalog-info.yaml": """
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: {name: all}
spec: {targets: [./a.yaml, ./b.yaml, ./c.yaml, ./d.yaml, ./gone.yaml]}
""",
    "a.yaml": """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: broken one, annotations: {backstage.io/techdocs-ref: dir:./nowhere}}
spec: {type: service, lifecycle: production}
""",
    "b.yaml": """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: b, annotations: {backstage.io/techdocs-ref: dir:./nowhere}}
spec: {type: service, lifecycle: 1, owner: a}
---
apiVersion: backstage.io/v1alpha1
kind: component
metadata: {name: c}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: d}
spec: {type: service, lifecycle: production, owner: "a:b:c", system: {$text: ./gone}}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: e, annotations: {backstage.io/techdocs-ref: dir:./nowhere}}
spec: {type: service, lifecycle: production, owner: "a:b:c:d"}
""",
    "c.yaml": "a: b: c\n",
    "d.yaml": "- no object\n",
}


def test_a_page_of_problems_is_korean_in_korean_and_english_in_english(
    make_portal: MakePortal,
) -> None:
    portal = make_portal({name: text.lstrip() for name, text in BROKEN.items()})

    page = portal.client.get("/problems?lang=ko").text
    found = re.findall(r"<li>\s*<p><span class=\"badge.*?</li>", page, re.DOTALL)

    assert len(found) >= 7
    assert [one for one in found if 'lang="en"' in one] == []
    assert "Policy check failed" in portal.client.get("/problems?lang=en").text


@pytest.mark.parametrize(
    "unit", ["a.yaml: ", "xError: ", "Policy check failed for a:b/c; caused by Error: "]
)
def test_messages_in_messages_end_somewhere(unit: str) -> None:
    """What people write stands in messages: they may be of any form, within one another."""
    assert in_korean(f"{unit * (700 // len(unit))}nothing known") == ""
