"""Judge the search: our own queries against the glossary of this repository.

    python tests/search_quality/measure.py [--engine whoosh] [--failures]
    python tests/search_quality/measure.py --url http://127.0.0.1:7007

``queries.jsonl`` holds, one a line, a query, the class it belongs to and what
answers it: concept names with a grade from 1 (helps) to 3 (is it). They were
written down before anybody looked at what the engine makes of them. Without
``--url`` an index is built from the descriptors, as the portal would build it;
with it a running portal is asked, over HTTP.

For each class: nDCG@5 (are the best answers at the top), MRR (where is the first
good one), S@1 (is the first one of the best), zero (how many find nothing). For
the class ``negative`` finding nothing is right, and ``zero`` should be 1.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

import whoosh

from portal.kernel import yaml12
from portal.search.analyzers import ANALYZERS
from portal.search.analyzers import choose_analyzer
from portal.search.collators import GLOSSARY
from portal.search.collators import collate
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.engines import ENGINES

QUERIES = Path(__file__).parent / "queries.jsonl"
CATALOG = Path(__file__).parents[2] / "catalog"
NEGATIVE = "negative"
ALL = "all"
_DEPTH = 10
_WHOOSH = ".".join(map(str, whoosh.__version__))

#: Gives the names of the concepts a query finds, best first.
Search = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Judgment:
    """A query and its right answers.

    Attributes:
        query: What is typed.
        kind: The class of queries it stands for.
        relevant: Concept names and their grades; empty when nothing is right.
    """

    query: str
    kind: str
    relevant: Mapping[str, int]


@dataclass
class Score:
    """What the queries of a class came to."""

    count: int = 0
    ndcg: float = 0.0
    mrr: float = 0.0
    first: int = 0
    zero: int = 0
    failures: list[tuple[str, Sequence[str]]] = field(default_factory=list)

    def add(self, judgment: Judgment, found: Sequence[str]) -> None:
        """Count one query."""
        self.count += 1
        self.zero += not found
        gains = [judgment.relevant.get(name, 0) for name in found]
        best = sorted(judgment.relevant.values(), reverse=True)
        if not best:
            right = not found
        else:
            self.ndcg += discounted(gains) / discounted(best)
            self.mrr += reciprocal_rank(gains, min(best[0], 2))
            right = gains[:1] == best[:1]
            self.first += right
        if not right:
            self.failures.append((judgment.query, found[:3]))

    def row(self) -> tuple[float, float, float, float]:
        """Return nDCG@5, MRR, S@1 and the share of empty answers."""
        return (
            self.ndcg / self.count,
            self.mrr / self.count,
            self.first / self.count,
            self.zero / self.count,
        )


def discounted(gains: Sequence[int]) -> float:
    """Return the discounted gain of the first five answers."""
    return sum((2**gain - 1) / math.log2(at + 2) for at, gain in enumerate(gains[:5]))


def reciprocal_rank(gains: Sequence[int], needed: int) -> float:
    """Return 1 divided by the place of the first answer that is good enough."""
    return next((1 / at for at, gain in enumerate(gains, 1) if gain >= needed), 0.0)


def judgments(path: Path = QUERIES) -> list[Judgment]:
    """Read judged queries."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Judgment(row["query"], row["class"], row["relevant"]) for row in rows]


def documents(catalog: Path = CATALOG) -> Iterator[IndexableDocument]:
    """Yield what the portal would index of a folder of descriptors."""
    for path in sorted(catalog.glob("*/catalog-info.yaml")):
        for one in yaml12.read(path.read_bytes()):
            if isinstance(one, yaml12.Document) and isinstance(one.value, dict):
                one.value["metadata"].setdefault("namespace", "default")
                yield from collate(one.value)


def engine_search(engine: SearchEngine) -> Search:
    """Return a search that asks an engine."""

    def search(query: str) -> list[str]:
        asked = SearchQuery(query, types=(GLOSSARY,), limit=_DEPTH)
        return [hit.ref.rpartition("/")[2] for hit in engine.search(asked).hits]

    return search


def http_search(url: str, types: Sequence[str]) -> Search:
    """Return a search that asks a running portal; other results take their place."""

    def search(query: str) -> list[str]:
        asked = [("term", query), ("pageLimit", str(_DEPTH)), *(("types", t) for t in types)]
        address = f"{url.rstrip('/')}/api/search/query?{urllib.parse.urlencode(asked)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            results = json.load(answer)["results"]
        return [_name(result["document"]["location"]) for result in results]

    return search


def _name(location: str) -> str:
    """Return the concept a result leads to, or the location itself."""
    folder, _, name = location.rpartition("/")
    return name if folder == "/glossary" else location


def measure(search: Search, judged: Iterable[Judgment]) -> dict[str, Score]:
    """Return the score of each class, and of all but the negative ones."""
    scores: dict[str, Score] = {}
    for judgment in judged:
        found = search(judgment.query)
        scores.setdefault(judgment.kind, Score()).add(judgment, found)
        if judgment.kind != NEGATIVE:
            scores.setdefault(ALL, Score()).add(judgment, found)
    return {kind: scores[kind] for kind in sorted(scores, key=lambda kind: (kind == ALL, kind))}


def table(scores: Mapping[str, Score]) -> str:
    """Return the scores as text."""
    lines = [f"{'class':<12} {'n':>4} {'nDCG@5':>7} {'MRR':>7} {'S@1':>7} {'zero':>7}"]
    for kind, score in scores.items():
        figures = " ".join(f"{value:7.3f}" for value in score.row())
        lines.append(f"{kind:<12} {score.count:>4} {figures}")
    return "\n".join(lines)


def report(asked: str, scores: Mapping[str, Score], *, with_failures: bool) -> str:
    """Return what is printed: the table and, when wanted, what did not come first."""
    lines = [asked, table(scores)]
    for kind, score in scores.items() if with_failures else ():
        for query, found in score.failures if kind != ALL else ():
            lines.append(f"  {kind}: {query!r} -> {', '.join(found) or 'nothing'}")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Judge the search.")
    parser.add_argument("--engine", choices=sorted(ENGINES), default="whoosh")
    parser.add_argument("--analyzer", choices=sorted(ANALYZERS), default="suffixes")
    parser.add_argument("--url", help="ask the portal that runs there")
    parser.add_argument("--types", nargs="*", default=[], help="with --url: types to search")
    parser.add_argument("--queries", type=Path, default=QUERIES)
    parser.add_argument("--failures", action="store_true", help="print what did not come first")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.url:
            search = http_search(asked.url, asked.types)
        else:
            choose_analyzer(asked.analyzer)
            engine = ENGINES[asked.engine](Path(folder) / "index")
            engine.rebuild(1, documents())
            search = engine_search(engine)
        scores = measure(search, judgments(asked.queries))
    title = asked.url or f"{asked.engine} (Whoosh {_WHOOSH}), {asked.analyzer}"
    print(report(title, scores, with_failures=asked.failures))  # noqa: T201


if __name__ == "__main__":
    main()
