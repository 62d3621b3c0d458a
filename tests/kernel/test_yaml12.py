"""YAML 1.2 as npm's ``yaml`` reads it, and every way a file may try to hurt."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.kernel import yaml12
from portal.kernel.yaml12 import Document
from portal.kernel.yaml12 import Fault
from portal.kernel.yaml12 import Limits

USUAL = Limits()


def values(text: str, limits: Limits = USUAL) -> list[Any]:
    return [
        item.value if isinstance(item, Document) else item
        for item in yaml12.read(text.encode(), limits)
    ]


def fault(text: str, limits: Limits = USUAL) -> Fault:
    [item] = [x for x in yaml12.read(text.encode(), limits) if isinstance(x, Fault)]
    return item


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("012", 12),
        ("0o14", 12),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("1_000", "1_000"),
        ("+1", 1),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("-.5E-2", -0.005),
        ("-0", 0),
        ("0.10", 0.1),
        ("yes", "yes"),
        ("on", "on"),
        ("True", True),
        ("TRUE", True),
        ("tRue", "tRue"),
        ("2024-01-01", "2024-01-01"),
        ("2024-13-45", "2024-13-45"),
        ("1:30", "1:30"),
        ("=", "="),
        ("0b1", "0b1"),
        ("+0o7", "+0o7"),
        ("<<", "<<"),
        ("'1'", "1"),
        ('"null"', "null"),
        ("!!int '3'", 3),
        ("!!int abc", "abc"),
        ("!!str 3", "3"),
        ("! 3", "3"),
        ("!!bool true", True),
        ("!!map [a]", ["a"]),
        ("a:\tb", {"a": "b"}),
        ("- - 1\n- [a, {b: c}]", [[1], ["a", {"b": "c"}]]),
        ("a: &x {b: 1}\nc: {<<: *x}", {"a": {"b": 1}, "c": {"<<": {"b": 1}}}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("%YAML 1.2\n---\na: 1", {"a": 1}),
        ("a: |\n  한국어\n  text\n", {"a": "한국어\ntext\n"}),
    ],
)
def test_a_value_is_what_npm_yaml_makes_of_it(text: str, expected: Any) -> None:
    [value] = values(text)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("key", "expected"),
    [("1.5", "1.5"), ("1", "1"), ("null", ""), ("true", "true"), ("1e21", "1e+21"), ("~", "")],
)
def test_a_key_that_is_no_string_is_written_as_javascript_writes_it(
    key: str, expected: str
) -> None:
    assert values(f"{key}: a") == [{expected: "a"}]


def test_an_integer_beyond_two_to_the_53_is_rounded_but_stays_an_integer_in_json() -> None:
    assert json.dumps(values("9007199254740993")) == "[9007199254740992]"


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "---\n...\n", "~", "null", "---\n---\n"]
)
def test_an_empty_document_is_skipped(text: str) -> None:
    assert values(text) == []


def test_documents_know_the_line_they_begin_at() -> None:
    found = list(yaml12.read(b"# a comment\na: 1\n---\n# another\nb: 2\n--- 3\n"))
    assert [(x.value, x.line) for x in found if isinstance(x, Document)] == [
        ({"a": 1}, 2),
        ({"b": 2}, 3),
        (3, 6),
    ]


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a: 1\na: 2", "key 'a' stands twice in the same mapping", 2, 1),
        ("x:\n  metadata: 1\n  b: 2\n  metadata: 3", "key 'metadata' stands twice", 4, 3),
        ("1: a\n'1': b", "key '1' stands twice", 2, 1),
        ("a: *x", "alias '*x' has no finished anchor", 1, 4),
        ("&a [*a]", "alias '*a' has no finished anchor", 1, 5),
        ("a: &b\n  c: *b", "alias '*b' has no finished anchor", 2, 6),
        ("a: !!python/object/apply:os.system [id]", "is not allowed", 1, 4),
        ("a: !!set {b}", "tag 'tag:yaml.org,2002:set' is not allowed", 1, 4),
        ("a: !!binary aGk=", "is not allowed", 1, 4),
        ("a: !!timestamp 2024-01-01", "is not allowed", 1, 4),
        ("a: !foo b", "tag '!foo' is not allowed", 1, 4),
        ("a: .inf", "'.inf' is not a JSON number", 1, 4),
        ("a: -.INF", "is not a JSON number", 1, 4),
        ("a: .nan", "is not a JSON number", 1, 4),
        ("a: 1e400", "the number is too large", 1, 4),
        ("a: " + "9" * 5000, "a number of 5000 digits is too long", 1, 4),
        ("? [a]\n: b", "a key must be a string", 1, 5),
        ('a: "\\0"', "text holds a NUL character", 1, 4),
        ("a: \0", "control character U+0000", 1, 4),
        ("a: b\n  \x07c", "control character U+0007", 2, 3),
        ("a: x\ufeffy", "control character U+FEFF", 1, 5),
        ('a: "\\ud800"', "invalid Unicode character escape", 1, 7),
        ("a: @b", "cannot start any token", 1, 4),
        ("a: 'x\u2028y'\nb: @c", "cannot start any token", 2, 4),
        ("a: b\n\tc: d", "", 2, 1),
    ],
)
def test_a_fault_says_what_and_where(text: str, message: str, line: int, column: int) -> None:
    found = fault(text)
    assert message in found.message
    assert (found.line, found.column) == (line, column)


def test_half_a_surrogate_pair_never_gets_in() -> None:
    found = list(yaml12.read("a: \ud800".encode("utf-8", "surrogatepass")))
    assert found == [Fault("the file is not UTF-8 text", 1, 1, "Save it as UTF-8.")]


def test_a_file_that_is_not_utf8_is_refused_with_its_line() -> None:
    [found] = yaml12.read("a: 1\nb: 한\n".encode("euc-kr"))
    assert isinstance(found, Fault)
    assert found.line == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_and_utf32_are_refused(encoding: str) -> None:
    found = list(yaml12.read("a: 1\n".encode(encoding)))
    assert found
    assert all(isinstance(item, Fault) for item in found)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert [x.value for x in yaml12.read(b"\xef\xbb\xbfa: 1") if isinstance(x, Document)] == [
        {"a": 1}
    ]


def test_windows_line_ends_are_line_ends() -> None:
    found = list(yaml12.read(b"a: 1\r\n---\r\nb: @\r\n---\r\nc: 3\r\n"))
    assert [x.line if isinstance(x, Fault) else x.value for x in found] == [{"a": 1}, 3, {"c": 3}]


class TestLimits:
    def test_a_file_of_too_many_bytes_is_not_parsed_at_all(self) -> None:
        found = fault("a: " + "x" * 100, Limits(bytes=50))
        assert found.message == "the file has 103 bytes, more than the 50 allowed"
        assert found.hint

    def test_the_last_allowed_byte_is_allowed(self) -> None:
        assert values("a: 12", Limits(bytes=5)) == [{"a": 12}]

    def test_depth(self) -> None:
        assert values("[" * 64 + "]" * 64)
        assert fault("[" * 65 + "]" * 65).message == "nested more than 64 levels deep"

    def test_nodes(self) -> None:
        assert values("[1, 2, 3]", Limits(nodes=5))
        assert fault("[1, 2, 3, 4]", Limits(nodes=4)).message == "the file has too many values"

    def test_nodes_are_counted_over_all_documents(self) -> None:
        found = values("--- [1, 2]\n--- [1, 2]\n--- [1, 2]\n", Limits(nodes=9))
        assert found[:2] == [[1, 2], [1, 2]]
        assert isinstance(found[2], Fault)

    def test_documents(self) -> None:
        found = values("---\na: 1\n" * 20_000)
        assert len(found) == 5_001
        assert found[-1].message == "the file has too many documents"

    def test_aliases_by_nodes(self) -> None:
        text = "a: &a [1, 2, 3]\nb: *a\nc: *a\n"
        assert values(text, Limits(alias_nodes=8))
        assert fault(text, Limits(alias_nodes=7)).message == "aliases expand to too much"

    def test_aliases_by_characters(self) -> None:
        text = "a: &a 12345x\nb: *a\nc: *a\n"
        assert values(text, Limits(alias_characters=12))
        assert fault(text, Limits(alias_characters=11)).message == "aliases expand to too much"


class TestBombs:
    """Each ends in a fault; that it does so at once is why the suite is fast."""

    def test_sixty_thousand_brackets(self) -> None:
        found = fault("[" * 60_000)
        assert found.message == "nested more than 64 levels deep"
        assert found.hint == ""
        # Ours is the 65th bracket; PyYAML 6.0.4 refuses the 1,001st before we see the first.
        assert (found.line, found.column) in {(1, 65), (1, 1001)}

    @pytest.mark.parametrize("unit", ["- ", "{a: ", "a: {", "? ", "[{a: "])
    def test_depth_in_every_notation(self, unit: str) -> None:
        assert fault(unit * 20_000).message == "nested more than 64 levels deep"

    def test_merge_keys_do_not_merge(self) -> None:
        lines = ["a0: &a0 {k: v}"]
        lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 9)]
        assert fault("\n".join(lines)).message == "aliases expand to too much"

    def test_aliases_of_aliases(self) -> None:
        lines = ["a0: &a0 [x]"]
        lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
        assert fault("\n".join(lines)).message == "aliases expand to too much"

    def test_a_long_text_many_times(self) -> None:
        text = f"a: &a {'x' * 1_000_000}\nb: [{'*a,' * 9_000}]"
        assert fault(text).message == "aliases expand to too much"

    def test_depth_by_aliases(self) -> None:
        nest = "a{0}: &a{0} " + "[" * 20 + "*a{1}" + "]" * 20
        lines = ["a0: &a0 [x]", *(nest.format(i, i - 1) for i in range(1, 10))]
        assert fault("\n".join(lines)).message == "nested more than 64 levels deep"

    def test_a_flood_of_broken_documents(self) -> None:
        found = values("--- @\n" * 20_000)
        assert len(found) == 5_001

    def test_a_wide_list(self) -> None:
        assert isinstance(values(f"[{'a,' * 600_000}]")[0], Fault)

    def test_a_key_of_a_megabyte_is_not_repeated_in_the_message(self) -> None:
        key = "k" * 500
        found = fault(f"{key}: 1\n{key}: 2")
        assert len(found.message) < 200

    def test_a_message_is_one_line(self) -> None:
        assert "\n" not in fault('"a\\n::error::b": 1\n"a\\n::error::b": 2').message


class TestGoingOn:
    def test_reading_goes_on_after_a_broken_document(self) -> None:
        found = list(yaml12.read(b"a: 1\n---\nb: [\n---\nc: 3\n---\nd: @\n---\ne: 5\n"))
        assert [x.value if isinstance(x, Document) else x.line for x in found] == [
            {"a": 1},
            4,
            {"c": 3},
            7,
            {"e": 5},
        ]
        assert found[2] == Document({"c": 3}, 4)

    def test_a_control_character_breaks_only_its_document(self) -> None:
        assert [
            x.value if isinstance(x, Document) else (x.line, x.column)
            for x in yaml12.read(b"a: 1\n---\nb: \x07\n---\nc: 3\n# \x07 in a comment\n")
        ] == [{"a": 1}, (3, 4), (6, 3)]

    def test_a_broken_first_document_does_not_hide_the_second(self) -> None:
        assert values("a: 1\na: 2\n---\nb: 1\n")[1] == {"b": 1}

    def test_what_the_limits_end_stays_ended(self) -> None:
        found = values("a: &a [1]\nb: [*a, *a]\n---\nc: 1\n", Limits(alias_nodes=3))
        assert len(found) == 1


class TestReadOne:
    def test_it_returns_the_only_document(self) -> None:
        assert yaml12.read_one(b"a: 1") == {"a": 1}
        assert yaml12.read_one(b"") is None

    def test_it_refuses_two(self) -> None:
        with pytest.raises(ValueError, match="line 2: a single YAML document is expected"):
            yaml12.read_one(b"a: 1\n---\nb: 2")

    def test_it_raises_the_fault_with_its_place(self) -> None:
        with pytest.raises(ValueError, match="line 2, column 1: key 'a' stands twice"):
            yaml12.read_one(b"a: 1\na: 2")


class TestPosition:
    DATA = "# 한국어\na:\n  b: [1, {c: 2}]\n---\nd: '\u2028x'\ne:\n  - f\n  - 'g'\n".encode()

    @pytest.mark.parametrize(
        ("line", "path", "expected"),
        [
            (2, (), (2, 1)),
            (2, ("a",), (2, 1)),
            (2, ("a", "b"), (3, 3)),
            (2, ("a", "b", 1), (3, 10)),
            (2, ("a", "b", 1, "c"), (3, 11)),
            (2, ("a", "b", 7), (3, 3)),
            (2, ("a", "missing", "x"), (2, 1)),
            (2, ("missing",), (2, 1)),
            (4, ("e", 1), (8, 5)),
            (4, ("e", 1, "x"), (8, 5)),
        ],
    )
    def test_it_finds_the_place_or_the_nearest_ancestor(
        self, line: int, path: tuple[str | int, ...], expected: tuple[int, int]
    ) -> None:
        assert yaml12.position(self.DATA, line, path) == expected

    @pytest.mark.parametrize("line", [1, 3, 4, 99])
    def test_a_line_that_is_no_document_is_answered_too(self, line: int) -> None:
        data = b"a: [1,\n  2]\nb: 'x\n  ]'\n"
        assert yaml12.position(data, line, ("zzz",))[0] >= 1


class TestMarks:
    """A byte order mark may begin each document (YAML 1.2.2, §9.1): files are joined so."""

    def test_a_mark_before_a_later_document_is_none_of_its_text(self) -> None:
        data = b"\xef\xbb\xbfa: |+\n  x\n\xef\xbb\xbf---\nb: 2\n\xef\xbb\xbf# note\n\n---\nc: 3\n"
        assert [
            (one.value, one.line) for one in yaml12.read(data) if isinstance(one, Document)
        ] == [
            ({"a": "x\n"}, 1),
            ({"b": 2}, 3),
            ({"c": 3}, 7),
        ]
        assert yaml12.position(data, 3, ("b",)) == (4, 1)

    def test_a_mark_anywhere_else_is_named(self) -> None:
        (fault,) = yaml12.read(b"a: 1\n\xef\xbb\xbfb: 2\n")
        assert isinstance(fault, Fault)
        assert (fault.line, fault.column) == (2, 1)
        assert "U+FEFF" in fault.message

    def test_a_fault_before_a_mark_does_not_hide_the_next_document(self) -> None:
        fault, document = yaml12.read(b"a: [\n\xef\xbb\xbf---\nb: 2\n")
        assert isinstance(fault, Fault)
        assert isinstance(document, Document)
        assert document.value == {"b": 2}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: !ENV NAME\nb: 1\n", {"a": "NAME", "b": 1}),
        ("a: !ENV [X, 5]\n", {"a": ["X", 5]}),
        ("a: !!python/name:material.emoji ''\nb: !!python/object:x {c: yes}\n", {"a": "", "b": {"c": "yes"}}),
        ("!root\na: !x &b 5\nc: *b\n", {"a": "5", "c": "5"}),
        ("a: !!int '5'\n", {"a": 5}),
    ],
)  # fmt: skip
def test_unknown_tags_can_be_passed_over(text: str, value: object) -> None:
    (document,) = yaml12.read(text.encode(), ignore_tags=True)
    assert isinstance(document, Document)
    assert document.value == value
    assert any(isinstance(one, Fault) for one in yaml12.read(text.encode())) == (
        "!!int" not in text
    )
