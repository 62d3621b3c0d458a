"""A concept in the reader's language, and what is there when it is not."""

from __future__ import annotations

from typing import Any

import pytest

from portal.glossary.concepts import choose_language
from portal.glossary.concepts import titles_of
from portal.glossary.concepts import view_concept

TEXT = {
    "summary": "s",
    "overview": "one\ntwo",
    "explanation": "e",
    "relevance": "r",
    "useCases": [{"title": "t", "description": "d"}],
}


def entity(*languages: str) -> dict[str, Any]:
    return {
        "kind": "Concept",
        "metadata": {"name": "c", "uid": "u", "links": [{"url": "https://x.test"}]},
        "spec": {
            "type": "x",
            "status": "draft",
            "owner": "o",
            "glossary": "g",
            "labels": {lang: {"preferred": f"c-{lang}", "abbreviation": "C"} for lang in languages},
            "text": {lang: {**TEXT, "summary": f"s-{lang}"} for lang in languages},
        },
        "relations": [
            {"type": "relatedTo", "targetRef": "concept:default/known"},
            {"type": "relatedTo", "targetRef": "concept:default/missing"},
        ],
    }


@pytest.mark.parametrize(
    ("wanted", "available", "expected"),
    [
        ([], ["en", "ko"], ("ko", False)),
        (["en"], ["ko", "en"], ("en", False)),
        (["en-US"], ["ko", "en"], ("en", False)),
        (["EN-us"], ["ko", "en"], ("en", False)),
        (["fr"], ["ko", "en"], ("ko", True)),
        (["fr", "en"], ["ko", "en"], ("en", True)),
        (["en", "ko"], ["ko"], ("ko", True)),
        (["ko"], ["fr"], ("fr", True)),
        (["x" * 5000], ["ko"], ("ko", True)),
    ],
)
def test_the_best_language_there_is_is_chosen_and_a_fallback_is_marked(
    wanted: list[str], available: list[str], expected: tuple[str, bool]
) -> None:
    assert choose_language(wanted, available) == expected


def test_a_view_is_in_the_wanted_language() -> None:
    view = view_concept(entity("ko", "en"), ["en"], {})
    assert (view.language, view.is_fallback) == ("en", False)
    assert (view.title, view.summary, view.abbreviation) == ("c-en", "s-en", "C")
    assert view.overview == ("one", "two")
    assert view.languages == ("ko", "en")
    assert view.titles == {"ko": "c-ko", "en": "c-en"}
    assert view.use_cases[0].title == "t"


def test_symptoms_are_those_of_the_language_that_is_shown() -> None:
    told = entity("ko", "en")
    told["spec"]["symptoms"] = {"en": ["it breaks twice"]}
    assert view_concept(told, ["en"], {}).symptoms == ("it breaks twice",)
    assert view_concept(told, ["ko"], {}).symptoms == ()


def test_a_language_that_is_not_there_falls_back_and_says_so() -> None:
    view = view_concept(entity("ko"), ["en"], {})
    assert (view.language, view.is_fallback, view.summary) == ("ko", True, "s-ko")


def test_links_bear_titles_in_the_language_and_say_whether_they_exist() -> None:
    known = entity("ko", "en")
    known["metadata"]["name"] = "known"
    group = {"kind": "Group", "metadata": {"name": "g", "title": "Group G"}, "spec": {}}
    titles = titles_of([known, group])
    assert titles["group:default/g"] == {"": "Group G"}
    first, second = view_concept(entity("ko", "en"), ["en"], titles).links["relatedTo"]
    assert (first.title, first.exists) == ("c-en", True)
    assert (second.title, second.exists) == ("missing", False)


def test_a_web_link_without_title_shows_its_address() -> None:
    assert view_concept(entity("ko"), [], {}).web_links == (("https://x.test", "https://x.test"),)
