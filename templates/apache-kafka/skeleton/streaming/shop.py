"""A shop's database, whose changes are to be known elsewhere.

Triggers write every change of a product into the table ``outbox``, in the same
transaction: a change that is rolled back leaves nothing there, and one that is
committed cannot be missed. Real Debezium reads the database's own log instead.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

_COLUMNS = ("id", "name", "price")


def open_shop(path: Path) -> sqlite3.Connection:
    """Open the database; its tables are made when there are none."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "pragma journal_mode = wal; pragma busy_timeout = 5000;"
        "create table if not exists product"
        " (id integer primary key, name text not null, price integer not null);"
        "create table if not exists outbox"
        " (lsn integer primary key autoincrement, op text, key integer, before text, after text,"
        "  ts_ms integer default (cast((julianday('now') - 2440587.5) * 86400000 as integer)));"
        + _trigger("c", "insert", before="null", after=_row("new"), key="new.id")
        + _trigger("u", "update", before=_row("old"), after=_row("new"), key="new.id")
        + _trigger("d", "delete", before=_row("old"), after="null", key="old.id")
    )
    return connection


def _row(name: str) -> str:
    members = ", ".join(f"'{column}', {name}.{column}" for column in _COLUMNS)
    return f"json_object({members})"


def _trigger(op: str, event: str, before: str, after: str, key: str) -> str:
    change = f"values ('{op}', {key}, {before}, {after})"
    write = "insert into outbox (op, key, before, after)"
    begin = f"create trigger if not exists product_{op} after {event} on product begin"
    return f"{begin} {write} {change}; end;"
