"""Spans of the statements that a database executes: what kind, of which table, how long.

Names and attributes are those of OpenTelemetry's semantic conventions for databases, but for the
text of the statement and its values, which no span holds.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from portal.kernel.telemetry import spans

_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+\"?([A-Za-z_]\w*)")
#: Where the span of a statement is kept while it is executed.
_SPAN = "portal_span"


def follow(database: Engine) -> None:
    """Make a span of each statement that is executed within another span, if spans are made.

    Args:
        database: The database; it is left as it is while no spans are made.
    """
    if not spans.is_on():
        return
    system = database.dialect.name  # named as the conventions do

    def begin(
        _connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool
    ) -> None:
        operation = statement.split(None, 1)[0].upper() if statement.strip() else ""
        found = _TABLE.search(statement)
        table = found[1] if found else ""
        known = {"db_system_name": system, "db_operation_name": operation}
        if table:
            known["db_collection_name"] = table
        setattr(context, _SPAN, spans.begin(f"{operation} {table}".strip(), **known))

    def end(*arguments: Any) -> None:
        _end(arguments[4])

    def fail(failure: Any) -> None:
        _end(failure.execution_context, failure.original_exception)

    event.listen(database, "before_cursor_execute", begin)
    event.listen(database, "after_cursor_execute", end)
    event.listen(database, "handle_error", fail)


def _end(context: Any, error: BaseException | None = None) -> None:
    span = getattr(context, _SPAN, None)
    if span is not None:
        setattr(context, _SPAN, None)
        spans.end(span, error)
