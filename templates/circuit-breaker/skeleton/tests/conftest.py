import os
import uuid
from dataclasses import replace

import pytest

from outside.embedded import embedded_redis
from outside.processes import forget
from outside.stage import gateway_stage, order_stage
from shop.settings import SHARED_STORES, read_settings


@pytest.fixture
def settings():
    """The chosen settings, in memory, with a deadline that tests can wait for."""
    return replace(read_settings(environ={}), deadline_seconds=1.5)


@pytest.fixture
def orders(settings):
    with order_stage(settings) as stage:
        yield stage


@pytest.fixture
def gateway(settings):
    with gateway_stage(settings) as stage:
        yield stage


@pytest.fixture(scope="session")
def redis_address():
    """The server that CIRCUIT_STORE names, or one that the tests bring along."""
    address = os.environ.get("CIRCUIT_STORE", "")
    if address.startswith(SHARED_STORES):
        yield address
    else:
        with embedded_redis() as address:
            yield address


@pytest.fixture
def circuit_name(redis_address):
    name = f"inventory-{uuid.uuid4().hex}"
    yield name
    forget(name, redis_address)
