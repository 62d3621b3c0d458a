"""The index of one document type in a SQLite file; implements ``TermIndex``.

Words are in FTS5 tables, already analysed, so that the tokenizer only cuts at blanks;
terms with a weight or an order of their own are in a plain table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from collections.abc import Iterator
from math import log
from typing import Any

from portal.search.engines.sql_index import LAST
from portal.search.engines.sql_index import SqlIndex
from portal.search.engines.sql_index import first_name
from portal.search.engines.sql_index import term_rows
from portal.search.ranking.entry import PARTS
from portal.search.ranking.entry import Entry

_COLUMNS = ", ".join(PARTS)
#: The tables of a type; ``{0}`` is what their names begin with.
_TABLES = """
CREATE TABLE {0}docs (
    doc INTEGER PRIMARY KEY, edition INTEGER NOT NULL, ref TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, counted TEXT NOT NULL, shown BLOB NOT NULL
);
CREATE INDEX {0}docs_name ON {0}docs (name);
CREATE INDEX {0}docs_edition ON {0}docs (edition);
CREATE TABLE {0}terms (
    field TEXT NOT NULL, term TEXT NOT NULL, weight REAL NOT NULL, doc INTEGER NOT NULL,
    PRIMARY KEY (field, term, weight, doc)
) WITHOUT ROWID;
CREATE INDEX {0}terms_doc ON {0}terms (doc);
CREATE VIRTUAL TABLE {0}words USING fts5({1}, tokenize = 'ascii');
CREATE VIRTUAL TABLE {0}known USING fts5vocab({0}words, 'row');
CREATE VIRTUAL TABLE {0}near USING fts5(
    grams, variants, detail = 'column', columnsize = 0, tokenize = "ascii tokenchars '<>@+'"
);
"""
_TABLE_KEYS = (("docs", "doc"), ("terms", "doc"), ("words", "rowid"), ("near", "rowid"))
_BOOSTS = ", ".join(str(boost) for boost, _ in PARTS.values())
_IMPACTS = f"SELECT rowid, bm25({{0}}words, {_BOOSTS}) FROM {{0}}words WHERE {{0}}words MATCH ?"  # noqa: S608 - names of our own tables  # nosec B608
#: The rarity FTS5 gives at least, to a word that more than half of the documents have.
_LEAST_RARITY = 1e-6


def table_names(number: int) -> str:
    """Return what the names of the tables of a type begin with."""
    return f"type_{number:d}_"


def tables(number: int) -> str:
    """Return the statements that create the tables of a type."""
    return _TABLES.format(table_names(number), _COLUMNS)


class SqliteIndex(SqlIndex):
    """The documents of one type at one edition; not thread-safe.

    Args:
        connection: The connection to the file.
        number: The number of the type in the names of its tables.
        edition: The edition of the index.
        before: The index of the edition before; cached readings are taken over.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        number: int,
        edition: int,
        before: SqliteIndex | None = None,
    ) -> None:
        super().__init__(table_names(number), edition, before)
        self._connection = connection

    def add(self, entry: Entry) -> None:
        """Add a document, or replace the one of the same ref, which keeps its number."""
        known = self.remove(entry.ref)
        name = first_name(entry)
        values = (known, self._edition, entry.ref, name, entry.columns, entry.shown)
        doc = self._run("INSERT INTO {0}docs VALUES (?, ?, ?, ?, ?, ?)", *values)
        sql = self._sql("INSERT INTO {0}terms VALUES (?, ?, ?, ?)")
        self._connection.executemany(sql, ((*row, doc) for row in term_rows(entry)))
        words = map(" ".join, entry.parts)
        marks = ", ".join("?" for _ in PARTS)
        sql = f"INSERT INTO {{0}}words (rowid, {_COLUMNS}) VALUES (?, {marks})"  # noqa: S608 - names of our own tables  # nosec B608
        self._run(sql, doc, *words)
        near = (" ".join(entry.grams), " ".join(entry.variants))
        self._run("INSERT INTO {0}near (rowid, grams, variants) VALUES (?, ?, ?)", doc, *near)

    def remove(self, ref: str) -> int | None:
        """Remove the document of a ref and return its number; ``None`` without one."""
        for doc in self.column_of("SELECT doc FROM {0}docs WHERE ref = ?", ref):
            for table, key in _TABLE_KEYS:
                self._run(f"DELETE FROM {{0}}{table} WHERE {key} = ?", doc)  # noqa: S608 - names of our own tables  # nosec B608
            return int(doc)
        return None

    def docs(self, field: str, term: str) -> list[int]:
        """Return the documents with a term in a field."""
        if field == "words":
            sql = "SELECT rowid FROM {0}words WHERE {0}words MATCH ?"
            return self.column_of(sql, _quoted(term))
        if field in {"grams", "variants"}:
            match = f"{field} : {_quoted(term)}"
            return self.column_of("SELECT rowid FROM {0}near WHERE {0}near MATCH ?", match)
        sql = "SELECT doc FROM {0}terms WHERE field = ? AND term = ?"
        return self.column_of(sql, field, term)

    def weights(self, field: str, term: str) -> Iterable[tuple[int, float]]:
        """Yield the documents with a term in a field, and its weight in each."""
        if field == "words":
            return self._impacts(term)
        sql = "SELECT doc, weight FROM {0}terms WHERE field = ? AND term = ?"
        return self.rows(sql, field, term)

    def _impacts(self, term: str) -> Iterator[tuple[int, float]]:
        """Yield the BM25 weight of a word in each document, without its rarity."""
        found = list(self.rows(_IMPACTS, _quoted(term)))
        rarity = log((self.count - len(found) + 0.5) / (len(found) + 0.5)) if found else 0.0
        scale = -max(rarity, _LEAST_RARITY)
        return ((doc, score / scale) for doc, score in found)

    def count_with(self, term: str) -> int:
        """Return the number of documents with a word."""
        return sum(self.column_of("SELECT doc FROM {0}known WHERE term = ?", term))

    def words_beginning(self, prefix: str) -> Iterator[str]:
        """Yield the words of any text that begin with ``prefix``."""
        sql = "SELECT term FROM {0}known WHERE term BETWEEN ? AND ?"
        return (row[0] for row in self.rows(sql, prefix, prefix + LAST))

    def rows(self, sql: str, *values: Any) -> Iterable[Any]:
        """Return the rows of a query, as they are read."""
        return self._connection.execute(self._sql(sql), values)

    def _sql(self, text: str) -> str:
        return text.format(self._tables)

    def _run(self, sql: str, *values: Any) -> int:
        return self._connection.execute(self._sql(sql), values).lastrowid or 0


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
