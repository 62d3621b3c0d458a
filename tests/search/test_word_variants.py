"""What forms of one word share, and what does not."""

from __future__ import annotations

import pytest

from portal.search.analysis.word_variants import is_predicate
from portal.search.analysis.word_variants import variants


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("만들고", "만든"),
        ("만들게", "만드는"),
        ("바뀌면", "바뀐"),
        ("바꾸면", "바뀌면서"),
        ("보내고", "보낸"),
        ("옮겨서", "옮겨야"),
        ("읽을", "읽어"),
        ("owner", "owns"),
        ("ownership", "owner"),
        ("idempotent", "idempotency"),
        ("deployed", "deployment"),
        ("골든", "golden"),
        ("스트리밍", "streaming"),
        ("컨슈머", "consumer"),
        ("파티션", "partition"),
        ("오프셋", "offset"),
        ("스냅샷", "snapshot"),
        ("golden", "골든"),
        ("플랫폼", "platform"),
        ("트래픽", "traffic"),
        ("클러스터", "cluster"),
    ],
)
def test_forms_of_one_word_meet(asked: str, written: str) -> None:
    assert set(variants(asked, asked=True)) & set(variants(written))


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("서버", "서비스"),
        ("데이터", "모델"),
        ("큐비트", "kept"),
        ("골든", "creating"),
        ("tech", "team"),
        ("코스피", "cosplay"),
        ("스트리밍", "스트레스"),
    ],
)
def test_different_words_do_not(asked: str, written: str) -> None:
    assert not set(variants(asked, asked=True)) & set(variants(written))


def test_a_sound_is_looked_for_in_the_other_script_only() -> None:
    assert not set(variants("스트리밍", asked=True)) & {
        k for k in variants("스트리밍") if len(k) > 4 and k[0] in "<>"
    }


@pytest.mark.parametrize("word", ["123", "ㅋㅍㅋ", "é", "a1b2"])
def test_what_is_no_word_of_either_script_has_no_relatives(word: str) -> None:
    assert variants(word) == ()


@pytest.mark.parametrize("word", ["싶어요", "막으려면", "느려서", "그런가요", "옮기고"])
def test_a_verb_is_told_by_its_ending(word: str) -> None:
    assert is_predicate(word)


@pytest.mark.parametrize("word", ["데이터", "카프카", "모델", "결제", "kafka"])
def test_a_noun_is_not_taken_for_one(word: str) -> None:
    assert not is_predicate(word)
