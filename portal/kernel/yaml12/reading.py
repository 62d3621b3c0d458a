"""Parses the bytes of a file into documents: a value or a fault for each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace

import yaml

from portal.kernel.json_text import Json
from portal.kernel.yaml12.faults import Fault
from portal.kernel.yaml12.faults import FaultError
from portal.kernel.yaml12.limits import DEFAULT_LIMITS
from portal.kernel.yaml12.limits import Budget
from portal.kernel.yaml12.limits import Limits
from portal.kernel.yaml12.limits import too_deep
from portal.kernel.yaml12.text import CONTROL
from portal.kernel.yaml12.text import DOCUMENT_MARKER
from portal.kernel.yaml12.text import Lines
from portal.kernel.yaml12.text import parts
from portal.kernel.yaml12.values import documents


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its value and its first line, from 1."""

    value: Json
    line: int


def read(
    data: bytes, limits: Limits = DEFAULT_LIMITS, *, ignore_tags: bool = False
) -> Iterator[Document | Fault]:
    """Yield every document of a file, and a fault for each that cannot be read.

    Empty documents are skipped. After a fault, parsing continues at the next
    ``---`` line.

    Args:
        data: The file's content.
        limits: The limits on size, depth, nodes, aliases and documents.
        ignore_tags: Whether tags of other types than JSON's (``!ENV``, ``!!python/name:``)
            are ignored and their scalars read as text; otherwise they are faults.
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
        yield from _read_text(text, limits, ignore_tags=ignore_tags)
        return
    # libyaml reads a final block scalar without its newline when the file ends without one.
    last, end = text.count("\n") + 1, len(text) - text.rfind("\n")
    for item in _read_text(f"{text}\n", limits, ignore_tags=ignore_tags):
        if isinstance(item, Fault) and item.line > last:
            yield replace(item, line=last, column=end)
        else:
            yield item


def read_one(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Json:
    """Return the only document of a file; ``None`` when it is empty.

    Raises:
        ValueError: When there is a fault or more than one document; the message has the
            line, and for a fault the column.
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


def _read_text(text: str, limits: Limits, *, ignore_tags: bool) -> Iterator[Document | Fault]:
    controls = [match.start() for match in CONTROL.finditer(text)]
    readable = CONTROL.sub("\ufffd", text) if controls else text
    reader = _Reader(text, readable, Lines(text), controls, limits, Budget(limits), ignore_tags)
    for start, end in parts(text):
        yield from reader.documents(start, end)


@dataclass(frozen=True, slots=True)
class _Reader:
    """The text of one file, with the state of its parsing.

    Attributes:
        text: The text of the file.
        readable: The same, with U+FFFD for the characters that libyaml refuses.
        lines: The offsets of its lines.
        controls: The offsets of the characters that libyaml refuses, ascending.
        limits: The limits for the file.
        budget: What is left of the limits.
        ignores_tags: See ``read``.
    """

    text: str
    readable: str
    lines: Lines
    controls: list[int]
    limits: Limits
    budget: Budget
    ignores_tags: bool

    def documents(self, offset: int, limit: int) -> Iterator[Document | Fault]:
        """Yield the documents between two offsets of the text, and faults among them."""
        while not self.budget.exhausted:
            try:
                yield from self._until_fault(offset, limit)
                return  # noqa: TRY300 - the loop goes on only after a fault
            except FaultError as error:
                mark, message, hint = error.mark, error.message, error.hint
            except yaml.MarkedYAMLError as error:
                mark = error.problem_mark or error.context_mark
                message, hint = _syntax_message(error, self.limits)
            except (yaml.YAMLError, ValueError, RecursionError) as error:
                mark, message, hint = None, f"the document cannot be read ({error})", ""
            at = mark.index if mark else 0
            yield Fault(message, *self.lines.place(offset + at), hint)
            following = DOCUMENT_MARKER.search(self.text, offset + max(at, 1), limit)
            if following is None:
                return
            offset = following.start()

    def _until_fault(self, offset: int, limit: int) -> Iterator[Document | Fault]:
        stretch = self.readable[offset:limit]
        for value, start, end in documents(stretch, self.budget, ignore_tags=self.ignores_tags):
            first = bisect_right(self.controls, offset + start - 1)
            if first < len(self.controls) and self.controls[first] < offset + end:
                yield _control_fault(self.text, self.lines, self.controls[first])
            elif value is not None:
                yield Document(value, self.lines.place(offset + start)[0])


def _syntax_message(error: yaml.MarkedYAMLError, limits: Limits) -> tuple[str, str]:
    """Return message and hint for a syntax error.

    PyYAML has a limit on nesting as well; its scanner reads ahead of the events, so its limit
    may be reached before ours. Both have the same message.
    """
    if "nesting depth" in (error.problem or ""):
        return too_deep(limits.depth), ""
    message = " ".join(filter(None, (error.context, error.problem)))
    return message, "Check indentation, quotes and colons around this line."


def _control_fault(text: str, lines: Lines, offset: int) -> Fault:
    name = f"U+{ord(text[offset]):04X}"
    hint = "Remove it, or write it as an escape in double quotes."
    return Fault(f"text holds the control character {name}", *lines.place(offset), hint)
