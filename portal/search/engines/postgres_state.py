"""What is told of an index in PostgreSQL: a row in the schema of its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.engine import Connection

from portal.search.analysis.words import KOREAN

#: The version of the tables; raised whenever they, or what is in them, change.
_FORMAT = 1
_STATE = """
CREATE TABLE {0}.state (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    format TEXT NOT NULL, catalog TEXT NOT NULL, build TEXT NOT NULL,
    generation INTEGER NOT NULL, edition INTEGER NOT NULL, kinds TEXT NOT NULL,
    whole TEXT NOT NULL
);
CREATE TABLE {0}.pages (
    key TEXT PRIMARY KEY, content TEXT NOT NULL DEFAULT '', tried TEXT NOT NULL DEFAULT ''
);
INSERT INTO {0}.state VALUES (1, '', '', '', -1, 0, '{{}}', '')
"""
_COLUMNS = "format, catalog, build, generation, edition, kinds"


@dataclass(frozen=True, slots=True)
class State:
    """What is told of an index.

    Attributes:
        catalog: The id of the catalog.
        build: The random id of the last rebuild, which names of tables contain.
        generation: The catalog's generation; -1 when the index has to be built.
        edition: Counts the writes since the rebuild.
        kinds: The document types, each with its number in the names of tables.
    """

    catalog: str = ""
    build: str = ""
    generation: int = -1
    edition: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        """Whether there is an index."""
        return self.generation >= 0


NONE = State()


def read(connection: Connection, schema: str, *, locked: bool = False) -> State:
    """Return the state that a transaction sees; ``locked`` until its end."""
    if not _is_made(connection, schema):
        return NONE
    suffix = " FOR UPDATE" if locked else ""
    # Of another format, only the column of the format is certain to be there.
    sql = f"SELECT row_to_json(state)::text FROM {schema}.state{suffix}"  # noqa: S608 - the name of our own schema  # nosec B608
    row = json.loads(connection.exec_driver_sql(sql).scalar() or "{}")
    if row.get("format") != _format_now():
        return NONE
    counts = row["generation"], row["edition"], json.loads(row["kinds"])
    return State(row["catalog"], row["build"], *counts)


def save(connection: Connection, schema: str, state: State) -> None:
    """Store a state."""
    sql = f"UPDATE {schema}.state SET ({_COLUMNS}) = (%s, %s, %s, %s, %s, %s)"  # noqa: S608 - the name of our own schema  # nosec B608
    counts = (state.generation, state.edition, json.dumps(state.kinds))
    values = (_format_now(), state.catalog, state.build, *counts)
    connection.exec_driver_sql(sql, values)


def discard(connection: Connection, schema: str, build: str) -> None:
    """Have the index built anew, if it still is that of a build."""
    sql = f"UPDATE {schema}.state SET generation = -1 WHERE build = %s"  # noqa: S608 - the name of our own schema  # nosec B608
    connection.exec_driver_sql(sql, (build,))


def prepare(connection: Connection, schema: str) -> None:
    """Make the schema with a state, where there is none or one of another format."""
    known = None
    if _is_made(connection, schema):
        sql = f"SELECT format FROM {schema}.state"  # noqa: S608 - the name of our own schema  # nosec B608
        known = connection.exec_driver_sql(sql).scalar()
    if known is None or known not in {"", _format_now()}:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        run_all(connection, _STATE.format(schema))


def run_all(connection: Connection, script: str) -> None:
    """Run statements that semicolons at the ends of lines divide."""
    for statement in script.split(";\n"):
        connection.exec_driver_sql(statement)


def _is_made(connection: Connection, schema: str) -> bool:
    found = connection.exec_driver_sql("SELECT to_regclass(%s) IS NOT NULL", (f"{schema}.state",))
    return bool(found.scalar())


def _format_now() -> str:
    return f"{_FORMAT}/{KOREAN.name}"
