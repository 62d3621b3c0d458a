"""One type of documents in a SQLite file: terms to documents, and how they got there.

The words are in FTS5 tables, already analysed, so that its tokenizer only has to
cut at blanks; what has a weight or an order of its own is in a plain table.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterator
from collections.abc import Sequence
from functools import cached_property
from math import log
from typing import Any

from portal.search.analysis import letters
from portal.search.analysis import slips_allowed
from portal.search.entry import HIDDEN
from portal.search.entry import PARTS
from portal.search.entry import Entry
from portal.search.filter_marks import FilterMarks
from portal.search.name_index import NameIndex
from portal.search.term_index import FilterKey

#: The tables of a type; ``{0}`` is its number.
TABLES = """
CREATE TABLE docs_{0} (
    doc INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, name TEXT NOT NULL, shown BLOB NOT NULL
);
CREATE INDEX docs_{0}_name ON docs_{0} (name);
CREATE TABLE terms_{0} (
    field TEXT NOT NULL, term TEXT NOT NULL, weight REAL NOT NULL, doc INTEGER NOT NULL,
    PRIMARY KEY (field, term, weight, doc)
) WITHOUT ROWID;
CREATE INDEX terms_{0}_doc ON terms_{0} (doc);
CREATE VIRTUAL TABLE words_{0} USING fts5(name, text, body, tokenize = 'ascii');
CREATE VIRTUAL TABLE known_{0} USING fts5vocab(words_{0}, 'row');
CREATE VIRTUAL TABLE near_{0} USING fts5(
    grams, kin, detail = 'column', columnsize = 0, tokenize = "ascii tokenchars '<>@+'"
);
"""
_BOOSTS = ", ".join(str(boost) for boost, _ in PARTS.values())
_IMPACTS = f"SELECT rowid, bm25(words_{{0}}, {_BOOSTS}) FROM words_{{0}} WHERE words_{{0}} MATCH ?"  # noqa: S608
#: The least FTS5 makes of a word that more than half of the documents have.
_LEAST_RARITY = 1e-6
_LAST = "\U0010ffff"
_EXPANSIONS = 32
_KEPT = 512


class SqliteIndex:
    """The documents of one type, at one moment. Not for two threads at the same time.

    Args:
        connection: Where the tables are.
        number: The number of the type in their names.
    """

    def __init__(self, connection: sqlite3.Connection, number: int) -> None:
        self._connection = connection
        self._number = number
        self._frequencies: dict[str, int] = {}
        self._marks = FilterMarks(self.docs, self._marks_needed)
        self.count = int(self._ask("SELECT count(*) FROM docs_{0}")[0][0])

    def add(self, kept: Entry) -> None:
        """Add a document, or replace the one of the same ref."""
        self.remove(kept.ref)
        name = min(((sort, key) for key, sort in kept.keys), default=(0, ""))[1]
        doc = self._run("INSERT INTO docs_{0} VALUES (NULL, ?, ?, ?)", kept.ref, name, kept.shown)
        sql = self._sql("INSERT INTO terms_{0} VALUES (?, ?, ?, ?)")
        self._connection.executemany(sql, _term_rows(kept, doc))
        words = map(" ".join, kept.parts)
        self._run(
            "INSERT INTO words_{0} (rowid, name, text, body) VALUES (?, ?, ?, ?)", doc, *words
        )
        near = (" ".join(kept.grams), " ".join(kept.kin))
        self._run("INSERT INTO near_{0} (rowid, grams, kin) VALUES (?, ?, ?)", doc, *near)

    def remove(self, ref: str) -> None:
        """Remove the document of a ref, should there be one."""
        for (doc,) in self._ask("SELECT doc FROM docs_{0} WHERE ref = ?", ref):
            for table, key in (
                ("docs", "doc"),
                ("terms", "doc"),
                ("words", "rowid"),
                ("near", "rowid"),
            ):
                self._run(f"DELETE FROM {table}_{{0}} WHERE {key} = ?", doc)  # noqa: S608

    @cached_property
    def by_first_name(self) -> Sequence[int]:
        """All documents in the order of their names."""
        return array("I", self._column("SELECT doc FROM docs_{0} ORDER BY name, doc"))

    def shown(self, doc: int) -> Any:
        """Return what is kept of a document."""
        return json.loads(self._ask("SELECT shown FROM docs_{0} WHERE doc = ?", doc)[0][0])

    def docs(self, field: str, term: str) -> list[int]:
        """Return the documents with a term in a field."""
        if field == "words":
            return self._column(
                "SELECT rowid FROM words_{0} WHERE words_{0} MATCH ?", _quoted(term)
            )
        if field in {"grams", "kin"}:
            match = f"{field} : {_quoted(term)}"
            return self._column("SELECT rowid FROM near_{0} WHERE near_{0} MATCH ?", match)
        sql = "SELECT doc FROM terms_{0} WHERE field = ? AND term = ?"
        return self._column(sql, field, term)

    def weights(self, field: str, term: str) -> Iterator[tuple[int, float]]:
        """Yield the documents with a term in a field, and its weight in each."""
        if field == "words":
            return self._impacts(term)
        sql = self._sql("SELECT doc, weight FROM terms_{0} WHERE field = ? AND term = ?")
        return self._connection.execute(sql, (field, term))

    def _impacts(self, term: str) -> Iterator[tuple[int, float]]:
        """Yield what a word counts in each document, without how rare it is."""
        found = self._ask(_IMPACTS, _quoted(term))
        rarity = log((self.count - len(found) + 0.5) / (len(found) + 0.5)) if found else 0.0
        scale = -max(rarity, _LEAST_RARITY)
        return ((doc, score / scale) for doc, score in found)

    def frequency(self, term: str) -> int:
        """Return how many documents hold a word."""
        if term not in self._frequencies:
            if len(self._frequencies) >= _KEPT:
                self._frequencies.clear()
            found = self._ask("SELECT doc FROM known_{0} WHERE term = ?", term)
            self._frequencies[term] = found[0][0] if found else 0
        return self._frequencies[term]

    def rarity(self, term: str) -> float:
        """Return how much finding a word says; an unknown one says most."""
        frequency = self.frequency(term) if term else 0
        return log(1 + (self.count + 0.5) / (frequency + 0.5))

    def name_words(self, prefix: str) -> Iterator[str]:
        """Yield some words of names that begin with ``prefix``."""
        sql = (
            "SELECT DISTINCT term FROM terms_{0} WHERE field = 'names' AND term BETWEEN ? AND ? "
            "LIMIT ?"
        )
        return iter(self._column(sql, prefix, prefix + _LAST, _EXPANSIONS))

    def words_beginning(self, prefix: str) -> Iterator[str]:
        """Yield some words of any text that begin with ``prefix``."""
        sql = "SELECT term FROM known_{0} WHERE term BETWEEN ? AND ? LIMIT ?"
        return iter(self._column(sql, prefix, prefix + _LAST, _EXPANSIONS))

    def nearest_name_word(self, term: str) -> str:
        """Return the word of a name that was meant by ``term``, or ``term``."""
        found = self._vocabulary.near(term, slips_allowed(letters(term)))
        edits = {self._vocabulary.key(at): edits for at, _, edits in found}
        return min(edits, key=lambda word: (edits[word], word), default=term)

    @cached_property
    def _vocabulary(self) -> NameIndex:
        sql = "SELECT DISTINCT term FROM terms_{0} WHERE field = 'names' ORDER BY term"
        return NameIndex((word, at, 0) for at, word in enumerate(self._column(sql)))

    @cached_property
    def _keys(self) -> NameIndex:
        sql = "SELECT term, doc, weight FROM terms_{0} WHERE field = 'keys' AND weight <= ?"
        return NameIndex((key, doc, int(sort)) for key, doc, sort in self._ask(sql, HIDDEN))

    def named(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield the documents with a name of this key, and the sort of name."""
        sql = (
            "SELECT doc, CAST(weight AS INTEGER) FROM terms_{0} "
            "WHERE field = 'keys' AND term = ? AND weight <= ?"
        )
        return iter(self._ask(sql, key, HIDDEN))

    def names_beginning(self, prefix: str) -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name that begins so, its sort and its length."""
        sql = (
            "SELECT doc, CAST(weight AS INTEGER), length(CAST(term AS BLOB)) FROM terms_{0} "
            "WHERE field = 'keys' AND term BETWEEN ? AND ? ORDER BY term"
        )
        return self._connection.execute(self._sql(sql), (prefix, prefix + _LAST))

    def names_near(self, key: str) -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name almost like this, its sort and the slips."""
        limit = slips_allowed(letters(key))
        return self._keys.near(key, limit) if limit else iter(())

    def allowed(self, filters: FilterKey) -> bytearray | None:
        """Return a mark for each document the filters let through; none for all."""
        return self._marks.allowed(filters)

    def _marks_needed(self) -> int:
        last: int = self._ask("SELECT coalesce(max(doc), 0) FROM docs_{0}")[0][0]
        return last + 1

    def _sql(self, text: str) -> str:
        return text.format(self._number)

    def _ask(self, sql: str, *values: Any) -> list[Any]:
        return self._connection.execute(self._sql(sql), values).fetchall()

    def _column(self, sql: str, *values: Any) -> list[Any]:
        return [row[0] for row in self._ask(sql, *values)]

    def _run(self, sql: str, *values: Any) -> int:
        return self._connection.execute(self._sql(sql), values).lastrowid or 0


def _term_rows(kept: Entry, doc: int) -> Iterator[tuple[str, str, float, int]]:
    for term, weight in kept.named.items():
        yield "names", term, weight, doc
    for term in kept.filters:
        yield "filters", term, 1.0, doc
    for key, sort in dict.fromkeys(kept.keys):
        yield "keys", key, sort, doc


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
