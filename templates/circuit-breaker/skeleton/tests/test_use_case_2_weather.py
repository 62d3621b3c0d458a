"""Use case 2: the gateway shows the last weather it knows, and the rest of it notices nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from outside.neighbour import Behaviour
from outside.stage import at_once, gateway_stage
from shop import messages


def trip(gateway, settings):
    gateway.neighbour.behave(Behaviour.FAIL)
    for _ in range(settings.failure_threshold):
        gateway.get("/weather/busan")
    assert gateway.circuit.state == "open"


def test_fresh_weather_has_no_age(gateway):
    answer = gateway.get("/weather/seoul")

    assert answer.status == 200
    assert answer.body == {"city": "seoul", "celsius": 21.5, "sky": "clear"}
    assert (answer.headers["Age"], answer.headers["X-Cache"]) == ("0", "MISS")


def test_the_last_weather_is_shown_with_its_age_while_the_service_is_down(gateway, settings):
    gateway.get("/weather/seoul")
    gateway.clock.advance(settings.max_age_seconds // 2)
    trip(gateway, settings)
    asked_before = gateway.neighbour.hits

    answer = gateway.get("/weather/seoul")

    age = settings.max_age_seconds // 2
    assert answer.status == 200
    assert answer.body["celsius"] == 21.5
    assert answer.body["message"] == messages.OLD_WEATHER.format(minutes=age // 60)
    assert (answer.headers["Age"], answer.headers["X-Cache"]) == (str(age), "STALE")
    assert gateway.neighbour.hits == asked_before


def test_a_single_failure_shows_the_last_weather_as_well(gateway):
    gateway.get("/weather/seoul")
    gateway.neighbour.behave(Behaviour.FAIL)

    assert gateway.get("/weather/seoul").headers["X-Cache"] == "STALE"
    assert gateway.circuit.state == "closed"


def test_weather_that_is_too_old_is_not_shown(gateway, settings):
    gateway.get("/weather/seoul")
    gateway.neighbour.behave(Behaviour.FAIL)
    gateway.clock.advance(settings.max_age_seconds)
    assert gateway.get("/weather/seoul").status == 200

    gateway.clock.advance(1)

    assert gateway.get("/weather/seoul").status == 503


def test_without_an_earlier_answer_the_gateway_says_when_to_come_back(gateway, settings):
    trip(gateway, settings)

    answer = gateway.get("/weather/busan")

    assert answer.status == 503
    assert answer.body["message"] == messages.NO_WEATHER
    assert answer.headers["Retry-After"] == str(settings.open_seconds)


def test_other_routes_keep_answering_once_the_circuit_is_open(settings):
    """The gateway has as many threads as failures are tolerated: they all hang, but only once."""
    with gateway_stage(settings, threads=settings.failure_threshold) as gateway:
        gateway.neighbour.behave(Behaviour.HANG)
        at_once(settings.failure_threshold, lambda: gateway.get("/weather/seoul"))
        assert gateway.circuit.state == "open"

        with ThreadPoolExecutor(40) as crowd:
            storm = [crowd.submit(gateway.get, "/weather/seoul") for _ in range(200)]
            products = gateway.get("/products")

        assert products.status == 200
        assert products.seconds < settings.deadline_seconds
        assert {answer.result().status for answer in storm} == {503}
        assert gateway.neighbour.hits == settings.failure_threshold


def test_exactly_one_request_probes_and_fresh_weather_comes_back(gateway, settings):
    gateway.get("/weather/seoul")
    trip(gateway, settings)
    gateway.neighbour.behave(Behaviour.HANG)
    gateway.clock.advance(settings.open_seconds)
    asked_before = gateway.neighbour.hits

    answers = at_once(
        8,
        lambda: gateway.get("/weather/seoul"),
        lambda: gateway.neighbour.behave(Behaviour.ANSWER),
    )

    shown = sorted(answer.headers.get("X-Cache", "none") for answer in answers)
    assert gateway.neighbour.hits - asked_before == 1
    assert shown.count("MISS") == 1
    assert gateway.circuit.state == "closed"
    assert gateway.get("/weather/seoul").headers["Age"] == "0"


@pytest.mark.parametrize("path", ["/weather/atlantis", "/weather/a..b", "/weather/SEOUL"])
def test_an_unknown_city_is_an_answer_and_no_failure(gateway, settings, path):
    for _ in range(settings.failure_threshold):
        assert gateway.get(path).status == 404

    assert gateway.circuit.state == "closed"
