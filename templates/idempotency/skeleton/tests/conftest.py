import os
from dataclasses import replace

import pytest

from outside.embedded import embedded_postgres, embedded_redis, own_schema
from outside.stage import stage
from shop.settings import read_settings


@pytest.fixture(scope="session")
def postgres_address():
    """The server that DATABASE_URL names, or one that the tests bring along."""
    address = os.environ.get("DATABASE_URL", "")
    if address.startswith("postgresql://"):
        yield address
        return
    try:
        with embedded_postgres() as address:
            yield address
    except RuntimeError as error:
        pytest.skip(f"{error}; name a server in DATABASE_URL")


@pytest.fixture(scope="session")
def redis_address():
    """The server that IDEMPOTENCY_STORE names, or one that the tests bring along."""
    address = os.environ.get("IDEMPOTENCY_STORE", "")
    if address.startswith(("redis://", "rediss://", "unix://")):
        yield address
    else:
        with embedded_redis() as address:
            yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'shop.db'}"
    else:
        with own_schema(request.getfixturevalue("postgres_address")) as address:
            yield address


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def settings(request, tmp_path):
    """The chosen settings, for each place where keys can be kept."""
    chosen = replace(read_settings(environ={}), database=f"sqlite:{tmp_path / 'shop.db'}")
    if request.param == "redis":
        yield replace(chosen, store=request.getfixturevalue("redis_address"))
    elif request.param == "postgresql":
        with own_schema(request.getfixturevalue("postgres_address")) as address:
            yield replace(chosen, database=address)
    else:
        yield chosen


@pytest.fixture
def shop(settings):
    """The API beside its bank, for each place where keys can be kept."""
    with stage(settings) as running:
        yield running


@pytest.fixture
def file_settings(tmp_path):
    """The chosen settings, with everything in one SQLite file."""
    return replace(read_settings(environ={}), database=f"sqlite:{tmp_path / 'shop.db'}")


@pytest.fixture
def file_shop(file_settings):
    """The API beside its bank, where it does not matter in which place keys are kept."""
    with stage(file_settings) as running:
        yield running
