import shutil

import pytest

from softwarecatalog import entities, settings, stand_in
from softwarecatalog.status import Status


@pytest.fixture(scope="session")
def company():
    return settings.load()


@pytest.fixture
def catalog():
    return entities.load()


@pytest.fixture
def services(tmp_path):
    """A copy of the services that a test may break."""
    return shutil.copytree(settings.ROOT / "services", tmp_path / "services")


@pytest.fixture
def forge(company, services):
    """Stands in for GitHub and the cluster."""
    with stand_in.running(company.organization, services) as (running, url):
        yield running, Status({"GITHUB_API": url, "KUBERNETES_API": url})
