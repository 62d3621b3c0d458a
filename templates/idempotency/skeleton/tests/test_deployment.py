"""The API as it is deployed: gunicorn with several workers."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from outside.bank import BankNextDoor
from outside.stage import Client, at_once, new_id, wait_until

ROOT = Path(__file__).parent.parent


@pytest.fixture
def service(tmp_path):
    """Four workers on a socket; gives a client and the bank."""
    bank, socket = BankNextDoor(), tmp_path / "api.sock"
    command = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{socket}", "--workers", "4"]
    with bank.serve() as url:
        environ = os.environ | {"DATABASE_URL": f"sqlite:{tmp_path / 'shop.db'}", "BANK_URL": url}
        environ.pop("IDEMPOTENCY_STORE", None)
        gunicorn = subprocess.Popen(
            [*command, "--log-level", "error", "shop.wsgi:create_app()"], cwd=ROOT, env=environ
        )
        transport = httpx.HTTPTransport(uds=str(socket))
        try:
            with httpx.Client(transport=transport, base_url="http://api", timeout=60) as http:
                wait_until(lambda: answers(http))
                yield Client(http), bank
        finally:
            gunicorn.terminate()
            gunicorn.wait()


def answers(http):
    try:
        return http.get("/").status_code == 404
    except httpx.ConnectError:
        return False


def test_all_workers_know_the_same_keys(service):
    client, bank = service
    key = new_id()

    answers = at_once(12, lambda: client.pay(key))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert bank.asked == 1
