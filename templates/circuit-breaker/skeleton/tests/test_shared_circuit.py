"""The circuit that several processes share in Redis: a real server and real processes."""

import math
import socket
import time
from dataclasses import replace

import pytest
from redis.exceptions import RedisError

from outside.embedded import embedded_redis
from outside.neighbour import Behaviour, inventory
from outside.processes import OrderProcesses, let_time_pass
from shop.circuit import CircuitOpenError
from shop.clock import ManualClock
from shop.lease import RedisLease
from shop.stores import connect, make_circuit


@pytest.fixture
def shared(settings, redis_address):
    return replace(settings, store=redis_address, deadline_seconds=5.0)


@pytest.fixture
def open_circuit(shared, circuit_name):
    """A circuit in Redis that has just opened."""
    circuit = make_circuit(circuit_name, shared)
    trip(circuit, shared)
    return circuit


def trip(circuit, settings):
    for _ in range(settings.failure_threshold):
        with pytest.raises(ZeroDivisionError):
            circuit.call(lambda: 1 // 0)


def test_what_one_circuit_learns_holds_for_all(open_circuit, shared, circuit_name):
    with pytest.raises(CircuitOpenError):
        make_circuit(circuit_name, shared).call(lambda: "not asked")


def test_failures_of_all_processes_count_together(shared, circuit_name):
    neighbour = inventory()
    neighbour.behave(Behaviour.FAIL)
    with (
        neighbour.serve() as url,
        OrderProcesses(2, circuit_name, shared, url) as processes,
    ):
        for _ in range(math.ceil(shared.failure_threshold / 2)):
            assert "failed" in processes.order()

        assert processes.order() == ["refused", "refused"]
        # The last failure may have had company on its way.
        assert neighbour.hits <= shared.failure_threshold + 1


def test_exactly_one_of_four_processes_probes(open_circuit, shared, circuit_name):
    neighbour = inventory()
    neighbour.behave(Behaviour.HANG)
    let_time_pass(circuit_name, shared.store, shared.open_seconds + 1)
    with (
        neighbour.serve() as url,
        OrderProcesses(4, circuit_name, shared, url) as processes,
    ):
        said = processes.order(lambda: neighbour.behave(Behaviour.ANSWER))

        assert sorted(said) == ["ok", "refused", "refused", "refused"]
        assert neighbour.hits == 1
        assert processes.order() == ["ok"] * 4


def test_the_lease_of_a_process_that_died_ends_by_itself(redis_address, circuit_name):
    client = connect(redis_address)
    key = f"{circuit_name}:probe"
    assert RedisLease(client, key, seconds=0.2).take()
    lease = RedisLease(client, key, seconds=5)
    assert lease.take() is None

    give_up = time.monotonic() + 10
    while client.exists(key) and time.monotonic() < give_up:
        time.sleep(0.02)

    assert lease.take()


def test_a_lease_that_ended_is_not_taken_from_its_next_holder(redis_address, circuit_name):
    client = connect(redis_address)
    lease = RedisLease(client, f"{circuit_name}:probe", seconds=5)
    ended = lease.take()
    client.delete(f"{circuit_name}:probe")
    current = lease.take()

    lease.give_back(ended)

    assert lease.holds(current)
    assert not lease.holds(ended)


def test_a_lease_that_is_given_back_can_be_taken_at_once(redis_address, circuit_name):
    lease = RedisLease(connect(redis_address), f"{circuit_name}:probe", seconds=60)

    lease.give_back(lease.take())

    assert lease.take()


def test_a_probe_that_lost_its_lease_changes_nothing(open_circuit, shared, circuit_name):
    let_time_pass(circuit_name, shared.store, shared.open_seconds + 1)

    open_circuit.call(lambda: connect(shared.store).delete(f"{circuit_name}:probe"))

    assert open_circuit.state == "half-open"


def test_a_failed_probe_opens_the_circuit_however_many_failures_are_tolerated_by_now(
    open_circuit, shared, circuit_name
):
    patient = make_circuit(circuit_name, replace(shared, failure_threshold=99))
    let_time_pass(circuit_name, shared.store, shared.open_seconds + 1)

    with pytest.raises(ZeroDivisionError):
        patient.call(lambda: 1 // 0)

    assert patient.state == "open"


def test_a_circuit_in_redis_is_open_for_no_less_than_it_should(shared, circuit_name):
    clock = ManualClock()
    circuit = make_circuit(circuit_name, shared, clock)
    clock.advance(0.9)
    trip(circuit, shared)
    clock.advance(shared.open_seconds - 0.1)

    with pytest.raises(CircuitOpenError):
        circuit.call(lambda: "too early")


def test_a_redis_that_hangs_is_given_up_after_one_try():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(0)
        with pytest.raises(RedisError):
            connect(f"redis://127.0.0.1:{silent.getsockname()[1]}").ping()

        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_calls_go_on_without_a_circuit_while_redis_is_down(shared, circuit_name):
    with embedded_redis() as address:
        circuit = make_circuit(circuit_name, replace(shared, store=address))
        trip(circuit, shared)
        assert circuit.state == "open"

    assert circuit.call(lambda: "asked") == "asked"
