"""The real engine: a running Backstage, named by BACKSTAGE_URL, judges the same catalog."""

import dataclasses
import os

import pytest

from softwarecatalog.backstage import refusals

URL = os.environ.get("BACKSTAGE_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="BACKSTAGE_URL names no running Backstage")


def test_a_running_backstage_takes_every_entity(catalog):
    assert refusals(catalog, URL, os.environ.get("BACKSTAGE_TOKEN", "")) == {}


def test_a_running_backstage_refuses_what_the_checks_refuse(catalog):
    at = next(i for i, entity in enumerate(catalog) if entity.is_service)
    wrong = dataclasses.replace(catalog[at], data={**catalog[at].data, "spec": {"type": "service"}})
    refused = refusals([wrong], URL, os.environ.get("BACKSTAGE_TOKEN", ""))
    assert list(refused) == [wrong.ref]
