"""What text is compared by, in Korean and in English."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search.analysis import words


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
    assert words.name_key(spelling) == "circuitbreaker"


def test_spellings_of_a_korean_name_have_one_key() -> None:
    decomposed = unicodedata.normalize("NFD", "서킷 브레이커")
    assert words.name_key("서킷 브레이커") == "서킷브레이커"
    assert words.name_key(decomposed) == "서킷브레이커"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ＭＬＯｐｓ　２", "mlops 2"),
        ("Ⅳ", "iv"),
        ("①", "1"),
        ("ｶﾌｶ", "カフカ"),
        ("ﬁle", "file"),
        ("ﾱﾧﾵ", "ㅁㄷㅅ"),
        ("\u1106\u1103\u1109", "ㅁㄷㅅ"),
        ("ㅁㄷㅅ", "ㅁㄷㅅ"),
        ("ㄱㅏ", "ㄱㅏ"),
        ("멱\u1103", "멱ㄷ"),
        (unicodedata.normalize("NFD", "멱등성"), "멱등성"),
        ("서킷\u200b브레\u00ad이커\ufeff", "서킷브레이커"),
    ],
)
def test_forms_of_unicode_that_look_alike_are_one(text: str, form: str) -> None:
    assert words.normal(text) == form
    assert words.normal(form) == form


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
    assert words.terms(text) == terms


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
    assert words.terms(text) == terms


def test_spans_stand_in_the_text_as_it_is_written() -> None:
    text = "Ⅻ Die Straße: Kafka를 씁니다"
    found = {text[span.start : span.end]: span.term for span in words.spans(text)}
    assert found["Straße"] == "strasse"
    assert found["Kafka"] == "kafka"


def test_grams_are_pairs_of_syllables_inside_words() -> None:
    assert words.grams("멱등성 key 값") == ["멱등", "등성"]


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
    assert words.other_keyboard(typed) == meant


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1))
def test_the_other_keyboard_gives_every_syllable_back(text: str) -> None:
    keys = words.other_keyboard(text)
    assert keys.isascii()
    assert words.other_keyboard(keys) == text


def test_initials() -> None:
    assert words.initials("서킷 브레이커") == "ㅅㅋㅂㄹㅇㅋ"
    assert words.initials("CI 서버") == "ciㅅㅂ"
    assert words.is_initials("ㅅㅋ ㅂㄹㅇㅋ")
    assert words.initials_key("ㄳ") == "ㄱㅅ"
    assert not words.is_initials("ㅏㅁ")
    assert not words.is_initials("서킷")


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
    left, right = words.letters(left), words.letters(right)
    assert words.distance(left, right, 2) == edits


_SHORT = st.text("abㄱ", max_size=6)


@given(_SHORT, _SHORT)
def test_a_tighter_limit_never_finds_fewer_edits(left: str, right: str) -> None:
    exact = words.distance(left, right, 12)
    assert exact == words.distance(right, left, 12)
    for limit in range(4):
        assert words.distance(left, right, limit) == min(exact, limit + 1)


@given(st.text())
def test_any_text_can_be_analysed(text: str) -> None:
    words.terms(text)
    words.grams(text)
    words.initials(text)
    words.other_keyboard(text)
    assert words.name_key(words.name_key(text)) == words.name_key(text)
    for span in words.spans(text):
        assert 0 <= span.start < span.end <= len(text)
