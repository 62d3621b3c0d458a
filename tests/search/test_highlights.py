"""What is highlighted is found near the words of a query, as if every word was looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search.analysis import highlights
from portal.search.analysis.highlights import Wanted
from portal.search.analysis.words import terms
from portal.search.analysis.words import written

_WORDS = (
    "policy", "policies", "Policy-engine", "CIRCUIT", "circuit_breaker", "서킷을", "서킷",
    "브레이커는", "ﬁle", "İstanbul", "straße", "STRASSE", "Ⅳ", "caf\u00e9", "cafe\u0301s", "naïvies",
    "soft\u00adware", "ㅋㅋ", "a", "y", "ies", "２０", "kafka를", "running", "runs",
)  # fmt: skip
_texts = st.lists(st.sampled_from(_WORDS), max_size=9).flatmap(
    lambda words: st.sampled_from([" ", "-", ". ", "\n", "_", "，"]).map(lambda by: by.join(words))
)


def every_word(text: str, wanted: Wanted) -> list[tuple[int, int]]:
    return highlights._places(written(text), wanted, in_name=False)


@given(text=_texts, query=st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3))
def test_every_match_is_near_a_hint(text: str, query: list[str]) -> None:
    stems = frozenset(stem for word in query for stem in terms(word))
    wanted = Wanted(stems, prefix=min(stems, default=""))
    near = highlights._places(highlights._candidates(text, wanted), wanted, in_name=False)
    assert near == every_word(text, wanted)


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("Two policies, one Policy-engine", "policy", ["policies", "Policy"]),
        ("서킷을 열고 서킷 브레이커는", "서킷", ["서킷", "서킷"]),
        ("İstanbul policies", "policy", ["policies"]),
        ("nothing of the kind", "policy", []),
    ],
)
def test_words_are_found_where_they_are_written(text: str, query: str, found: list[str]) -> None:
    runs = highlights.mark(text, Wanted(frozenset(terms(query))))
    assert [piece for piece, is_match in runs if is_match] == found
