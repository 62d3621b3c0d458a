"""The index of one document type in a SQLite file; implements ``TermIndex``.

Words are in FTS5 tables, already analysed, so that the tokenizer only cuts at blanks;
terms with a weight or an order of their own are in a plain table.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any
from typing import Generic
from typing import TypeVar

from portal.search.analysis.name_index import NameIndex
from portal.search.analysis.words import letters
from portal.search.analysis.words import slips_allowed
from portal.search.documents import Visibility
from portal.search.ranking.entry import HIDDEN
from portal.search.ranking.entry import PARTS
from portal.search.ranking.entry import Entry
from portal.search.ranking.facets import FACETS
from portal.search.ranking.facets import RESOURCE
from portal.search.ranking.facets import Column
from portal.search.ranking.facets import columns
from portal.search.ranking.facets import with_changes
from portal.search.ranking.filter_marks import FilterMarks
from portal.search.ranking.term_index import FilterKey

_COLUMNS = ", ".join(PARTS)
#: The tables of a type; ``{0}`` is its number.
_TABLES = """
CREATE TABLE docs_{0} (
    doc INTEGER PRIMARY KEY, edition INTEGER NOT NULL, ref TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, counted TEXT NOT NULL, shown BLOB NOT NULL
);
CREATE INDEX docs_{0}_name ON docs_{0} (name);
CREATE INDEX docs_{0}_edition ON docs_{0} (edition);
CREATE TABLE terms_{0} (
    field TEXT NOT NULL, term TEXT NOT NULL, weight REAL NOT NULL, doc INTEGER NOT NULL,
    PRIMARY KEY (field, term, weight, doc)
) WITHOUT ROWID;
CREATE INDEX terms_{0}_doc ON terms_{0} (doc);
CREATE VIRTUAL TABLE words_{0} USING fts5({1}, tokenize = 'ascii');
CREATE VIRTUAL TABLE known_{0} USING fts5vocab(words_{0}, 'row');
CREATE VIRTUAL TABLE near_{0} USING fts5(
    grams, variants, detail = 'column', columnsize = 0, tokenize = "ascii tokenchars '<>@+'"
);
"""
_TABLE_KEYS = (("docs", "doc"), ("terms", "doc"), ("words", "rowid"), ("near", "rowid"))
_BOOSTS = ", ".join(str(boost) for boost, _ in PARTS.values())
_IMPACTS = f"SELECT rowid, bm25(words_{{0}}, {_BOOSTS}) FROM words_{{0}} WHERE words_{{0}} MATCH ?"  # noqa: S608 - names of our own tables  # nosec B608
#: The rarity FTS5 gives at least, to a word that more than half of the documents have.
_LEAST_RARITY = 1e-6
_LAST = "\U0010ffff"
_KEPT = 512
#: With more changed documents than this, a cached reading is replaced, not amended.
_MOST_CHANGED = 500
#: An edition before the first: every document has changed since.
_EVERY = -1
_ONE_NAMED = "SELECT doc FROM terms_{0} WHERE field = 'names' AND term = ? LIMIT 1"

Read = TypeVar("Read")


def tables(number: int) -> str:
    """Return the statements that create the tables of a type."""
    return _TABLES.format(number, _COLUMNS)


@dataclass(frozen=True, slots=True)
class _Reading(Generic[Read]):
    """A cached reading of documents, and the edition of the index it is of."""

    edition: int
    value: Read


class SqliteIndex:
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
        self._connection = connection
        self._number = number
        self._edition = edition
        #: Cached readings of all documents, by name.
        self._readings: dict[str, _Reading[Any]] = before._readings if before else {}
        self._later_readings: dict[str, _Reading[Any]] = {}
        self._columns: dict[str, Column] = {}
        self._frequencies: dict[str, int] = {}
        self._marks = FilterMarks(self.docs, self._numbers, lambda: self.column(RESOURCE))
        self.count = int(self._ask("SELECT count(*) FROM docs_{0}")[0][0])

    def add(self, entry: Entry) -> None:
        """Add a document, or replace the one of the same ref, which keeps its number."""
        known = self.remove(entry.ref)
        name = min(((sort, key) for key, sort in entry.keys), default=(0, ""))[1]
        values = (known, self._edition, entry.ref, name, entry.columns, entry.shown)
        doc = self._run("INSERT INTO docs_{0} VALUES (?, ?, ?, ?, ?, ?)", *values)
        sql = self._sql("INSERT INTO terms_{0} VALUES (?, ?, ?, ?)")
        self._connection.executemany(sql, _term_rows(entry, doc))
        words = map(" ".join, entry.parts)
        marks = ", ".join("?" for _ in PARTS)
        sql = f"INSERT INTO words_{{0}} (rowid, {_COLUMNS}) VALUES (?, {marks})"  # noqa: S608 - names of our own tables  # nosec B608
        self._run(sql, doc, *words)
        near = (" ".join(entry.grams), " ".join(entry.variants))
        self._run("INSERT INTO near_{0} (rowid, grams, variants) VALUES (?, ?, ?)", doc, *near)

    def remove(self, ref: str) -> int | None:
        """Remove the document of a ref and return its number; ``None`` without one."""
        for doc in self._column("SELECT doc FROM docs_{0} WHERE ref = ?", ref):
            for table, key in _TABLE_KEYS:
                self._run(f"DELETE FROM {table}_{{0}} WHERE {key} = ?", doc)  # noqa: S608 - names of our own tables  # nosec B608
            return int(doc)
        return None

    @cached_property
    def by_first_name(self) -> Sequence[int]:
        """The numbers of all documents, sorted by first name."""
        return array("I", self._column("SELECT doc FROM docs_{0} ORDER BY name, doc"))

    def shown(self, doc: int) -> Any:
        """Return the stored fields of a document."""
        return json.loads(self._ask("SELECT shown FROM docs_{0} WHERE doc = ?", doc)[0][0])

    def docs(self, field: str, term: str) -> list[int]:
        """Return the documents with a term in a field."""
        if field == "words":
            return self._column(
                "SELECT rowid FROM words_{0} WHERE words_{0} MATCH ?", _quoted(term)
            )
        if field in {"grams", "variants"}:
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
        """Yield the BM25 weight of a word in each document, without its rarity."""
        found = self._ask(_IMPACTS, _quoted(term))
        rarity = log((self.count - len(found) + 0.5) / (len(found) + 0.5)) if found else 0.0
        scale = -max(rarity, _LEAST_RARITY)
        return ((doc, score / scale) for doc, score in found)

    def frequency(self, term: str) -> int:
        """Return the number of documents with a word."""
        if term not in self._frequencies:
            if len(self._frequencies) >= _KEPT:
                self._frequencies.clear()
            found = self._ask("SELECT doc FROM known_{0} WHERE term = ?", term)
            self._frequencies[term] = found[0][0] if found else 0
        return self._frequencies[term]

    def rarity(self, term: str) -> float:
        """Return the rarity (inverse document frequency) of a word."""
        frequency = self.frequency(term) if term else 0
        return log(1 + (self.count + 0.5) / (frequency + 0.5))

    def name_words(self, prefix: str) -> Iterator[str]:
        """Yield the words of names that begin with ``prefix``."""
        sql = "SELECT DISTINCT term FROM terms_{0} WHERE field = 'names' AND term BETWEEN ? AND ?"
        return self._words(sql, prefix)

    def words_beginning(self, prefix: str) -> Iterator[str]:
        """Yield the words of any text that begin with ``prefix``."""
        return self._words("SELECT term FROM known_{0} WHERE term BETWEEN ? AND ?", prefix)

    def _words(self, sql: str, prefix: str) -> Iterator[str]:
        found = self._connection.execute(self._sql(sql), (prefix, prefix + _LAST))
        return (row[0] for row in found)

    def near_name_words(self, term: str) -> dict[str, int]:
        """Return the words of names within the allowed edits, and how many these are."""
        limit = slips_allowed(letters(term))
        edits = {
            words.value.key(at): edits
            for words in self._read("vocabulary", self._vocabulary)
            for at, _, edits in words.value.near(term, limit)
        }
        return {word: count for word, count in edits.items() if self._column(_ONE_NAMED, word)}

    def _vocabulary(self, since: int) -> NameIndex:
        sql = f"SELECT DISTINCT term FROM terms_{{0}} WHERE field = 'names' {_later(since)} ORDER BY term"  # noqa: S608 - names of our own tables  # nosec B608
        return NameIndex((word, at, 0) for at, word in enumerate(self._column(sql)))

    def _keys(self, since: int) -> NameIndex:
        sql = f"SELECT term, doc, weight FROM terms_{{0}} WHERE field = 'keys' AND weight <= ? {_later(since)}"  # noqa: S608 - names of our own tables  # nosec B608
        return NameIndex((key, doc, int(sort)) for key, doc, sort in self._ask(sql, HIDDEN))

    def _read(self, what: str, read: Callable[[int], Read]) -> list[_Reading[Read]]:
        """Return cached readings: one of all documents, and those of later changes.

        Args:
            what: The name of the reading in the cache.
            read: Reads the documents that changed after an edition.
        """
        sql = "SELECT count(*) FROM docs_{0} WHERE edition > ?"
        base = self._readings.get(what)
        changed = self._column(sql, base.edition)[0] if base else 0
        if base is None or changed > _MOST_CHANGED:
            base = self._readings[what] = _Reading(self._edition, read(_EVERY))
            changed = 0
        if not changed:
            return [base]
        if what not in self._later_readings:
            self._later_readings[what] = _Reading(self._edition, read(base.edition))
        return [base, self._later_readings[what]]

    def named(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield the documents with a name of this key, and the sort of name."""
        sql = (
            "SELECT doc, CAST(weight AS INTEGER) FROM terms_{0} "
            "WHERE field = 'keys' AND term = ? AND weight <= ?"
        )
        return iter(self._ask(sql, key, HIDDEN))

    def names_beginning(self, first: str, last: str = "") -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name of a prefix from first to last, with sort and length."""
        sql = (
            "SELECT doc, CAST(weight AS INTEGER), length(CAST(term AS BLOB)) FROM terms_{0} "
            "WHERE field = 'keys' AND term BETWEEN ? AND ? ORDER BY term"
        )
        return self._connection.execute(self._sql(sql), (first, (last or first) + _LAST))

    def names_near(self, key: str) -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name near this one, with its sort and the edit distance."""
        limit = slips_allowed(letters(key))
        sql = "SELECT doc FROM docs_{0} WHERE doc = ? AND edition <= ?"
        for names in self._read("keys", self._keys) if limit else ():
            for doc, sort, edits in names.value.near(key, limit):
                if self._column(sql, doc, names.edition):
                    yield doc, sort, edits

    def allowed(self, filters: FilterKey, visibility: Visibility) -> bytearray | None:
        """Return 1 for each document that passes both, else 0; ``None`` when all pass."""
        return self._marks.allowed(filters, visibility)

    def column(self, name: str) -> Column:
        """Return the values of every document in one of ``facets.COLUMNS``."""
        if name not in self._columns:
            # Facets are requested together, so one reading loads all of them.
            names = FACETS if name in FACETS else (name,)
            self._columns |= self._columns_of(names)
        return self._columns[name]

    def _columns_of(self, names: tuple[str, ...]) -> dict[str, Column]:
        def read(since: int) -> dict[str, Column]:
            return columns(names, self._numbers(), self._rows(since))

        before = self._read(names[0], read)[0]
        later, size = list(self._rows(before.edition)), self._numbers()
        return {name: with_changes(name, before.value[name], size, later) for name in names}

    def _rows(self, since: int) -> Iterator[tuple[int, str]]:
        sql = self._sql("SELECT doc, counted FROM docs_{0} WHERE edition > ?")
        return self._connection.execute(sql, (since,))

    def _numbers(self) -> int:
        """Return the highest number of a document plus one."""
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


def _term_rows(entry: Entry, doc: int) -> Iterator[tuple[str, str, float, int]]:
    for term, weight in entry.named.items():
        yield "names", term, weight, doc
    for term in entry.filters:
        yield "filters", term, 1.0, doc
    for key, sort in dict.fromkeys(entry.keys):
        yield "keys", key, sort, doc


def _later(since: int) -> str:
    """Return the SQL condition that a document changed after an edition; empty for all."""
    changed = f"SELECT doc FROM docs_{{0}} WHERE edition > {since:d}"  # noqa: S608 - names of our own tables  # nosec B608
    return f"AND doc IN ({changed})" if since >= 0 else ""


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
