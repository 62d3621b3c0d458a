"""The client that ends in time."""

import time

import pytest

from outside.neighbour import Behaviour, inventory
from shop.deadline import DeadlineClient


def test_a_dribbling_answer_is_cut_off_although_no_single_read_takes_long():
    neighbour = inventory()
    neighbour.behave(Behaviour.DRIBBLE)
    with neighbour.serve() as url, DeadlineClient(0.5) as client:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            client.get(f"{url}/stock/umbrella")

        assert time.monotonic() - began < 10


def test_an_answer_in_time_is_read_to_its_end():
    with inventory().serve() as url, DeadlineClient(10) as client:
        assert client.get(f"{url}/stock/raincoat").json() == {"available": 0}
