"""Faults: the reason why a document cannot be read, as a value and as an exception."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """The reason why a document, or the rest of a file, cannot be read.

    Attributes:
        message: What is wrong.
        line: The line, from 1.
        column: The column in characters, from 1.
        hint: How to correct it; empty when the message says it.
    """

    message: str
    line: int
    column: int
    hint: str = ""


class FaultError(Exception):
    """A fault while parsing; ``mark`` is libyaml's position in the text.

    Internal to this package: ``read`` turns it into a ``Fault``.
    """

    def __init__(self, message: str, mark: Any, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mark = mark
        self.hint = hint


def short(text: str) -> str:
    """Return untrusted text for a message: one line of 80 printable characters at most."""
    line = "".join(char if char.isprintable() else "\ufffd" for char in text[: _LONGEST_QUOTE + 1])
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"
