"""The grammar of JavaScript's regular expressions (ECMA-262, 22.2.1): text to a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from portal.scaffolder.expressions.javascript import WHITESPACE

Node = object
Ranges = tuple[tuple[str, str], ...]

_MAX_DEPTH = 40
_MOST_DIGITS = 12
_MAX_REPEAT = 1_000
_SYNTAX = "^$\\.*+?()[]{}|/"
_QUANTIFIER = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_NAME = re.compile(r"\(\?<([A-Za-z_$][A-Za-z0-9_$]*)>")
_CODE = re.compile(r"u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})")
_PROPERTY = re.compile(
    r"p\{(?:General_Category=|gc=)?(L|Ll|Lu|Lt|Lm|Lo|M|N|Nd|P|S|Z|Letter|Number|Punctuation)\}",
    re.IGNORECASE,
)
_LONG_NAMES = {"Letter": "L", "Number": "N", "Punctuation": "P"}
_LOOKS = {"(?=": (False, False), "(?!": (False, True), "(?<=": (True, False), "(?<!": (True, True)}
_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "0": "\0"}


class RegexError(ValueError):
    """A text is no valid regular expression of JavaScript."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character in (``negative``: not in) ranges or Unicode categories."""

    ranges: Ranges = ()
    categories: tuple[tuple[str, bool], ...] = ()
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """Nodes that match one after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Nodes of which the first that matches counts."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group; without a number it does not capture."""

    body: Node
    number: int | None


@dataclass(frozen=True, slots=True)
class Repeat:
    """A quantified node; ``groups`` is the range of group numbers inside it."""

    body: Node
    least: int
    most: int | None
    lazy: bool
    groups: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Assertion:
    """A zero-width assertion: ``^``, ``$``, ``b`` or ``B``."""

    kind: str


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead or lookbehind assertion."""

    body: Node
    behind: bool
    negative: bool


@dataclass(frozen=True, slots=True)
class BackReference:
    """A back reference: the text of an earlier group."""

    number: int


def parse(source: str, *, unicode: bool = False) -> tuple[Node, int, dict[str, int]]:
    """Return a pattern's tree, its number of groups, and the numbers of named groups.

    Raises:
        RegexError: When it is no valid pattern.
    """
    parser = _Parser(source, unicode=unicode)
    return parser.alternatives(0), parser.groups, parser.names


def _complement(ranges: Ranges) -> Ranges:
    found, following = [], 0
    for low, high in sorted(ranges):
        if ord(low) > following:
            found.append((chr(following), chr(ord(low) - 1)))
        following = max(following, ord(high) + 1)
    return (*found, (chr(following), "\U0010ffff"))


_DIGIT: Ranges = (("0", "9"),)
_WORD: Ranges = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_BLANK: Ranges = tuple((character, character) for character in WHITESPACE)
_CLASSES: dict[str, Ranges] = {
    "d": _DIGIT,
    "w": _WORD,
    "s": _BLANK,
    "D": _complement(_DIGIT),
    "W": _complement(_WORD),
    "S": _complement(_BLANK),
}
_DOT = _complement(tuple((end, end) for end in "\n\r\u2028\u2029"))


class _Parser:
    """A recursive-descent parser of one pattern."""

    def __init__(self, source: str, *, unicode: bool) -> None:
        self._source = source
        self._at = 0
        self._unicode = unicode
        self.groups = 0
        self.names: dict[str, int] = {}
        self._all_names = _NAME.findall(source)
        self._all_groups = len(re.findall(r"\((?!\?)|\(\?<(?![=!])", source))

    def _fail(self, what: str) -> NoReturn:
        raise RegexError(f"Invalid regular expression: /{self._source}/: {what}")

    def _next(self) -> str:
        return self._source[self._at : self._at + 1]

    def _take(self, text: str) -> bool:
        if not self._source.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def alternatives(self, depth: int) -> Node:
        """Parse alternatives up to the end, or up to a closing parenthesis."""
        if depth > _MAX_DEPTH:
            self._fail("nested too deep")
        options = [self._sequence(depth)]
        while self._take("|"):
            options.append(self._sequence(depth))
        if depth == 0 and self._at < len(self._source):
            self._fail("Unmatched ')'")
        return options[0] if len(options) == 1 else Alternatives(tuple(options))

    def _sequence(self, depth: int) -> Node:
        items = []
        while self._at < len(self._source) and self._next() not in "|)":
            first = self.groups + 1
            item = self._item(depth)
            items.append(self._repeated(item, first))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _repeated(self, item: Node, first: int) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return item
        if isinstance(item, Assertion):
            self._fail("Nothing to repeat")
        lazy = self._take("?")
        if self._next() in ("*", "+", "?") and self._next():
            self._fail("Nothing to repeat")
        return Repeat(item, *bounds, lazy, (first, self.groups + 1))

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        found = _QUANTIFIER.match(self._source, self._at)
        if found is None:
            return None
        self._at = found.end()
        least = _count(found[1])
        most = least if not found[2] else _count(found[3]) if found[3] else None
        if most is not None and most < least:
            self._fail("numbers out of order in {} quantifier")
        if max(least, most or 0) > _MAX_REPEAT:
            self._fail("quantifier is too large")
        return least, most

    def _item(self, depth: int) -> Node:
        character = self._next()
        if character == "(":
            return self._group(depth)
        self._at += 1
        if character in "^$":
            return Assertion(character)
        if character == ".":
            return Characters(_DOT)
        if character == "[":
            return self._class()
        if character == "\\":
            return self._escape()
        if character in "*+?":
            self._fail("Nothing to repeat")
        if character in "]{}" and self._unicode:
            self._fail("Lone quantifier brackets")
        return Characters(((character, character),))

    def _group(self, depth: int) -> Node:
        for opening, (behind, negative) in _LOOKS.items():
            if self._take(opening):
                return Look(self._closed(depth), behind, negative)
        if self._take("(?:"):
            return Group(self._closed(depth), None)
        named = _NAME.match(self._source, self._at)
        if named is None and self._source.startswith("(?", self._at):
            self._fail("Invalid group")
        self._at = named.end() if named else self._at + 1
        self.groups += 1
        number = self.groups
        if named:
            if named[1] in self.names:
                self._fail("Duplicate capture group name")
            self.names[named[1]] = number
        return Group(self._closed(depth), number)

    def _closed(self, depth: int) -> Node:
        body = self.alternatives(depth + 1)
        if not self._take(")"):
            self._fail("Unterminated group")
        return body

    def _escape(self) -> Node:
        character = self._next()
        if not character:
            self._fail("\\ at end of pattern")
        if character in "bB":
            self._at += 1
            return Assertion(character)
        digits = re.compile("[1-9][0-9]*").match(self._source, self._at)
        if digits and _count(digits[0]) <= self._all_groups:
            self._at = digits.end()
            return BackReference(_count(digits[0]))
        if self._all_names and self._take("k<"):
            return self._named_reference()
        return self._set(self._class_escape())

    def _named_reference(self) -> Node:
        end = self._source.find(">", self._at)
        name = self._source[self._at : max(end, self._at)]
        if name not in self._all_names:
            self._fail("Invalid named capture referenced")
        self._at = end + 1
        return BackReference(self._all_names.index(name) + 1)

    def _set(self, found: str | Characters) -> Characters:
        return found if isinstance(found, Characters) else Characters(((found, found),))

    def _class_escape(self) -> str | Characters:
        character = self._next()
        if not character:
            self._fail("\\ at end of pattern")
        if self._unicode and character in "pP":
            return self._category()
        code = _CODE.match(self._source, self._at)
        if code and (code[1] is None or self._unicode):
            self._at = code.end()
            return chr(int(code[1] or code[2] or code[3], 16))
        self._at += 1
        if character in _CLASSES:
            return Characters(_CLASSES[character])
        if character == "c" and self._next().isalpha() and self._next().isascii():
            self._at += 1
            return chr(ord(self._source[self._at - 1]) % 32)
        if self._unicode and character not in _SYNTAX + "-" and character not in _CONTROLS:
            self._fail("Invalid escape")
        return _CONTROLS.get(character, character)

    def _category(self) -> Characters:
        negative = self._next() == "P"
        found = _PROPERTY.match(self._source, self._at)
        if found is None:
            self._fail("Invalid property name")
        self._at = found.end()
        return Characters((), ((_LONG_NAMES.get(found[1], found[1]), negative),))

    def _class(self) -> Node:
        negative = self._take("^")
        ranges: list[tuple[str, str]] = []
        categories: list[tuple[str, bool]] = []
        while not self._take("]"):
            low = self._class_atom()
            if isinstance(low, Characters):
                ranges += low.ranges
                categories += low.categories
            elif self._next() == "-" and self._source[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                self._add_range(low, self._class_atom(), ranges)
            else:
                ranges.append((low, low))
        return Characters(tuple(ranges), tuple(categories), negative)

    def _add_range(self, low: str, high: str | Characters, ranges: list[tuple[str, str]]) -> None:
        if isinstance(high, Characters):
            ranges += [(low, low), ("-", "-"), *high.ranges]
        elif high < low:
            self._fail("Range out of order in character class")
        else:
            ranges.append((low, high))

    def _class_atom(self) -> str | Characters:
        character = self._next()
        if not character:
            self._fail("Unterminated character class")
        self._at += 1
        if character != "\\":
            return character
        if self._take("b"):
            return "\b"
        return self._class_escape()


def _count(digits: str) -> int:
    """Return the number that digits stand for, or one that is too large for anything here.

    Python refuses to read thousands of digits.
    """
    return int(digits.lstrip("0")[:_MOST_DIGITS] or 0)
