from __future__ import annotations

import os
from datetime import timedelta

import pytest

from features.store import FeatureStore

TTL = timedelta(hours=24)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty store below a folder with a Korean name."""
    monkeypatch.delenv("ONLINE_STORE", raising=False)
    found = FeatureStore(tmp_path / "피처", TTL)
    found.register()
    return found


@pytest.fixture
def redis_store(tmp_path):
    """A store whose online side is the Redis that ONLINE_STORE names."""
    if not os.environ.get("ONLINE_STORE"):
        pytest.skip("ONLINE_STORE names no Redis, such as redis://127.0.0.1:6379/9")
    found = FeatureStore(tmp_path, TTL)
    found.register()
    return found
