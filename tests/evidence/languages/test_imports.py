"""Imports by a parser and by lines: the same modules, and whether they are used."""

from __future__ import annotations

import pytest

from portal.evidence.languages import syntax
from portal.evidence.languages.imports import imports_of
from portal.evidence.languages.language import language_of
from portal.evidence.languages.source import Source

CASES: list[tuple[str, str, set[tuple[str, bool]]]] = [
    (
        "a.py",
        (
            '"""\nimport no\n"""\nimport a.b as c, d\nfrom x.y import (z,\n    w as v)\n'
            'T = """\nimport no\n"""\nc.run(v)\n'
        ),
        {
            ("a.b", True),
            ("d", False),
            ("x.y.z", False),
            ("x.y.w", True),
        },
    ),
    (
        "a.ts",
        (
            'import a, {b as c} from "one";\nimport type {X} from "no";\nimport "side";\n'
            "const {q, r: s} = require('two');\nconst t = \"import x from 'no'\";\n// import n from \"no\";\n"
            'export * from "three";\nasync function f() { await import("four"); }\nnew c(s);\n'
        ),
        {("one", True), ("side", True), ("two", True), ("three", True), ("four", True)},
    ),
    (
        "A.java",
        "import java.util.List;\nimport static a.b.C.d;\n/* import no.No; */\nimport e.*;\nclass A { void f() { d(); } }\n",
        {("java.util.List", False), ("a.b.C.d", True), ("e", True)},
    ),
    (
        "a.kt",
        "import a.B\nimport c.D as E\nfun f() { E() }\n",
        {("a.B", False), ("c.D", True)},
    ),
    (
        "a.go",
        'package a\n\nimport (\n\t"fmt"\n\tk "x.org/kafka"\n\t// "no"\n)\nimport "one/two"\n',
        {("fmt", True), ("x.org/kafka", True), ("one/two", True)},
    ),
    (
        "a.cs",
        "using Polly;\nusing static System.Math;\nclass A { void F() { using (var x = y) {} } }\n",
        {("Polly", True), ("System.Math", True)},
    ),
    (
        "a.rs",
        "use a::{b::C};\nfn main() { rdkafka::new(); }\n",
        {("a", True), ("a::b::C", True), ("rdkafka", True)},
    ),
    ("a.rb", "require 'kafka'\n# require 'no'\n", {("kafka", True)}),
    (
        "a.php",
        "<?php\nuse RdKafka\\Conf;\nuse A\\B;\nnew Conf();\n",
        {("RdKafka\\Conf", True), ("A\\B", False)},
    ),
]


@pytest.mark.parametrize("parser", [True, False], ids=["parser", "lines"])
@pytest.mark.parametrize(("path", "text", "found"), CASES, ids=[case[0] for case in CASES])
def test_imports(
    path: str,
    text: str,
    found: set[tuple[str, bool]],
    parser: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if parser and not syntax.AVAILABLE:
        pytest.skip("the extra 'evidence' is not installed")
    monkeypatch.setattr(syntax, "AVAILABLE", parser)
    language = language_of(path)
    assert language is not None

    assert {(one.module, one.is_used) for one in imports_of(Source(path, text, language))} == found
