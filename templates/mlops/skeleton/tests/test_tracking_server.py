"""The same life on a real MLflow server; MLOPS_TEST_TRACKING_URI says where one runs."""

import os
import uuid

import pytest

import world
from modelops import ab, fraud, nightly
from modelops.registry import Registry
from modelops.serving import Live

URI = os.environ.get("MLOPS_TEST_TRACKING_URI", "")

pytestmark = pytest.mark.skipif(not URI, reason="MLOPS_TEST_TRACKING_URI names no MLflow server")


@pytest.fixture
def registry(tmp_path):
    return Registry(f"test-{uuid.uuid4().hex[:8]}", tmp_path, URI)


def test_a_sweep_is_deployed_and_rolled_back(registry, tmp_path):
    world.write_payments(tmp_path / "payments.csv", 1000, seed=1)
    payments = fraud.read_payments(tmp_path / "payments.csv")
    live = Live(registry, fraud.MODEL)
    assert live.current() is None
    for version in ("1", "2"):
        assert fraud.sweep(registry, payments, 3).version == version
        registry.deploy(fraud.MODEL, version)
        assert live.current().version == version
    assert registry.rollback(fraud.MODEL) == "1"
    assert live.current().version == "1"
    assert not list(tmp_path.rglob("*.skops")), "the artifacts are the server's"


def test_a_night_is_registered_once(registry, tmp_path):
    log = tmp_path / "night.jsonl"
    world.write_log(log, world.Shoppers(world.SUMMER, seed=1).histories(200))
    first = nightly.retrain(registry, "2026-08-28", log)
    again = nightly.retrain(registry, "2026-08-28", log)
    assert (first.version, again.version, again.is_new) == ("1", "1", False)
    assert registry.version(nightly.MODEL, ab.CHAMPION) == "1"
