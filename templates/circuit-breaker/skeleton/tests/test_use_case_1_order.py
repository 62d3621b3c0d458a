"""Use case 1: the order service stays quick and honest while the inventory service is down."""

import pytest

from outside.neighbour import Behaviour
from outside.stage import at_once
from shop import messages


@pytest.fixture
def tripped(orders, settings):
    """The order service, just after its circuit opened."""
    orders.neighbour.behave(Behaviour.FAIL)
    for _ in range(settings.failure_threshold):
        orders.order()
    assert orders.circuit.state == "open"
    return orders


def test_orders_are_taken_while_the_inventory_answers(orders):
    assert orders.order("umbrella", 2).status == 201
    assert orders.order("raincoat").status == 409
    assert orders.circuit.state == "closed"


@pytest.mark.parametrize("behaviour", [Behaviour.HANG, Behaviour.DRIBBLE])
def test_no_answer_within_the_deadline_is_a_failure(orders, settings, behaviour):
    orders.neighbour.behave(behaviour)

    answers = at_once(settings.failure_threshold, orders.order)

    assert [answer.status for answer in answers] == [503] * settings.failure_threshold
    assert min(answer.seconds for answer in answers) >= settings.deadline_seconds
    assert orders.circuit.state == "open"


def test_so_many_failures_in_a_row_open_the_circuit_and_no_fewer(orders, settings):
    orders.neighbour.behave(Behaviour.FAIL)
    for _ in range(settings.failure_threshold - 1):
        orders.order()
    assert orders.circuit.state == "closed"

    orders.order()

    assert orders.circuit.state == "open"
    assert orders.neighbour.hits == settings.failure_threshold


def test_a_success_in_between_begins_the_count_anew(orders, settings):
    for _ in range(2):
        orders.neighbour.behave(Behaviour.FAIL)
        for _ in range(settings.failure_threshold - 1):
            orders.order()
        orders.neighbour.behave(Behaviour.ANSWER)
        orders.order()

    assert orders.circuit.state == "closed"


def test_an_open_circuit_answers_at_once_with_the_message_and_spares_the_inventory(
    tripped, settings
):
    tripped.neighbour.behave(Behaviour.HANG)
    asked_before = tripped.neighbour.hits

    answers = [tripped.order() for _ in range(20)]

    assert {answer.status for answer in answers} == {503}
    assert {answer.body["message"] for answer in answers} == {messages.STOCK_DELAYED}
    assert {answer.headers["Retry-After"] for answer in answers} == {str(settings.open_seconds)}
    assert tripped.neighbour.hits == asked_before
    # Waiting for the inventory just once would take the whole deadline.
    assert sum(answer.seconds for answer in answers) < settings.deadline_seconds


def test_nothing_passes_until_the_time_is_over(tripped, settings):
    tripped.neighbour.behave(Behaviour.ANSWER)
    tripped.clock.advance(settings.open_seconds - 1)
    assert tripped.order().headers["Retry-After"] == "1"
    assert tripped.circuit.state == "open"

    tripped.clock.advance(1)

    assert tripped.order().status == 201


def test_exactly_one_of_many_orders_probes_and_its_success_closes_the_circuit(tripped, settings):
    tripped.clock.advance(settings.open_seconds)
    tripped.neighbour.behave(Behaviour.HANG)
    asked_before = tripped.neighbour.hits

    answers = at_once(8, tripped.order, lambda: tripped.neighbour.behave(Behaviour.ANSWER))

    assert sorted(answer.status for answer in answers) == [201] + [503] * 7
    assert tripped.neighbour.hits - asked_before == 1
    assert tripped.circuit.state == "closed"
    assert tripped.order().status == 201


def test_exactly_one_of_many_orders_probes_and_its_failure_opens_the_circuit_anew(
    tripped, settings
):
    tripped.clock.advance(settings.open_seconds)
    tripped.neighbour.behave(Behaviour.HANG)
    asked_before = tripped.neighbour.hits

    at_once(8, tripped.order, lambda: tripped.neighbour.behave(Behaviour.FAIL))

    assert tripped.neighbour.hits - asked_before == 1
    assert tripped.circuit.state == "open"
    assert tripped.circuit.retry_after == settings.open_seconds


def test_an_unknown_item_is_an_answer_and_no_failure(orders, settings):
    for _ in range(settings.failure_threshold):
        assert orders.order("no-such-thing").status == 404

    assert orders.circuit.state == "closed"


@pytest.mark.parametrize(
    ("item", "quantity"), [("../admin", 1), ("umbrella", 0), ("umbrella", True), (7, 1)]
)
def test_a_bad_order_never_reaches_the_inventory(orders, item, quantity):
    answer = orders.order(item, quantity)

    assert answer.status == 400
    assert answer.body["message"] == messages.BAD_ORDER
    assert orders.neighbour.hits == 0
