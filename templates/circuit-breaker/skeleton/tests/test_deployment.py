"""The order service as it is deployed: gunicorn with several workers, the state in Redis."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from outside.embedded import embedded_redis
from outside.neighbour import Behaviour, inventory

ROOT = Path(__file__).parent.parent


@pytest.fixture
def service(tmp_path):
    """Four workers on a socket; gives a client, and the inventory service they ask."""
    neighbour, socket = inventory(), tmp_path / "orders.sock"
    command = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{socket}", "--workers", "4"]
    with neighbour.serve() as url, embedded_redis() as redis_address:
        environ = {**os.environ, "CIRCUIT_STORE": redis_address, "INVENTORY_URL": url}
        gunicorn = subprocess.Popen(
            [*command, "--log-level", "error", "shop.wsgi:orders()"], cwd=ROOT, env=environ
        )
        try:
            transport = httpx.HTTPTransport(uds=str(socket))
            with httpx.Client(transport=transport, base_url="http://orders", timeout=60) as client:
                wait_for(client, gunicorn)
                yield client, neighbour
        finally:
            gunicorn.terminate()
            gunicorn.wait()


def wait_for(client, process):
    while process.poll() is None:
        with suppress(httpx.ConnectError):
            return client.get("/")
        time.sleep(0.05)
    pytest.fail("gunicorn ended")


def test_all_workers_share_one_circuit(service, settings):
    client, neighbour = service
    order = {"item": "umbrella", "quantity": 1}
    assert client.post("/orders", json=order).status_code == 201
    neighbour.behave(Behaviour.FAIL)

    for _ in range(settings.failure_threshold + 20):
        answer = client.post("/orders", json=order, headers={"Connection": "close"})

    assert answer.status_code == 503
    assert answer.json()["circuit"] == "open"
    assert neighbour.hits == 1 + settings.failure_threshold
