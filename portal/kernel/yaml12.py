"""YAML 1.2 read safely: the only address of PyYAML.

The parser's events are turned into JSON values in one pass, iteratively and
under limits, so that depth bombs, alias bombs and tags end in a ``Fault`` with a
line instead of a crash. Scalars follow the YAML 1.2 core schema, as npm's
``yaml`` (the one Backstage uses) does: ``yes`` and ``2024-01-01`` are strings,
``<<`` is an ordinary key.
"""

from __future__ import annotations

import copy
import re
from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import yaml

#: What a document may hold: JSON, nothing else.
Json = Any

_LOADER = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
_DOCUMENT_MARKER = re.compile(r"^---(?=\s|$)", re.MULTILINE)
#: What libyaml refuses without saying where; U+FFFD stands in for it meanwhile.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_RADIX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
#: The first characters a plain scalar needs to be anything but a string.
_MAYBE_SPECIAL = frozenset("~nNtTfF-+.0123456789")
_CORE = "tag:yaml.org,2002:"
_TAGS = frozenset(_CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))
_SAFE_INTEGER = 2**53
#: From here on JavaScript writes a number with an exponent.
_LARGEST_INTEGER = 10**21
_LONGEST_NUMBER = 64
_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may ask of the reader."""

    bytes: int = 5 * 1024 * 1024
    depth: int = 64
    nodes: int = 500_000
    alias_nodes: int = 10_000
    alias_characters: int = 1_000_000
    documents: int = 5_000


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its value and the line (from 1) it begins at."""

    value: Json
    line: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a document, or the rest of a file, cannot be read; counts from 1."""

    message: str
    line: int
    column: int
    hint: str = ""


class _FaultError(Exception):
    def __init__(self, message: str, mark: Any, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mark = mark
        self.hint = hint


def read(data: bytes, limits: Limits = Limits()) -> Iterator[Document | Fault]:
    """Yield every document of a file, and a fault for each that cannot be read.

    Empty documents are skipped. After a fault, reading goes on at the next
    ``---`` line.
    """
    if len(data) > limits.bytes:
        yield Fault(
            f"the file has {len(data):,} bytes, more than the {limits.bytes:,} allowed",
            1,
            1,
            "Split it into several files and list them as targets of a Location.",
        )
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield Fault("the file is not UTF-8 text", line, 1, "Save it as UTF-8.")
        return
    if text.endswith("\n"):
        yield from _read_text(text, limits)
        return
    # A block scalar ends with a newline, though the file does not.
    last, end = text.count("\n") + 1, len(text) - text.rfind("\n")
    for item in _read_text(f"{text}\n", limits):
        if isinstance(item, Fault) and item.line > last:
            yield replace(item, line=last, column=end)
        else:
            yield item


def read_one(data: bytes, limits: Limits = Limits()) -> Json:
    """Return the only document of a file, ``None`` when it is empty.

    Raises:
        ValueError: With line and column in its message, when there is a fault or
            more than one document.
    """
    found = list(read(data, limits))
    for item in found:
        if isinstance(item, Fault):
            msg = f"line {item.line}, column {item.column}: {item.message}"
            raise ValueError(msg)
    if len(found) > 1:
        msg = f"line {found[1].line}: a single YAML document is expected"
        raise ValueError(msg)
    first = found[0] if found else None
    return first.value if isinstance(first, Document) else None


def write(value: Json) -> str:
    """Return a JSON value as a YAML document, keys in their order, Korean as it is."""
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    return text


def position(data: bytes, line: int, path: Sequence[str | int]) -> tuple[int, int]:
    """Return line and column (from 1) of ``path`` in the document at ``line``.

    The nearest existing ancestor answers for a path that is not there. Only for
    a document that ``read`` accepted: composing recurses, and ``read`` bounds it.
    """
    text = data.decode("utf-8-sig")
    lines = _Lines(text)
    start = lines.offset(line)
    following = _DOCUMENT_MARKER.search(text, start + 1)
    loader = _LOADER(_CONTROL.sub("\ufffd", text[start : following and following.start()]))
    try:
        node = loader.get_node() if loader.check_node() else None
    except yaml.YAMLError:
        node = None
    finally:
        loader.dispose()
    if node is None:
        return line, 1
    nearest: tuple[Any, yaml.Node] = (node.start_mark, node)
    for part in path:
        child = _child(nearest[1], part)
        if child is None:
            break
        nearest = child
    return lines.place(start + nearest[0].index)


def _child(node: yaml.Node, part: str | int) -> tuple[Any, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark, node.value[part]
    return None


class _Lines:
    """Where the lines of a text begin: only a line feed ends one, as editors count."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def offset(self, line: int) -> int:
        """Return where line number ``line`` (from 1) begins; the last for one too far."""
        return self._starts[min(line, len(self._starts)) - 1]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column (from 1) of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def _read_text(text: str, limits: Limits) -> Iterator[Document | Fault]:
    lines = _Lines(text)
    controls = [match.start() for match in _CONTROL.finditer(text)]
    readable = _CONTROL.sub("\ufffd", text) if controls else text
    budget = _Budget(limits)
    offset = 0
    while True:
        try:
            for value, start, end in _documents(readable[offset:], budget):
                first = bisect_right(controls, offset + start - 1)
                if first < len(controls) and controls[first] < offset + end:
                    yield _control_fault(text, lines, controls[first])
                elif value is not None:
                    yield Document(value, lines.place(offset + start)[0])
            return  # noqa: TRY300 - the loop goes on only after a fault
        except _FaultError as error:
            mark, message, hint = error.mark, error.message, error.hint
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            message = " ".join(filter(None, (error.context, error.problem)))
            hint = "Check indentation, quotes and colons around this line."
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark, message, hint = None, f"the document cannot be read ({error})", ""
        at = mark.index if mark else 0
        yield Fault(message, *lines.place(offset + at), hint)
        following = _DOCUMENT_MARKER.search(text, offset + max(at, 1))
        if following is None or budget.exhausted:
            return
        offset = following.start()


def _control_fault(text: str, lines: _Lines, offset: int) -> Fault:
    name = f"U+{ord(text[offset]):04X}"
    hint = "Remove it, or write it as an escape in double quotes."
    return Fault(f"text holds the control character {name}", *lines.place(offset), hint)


class _Budget:
    """What is left of the limits of one file."""

    def __init__(self, limits: Limits) -> None:
        self.depth = limits.depth
        self.nodes = limits.nodes
        self.alias_nodes = limits.alias_nodes
        self.alias_characters = limits.alias_characters
        self.documents = limits.documents
        self.exhausted = False

    def spend_document(self, mark: Any) -> None:
        self.documents -= 1
        if self.documents < 0:
            self.exhausted = True
            raise _FaultError("the file has too many documents", mark)

    def spend_alias(self, anchored: _Anchored, mark: Any) -> None:
        self.alias_nodes -= anchored.nodes
        self.alias_characters -= anchored.characters
        if self.alias_nodes < 0 or self.alias_characters < 0:
            self.exhausted = True
            raise _FaultError("aliases expand to too much", mark, "Write the values out.")

    def check_depth(self, depth: int, mark: Any) -> None:
        if depth > self.depth:
            raise _FaultError(f"nested more than {self.depth} levels deep", mark)

    def check_nodes(self, nodes: int, mark: Any) -> None:
        if nodes > self.nodes:
            self.exhausted = True
            raise _FaultError("the file has too many values", mark)


def _documents(text: str, budget: _Budget) -> Iterator[tuple[Json, int, int]]:
    """Yield the value of every document, and where it begins and ends."""
    loader = _LOADER(text)
    try:
        while loader.check_event():
            event = loader.get_event()
            if type(event) is yaml.DocumentStartEvent:
                budget.spend_document(event.start_mark)
                start: int = event.start_mark.index  # type: ignore[union-attr]
                value, end = _Builder(loader, budget).build()
                yield value, start, end
    finally:
        loader.dispose()


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an anchor names, and how much an alias to it costs."""

    value: Json
    nodes: int = 1
    characters: int = 0
    depth: int = 0


class _Frame:
    """A collection under construction."""

    __slots__ = ("anchor", "characters", "depth", "key", "nodes", "value", "waiting")

    def __init__(self, value: Json, anchor: str | None, nodes: int, characters: int) -> None:
        self.value = value
        self.anchor = anchor
        self.nodes = nodes
        self.characters = characters
        self.depth = 1
        self.key = ""
        self.waiting = False


class _Builder:
    """Turns the events of one document into its value."""

    def __init__(self, loader: Any, budget: _Budget) -> None:
        self._loader = loader
        self._budget = budget
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = 0
        self._characters = 0

    def build(self) -> tuple[Json, int]:
        """Return the document's value and where it ends."""
        while True:
            event = self._loader.get_event()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value, depth = self._take_scalar(event), 0
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._open(event, {} if kind is yaml.MappingStartEvent else [])
                continue
            elif kind is yaml.AliasEvent:
                value, depth = self._follow(event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                value, depth = self._close()
            else:  # the end of the document, without a root node
                return None, event.end_mark.index
            self._nodes += 1
            self._budget.check_nodes(self._nodes, event.start_mark)
            if not self._stack:
                self._budget.nodes -= self._nodes
                return value, self._loader.get_event().end_mark.index
            self._put(value, depth, event.start_mark)

    def _take_scalar(self, event: Any) -> Json:
        value = _scalar(event)
        self._characters += len(event.value)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, 1, len(event.value))
        return value

    def _open(self, event: Any, empty: Json) -> None:
        self._budget.check_depth(len(self._stack) + 1, event.start_mark)
        _check_tag(event)
        self._stack.append(_Frame(empty, event.anchor, self._nodes, self._characters))
        self._nodes += 1

    def _follow(self, event: Any) -> tuple[Json, int]:
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            name = _short(event.anchor)
            raise _FaultError(f"alias '*{name}' has no finished anchor", event.start_mark)
        self._budget.spend_alias(anchored, event.start_mark)
        self._budget.check_depth(len(self._stack) + anchored.depth, event.start_mark)
        self._nodes += anchored.nodes
        self._characters += anchored.characters
        return copy.deepcopy(anchored.value), anchored.depth

    def _close(self) -> tuple[Json, int]:
        frame = self._stack.pop()
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchored(
                frame.value,
                self._nodes - frame.nodes,
                self._characters - frame.characters,
                frame.depth,
            )
        return frame.value, frame.depth

    def _put(self, value: Json, depth: int, mark: Any) -> None:
        frame = self._stack[-1]
        if depth >= frame.depth:
            frame.depth = depth + 1
        if type(frame.value) is list:
            frame.value.append(value)
        elif frame.waiting:
            frame.value[frame.key] = value
            frame.waiting = False
        else:
            frame.key = _new_key(frame.value, value, mark)
            frame.waiting = True


def _new_key(mapping: dict[str, Json], value: Json, mark: Any) -> str:
    key = value if type(value) is str else _key(value, mark)
    if key in mapping:
        raise _FaultError(
            f"key '{_short(key)}' stands twice in the same mapping",
            mark,
            "Remove one of them.",
        )
    return key


def _short(text: str) -> str:
    """Return text of a stranger fit for a message: one line, not too long."""
    line = "".join(char if char.isprintable() else "\ufffd" for char in text[: _LONGEST_QUOTE + 1])
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"


def _key(value: Json, mark: Any) -> str:
    """Return a key that is not a string the way JavaScript writes it."""
    if value is None:
        return ""
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, dict) and list(value.values()) == [None]:
        # An unquoted ``{{ placeholder }}``; npm ``yaml`` marks a key that is a mapping.
        inner = str(next(iter(value)))
        mark_of_key = "? " if inner.startswith("{ ") else ""
        return f"{{ {mark_of_key}{inner} }}"
    raise _FaultError("a key must be a string", mark, "Put the key in quotes.")


def _check_tag(event: Any) -> None:
    if event.tag is not None and event.tag != "!" and event.tag not in _TAGS:
        raise _FaultError(f"tag '{_short(event.tag)}' is not allowed", event.start_mark)


def _scalar(event: Any) -> Json:
    text: str = event.value
    if event.tag is not None:
        _check_tag(event)
        if event.tag in {"!", f"{_CORE}str"}:
            return _string(text, event)
    elif not event.implicit[0] or (text and text[0] not in _MAYBE_SPECIAL):
        return _string(text, event)
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return _number(text, event)


def _string(text: str, event: Any) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _FaultError("text holds half of a surrogate pair", event.start_mark) from None
    if "\0" in text:
        raise _FaultError("text holds a NUL character", event.start_mark)
    return text


def _number(text: str, event: Any) -> Json:
    if _INTEGER.fullmatch(text):
        number: int | float = int(_bounded(text, event))
    elif _RADIX.fullmatch(text):
        number = int(_bounded(text, event), 0)
    elif _FLOAT.fullmatch(text):
        number = float(_bounded(text, event))
    elif _NOT_FINITE.fullmatch(text):
        raise _FaultError(f"'{text}' is not a JSON number", event.start_mark, "Put it in quotes.")
    else:
        return _string(text, event)
    if abs(number) > _SAFE_INTEGER:
        number = float(number)
        if number in {float("inf"), float("-inf")}:
            raise _FaultError("the number is too large", event.start_mark)
        if abs(number) >= _LARGEST_INTEGER:
            return number
    return int(number) if number == int(number) else number


def _bounded(text: str, event: Any) -> str:
    if len(text) > _LONGEST_NUMBER:
        raise _FaultError(
            f"a number of {len(text)} digits is too long",
            event.start_mark,
            "Put it in quotes.",
        )
    return text
