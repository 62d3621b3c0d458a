import pytest

import world
from driftwatch.housing import Archive
from driftwatch.settings import load_settings


@pytest.fixture
def settings():
    return load_settings()


@pytest.fixture
def home(tmp_path):
    return tmp_path / "\ud55c\uae00 folder"


@pytest.fixture
def archive(home):
    return Archive(home)


@pytest.fixture(scope="session")
def days():
    return [world.day_of(number) for number in range(world.DAYS)]
