"""Log lines: what others wrote begins no line and moves no cursor."""

from __future__ import annotations

import errno
import io
import logging
from collections.abc import Callable

import pytest

from portal.kernel.telemetry.logs import LineFormatter
from portal.kernel.telemetry.logs import RepeatFilter
from portal.kernel.telemetry.logs import escaped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[2J\x00\x7f", "\\x1b[2J\\x00\\x7f"),
        ("\x85\x9b", "\\x85\\x9b"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\u202e\u2066\u200f\u061c", "\\u202e\\u2066\\u200f\\u061c"),
        ("\u200b\ufeff\U000e0041", "\\u200b\\ufeff\\U000e0041"),
        ("\ud800", "\\ud800"),
        ('카프카 Ünïcode\u3000 it\'s "fine" \\n', '카프카 Ünïcode\u3000 it\'s "fine" \\n'),
    ],
)
def test_control_characters_are_escaped(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_a_record_is_a_line_and_its_traceback_is_indented() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    log = logging.getLogger("portal\nforged")
    log.propagate = False
    log.addHandler(handler)
    try:
        raise ValueError("one\n2026-01-01 INFO forged\u2028\x1b[2J")
    except ValueError:
        log.exception("it is %s", "two\nlines", stack_info=True)
    first, *further = stream.getvalue().removesuffix("\n").split("\n")
    assert first.endswith("portal\\nforged: it is two\\nlines")
    assert further
    assert all(line.startswith("    | ") for line in further)
    assert "    | 2026-01-01 INFO forged\\u2028\\x1b[2J" in further


def logged(error: Exception, times: int, clock: Callable[[], float]) -> list[str]:
    """Return the lines of a log in which an exception is written several times."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    handler.addFilter(RepeatFilter(clock))
    log = logging.getLogger("portal.repeated")
    log.propagate = False
    log.handlers = [handler]
    for number in range(times):
        try:
            raise error
        except type(error):
            log.exception("job %d failed", number)
    return stream.getvalue().splitlines()


def test_a_fault_of_the_machine_is_a_line_a_minute() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    (line,) = logged(full, 1_000, lambda: 7.0)
    assert line.endswith("job 0 failed: the disk is full")
    lines = logged(full, 10, iter(range(0, 1_000, 30)).__next__)
    assert len(lines) < 10
    assert "(1 more since this was logged last)" in lines[1]


def test_an_unforeseen_error_is_written_once_a_minute_with_its_traceback() -> None:
    lines = logged(RuntimeError("x"), 1_000, lambda: 7.0)
    assert sum("failed" in line for line in lines) == 1
    assert lines[-1].endswith("RuntimeError: x")
