"""What the engine made of SQLite must not do; ``test_search_engines`` says what it does."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from portal.kernel.errors import MissingIndexError
from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.documents import SearchQuery
from portal.search.engines import sql_index
from portal.search.engines.sqlite_engine import STATE_FILE
from portal.search.engines.sqlite_engine import SqliteEngine
from portal.search.engines.whoosh_engine import WhooshEngine


def software(name: str, text: str = "") -> IndexableDocument:
    """Return a document of the software catalog."""
    ref = f"component:default/{name.lower()}"
    return IndexableDocument("software-catalog", ref, {"title": name, "text": text})


DOCUMENTS = (software("Abacus", "Counts payments."), software("Kafka Gateway"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a built index."""
    folder = tmp_path / "index"
    SqliteEngine(folder).rebuild(7, DOCUMENTS)
    return folder


def found(engine: SqliteEngine, text: str) -> list[str]:
    """Return the names of what is found, in order."""
    return [hit.ref.rpartition("/")[2] for hit in engine.search(SearchQuery(text)).hits]


def database(folder: Path) -> Path:
    """Return the file the state names."""
    return folder / str(json.loads((folder / STATE_FILE).read_bytes())["file"])


def test_the_folder_is_private_and_holds_one_file(folder: Path) -> None:
    SqliteEngine(folder).rebuild(8, DOCUMENTS)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.glob("*.db")) == [database(folder)]


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b'{"format": 0, "file": "0123456789abcdef.db"}',
        b'{"format": 1, "file": "0123456789abcdef.db"}',
        b'{"format": 1, "file": "../../portal.db"}',
        b'{"format": 1}',
    ],
)
def test_a_state_of_another_kind_is_no_index(folder: Path, state: bytes) -> None:
    (folder / STATE_FILE).write_bytes(state)
    engine = SqliteEngine(folder)
    assert engine.generation == -1
    with pytest.raises(MissingIndexError):
        engine.search(SearchQuery("abacus"))
    engine.rebuild(8, DOCUMENTS)
    assert found(engine, "abacus") == ["abacus"]


@pytest.mark.parametrize(
    "content", [b"", b"not a database" * 500, b"SQLite format 3\0" + b"\xff" * 9_000]
)
def test_a_damaged_file_is_no_index(folder: Path, content: bytes) -> None:
    database(folder).write_bytes(content)
    engine = SqliteEngine(folder)
    assert engine.generation == -1
    with pytest.raises(MissingIndexError):
        engine.update(8, [], [])
    engine.rebuild(8, DOCUMENTS)
    assert (engine.generation, found(engine, "abacus")) == (8, ["abacus"])


def test_damage_found_while_searching_has_the_index_built_anew(folder: Path) -> None:
    path = database(folder)
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\x5a" * (len(content) - 8192))
    engine = SqliteEngine(folder)
    with pytest.raises(MissingIndexError):
        engine.search(SearchQuery("abacus"))
    assert engine.generation == -1
    engine.rebuild(8, DOCUMENTS)
    assert found(engine, "abacus") == ["abacus"]


def test_a_file_of_another_version_is_no_index(folder: Path) -> None:
    with sqlite3.connect(database(folder)) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert SqliteEngine(folder).generation == -1


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_folder_others_may_write_to_is_not_trusted(folder: Path) -> None:
    folder.chmod(0o777)
    assert SqliteEngine(folder).generation == -1


def test_a_write_that_was_killed_leaves_the_old_index(folder: Path) -> None:
    script = f"""
import os
from pathlib import Path
from portal.search.engines import sqlite_engine
from portal.search.documents import IndexableDocument
def documents():
    yield IndexableDocument("glossary", "concept:default/x", {{"title": "x"}})
    os._exit(9)
engine = sqlite_engine.SqliteEngine(Path({str(folder)!r}))
engine.METHOD(8, documents()ARGUMENTS)
"""
    for method, arguments in (("update", ", ['component:default/abacus']"), ("rebuild", "")):
        code = script.replace("METHOD", method).replace("ARGUMENTS", arguments)
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
        engine = SqliteEngine(folder)
        assert (engine.generation, found(engine, "abacus")) == (7, ["abacus"])
    engine.rebuild(8, DOCUMENTS)
    assert list(folder.glob("*.db")) == [database(folder)]


def test_a_failing_update_changes_nothing(folder: Path) -> None:
    engine = SqliteEngine(folder)

    def documents() -> object:
        yield software("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        engine.update(8, documents(), ["component:default/abacus"])  # type: ignore[arg-type]
    assert (engine.generation, found(engine, "abacus"), found(engine, "half")) == (
        7,
        ["abacus"],
        [],
    )


def test_both_engines_may_share_a_folder(folder: Path) -> None:
    whoosh = WhooshEngine(folder)
    assert whoosh.generation == -1
    whoosh.rebuild(9, DOCUMENTS)
    SqliteEngine(folder).rebuild(8, DOCUMENTS)
    assert (WhooshEngine(folder).generation, SqliteEngine(folder).generation) == (9, 8)


def test_what_did_not_change_is_not_read_again(folder: Path) -> None:
    engine = SqliteEngine(folder)
    ask = SearchQuery("abakus", facets=("kind",))

    def readings() -> dict[str, object]:
        engine.search(ask)
        with engine._reading() as opened:
            index = opened.indexes["software-catalog"].index
            return {what: one.value for what, one in index._readings.items()}

    before = readings()
    assert before.keys() >= {"keys", "vocabulary", "type"}
    SqliteEngine(folder).update(8, [software("Other")], ["component:default/gone"])
    after = readings()
    assert all(after[what] is value for what, value in before.items())


def test_after_many_changes_all_is_read_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_index, "_MOST_CHANGED", 3)
    engine = SqliteEngine(folder)
    for at, letter in enumerate("abcdefgh"):
        names = (Name(f"{letter}wallaby", "preferred"),)
        ref = f"component:default/{letter}"
        document = IndexableDocument("software-catalog", ref, {"kind": "Component"}, names)
        engine.update(8 + at, [document], [])
        found = engine.search(SearchQuery(f"{letter}wallbay", facets=("kind",)))
        assert found.hits[0].ref == ref
        assert found.facets["kind"]["Component"] == found.total
    with engine._reading() as opened:
        index = opened.indexes["software-catalog"].index
        assert index._readings["keys"].edition > 3
