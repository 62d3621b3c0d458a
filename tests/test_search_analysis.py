"""What text is compared by, in Korean and in English."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search import analysis


@pytest.mark.parametrize(
    "spelling",
    [
        "circuit-breaker",
        "Circuit Breaker",
        "circuitbreaker",
        "CIRCUIT_BREAKER",
        "c/ircuit.breaker",
    ],
)
def test_spellings_of_an_english_name_have_one_key(spelling: str) -> None:
    assert analysis.name_key(spelling) == "circuitbreaker"


def test_spellings_of_a_korean_name_have_one_key() -> None:
    decomposed = unicodedata.normalize("NFD", "서킷 브레이커")
    assert analysis.name_key("서킷 브레이커") == "서킷브레이커"
    assert analysis.name_key(decomposed) == "서킷브레이커"


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("서킷브레이커를", ["서킷브레이커"]),
        ("테크 리드의 역할은?", ["테크", "리드", "역할"]),
        ("멱등성이란", ["멱등성"]),
        ("멱등하게 만들기", ["멱등", "만들기"]),
        ("서버까지는", ["서버"]),
        ("키를 값에서", ["키", "값"]),
        ("회의와 평가", ["회의", "평가"]),
        ("Kafka를 쓰는 DevOps", ["kafka", "쓰는", "devop"]),
        ("이것은 무엇", ["이것"]),
    ],
)
def test_korean_words_lose_particles_and_endings(text: str, terms: list[str]) -> None:
    assert analysis.terms(text) == terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("what is the Feature Stores", ["feature", "store"]),
        ("policies batches processes", ["policy", "batch", "process"]),
        ("streaming streamed", ["stream", "stream"]),
        ("stopped running", ["stop", "run"]),
        ("status analysis class", ["status", "analysis", "class"]),
        ("log4j s3 C++", ["log4j", "s3", "c"]),
    ],
)
def test_english_words_lose_plurals_and_grammar(text: str, terms: list[str]) -> None:
    assert analysis.terms(text) == terms


def test_spans_stand_in_the_text_as_it_is_written() -> None:
    text = "Ⅻ Die Straße: Kafka를 씁니다"
    found = {text[span.start : span.end]: span.term for span in analysis.spans(text)}
    assert found["Straße"] == "strasse"
    assert found["Kafka"] == "kafka"


def test_grams_are_pairs_of_syllables_inside_words() -> None:
    assert analysis.grams("멱등성 key 값") == ["멱등", "등성"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("zkvmzk", "카프카"),
        ("qortmxpdlwl", "백스테이지"),
        ("dustho wkddo", "연쇄 장애"),
        ("rkqt dlTek", "값 있다"),
        ("ㅡㅣㅐㅔㄴ", "mlops"),
        ("ㅢㅐㅔㄴ", "mlops"),
        ("ㅏㅁ람", "kafka"),
        ("ㄷ시", "etl"),
        ("payment", ""),
        ("qwzxv", ""),
        ("42", ""),
    ],
)
def test_the_other_keyboard(typed: str, meant: str) -> None:
    assert analysis.other_keyboard(typed) == meant


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1))
def test_the_other_keyboard_gives_every_syllable_back(text: str) -> None:
    keys = analysis.other_keyboard(text)
    assert keys.isascii()
    assert analysis.other_keyboard(keys) == text


def test_initials() -> None:
    assert analysis.initials("서킷 브레이커") == "ㅅㅋㅂㄹㅇㅋ"
    assert analysis.initials("CI 서버") == "ciㅅㅂ"
    assert analysis.is_initials("ㅅㅋ ㅂㄹㅇㅋ")
    assert analysis.initials_key("ㄳ") == "ㄱㅅ"
    assert not analysis.is_initials("ㅏㅁ")
    assert not analysis.is_initials("서킷")


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [
        ("kafka", "kafka", 0),
        ("kakfa", "kafka", 1),
        ("idempotncy", "idempotency", 1),
        ("캬프카", "카프카", 1),
        ("멱등셩", "멱등성", 1),
        ("tech", "team", 2),
        ("", "ab", 2),
        ("alpha", "omega", 3),
    ],
)
def test_distance_in_letters_and_jamo(left: str, right: str, edits: int) -> None:
    left, right = analysis.letters(left), analysis.letters(right)
    assert analysis.distance(left, right, 2) == edits


_SHORT = st.text("abㄱ", max_size=6)


@given(_SHORT, _SHORT)
def test_a_tighter_limit_never_finds_fewer_edits(left: str, right: str) -> None:
    exact = analysis.distance(left, right, 12)
    assert exact == analysis.distance(right, left, 12)
    for limit in range(4):
        assert analysis.distance(left, right, limit) == min(exact, limit + 1)


@given(st.text())
def test_any_text_can_be_analysed(text: str) -> None:
    analysis.terms(text)
    analysis.grams(text)
    analysis.initials(text)
    analysis.other_keyboard(text)
    assert analysis.name_key(analysis.name_key(text)) == analysis.name_key(text)
    for span in analysis.spans(text):
        assert 0 <= span.start < span.end <= len(text)
