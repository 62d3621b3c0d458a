"""Korean words are cut by a list, or by a dictionary where one is installed and chosen."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.config.settings import SETTINGS
from portal.kernel.errors import ConfigError
from portal.search.analysis.analyzers import ANALYZERS
from portal.search.analysis.analyzers import choose_analyzer
from portal.search.analysis.words import KOREAN
from portal.search.analysis.words import terms
from portal.search.documents import IndexableDocument
from portal.search.documents import Name
from portal.search.documents import SearchQuery
from tests.search_engines import NAMES
from tests.search_engines import Engines

IS_INSTALLED = importlib.util.find_spec("mecab_ko") is not None
installed = pytest.mark.skipif(not IS_INSTALLED, reason="glossary-portal[mecab] is not installed")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Whatever a test chooses, the next one begins with the list."""
    yield
    choose_analyzer("suffixes")


def test_the_setting_offers_the_analyzers_there_are() -> None:
    setting = SETTINGS["search_analyzer"]
    assert setting.default == KOREAN.name
    assert [setting.parse(name) for name in ANALYZERS] == list(ANALYZERS)


@pytest.mark.skipif(IS_INSTALLED, reason="glossary-portal[mecab] is installed")
def test_a_dictionary_that_is_not_installed_is_named_with_the_way_out() -> None:
    with pytest.raises(ConfigError, match=r"install glossary-portal\[mecab\] or choose 'suffixes'"):
        choose_analyzer("mecab")
    assert KOREAN.name == "suffixes"
    assert terms("카프카를 만들고") == ["카프카", "만들고"]


@installed
def test_a_dictionary_knows_verbs_and_the_list_what_it_does_not() -> None:
    choose_analyzer("mecab")
    assert terms("어려운 결제를 만들고 만든") == ["어렵", "결제", "만들", "만들"]
    assert terms("카프카의 데이터베이스에서는") == ["카프카", "데이터베이스"]
    assert terms("평가와 회의") == ["평가", "회의"]
    assert terms("그리고 하는 것은") == []


@installed
def test_the_list_is_back_when_it_is_chosen_again() -> None:
    before = terms("만들고 어려운 장애를")
    choose_analyzer("mecab")
    assert terms("만들고 어려운 장애를") != before
    choose_analyzer("suffixes")
    assert terms("만들고 어려운 장애를") == before


@installed
@pytest.mark.parametrize("name", NAMES)
def test_an_index_made_in_the_other_way_is_built_anew(
    name: str, engines: Engines, tmp_path: Path
) -> None:
    names = (Name("만든 사람", "preferred"),)
    document = IndexableDocument("glossary", "concept:default/x", {"title": "만든 사람"}, names)
    engines[name](tmp_path).rebuild(3, [document])
    assert engines[name](tmp_path).generation == 3
    choose_analyzer("mecab")
    engine = engines[name](tmp_path)
    assert engine.generation == -1
    engine.rebuild(3, [document])
    assert engines[name](tmp_path).generation == 3
    (hit,) = engine.search(SearchQuery("사람을 만들고")).hits
    assert hit.tier == "name words"
