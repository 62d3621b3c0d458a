"""What the engine made of Whoosh must not do; ``test_search_engines`` says what it does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait
from pathlib import Path

import pytest

from portal.kernel.blocking import WouldBlockError
from portal.kernel.blocking import nonblocking
from portal.kernel.errors import MissingIndexError
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.engines import whoosh_engine
from portal.search.engines.whoosh_engine import WhooshEngine


def software(name: str, text: str = "") -> IndexableDocument:
    """Return a document of the software catalog."""
    ref = f"component:default/{name.lower()}"
    return IndexableDocument("software-catalog", ref, {"title": name, "text": text})


TERM = IndexableDocument("glossary", "concept:default/mlops", {"title": "MLOps", "text": ""})
DOCUMENTS = (TERM, software("Abacus", "Counts payments."))


def found(engine: SearchEngine, text: str) -> list[str]:
    """Return the names of what is found, in order."""
    return [hit.ref.rpartition("/")[2] for hit in engine.search(SearchQuery(text)).hits]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a built index."""
    folder = tmp_path / "index"
    WhooshEngine(folder).rebuild(7, DOCUMENTS)
    return folder


def segments(folder: Path) -> list[Path]:
    """Return the files Whoosh wrote."""
    return sorted(path for path in folder.glob("*/*") if path.is_file())


def test_who_asks_while_the_first_index_is_opened_waits_for_it(tmp_path: Path) -> None:
    """A page sends several queries at once: all but the first were told there is no index."""
    reader = WhooshEngine(tmp_path / "index")
    assert reader.generation == -1
    WhooshEngine(tmp_path / "index").rebuild(7, DOCUMENTS)
    with ThreadPoolExecutor(1) as pool:
        with reader._opening:  # as a thread does that opens it
            answer = pool.submit(found, reader, "abacus")
            assert not wait([answer], timeout=0.2).done
        assert answer.result(30) == ["abacus"]


def test_few_documents_are_searched_where_nothing_may_block(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WhooshEngine(folder)
    with pytest.raises(WouldBlockError):  # files are read
        nonblocking(lambda: engine.edition)
    engine.reopen()
    assert nonblocking(lambda: found(engine, "abacus")) == ["abacus"]
    monkeypatch.setattr(whoosh_engine, "_FEW", 1)
    with pytest.raises(WouldBlockError):
        nonblocking(lambda: found(engine, "abacus"))
    assert found(engine, "abacus") == ["abacus"]


def test_the_folder_is_private_and_kept_tidy(folder: Path) -> None:
    engine = WhooshEngine(folder)
    for number in range(5):
        engine.update(8 + number, [software("Abacus", str(number))], [])
    assert folder.stat().st_mode & 0o777 == 0o700
    folders = [path for path in folder.iterdir() if path.is_dir()]
    assert len(folders) == 3  # one per type, and one a late reader may be opening


def test_documents_of_other_types_are_not_written_again(folder: Path) -> None:
    before = json.loads((folder / "state.json").read_bytes())["indexes"]
    WhooshEngine(folder).update(8, [software("Abacus")], [])
    after = json.loads((folder / "state.json").read_bytes())["indexes"]
    assert before["glossary"] == after["glossary"]
    assert before["software-catalog"] != after["software-catalog"]


def _flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [_flip_a_byte, _truncate, Path.unlink])
def test_a_damaged_index_is_never_loaded(folder: Path, damage: Callable[[Path], None]) -> None:
    for path in segments(folder):
        copy = folder.parent / "copy"
        shutil.copytree(folder, copy)
        copy.chmod(0o700)
        damage(copy / path.relative_to(folder))
        engine = WhooshEngine(copy)
        assert engine.generation == -1
        with pytest.raises(MissingIndexError):
            engine.search(SearchQuery("kafka"))
        engine.rebuild(8, DOCUMENTS)
        assert engine.generation == 8
        shutil.rmtree(copy)


def test_a_file_that_was_not_written_is_never_loaded(folder: Path) -> None:
    toc = next(path for path in segments(folder) if path.name.endswith(".toc"))
    toc.with_name(toc.name.replace("_1.toc", "_2.toc")).write_bytes(b"cos\nsystem\n")
    assert WhooshEngine(folder).generation == -1


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b'{"format": "0/9", "generation": 7, "indexes": {}}',
        b'{"generation": 7, "indexes": {}}',
    ],
)
def test_a_state_of_another_kind_is_no_index(folder: Path, state: bytes) -> None:
    (folder / "state.json").write_bytes(state)
    engine = WhooshEngine(folder)
    assert engine.generation == -1
    engine.rebuild(8, DOCUMENTS)
    assert found(engine, "abacus") == ["abacus"]


def test_a_state_cannot_point_out_of_the_folder(folder: Path) -> None:
    state = json.loads((folder / "state.json").read_bytes())
    state["indexes"]["glossary"]["folder"] = "../elsewhere"
    (folder / "state.json").write_text(json.dumps(state))
    assert WhooshEngine(folder).generation == -1


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_folder_others_may_write_to_is_not_trusted(folder: Path) -> None:
    folder.chmod(0o777)
    assert WhooshEngine(folder).generation == -1
    WhooshEngine(folder).rebuild(8, DOCUMENTS)
    assert WhooshEngine(folder).generation == 8


def test_a_write_that_was_killed_leaves_the_old_index(folder: Path) -> None:
    script = f"""
import os
from pathlib import Path
from portal.search.engines import whoosh_engine
whoosh_engine.atomic_write = lambda *_: os._exit(9)
from portal.search.documents import IndexableDocument
engine = whoosh_engine.WhooshEngine(Path({str(folder)!r}))
document = IndexableDocument("glossary", "concept:default/x", {{"title": "x"}})
engine.update(8, [document], [])
"""
    run = subprocess.run([sys.executable, "-c", script], check=False)
    assert run.returncode == 9
    engine = WhooshEngine(folder)
    assert engine.generation == 7
    engine.update(8, [software("restored")], [])
    assert found(engine, "restored") == ["restored"]
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 3


def test_a_reader_that_has_the_index_open_survives_what_replaces_it(
    folder: Path,
) -> None:
    reader = WhooshEngine(folder)
    assert found(reader, "abacus") == ["abacus"]
    (folder / "state.json").rename(folder / "kept.json")
    assert reader.generation == -1
    (folder / "kept.json").rename(folder / "state.json")
    assert found(reader, "abacus") == ["abacus"]


def test_what_did_not_change_is_not_read_again(folder: Path) -> None:
    engine = WhooshEngine(folder)
    ask = SearchQuery("abakus", facets=("kind",))
    engine.search(ask)
    before = engine._current().indexes["software-catalog"].index
    WhooshEngine(folder).update(8, [software("Other")], ["component:default/gone"])
    engine.search(ask)
    after = engine._current().indexes["software-catalog"].index
    (segment,) = before._names
    assert len(after._names) == 2
    for kept in ("_names", "_shown", "_vocabularies"):
        assert getattr(after, kept)[segment] is getattr(before, kept)[segment]
    assert after._columns[segment, "kind"] is before._columns[segment, "kind"]
