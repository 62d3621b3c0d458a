import dataclasses
import uuid

import pytest

from selfservice import settings
from selfservice.portal import create_app
from selfservice.server import running_server
from selfservice.terraform import Terraform


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def standard():
    """What was chosen, with room for tests that need some connections more."""
    chosen = settings.load()
    return dataclasses.replace(chosen, connections=max(chosen.connections, 20))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """An embedded PostgreSQL, or the one PLATFORM_DATABASE_URL names."""
    with running_server() as running:
        yield dataclasses.replace(running, states=tmp_path_factory.mktemp("terraform"))


@pytest.fixture
def repositories(tmp_path):
    return tmp_path / "git"


@pytest.fixture
def portal(server, standard, repositories, clock):
    return create_app(standard, server, repositories, clock).test_client()


@pytest.fixture
def name(server):
    """A name of its own for each test; on a server that lasts, what it made is dropped."""
    chosen = f"t_{uuid.uuid4().hex[:10]}"
    yield chosen
    state = Terraform(server.states / chosen, server.environment())
    if server.log is None and state.outputs():
        # Without asking the policies: they would keep what is in production.
        verifiers = dict.fromkeys(("migrator", "app"), "SCRAM-SHA-256$")
        variables = {**state.outputs(), "verifiers": verifiers}
        state.plan(variables, destroy=True)
        state.apply(variables)
