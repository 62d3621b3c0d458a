"""One type of documents in a SQLite file: terms to documents, and how they got there.

The words are in FTS5 tables, already analysed, so that its tokenizer only has to
cut at blanks; what has a weight or an order of its own is in a plain table.
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

from portal.search.analysis import letters
from portal.search.analysis import slips_allowed
from portal.search.documents import Sight
from portal.search.entry import HIDDEN
from portal.search.entry import PARTS
from portal.search.entry import Entry
from portal.search.facets import FACETS
from portal.search.facets import RESOURCE
from portal.search.facets import Column
from portal.search.facets import columns
from portal.search.facets import with_changes
from portal.search.filter_marks import FilterMarks
from portal.search.name_index import NameIndex
from portal.search.term_index import FilterKey

#: The tables of a type; ``{0}`` is its number.
TABLES = """
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
CREATE VIRTUAL TABLE words_{0} USING fts5(name, text, body, tokenize = 'ascii');
CREATE VIRTUAL TABLE known_{0} USING fts5vocab(words_{0}, 'row');
CREATE VIRTUAL TABLE near_{0} USING fts5(
    grams, kin, detail = 'column', columnsize = 0, tokenize = "ascii tokenchars '<>@+'"
);
"""
_TABLE_KEYS = (("docs", "doc"), ("terms", "doc"), ("words", "rowid"), ("near", "rowid"))
_BOOSTS = ", ".join(str(boost) for boost, _ in PARTS.values())
_IMPACTS = f"SELECT rowid, bm25(words_{{0}}, {_BOOSTS}) FROM words_{{0}} WHERE words_{{0}} MATCH ?"  # noqa: S608
#: The least FTS5 makes of a word that more than half of the documents have.
_LEAST_RARITY = 1e-6
_LAST = "\U0010ffff"
_EXPANSIONS = 32
_KEPT = 512
#: With more documents changed than this, what was read of all is read anew.
_MOST_CHANGED = 500
#: Before the first edition.
_EVERY = -1
_ONE_NAMED = "SELECT doc FROM terms_{0} WHERE field = 'names' AND term = ? LIMIT 1"

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class _Reading(Generic[Read]):
    """What was read of documents, and at which edition of the index."""

    edition: int
    value: Read


class SqliteIndex:
    """The documents of one type, at one moment. Not for two threads at the same time.

    Args:
        connection: Where the tables are.
        number: The number of the type in their names.
        edition: Which change of the index this is.
        before: The index that this one follows; what is unchanged is taken over.
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
        #: What was read of all documents, and at which edition.
        self._readings: dict[str, _Reading[Any]] = before._readings if before else {}
        self._later_readings: dict[str, _Reading[Any]] = {}
        self._columns: dict[str, Column] = {}
        self._frequencies: dict[str, int] = {}
        self._marks = FilterMarks(self.docs, self._numbers, lambda: self.column(RESOURCE))
        self.count = int(self._ask("SELECT count(*) FROM docs_{0}")[0][0])

    def add(self, kept: Entry) -> None:
        """Add a document, or replace the one of the same ref, which keeps its number."""
        known = self.remove(kept.ref)
        name = min(((sort, key) for key, sort in kept.keys), default=(0, ""))[1]
        values = (known, self._edition, kept.ref, name, kept.columns, kept.shown)
        doc = self._run("INSERT INTO docs_{0} VALUES (?, ?, ?, ?, ?, ?)", *values)
        sql = self._sql("INSERT INTO terms_{0} VALUES (?, ?, ?, ?)")
        self._connection.executemany(sql, _term_rows(kept, doc))
        words = map(" ".join, kept.parts)
        self._run(
            "INSERT INTO words_{0} (rowid, name, text, body) VALUES (?, ?, ?, ?)", doc, *words
        )
        near = (" ".join(kept.grams), " ".join(kept.kin))
        self._run("INSERT INTO near_{0} (rowid, grams, kin) VALUES (?, ?, ?)", doc, *near)

    def remove(self, ref: str) -> int | None:
        """Remove the document of a ref and return its number, should there be one."""
        for doc in self._column("SELECT doc FROM docs_{0} WHERE ref = ?", ref):
            for table, key in _TABLE_KEYS:
                self._run(f"DELETE FROM {table}_{{0}} WHERE {key} = ?", doc)  # noqa: S608
            return int(doc)
        return None

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
        limit = slips_allowed(letters(term))
        edits = {
            words.value.key(at): edits
            for words in self._read("vocabulary", self._vocabulary)
            for at, _, edits in words.value.near(term, limit)
        }
        there = [word for word in edits if self._column(_ONE_NAMED, word)]
        return min(there, key=lambda word: (edits[word], word), default=term)

    def _vocabulary(self, since: int) -> NameIndex:
        sql = f"SELECT DISTINCT term FROM terms_{{0}} WHERE field = 'names' {_later(since)} ORDER BY term"  # noqa: S608
        return NameIndex((word, at, 0) for at, word in enumerate(self._column(sql)))

    def _keys(self, since: int) -> NameIndex:
        sql = f"SELECT term, doc, weight FROM terms_{{0}} WHERE field = 'keys' AND weight <= ? {_later(since)}"  # noqa: S608
        return NameIndex((key, doc, int(sort)) for key, doc, sort in self._ask(sql, HIDDEN))

    def _read(self, what: str, read: Callable[[int], Read]) -> list[_Reading[Read]]:
        """Return what was read of all documents once, and of those that changed since.

        Args:
            what: Under which name it is kept.
            read: Reads the documents that changed after an edition.
        """
        sql = "SELECT count(*) FROM docs_{0} WHERE edition > ?"
        kept = self._readings.get(what)
        changed = self._column(sql, kept.edition)[0] if kept else 0
        if kept is None or changed > _MOST_CHANGED:
            kept = self._readings[what] = _Reading(self._edition, read(_EVERY))
            changed = 0
        if not changed:
            return [kept]
        if what not in self._later_readings:
            self._later_readings[what] = _Reading(self._edition, read(kept.edition))
        return [kept, self._later_readings[what]]

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
        sql = "SELECT doc FROM docs_{0} WHERE doc = ? AND edition <= ?"
        for names in self._read("keys", self._keys) if limit else ():
            for doc, sort, edits in names.value.near(key, limit):
                if self._column(sql, doc, names.edition):
                    yield doc, sort, edits

    def allowed(self, filters: FilterKey, sight: Sight) -> bytearray | None:
        """Return a mark for each document let through by both; none for all."""
        return self._marks.allowed(filters, sight)

    def column(self, name: str) -> Column:
        """Return the values of every document in one of ``facets.COLUMNS``."""
        if name not in self._columns:
            # Facets are asked for together, so one reading serves them all.
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
        """Return the highest number of a document, and one."""
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


def _later(since: int) -> str:
    """Return what in SQL says that a document changed after an edition; nothing for all."""
    changed = f"SELECT doc FROM docs_{{0}} WHERE edition > {since:d}"  # noqa: S608
    return f"AND doc IN ({changed})" if since >= 0 else ""


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
