"""Log lines of every process: one formatter, which lets no text of others begin a line."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import time
from collections.abc import Callable
from collections.abc import Hashable
from copy import copy

from portal.kernel.causes import cause_of
from portal.kernel.telemetry.spans import trace_id
from portal.kernel.telemetry.trace import current

#: The attribute of a record that holds a traceback as text, where secrets are hidden in it.
TRACEBACK = "traceback_text"
#: The attribute of a record with further members of its JSON, such as those of the access log.
FIELDS = "fields"
#: The levels that the log may begin at, by their names in the settings.
LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
#: Libraries that tell what only their authors need.
_NOISY = ("git", "alembic", "uvicorn", "websockets")
_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
#: Control characters (C0, C1), line and paragraph separators, marks that turn the direction of
#: writing or are not seen, and halves of surrogate pairs.
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
#: Seconds in which an exception is logged once, and how many of them are known apart.
_REPEAT_SECONDS = 60.0
_MOST_KEYS = 1_000
#: Between the lines of a record: its first one, and those of its traceback.
_NEXT = "\n    | "


class LineFormatter(logging.Formatter):
    """Formats a record in one line; each line of its traceback is indented below it."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record, without control characters."""
        told = copy(record)
        told.exc_text = getattr(record, TRACEBACK, record.exc_text)
        trace = current()
        end = f" [{trace.request_id}]" if trace else ""
        told.msg, told.args = f"{escaped(record.getMessage())}{end}", None
        told.name = escaped(record.name)
        return _NEXT.join(map(escaped, super().format(told).split("\n")))


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON, its traceback in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        told = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if trace := current():
            told["request_id"] = trace.request_id
            known = trace.trace_id or trace_id()
            told |= {"trace_id": known} if known else {}
        told |= getattr(record, FIELDS, {})
        traceback = getattr(record, TRACEBACK, "")
        if record.exc_info:
            traceback = traceback or self.formatException(record.exc_info)
        if traceback:
            told["traceback"] = traceback
        return json.dumps(told)


#: The forms of a log, by their names in the settings.
FORMATTERS = {"text": LineFormatter, "json": JsonFormatter}


class RepeatFilter(logging.Filter):
    """Lets an exception pass once a minute: what fails in a loop must not fill the disk.

    A fault of the machine is told in one line, by its cause; other exceptions are told apart
    by where they were raised, and keep their traceback.

    Args:
        clock: Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told: dict[Hashable, float] = {}
        self._held: dict[Hashable, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a record; one with a cause is changed to tell that alone."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        cause = cause_of(error)
        key: Hashable = cause or (record.name, type(error), _origin(error))
        if key in self._told and self._clock() < self._told[key] + _REPEAT_SECONDS:
            self._held[key] = self._held.get(key, 0) + 1
            return False
        if len(self._told) >= _MOST_KEYS:
            self._told.clear()
        self._told[key] = self._clock()
        _tell(record, cause, self._held.pop(key, 0))
        return True


def _origin(error: BaseException) -> tuple[str, int]:
    """Return file and line where an exception was raised."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return (last.tb_frame.f_code.co_filename, last.tb_lineno) if last else ("", 0)


def _tell(record: logging.LogRecord, cause: str, held: int) -> None:
    message = record.getMessage()
    if cause and cause not in message:
        message = f"{message}: {cause}"
    if held:
        message = f"{message} ({held} more since this was logged last)"
    record.msg, record.args = message, None
    if cause:
        record.exc_info = record.exc_text = None


def escaped(text: str) -> str:
    """Return a text in one line that changes nothing of a terminal or a log around it."""
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def log_to_stderr(level: int, form: str = "text") -> None:
    """Log to standard error from a level on; may be called again with another one.

    Args:
        level: The least level.
        form: One of ``FORMATTERS``.
    """
    root = logging.getLogger()
    if root.handlers and _HANDLER not in root.handlers:
        return  # whoever started this program has a log of its own
    _HANDLER.setFormatter(FORMATTERS[form]())
    root.handlers = [_HANDLER]
    root.setLevel(level)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.ERROR)


_HANDLER = logging.StreamHandler()
_HANDLER.addFilter(RepeatFilter())
