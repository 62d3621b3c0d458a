"""Measure the search engines side by side: building, size, memory, and queries.

    python benchmarks/search.py [--documents 10000 100000] [--engines whoosh sqlite]

The documents are those of a catalog that ``generate.py`` makes up, and the glossary.
Each engine is built in a process of its own and asked in another, so that memory is
its own; queries are asked one after the other, in this process's thread, none of
them twice within the reach of an engine's memory of answers.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import generate

from portal.kernel import yaml12
from portal.search.collators import collate
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.engines import ENGINES

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


def queries(engine: SearchEngine, count: int) -> dict[str, list[Ask]]:
    """Return what is asked, by the name of its row."""
    chance = random.Random(3)
    words = [*generate._SUBJECTS, *generate._FORMS]  # noqa: SLF001

    def ask(text: str, **more: Any) -> Ask:
        return lambda: engine.search(SearchQuery(text, **more))

    def suggest(text: str) -> Ask:
        return lambda: engine.suggest(text, 10)

    numbers = chance.sample(range(count // 2), _ROUNDS)
    pairs = [" ".join(chance.sample(words, 2)) for _ in range(_ROUNDS)]
    starts = [word[: 3 + at % 3] for at, word in enumerate(words)]
    return {
        "rare": [ask(str(number)) for number in numbers],
        "common": [ask(word) for word in words],
        "two words": [ask(pair) for pair in pairs],
        "prefix": [ask(start) for start in starts],
        "typo": [
            ask(_slip(f"{pair} component {number}", chance))
            for pair, number in zip(pairs, numbers, strict=True)
        ],
        "nothing": [
            ask(f"{_slip(pair, chance)}qq zzkw{number}")
            for pair, number in zip(pairs, numbers, strict=True)
        ],
        "filtered": [ask(word, filters=_FILTERS) for word in words],
        "glossary term": [
            ask(term) for term in ("서킷 브레이커", "zkvmzk", "멱등성", "mlops") * 12
        ],
        "suggest": [suggest(word[: 1 + at % 5]) for at, word in enumerate(words * 2)],
        "suggest, Korean": [suggest(text) for text in ("서킷", "ㅅㅋ", "카", "zkv", "데이터") * 10],
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
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"index s": took, "index CPU s": cpu, "size MB": size / 1e6}


def ask_all(engine: SearchEngine, _folder: Path, count: int) -> dict[str, float]:
    """Ask everything; return milliseconds."""
    before = time.perf_counter()
    engine.search(SearchQuery("payment"))
    figures = {"first query ms": (time.perf_counter() - before) * 1e3}
    for name, asks in queries(engine, count).items():
        took = sorted(_milliseconds(ask) for ask in asks)
        figures[f"{name} p50 ms"] = took[len(took) // 2]
        figures[f"{name} p99 ms"] = took[int(len(took) * 0.99)]
    figures["RSS MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return figures


def change(engine: SearchEngine, _folder: Path, count: int) -> dict[str, float]:
    """Change one document at a time; return the time until it is found."""
    some = [one for one in documents(200) if one.type == "software-catalog"]
    engine.search(SearchQuery("payment"))
    took = sorted(
        _milliseconds(lambda at=at, one=one: _change(engine, one, at))  # type: ignore[misc]
        for at, one in enumerate(some[:_UPDATES])
    )
    return {"one change p50 ms": took[len(took) // 2], "one change max ms": took[-1]}


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


STEPS = {"build": build, "ask": ask_all, "change": change}


def measure(name: str, count: int) -> dict[str, float]:
    """Take the figures of one engine, each step in a process of its own."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            command = (sys.executable, __file__, "--step", step, name, str(count), folder)
            figures |= json.loads(subprocess.check_output(command))
    return figures


def table(count: int, figures: dict[str, dict[str, float]]) -> str:
    """Return the figures as a table in Markdown; the last column compares the first two."""
    names = list(figures)
    ratio = [f"{names[0]} / {names[1]}"] if len(names) > 1 else []
    lines = [f"| {count:,} documents | " + " | ".join([*names, *ratio]) + " |"]
    lines.append("|---|" + "---:|" * (len(names) + len(ratio)))
    for row in next(iter(figures.values())):
        values = [figures[name][row] for name in names]
        cells = [f"{value:,.2f}" for value in values]
        cells += [f"{values[0] / values[1]:.2f}"] if ratio else []
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the search engines.")
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--step", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        step, name, count, folder = asked.step
        path = Path(folder) / "index"
        print(json.dumps(STEPS[step](ENGINES[name](path), path, int(count))))
        return
    for count in asked.documents:
        print(table(count, {name: measure(name, count) for name in asked.engines}), flush=True)


if __name__ == "__main__":
    main()
