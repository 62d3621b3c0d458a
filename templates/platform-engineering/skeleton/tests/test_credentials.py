import hashlib
import hmac
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor

import pytest

from selfservice.credentials import Credentials, Gone, Handover, scram_verifier

CREDENTIALS = Credentials("orders", {"app": "host=db password=x"})


def test_a_verifier_proves_the_password_without_holding_it():
    verifier = scram_verifier("pencil")
    _, head, keys = verifier.split("$")
    iterations, salt = head.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", b64decode(salt), int(iterations))
    stored, server = (b64decode(key) for key in keys.split(":"))
    assert server == hmac.digest(salted, b"Server Key", "sha256")
    assert stored == hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    assert "pencil" not in verifier
    assert scram_verifier("pencil") != verifier


def test_of_many_who_open_a_link_at_once_one_gets_in(clock):
    handover = Handover(60, clock)
    token = handover.offer(CREDENTIALS)

    def take(_):
        try:
            return handover.take(token)
        except Gone:
            return None

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(take, range(64))).count(CREDENTIALS) == 1


def test_credentials_nobody_fetched_are_forgotten(clock):
    handover = Handover(60, clock)
    handover.offer(CREDENTIALS)
    clock.now = 60
    handover.offer(CREDENTIALS)
    assert len(handover._waiting) == 1


def test_a_guess_gets_nothing(clock):
    with pytest.raises(Gone):
        Handover(60, clock).take("guess")
