"""What a key is for: one client's request to one method and path, and for no other."""

import pytest
from flask import Flask, Response

from outside.stage import new_id
from shop.clock import ManualClock
from shop.database import open_database
from shop.guard import Guard
from shop.idempotency import Rules
from shop.stores import open_store


@pytest.fixture
def asked(file_settings):
    """Ask an API whose every route is guarded; it answers with the number of works done."""
    clock = ManualClock()
    store = open_store(file_settings, open_database(file_settings.database), clock)
    guard = Guard(store, Rules(3600, 60), "uuid", clock)
    app, done = Flask(__name__), []

    @app.route("/<path:place>", methods=["POST", "PATCH"])
    def work(place):
        def once(reference):
            done.append((place, reference))
            return Response(str(len(done)))

        return guard.once(once)

    key, client = new_id(), app.test_client()

    def ask(method, place):
        return client.open(place, method=method, headers={"Idempotency-Key": key}).text

    return ask


def test_the_same_key_at_another_path_is_another_key(asked):
    assert [asked("POST", path) for path in ("/payments", "/refunds", "/payments")] == [
        "1",
        "2",
        "1",
    ]


def test_the_same_key_with_another_method_is_another_key(asked):
    assert [asked(method, "/payments") for method in ("POST", "PATCH", "POST")] == ["1", "2", "1"]
