"""Judge the search: our own queries against the glossary of this repository.

    python -m tests.search_quality.measure [--engine whoosh] [--failures]
    python -m tests.search_quality.measure --queries tests/search_quality/colloquial.jsonl
    python -m tests.search_quality.measure --url http://127.0.0.1:7007

``queries.jsonl`` holds, one a line, a query, the class it belongs to and what
answers it: concept names with a grade from 1 (helps) to 3 (is it). They were
written down before anybody looked at what the engine makes of them. So were those of
``colloquial.jsonl``, of which the ones of the split ``test`` were never looked at while
rules were made: ``--split dev`` and ``--split test`` tell them apart.

Without ``--url`` an index is built from the descriptors, as the portal would build it;
``--all-types`` adds the templates, the portal's own entities and its documentation, which
take the places of concepts they outrank. With ``--url`` a running portal is asked.

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
from fnmatch import fnmatch
from pathlib import Path

import whoosh

from portal.kernel import yaml12
from portal.model.entity import Entity
from portal.scm.file_names import FileNames
from portal.scm.snapshot import Blob
from portal.scm.snapshot import Entry
from portal.search.analysis.analyzers import ANALYZERS
from portal.search.analysis.analyzers import choose_analyzer
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.indexing.collators import GLOSSARY
from portal.search.indexing.collators import collate
from portal.search.indexing.documentation import documents as page_documents
from portal.search.indexing.documentation import pages
from tests.search_engines import NAMES
from tests.search_engines import all_engines

QUERIES = Path(__file__).parent / "queries.jsonl"
COLLOQUIAL = Path(__file__).parent / "colloquial.jsonl"
REPOSITORY = Path(__file__).parents[2]
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
        split: ``dev`` or ``test``; empty in sets without splits.
    """

    query: str
    kind: str
    relevant: Mapping[str, int]
    split: str = ""


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
    return float(sum((2**gain - 1) / math.log2(at + 2) for at, gain in enumerate(gains[:5])))


def reciprocal_rank(gains: Sequence[int], needed: int) -> float:
    """Return 1 divided by the place of the first answer that is good enough."""
    return next((1 / at for at, gain in enumerate(gains, 1) if gain >= needed), 0.0)


def judgments(path: Path = QUERIES) -> list[Judgment]:
    """Read judged queries."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [
        Judgment(row["query"], row["class"], row["relevant"], row.get("split", "")) for row in rows
    ]


def documents() -> Iterator[IndexableDocument]:
    """Yield what the portal would index of the concepts."""
    for entity in _entities("catalog/*/catalog-info.yaml"):
        yield from collate(entity)


def all_documents() -> Iterator[IndexableDocument]:
    """Yield what the portal would index of this repository, documentation included."""
    yield from documents()
    tree = _Folder(REPOSITORY)
    for entity in _entities("catalog-info.yaml", "templates/*/template.yaml"):
        yield from collate(entity)
        for page in pages(entity, "", tree):
            yield from page_documents(page, tree)


def _entities(*patterns: str) -> Iterator[Entity]:
    for path in (path for pattern in patterns for path in sorted(REPOSITORY.glob(pattern))):
        for one in yaml12.read(path.read_bytes()):
            if isinstance(one, yaml12.Document) and isinstance(one.value, dict):
                one.value["metadata"].setdefault("namespace", "default")
                yield one.value


class _Folder:
    """The documentation of a folder as a file tree."""

    commit = ""

    def __init__(self, root: Path) -> None:
        self._root = root
        found = [*root.glob("mkdocs.y*ml"), *root.glob("docs/**/*.md")]
        paths = sorted(path.relative_to(root).as_posix() for path in found)
        self.entries = {path: Entry(path, 0) for path in paths}
        self.names = FileNames(self.entries.keys())

    def read(self, path: str) -> Blob:
        """Return the content of a file."""
        return Blob(path, (self._root / path).read_bytes(), path)

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches."""
        return [path for path in self.entries if fnmatch(path, pattern)]


def engine_search(engine: SearchEngine, types: tuple[str, ...] = (GLOSSARY,)) -> Search:
    """Return a search that asks an engine."""

    def search(query: str) -> list[str]:
        hits = engine.search(SearchQuery(query, types=types, limit=_DEPTH)).hits
        return [hit.ref.rpartition("/")[2] if hit.type == GLOSSARY else hit.ref for hit in hits]

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
    parser.add_argument("--engine", choices=NAMES, default="whoosh")
    parser.add_argument("--analyzer", choices=sorted(ANALYZERS), default="suffixes")
    parser.add_argument("--url", help="ask the portal that runs there")
    parser.add_argument("--types", nargs="*", default=[], help="with --url: types to search")
    parser.add_argument("--queries", type=Path, default=QUERIES)
    parser.add_argument("--split", choices=("dev", "test"), help="only queries of this split")
    parser.add_argument(
        "--all-types", action="store_true", help="search everything, not only concepts"
    )
    parser.add_argument("--failures", action="store_true", help="print what did not come first")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, all_engines() as engines:
        if asked.url:
            search = http_search(asked.url, asked.types)
        else:
            choose_analyzer(asked.analyzer)
            engine = engines[asked.engine](Path(folder) / "index")
            engine.rebuild(1, all_documents() if asked.all_types else documents())
            search = engine_search(engine, () if asked.all_types else (GLOSSARY,))
        judged = [one for one in judgments(asked.queries) if asked.split in {None, one.split}]
        scores = measure(search, judged)
    title = asked.url or f"{asked.engine} (Whoosh {_WHOOSH}), {asked.analyzer}"
    print(report(title, scores, with_failures=asked.failures))  # noqa: T201


if __name__ == "__main__":
    main()
