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
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

#: What a document may hold: JSON, nothing else.
Json = Any

_LOADER = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
_DOCUMENT_MARKER = re.compile(r"^---(?=\s|$)", re.MULTILINE)
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
_TAGS = frozenset(
    _CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq")
)
_SAFE_INTEGER = 2**53
_LONGEST_NUMBER = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may ask of the reader."""

    bytes: int = 5 * 1024 * 1024
    depth: int = 64
    nodes: int = 500_000
    alias_nodes: int = 10_000
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
    yield from _read_text(text, limits)


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
            raise ValueError(msg)  # noqa: TRY004
    if len(found) > 1:
        msg = f"line {found[1].line}: a single YAML document is expected"
        raise ValueError(msg)
    first = found[0] if found else None
    return first.value if isinstance(first, Document) else None


def position(data: bytes, line: int, path: Sequence[str | int]) -> tuple[int, int]:
    """Return line and column (from 1) of ``path`` in the document at ``line``.

    The nearest existing ancestor answers for a path that is not there. Only for
    a document that ``read`` accepted: composing recurses, and ``read`` bounds it.
    """
    text = data.decode("utf-8-sig")
    start = _line_offset(text, line)
    loader = _LOADER(text[start:])
    try:
        node = loader.get_node() if loader.check_node() else None
    finally:
        loader.dispose()
    if node is None:
        return line, 1
    mark = node.start_mark
    for part in path:
        child = _child(node, part)
        if child is None:
            break
        mark, node = child
    return mark.line + line, mark.column + 1


def _child(node: yaml.Node, part: str | int) -> tuple[Any, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        if part < len(node.value):
            return node.value[part].start_mark, node.value[part]
    return None


def _line_offset(text: str, line: int) -> int:
    """Return where line number ``line`` (from 1) begins, or the text's length."""
    offset = 0
    for _ in range(line - 1):
        offset = text.find("\n", offset) + 1
        if offset == 0:
            return len(text)
    return offset


def _read_text(text: str, limits: Limits) -> Iterator[Document | Fault]:
    offset = first_line = 0
    budget = _Budget(limits)
    while True:
        part = text[offset:]
        try:
            for document in _documents(part, budget):
                yield Document(document.value, document.line + first_line)
            return
        except _FaultError as error:
            mark, message, hint = error.mark, error.message, error.hint
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            message = " ".join(filter(None, (error.context, error.problem)))
            hint = "Check indentation, quotes and colons around this line."
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark, message, hint = None, str(error).splitlines()[0], ""
        line = mark.line if mark else 0
        column = mark.column if mark else 0
        yield Fault(message, first_line + line + 1, column + 1, hint)
        at_marker = column == 0 and line > 0
        resume = _line_offset(part, line + 1 if at_marker else line + 2)
        following = _DOCUMENT_MARKER.search(part, resume)
        if following is None or budget.exhausted:
            return
        offset += following.start()
        first_line += part.count("\n", 0, following.start())


class _Budget:
    """What is left of the limits of one file."""

    def __init__(self, limits: Limits) -> None:
        self.depth = limits.depth
        self.nodes = limits.nodes
        self.alias_nodes = limits.alias_nodes
        self.documents = limits.documents
        self.exhausted = False

    def spend_document(self, mark: Any) -> None:
        self.documents -= 1
        if self.documents < 0:
            self.exhausted = True
            raise _FaultError("the file has too many documents", mark)

    def spend_alias(self, nodes: int, mark: Any) -> None:
        self.alias_nodes -= nodes
        if self.alias_nodes < 0:
            self.exhausted = True
            raise _FaultError(
                "aliases expand to too many nodes", mark, "Write the values out."
            )


def _documents(text: str, budget: _Budget) -> Iterator[Document]:
    loader = _LOADER(text)
    try:
        while loader.check_event():
            event = loader.get_event()
            if type(event) is yaml.DocumentStartEvent:
                budget.spend_document(event.start_mark)
                line = event.start_mark.line + 1
                value = _build(loader, budget)
                if value is not None:
                    yield Document(value, line)
    finally:
        loader.dispose()


class _Frame:
    """A collection under construction."""

    __slots__ = ("anchor", "key", "nodes", "value", "waiting")

    def __init__(self, value: Json, anchor: str | None, nodes: int) -> None:
        self.value = value
        self.anchor = anchor
        self.nodes = nodes
        self.key = ""
        self.waiting = False


def _build(loader: Any, budget: _Budget) -> Json:
    """Consume the events of one document and return its value."""
    stack: list[_Frame] = []
    anchors: dict[str, tuple[Json, int]] = {}
    nodes = 0
    while True:
        event = loader.get_event()
        kind = type(event)
        if kind is yaml.ScalarEvent:
            value = _scalar(event)
            if event.anchor:
                anchors[event.anchor] = (value, 1)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            if len(stack) >= budget.depth:
                raise _FaultError(
                    f"nested more than {budget.depth} levels deep", event.start_mark
                )
            _check_tag(event)
            empty: Json = {} if kind is yaml.MappingStartEvent else []
            stack.append(_Frame(empty, event.anchor, nodes))
            nodes += 1
            continue
        elif kind is yaml.AliasEvent:
            if event.anchor not in anchors:
                raise _FaultError(
                    f"alias '*{event.anchor}' has no finished anchor", event.start_mark
                )
            value, size = anchors[event.anchor]
            budget.spend_alias(size, event.start_mark)
            nodes += size
            value = copy.deepcopy(value)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            frame = stack.pop()
            value = frame.value
            if frame.anchor:
                anchors[frame.anchor] = (value, nodes - frame.nodes)
        else:  # the end of the document, without a root node
            return None
        nodes += 1
        if nodes > budget.nodes:
            budget.exhausted = True
            raise _FaultError("the file has too many values", event.start_mark)
        if not stack:
            loader.get_event()
            budget.nodes -= nodes
            return value
        _put(stack[-1], value, event.start_mark)


def _put(frame: _Frame, value: Json, mark: Any) -> None:
    if type(frame.value) is list:
        frame.value.append(value)
    elif frame.waiting:
        frame.value[frame.key] = value
        frame.waiting = False
    else:
        key = value if type(value) is str else _key(value, mark)
        if key in frame.value:
            raise _FaultError(
                f"key '{key}' stands twice in the same mapping",
                mark,
                "Remove one of them.",
            )
        frame.key = key
        frame.waiting = True


def _key(value: Json, mark: Any) -> str:
    """Return a key that is not a string the way JavaScript writes it."""
    if value is None:
        return ""
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, dict) and list(value.values()) == [None]:
        return f"{{ {next(iter(value))} }}"  # an unquoted ``{{ placeholder }}``
    raise _FaultError("a key must be a string", mark, "Put the key in quotes.")


def _check_tag(event: Any) -> None:
    if event.tag is not None and event.tag != "!" and event.tag not in _TAGS:
        raise _FaultError(f"tag '{event.tag}' is not allowed", event.start_mark)


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
            raise _FaultError(
                "text holds half of a surrogate pair", event.start_mark
            ) from None
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
        raise _FaultError(
            f"'{text}' is not a JSON number", event.start_mark, "Put it in quotes."
        )
    else:
        return _string(text, event)
    if abs(number) > _SAFE_INTEGER:
        number = float(number)
        if number in {float("inf"), float("-inf")}:
            raise _FaultError("the number is too large", event.start_mark)
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
