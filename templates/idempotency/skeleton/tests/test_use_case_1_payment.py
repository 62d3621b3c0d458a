"""Use case 1: a payment that is asked for twice is made once, in every store."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from outside.bank import Mood
from outside.processes import ApiProcess
from outside.stage import at_once, client_of, new_id, wait_until
from shop import messages


def test_a_retry_gets_the_first_answer_byte_for_byte_and_no_second_charge(shop):
    key = new_id()

    first, second = shop.client.pay(key), shop.client.pay(key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert shop.bank.asked == len(shop.bank.charges) == 1


def test_a_client_that_gave_up_waiting_gets_the_answer_when_it_comes_again(shop):
    key = new_id()
    shop.bank.feel(Mood.HANG)
    with pytest.raises(httpx.ReadTimeout):
        shop.client.pay(key, seconds=0.2)
    shop.bank.feel(Mood.ANSWER)

    wait_until(lambda: shop.client.pay(key).status_code != 409)

    answer = shop.client.pay(key)
    assert answer.status_code == 201
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert shop.bank.asked == 1


def test_of_many_at_once_one_pays_and_the_others_are_told_to_wait(shop, settings):
    key = new_id()
    shop.bank.feel(Mood.HANG)

    answers = at_once(12, lambda: shop.client.pay(key), lambda: shop.bank.feel(Mood.ANSWER))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    busy = next(answer for answer in answers if answer.status_code == 409)
    assert busy.json()["title"] == messages.KEY_BUSY
    assert 0 < int(busy.headers["Retry-After"]) <= settings.lease_seconds
    assert shop.bank.asked == 1


def test_a_key_is_not_taken_for_another_payload(shop):
    key = new_id()
    shop.client.pay(key, amount=12_000)

    answer = shop.client.pay(key, amount=13_000)

    assert answer.status_code == 422
    assert answer.json()["title"] == messages.KEY_REUSED
    assert shop.bank.asked == 1


def test_another_payload_is_refused_also_while_the_first_is_under_way(shop):
    key = new_id()
    shop.bank.feel(Mood.HANG)

    amounts = iter([1, 2])

    answers = at_once(
        2,
        lambda: shop.client.pay(key, amount=next(amounts)),
        lambda: shop.bank.feel(Mood.ANSWER),
    )

    assert sorted(answer.status_code for answer in answers) == [201, 422]


@pytest.mark.parametrize("key", [None, "", '"', '"unfinished', "two words", "k" * 256])
def test_without_a_proper_key_nothing_is_charged(file_shop, key):
    answer = file_shop.client.pay(key)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert 'rel="describedby"' in answer.headers["Link"]
    assert file_shop.bank.asked == 0


def test_a_key_is_the_same_with_and_without_quotes(shop):
    key = new_id()

    shop.client.pay(key)

    assert shop.client.pay(f'"{key}"').headers["Idempotency-Replayed"] == "true"
    assert shop.bank.asked == 1


def test_the_same_key_of_another_client_is_another_key(shop):
    key = new_id()

    shop.client.pay(key, client="alice")
    answer = shop.client.pay(key, client="bob")

    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers
    assert len(shop.bank.charges) == 2


def test_a_refusal_of_the_bank_is_an_answer_and_is_given_again(shop):
    key = new_id()

    first, second = (shop.client.pay(key, card="card_declined") for _ in range(2))

    assert (first.status_code, second.status_code) == (402, 402)
    assert second.content == first.content
    assert shop.bank.asked == 1


def test_a_request_that_makes_no_sense_leaves_the_key_to_the_one_that_does(shop):
    key = new_id()

    assert shop.client.pay(key, amount=-1).status_code == 400
    assert shop.client.pay(key, amount=1).status_code == 201


@pytest.mark.parametrize("mood", [Mood.FAIL, Mood.CHARGE_AND_FAIL])
def test_when_nobody_knows_whether_the_bank_charged_a_retry_finds_out(shop, mood):
    key = new_id()
    shop.bank.feel(mood)
    assert shop.client.pay(key).status_code == 503
    shop.bank.feel(Mood.ANSWER)

    answer = shop.client.pay(key)

    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers
    assert len(shop.bank.charges) == 1


def test_a_key_is_kept_for_its_time_and_no_longer(shop, settings):
    key = new_id()
    shop.client.pay(key)
    shop.clock.advance(settings.ttl_seconds - 1)
    assert shop.client.pay(key).headers["Idempotency-Replayed"] == "true"

    shop.clock.advance(1)

    assert "Idempotency-Replayed" not in shop.client.pay(key).headers
    assert len(shop.bank.charges) == 2


def test_a_crash_between_charge_and_record_is_recovered_without_a_second_charge(shop, settings):
    key, bank = new_id(), shop.bank
    with ApiProcess(settings, shop.bank_url) as crashing, client_of(crashing.url) as client:
        # The card is charged; the process dies before it hears of it.
        bank.when_charged = crashing.kill
        with pytest.raises(httpx.TransportError):
            client.pay(key)
    bank.when_charged = lambda: None
    assert len(bank.charges) == 1

    # Nobody can tell a dead process from a slow one, until its lease ends.
    assert shop.client.pay(key).status_code == 409
    shop.clock.advance(settings.lease_seconds + 60)
    recovered = shop.client.pay(key)

    assert recovered.status_code == 201
    assert recovered.json()["charge"] == "charge-1"
    assert len(bank.charges) == 1
    assert shop.client.pay(key).content == recovered.content


def test_one_that_was_slow_and_not_dead_says_the_same_as_the_one_that_took_over(shop, settings):
    key = new_id()
    shop.bank.feel(Mood.HANG)

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(shop.client.pay, key)
        wait_until(lambda: shop.bank.asked == 1)
        shop.clock.advance(settings.lease_seconds + 1)
        overtaking = pool.submit(shop.client.pay, key)
        wait_until(lambda: shop.bank.asked == 2)
        shop.bank.feel(Mood.ANSWER)

    answers = [slow.result(), overtaking.result()]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert (shop.bank.asked, len(shop.bank.charges)) == (2, 1)


def test_the_payment_that_was_made_can_be_read(shop):
    paid = shop.client.pay(new_id())

    shown = shop.client.http.get(paid.headers["Location"])

    assert shown.json() == paid.json()
