"""Measure the search engines side by side: building, size, memory, and queries.

    python benchmarks/search.py [--documents 10000 100000] [--engines whoosh sqlite]
                                [--lunr FOLDER-WITH-NODE_MODULES]

The documents are those of a catalog that ``generate.py`` makes up, and the glossary.
Each engine is built in a process of its own and asked in another, so that memory is
its own; queries are asked one after the other, in this process's thread, none of
them twice within the reach of an engine's memory of answers. The engine ``postgresql`` is
measured in the database at ``PORTAL_DATABASE_URL``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from functools import cache
from functools import partial
from pathlib import Path

import generate
import sqlalchemy as sa

from portal.kernel import yaml12
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.engines.postgres_engine import PostgresEngine
from portal.search.engines.table import ENGINES
from portal.search.engines.table import IndexPlace
from portal.search.indexing.collators import collate
from portal.search.ranking.facets import FACETS

_CATALOG = Path(__file__).parents[1] / "catalog"
_ROUNDS = 60
_UPDATES = 20
_FILTERS = {"kind": ("Component",), "lifecycle": ("production",)}
Ask = Callable[[], object]


def documents(count: int) -> Iterator[IndexableDocument]:
    """Yield what a portal with so many entities would index."""
    for path in sorted(_CATALOG.glob("*/catalog-info.yaml")):
        for one in yaml12.read(path.read_bytes()):
            if isinstance(one, yaml12.Document) and isinstance(one.value, dict):
                yield from collate(one.value)
    for entity in generate.Catalog(count).entities():
        yield from collate(entity)


def queries(count: int) -> dict[str, list[SearchQuery]]:
    """Return what is asked, by the name of its row."""
    chance = random.Random(3)
    words = [*generate._SUBJECTS, *generate._FORMS]
    numbers = chance.sample(range(count // 2), _ROUNDS)
    pairs = [" ".join(chance.sample(words, 2)) for _ in range(_ROUNDS)]
    slips = [_slip(pair, chance) for pair in pairs]
    texts = {
        "rare": map(str, numbers),
        "common": words,
        "two words": pairs,
        "prefix": [word[: 3 + at % 3] for at, word in enumerate(words)],
        "typo": [f"{slip} component {at}" for slip, at in zip(slips, numbers, strict=True)],
        "nothing": [f"{slip}qq zzkw{at}" for slip, at in zip(slips, numbers, strict=True)],
        "glossary term": ("서킷 브레이커", "zkvmzk", "멱등성", "mlops") * 12,
    }
    asked = {row: [SearchQuery(text) for text in some] for row, some in texts.items()}
    asked["filtered"] = [SearchQuery(word, filters=_FILTERS) for word in words]
    asked["facets"] = [SearchQuery(f"{word} data", facets=FACETS) for word in words]
    asked["facets, filtered"] = [
        SearchQuery(f"{word} data", filters=_FILTERS, facets=FACETS) for word in words
    ]
    asked["facets of everything"] = [SearchQuery("", facets=FACETS)] * 5
    return asked


def starts() -> dict[str, list[str]]:
    """Return what names are suggested for, by the name of its row."""
    words = [*generate._SUBJECTS, *generate._FORMS] * 2
    return {
        "suggest": [word[: 1 + at % 5] for at, word in enumerate(words)],
        "suggest, Korean": ["서킷", "ㅅㅋ", "카", "zkv", "데이터"] * 10,
    }


def _slip(text: str, chance: random.Random) -> str:
    """Return a text with one of its letters gone."""
    at = chance.randrange(1, len(text.split(maxsplit=1)[0]))
    return text[:at] + text[at + 1 :]


def build(engine: SearchEngine, folder: Path, count: int) -> dict[str, float]:
    """Build an index; return what it took."""
    entries = list(documents(count))
    before, busy = time.perf_counter(), time.process_time()
    engine.rebuild(1, entries)
    took, cpu = time.perf_counter() - before, time.process_time() - busy
    return {"index s": took, "index CPU s": cpu, "size MB": _size(engine, folder) / 1e6}


def _size(engine: SearchEngine, folder: Path) -> int:
    """Return the size of an index in bytes."""
    if not isinstance(engine, PostgresEngine):
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    size = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r'"
    with _database().connect() as connection:
        of_schema = f"{size} AND relnamespace = '{engine.schema}'::regnamespace"
        return int(connection.exec_driver_sql(of_schema).scalar() or 0)


@cache
def _database() -> sa.Engine:
    """Return the database of the engine that needs one."""
    return sa.create_engine(os.environ["PORTAL_DATABASE_URL"])


def ask(engine: SearchEngine, _folder: Path, count: int) -> dict[str, float]:
    """Ask everything; return milliseconds."""
    before = time.perf_counter()
    engine.search(SearchQuery("payment"))
    figures = {"first query ms": (time.perf_counter() - before) * 1e3}
    figures["first facets ms"] = _milliseconds(
        partial(engine.search, SearchQuery("payment", facets=FACETS))
    )
    asks: dict[str, list[Ask]] = {
        **{
            row: [partial(engine.search, one) for one in some]
            for row, some in queries(count).items()
        },
        **{row: [partial(engine.suggest, one) for one in some] for row, some in starts().items()},
    }
    for row, some in asks.items():
        took = sorted(map(_milliseconds, some))
        figures[f"{row} p50 ms"] = took[len(took) // 2]
        figures[f"{row} p99 ms"] = took[int(len(took) * 0.99)]
    figures["RSS MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return figures


def change(engine: SearchEngine, _folder: Path, _count: int) -> dict[str, float]:
    """Change one document at a time; return the time until it is found."""
    some = [one for one in documents(200) if one.type == "software-catalog"]
    engine.search(SearchQuery("payment"))
    took = sorted(
        _milliseconds(partial(_change, engine, one, at)) for at, one in enumerate(some[:_UPDATES])
    )
    figures = {"one change p50 ms": took[len(took) // 2], "one change max ms": took[-1]}
    for row, query in _AFTER_A_CHANGE.items():
        engine.search(query)
        _change(engine, some[0], _UPDATES + len(figures))
        figures[f"{row} after a change ms"] = _milliseconds(partial(engine.search, query))
    return figures


#: What an index prepares when it is first asked for, and has to bring up to date.
_AFTER_A_CHANGE = {
    "facets": SearchQuery("payment", facets=FACETS),
    "near miss": SearchQuery("paymnt serivce compnent 12"),
}


def _change(engine: SearchEngine, document: IndexableDocument, at: int) -> None:
    fields = {**document.fields, "text": f"changed{at}"}
    changed = IndexableDocument(document.type, document.ref, fields, document.names)
    engine.update(2 + at, [changed], [])
    hits = engine.search(SearchQuery(f"changed{at}")).hits
    assert [hit.ref for hit in hits] == [document.ref]


def _milliseconds(ask: Ask) -> float:
    before = time.perf_counter()
    ask()
    return (time.perf_counter() - before) * 1e3


STEPS = {"build": build, "ask": ask, "change": change}


def measure(name: str, count: int) -> dict[str, float]:
    """Take the figures of one engine, each step in a process of its own."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            command = (sys.executable, __file__, "--step", step, name, str(count), folder)
            figures |= json.loads(subprocess.check_output(command))
    return figures


def measure_lunr(modules: Path, count: int) -> dict[str, float]:
    """Take the figures of lunr, set up as Backstage sets it up (see ``lunr.mjs``)."""
    asked = {
        row: [(one.term, one.filters) for one in some]
        for row, some in queries(count).items()
        if not some[0].facets
    }
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for one in documents(count):
            file.write(json.dumps({"type": one.type, "fields": dict(one.fields)}) + "\n")
        file.flush()
        command = ("node", str(Path(__file__).with_name("lunr.mjs")), str(modules))
        text = json.dumps({"documents": file.name, "queries": asked})
        done = subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.PIPE)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def table(count: int, figures: dict[str, dict[str, float]]) -> str:
    """Return the figures as a table in Markdown; the others are compared with the first."""
    first, *others = figures
    ratios = [f"{first} / {name}" for name in others]
    lines = [f"| {count:,} documents | " + " | ".join([*figures, *ratios]) + " |"]
    lines.append("|---|" + "---:|" * (len(figures) + len(ratios)))
    for row, value in figures[first].items():
        values = [some.get(row) for some in figures.values()]
        cells = ["" if one is None else f"{one:,.2f}" for one in values]
        cells += ["" if one is None else f"{value / one:.2f}" for one in values[1:]]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the search engines.")
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=["whoosh", "sqlite"])
    parser.add_argument("--lunr", type=Path, help="a folder where 'npm install lunr' was run")
    parser.add_argument("--step", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        step, name, count, folder = asked.step
        path = Path(folder) / "index"
        print(json.dumps(STEPS[step](ENGINES[name](IndexPlace(path, _database)), path, int(count))))
        return
    for count in asked.documents:
        figures = {name: measure(name, count) for name in asked.engines}
        if asked.lunr:
            figures["lunr"] = measure_lunr(asked.lunr, count)
        print(table(count, figures), flush=True)


if __name__ == "__main__":
    main()
