"""The index of one document type in PostgreSQL; implements ``TermIndex``.

Every term of a document is a row with its weight, and one B-tree has all that a query reads, so
that PostgreSQL answers from it alone. Why no ``tsvector``: decision 0033.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from portal.kernel.database import is_storable
from portal.search.engines.sql_index import SqlIndex
from portal.search.engines.sql_index import first_name
from portal.search.engines.sql_index import term_rows
from portal.search.ranking.entry import HIDDEN
from portal.search.ranking.entry import Entry
from portal.search.ranking.entry import impacts
from portal.search.ranking.term_index import PostingsCache

#: The tables of a type; ``{0}`` is what their names begin with. Text is ordered by code point.
TABLES = """
CREATE TABLE {0}docs (
    doc INTEGER PRIMARY KEY, edition INTEGER NOT NULL, ref TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL, counted TEXT NOT NULL, shown BYTEA NOT NULL
);
CREATE INDEX ON {0}docs (name, doc);
CREATE INDEX ON {0}docs (edition);
CREATE TABLE {0}terms (
    field TEXT COLLATE "C" NOT NULL, term TEXT COLLATE "C" NOT NULL,
    weight REAL NOT NULL, doc INTEGER NOT NULL
)
"""
#: What finds terms; made after the rows of a whole index, which is twice as fast.
KEYS = """
CREATE INDEX ON {0}terms (field, term, weight, doc);
CREATE INDEX ON {0}terms (doc);
ANALYZE {0}docs;
ANALYZE {0}terms
"""
#: Returns the connection of the transaction that is under way.
Connected = Callable[[], Connection]


class PostgresIndex(SqlIndex):
    """The documents of one type at one edition; not thread-safe.

    Args:
        connected: Returns the connection to ask.
        tables: What the names of the tables begin with, the schema included.
        edition: The edition of the index.
        before: The index of the edition before; cached readings are taken over.
    """

    def __init__(
        self,
        connected: Connected,
        tables: str,
        edition: int,
        before: PostgresIndex | None = None,
    ) -> None:
        super().__init__(tables, edition, before)
        self._connected = connected
        self._postings = PostingsCache(self._read_postings)

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Return the rows of a query; none for a text that no row can have."""
        if not all(is_storable(value) for value in values if isinstance(value, str)):
            return []
        text = sql.format(self._tables).replace("?", "%s")
        return list(self._connected().exec_driver_sql(text, values).all())

    def docs(self, field: str, term: str) -> list[int]:
        """Return the documents with a term in a field."""
        return self._postings.of(field, term).docs.tolist()

    def weights(self, field: str, term: str) -> Iterator[tuple[int, float]]:
        """Yield the documents with a term in a field, and its weight in each."""
        found = self._postings.of(field, term)
        return zip(found.docs, found.weights, strict=True)

    def named(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield the documents with a name of this key, and the sort of name."""
        return ((doc, int(sort)) for doc, sort in self.weights("keys", key) if sort <= HIDDEN)

    def count_with(self, term: str) -> int:
        """Return the number of documents with a word."""
        return len(self._postings.of("words", term).docs)

    def _read_postings(self, field: str, term: str) -> Iterator[tuple[int, float]]:
        sql = "SELECT doc, weight FROM {0}terms WHERE field = ? AND term = ?"
        return ((doc, weight) for doc, weight in self.rows(sql, field, term))

    def words_beginning(self, prefix: str) -> Iterator[str]:
        """Yield the words of any text that begin with ``prefix``."""
        return self.beginning("words", prefix)

    def remove(self, refs: Sequence[str]) -> dict[str, int]:
        """Remove the documents of refs; return the numbers of those that were there."""
        found = self.rows("SELECT ref, doc FROM {0}docs WHERE ref = ANY(?)", refs)
        known = {str(ref): int(doc) for ref, doc in found}
        for table in ("docs", "terms") if known else ():
            self._run(f"DELETE FROM {{0}}{table} WHERE doc = ANY(?)", list(known.values()))  # noqa: S608 - names of our own tables  # nosec B608
        return known

    def add(self, entries: Iterable[Entry]) -> None:
        """Add documents, or replace those of the same refs, which keep their numbers."""
        last_of_each = {entry.ref: entry for entry in entries}
        known = self.remove(list(last_of_each))
        free = self.numbers()
        numbered: list[tuple[int, Entry]] = []
        for ref, entry in last_of_each.items():
            doc = known.get(ref, free)
            free += doc == free
            numbered.append((doc, entry))
        self._copy("docs", (self._doc_row(doc, entry) for doc, entry in numbered))
        self._copy("terms", (row for doc, entry in numbered for row in _rows(doc, entry)))

    def _doc_row(self, doc: int, entry: Entry) -> tuple[Any, ...]:
        name = first_name(entry)
        return doc, self._edition, entry.ref, name, entry.columns, entry.shown

    def _copy(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        driver: Any = self._connected().connection.driver_connection
        with driver.cursor().copy(f"COPY {self._tables}{table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(tuple(map(_storable, row)))

    def _run(self, sql: str, *values: Any) -> None:
        text = sql.format(self._tables).replace("?", "%s")
        self._connected().exec_driver_sql(text, values)


def _rows(doc: int, entry: Entry) -> Iterator[tuple[str, str, float, int]]:
    for field, term, weight in term_rows(entry):
        yield field, term, weight, doc
    for term, weight in impacts(entry.parts).items():
        yield "words", term, weight, doc
    for field, terms in (("grams", entry.grams), ("variants", entry.variants)):
        for term in terms:
            yield field, term, 1.0, doc


def _storable(value: Any) -> Any:
    """Return a value without the characters that PostgreSQL cannot store."""
    if isinstance(value, str) and not is_storable(value):
        return "".join(filter(is_storable, value))
    return value
