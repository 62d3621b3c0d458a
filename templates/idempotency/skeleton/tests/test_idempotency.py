"""The rules for a key, one by one."""

from http import HTTPStatus

import pytest

from shop.idempotency import Answer, Begin, Refuse, Replay, Rules, claim, finish, give_up

RULES = Rules(ttl_seconds=100, lease_seconds=10)
ANSWER = Answer(201, (("Content-Type", "application/json"),), b"{}")


@pytest.fixture
def begun():
    record, begin = claim(None, "print", RULES, now=0)
    return record, begin


def test_a_new_key_begins_the_work(begun):
    record, begin = begun

    assert begin == Begin(record.attempt, record.reference)
    assert (record.lease_ends, record.expires) == (10, 100)


def test_while_the_work_is_under_way_a_retry_is_told_when_to_come_back(begun):
    assert claim(begun[0], "print", RULES, now=3.5) == (begun[0], Refuse(HTTPStatus.CONFLICT, 7))


def test_a_recorded_answer_is_given_again(begun):
    record = finish(begun[0], begun[1].attempt, ANSWER)

    assert claim(record, "print", RULES, now=50) == (record, Replay(ANSWER))


def test_another_payload_is_refused_whatever_became_of_the_first(begun):
    record = finish(begun[0], begun[1].attempt, ANSWER)
    refused = Refuse(HTTPStatus.UNPROCESSABLE_ENTITY)

    assert claim(begun[0], "other", RULES, now=1) == (begun[0], refused)
    assert claim(begun[0], "other", RULES, now=99) == (begun[0], refused)
    assert claim(record, "other", RULES, now=99) == (record, refused)


def test_after_the_lease_a_retry_is_another_attempt_at_the_same_work(begun):
    record, again = claim(begun[0], "print", RULES, now=10)

    assert again.reference == begun[1].reference
    assert again.attempt != begun[1].attempt
    assert (record.lease_ends, record.expires) == (20, 100)


def test_only_the_attempt_under_way_records_an_answer(begun):
    record, _ = claim(begun[0], "print", RULES, now=10)

    assert finish(record, begun[1].attempt, ANSWER) == record
    assert give_up(record, begun[1].attempt) == record


def test_after_giving_up_a_retry_need_not_wait(begun):
    record = give_up(begun[0], begun[1].attempt)

    assert isinstance(claim(record, "print", RULES, now=1)[1], Begin)


def test_after_its_time_a_key_is_new_and_its_work_another(begun):
    record, begin = claim(begun[0], "other", RULES, now=100)

    assert begin.reference != begun[1].reference
    assert record.expires == 200


def test_what_is_gone_stays_gone():
    assert finish(None, "attempt", ANSWER) is None
    assert give_up(None, "attempt") is None
