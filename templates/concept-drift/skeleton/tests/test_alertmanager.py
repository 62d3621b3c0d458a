"""The alerts in a real Prometheus Alertmanager; DRIFT_TEST_ALERTMANAGER_URL says where one runs."""

import json
import os
import urllib.request
import uuid

import pytest

import world
from driftwatch.alerts import Alertmanager, Outbox, receiver_from_environment
from driftwatch.demand import watch

URL = os.environ.get("DRIFT_TEST_ALERTMANAGER_URL", "")

pytestmark = pytest.mark.skipif(not URL, reason="DRIFT_TEST_ALERTMANAGER_URL names none")


def test_it_takes_the_alerts_and_knows_them_by_product(home, days, settings):
    product = f"product-{uuid.uuid4().hex[:8]}"
    outbox = Outbox(home / "alerts")
    outbox.put(watch(product, days, world.demand()[world.TRENDY], settings))
    receiver = receiver_from_environment({"ALERTMANAGER_URL": URL})
    assert isinstance(receiver, Alertmanager)
    assert outbox.deliver(receiver) == 2
    with urllib.request.urlopen(f"{URL}/api/v2/alerts?filter=product={product}") as answer:
        alerts = json.load(answer)
    assert {alert["labels"]["kind"] for alert in alerts} == {"surge", "drop"}
    assert all(alert["status"]["state"] != "resolved" for alert in alerts)
