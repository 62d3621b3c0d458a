"""The search finds what people mean; ``search_quality/measure.py`` prints the whole table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import pytest

from portal.config.settings import SETTINGS
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from tests.search_engines import NAMES
from tests.search_engines import Engines
from tests.search_quality import measure as quality

JUDGMENTS = quality.judgments()
#: What nDCG@5 must not fall below, with either engine; elsewhere hardly anything misses.
FLOORS = {"all": 0.97, "ko_question": 0.91, "alias": 0.95, "en": 0.95, "mixed": 0.95}
_FLOOR = 0.97
COLLOQUIAL = [one for one in quality.judgments(quality.COLLOQUIAL) if one.split == "test"]
COLLOQUIAL_FLOORS = {"all": 0.95, "problem_ko": 0.93, "problem_en": 0.94, "tool": 0.88}
Scores = Mapping[str, quality.Score]


@pytest.fixture(scope="module", params=NAMES)
def scores(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Scores:
    """What each engine makes of the queries, with a real index of the real glossary."""
    engine = engines[request.param](tmp_path_factory.mktemp("quality") / "index")
    engine.rebuild(1, quality.documents())
    return quality.measure(quality.engine_search(engine), JUDGMENTS)


@pytest.fixture(scope="module", params=NAMES)
def everything(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> SearchEngine:
    """Each engine with all that there is to find: concepts, entities and documentation."""
    engine = engines[request.param](tmp_path_factory.mktemp("everything") / "index")
    engine.rebuild(1, quality.all_documents())
    return engine


@pytest.mark.slow
def test_concepts_are_found_in_peoples_own_words_among_everything_else(
    everything: SearchEngine,
) -> None:
    colloquial = quality.measure(quality.engine_search(everything, ()), COLLOQUIAL)
    ndcg = {kind: score.row()[0] for kind, score in colloquial.items() if kind != quality.NEGATIVE}
    low = {
        kind: value for kind, value in ndcg.items() if value < COLLOQUIAL_FLOORS.get(kind, _FLOOR)
    }
    assert low == {}, quality.table(colloquial)
    assert colloquial["all"].row()[3] <= 0.01, "a real problem finds something"
    assert colloquial[quality.NEGATIVE].row()[3] >= 0.9, "what is off topic finds nothing"


README_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)


@pytest.mark.slow
def test_the_examples_of_the_readme_find_their_concept_first(everything: SearchEngine) -> None:
    table = (quality.REPOSITORY / "README.md").read_text().partition("### Search")[2]
    rows = README_ROW.findall(table.partition("### ")[0])
    assert len(rows) >= 6
    for typed, title in rows:
        (first, *_) = everything.search(SearchQuery(typed)).hits
        assert (first.type, first.fields["title"]) == ("glossary", title.strip()), typed


@pytest.mark.slow
def test_each_class_keeps_its_level(scores: Scores) -> None:
    ndcg = {kind: score.row()[0] for kind, score in scores.items() if kind != quality.NEGATIVE}
    low = {kind: value for kind, value in ndcg.items() if value < FLOORS.get(kind, _FLOOR)}
    assert low == {}, quality.table(scores)


@pytest.mark.slow
def test_the_first_answer_is_the_right_one(scores: Scores) -> None:
    assert scores["all"].row()[2] >= 0.95


@pytest.mark.slow
def test_nonsense_finds_nothing_and_sense_finds_something(scores: Scores) -> None:
    assert scores[quality.NEGATIVE].row()[3] == 1.0, scores[quality.NEGATIVE].failures
    assert scores["all"].row()[3] <= 0.005


def test_the_judgments_are_many_distinct_and_about_concepts_that_are_there() -> None:
    concepts = (one.ref for one in quality.documents() if one.type == "glossary")
    names = {ref.rpartition("/")[2] for ref in concepts}
    assert len({judgment.query for judgment in JUDGMENTS}) == len(JUDGMENTS) >= 150
    assert {name for judgment in JUDGMENTS for name in judgment.relevant} == names
    assert min(Counter(judgment.kind for judgment in JUDGMENTS).values()) >= 10


def test_the_figures_are_the_usual_ones() -> None:
    score = quality.Score()
    score.add(quality.Judgment("q", "en", {"a": 3, "b": 1}), ["x", "a"])
    ndcg, mrr, first, zero = score.row()
    assert (mrr, first, zero) == (0.5, 0, 0)
    assert ndcg == pytest.approx((7 / 1.585) / (7 + 1 / 1.585), abs=1e-3)


def test_the_setting_offers_the_engines_there_are() -> None:
    assert [SETTINGS["search_engine"].parse(name) for name in NAMES] == list(NAMES)
