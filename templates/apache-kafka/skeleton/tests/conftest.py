from __future__ import annotations

import uuid

import pytest

from streaming import activity, broker, capture
from streaming.producer import Sender
from streaming.settings import load_settings


@pytest.fixture(scope="session")
def settings():
    return load_settings()


@pytest.fixture
def address(monkeypatch, settings):
    """A cluster with fresh topics: the embedded one, or that of KAFKA_BOOTSTRAP_SERVERS."""
    unique = uuid.uuid4().hex[:8]
    for module in (activity, capture):
        monkeypatch.setattr(module, "TOPIC", f"{module.TOPIC}-{unique}")
    topics = dict.fromkeys((activity.TOPIC, capture.TOPIC), settings.partitions)
    with broker.cluster(topics) as found:
        yield found


@pytest.fixture
def send(address):
    """Send events, keyed by their user."""

    def send_events(events):
        with Sender(address) as sender:
            for event in events:
                sender.send(activity.TOPIC, event.user, event.to_json())

    return send_events
