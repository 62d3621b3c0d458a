"""The rules of the circuit that no use case shows by itself."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from pybreaker import STATE_CLOSED, CircuitMemoryStorage

from shop.circuit import Circuit, CircuitOpenError, Rules
from shop.clock import ManualClock
from shop.lease import LocalLease
from shop.stores import make_circuit


class OutOfOrderError(Exception):
    pass


def fail():
    raise OutOfOrderError


def fail_often(circuit, times):
    for _ in range(times):
        with pytest.raises(OutOfOrderError):
            circuit.call(fail)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def circuit(settings, clock):
    return make_circuit("inventory", settings, clock)


def test_calls_through_a_closed_circuit_run_side_by_side(circuit):
    everyone_is_here = Barrier(8, timeout=10)

    with ThreadPoolExecutor(8) as crowd:
        calls = [crowd.submit(circuit.call, everyone_is_here.wait) for _ in range(8)]

    assert sorted(call.result() for call in calls) == list(range(8))


def test_a_late_success_does_not_close_a_circuit_that_opened_meanwhile(circuit, settings, clock):
    def slow_work():
        fail_often(circuit, settings.failure_threshold)
        clock.advance(settings.open_seconds)
        return "late"

    assert circuit.call(slow_work) == "late"

    assert circuit.state == "open"


def test_a_late_success_does_not_close_a_circuit_that_is_probed_right_now(circuit, settings, clock):
    def slow_work():
        fail_often(circuit, settings.failure_threshold)
        clock.advance(settings.open_seconds)
        with pytest.raises(KeyboardInterrupt):
            circuit.call(interrupted)
        assert circuit.state == "half-open"

    circuit.call(slow_work)

    assert circuit.state == "half-open"


def test_a_late_failure_does_not_count_in_the_next_time_of_a_closed_circuit(
    circuit, settings, clock
):
    def slow_work():
        fail_often(circuit, settings.failure_threshold)
        clock.advance(settings.open_seconds)
        circuit.call(lambda: "recovered")
        fail_often(circuit, settings.failure_threshold - 1)
        fail()

    with pytest.raises(OutOfOrderError):
        circuit.call(slow_work)

    assert circuit.state == "closed"
    fail_often(circuit, 1)
    assert circuit.state == "open"


def interrupted():
    raise KeyboardInterrupt


def test_an_interrupted_probe_leaves_the_way_to_the_next(circuit, settings, clock):
    fail_often(circuit, settings.failure_threshold)
    clock.advance(settings.open_seconds)
    with pytest.raises(KeyboardInterrupt):
        circuit.call(interrupted)

    assert circuit.call(lambda: "recovered") == "recovered"
    assert circuit.state == "closed"


def test_a_refused_call_is_not_even_begun(circuit, settings):
    fail_often(circuit, settings.failure_threshold)

    with pytest.raises(CircuitOpenError):
        circuit.call(lambda: pytest.fail("the work was begun"))


def test_a_failed_probe_keeps_the_circuit_open_for_the_whole_time_again(circuit, settings, clock):
    fail_often(circuit, settings.failure_threshold)
    clock.advance(settings.open_seconds)
    fail_often(circuit, 1)

    clock.advance(settings.open_seconds - 1)

    with pytest.raises(CircuitOpenError):
        circuit.call(lambda: "too early")


class SlowLease(LocalLease):
    """A lease that is taken so slowly that something happens before."""

    before = None

    def take(self):
        if self.before:
            before, self.before = self.before, None
            before()
        return super().take()


@pytest.fixture
def slow_lease():
    return SlowLease()


@pytest.fixture
def ripe(slow_lease, settings, clock):
    """A circuit that has been open for long enough to be probed."""
    rules = Rules(settings.failure_threshold, settings.open_seconds)
    circuit = Circuit("inventory", rules, CircuitMemoryStorage(STATE_CLOSED), slow_lease, clock)
    fail_often(circuit, settings.failure_threshold)
    clock.advance(settings.open_seconds)
    return circuit


def test_one_who_comes_just_after_anothers_good_probe_does_not_probe_again(ripe, slow_lease):
    slow_lease.before = lambda: ripe.call(lambda: "recovered")

    assert ripe.call(lambda: ripe.state) == "closed"


def test_one_who_comes_just_after_anothers_failed_probe_is_refused(ripe, slow_lease):
    slow_lease.before = lambda: fail_often(ripe, 1)

    with pytest.raises(CircuitOpenError):
        ripe.call(lambda: "a second probe")
