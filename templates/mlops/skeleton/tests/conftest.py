import shutil
from pathlib import Path

import pytest

from modelops.registry import Registry
from modelops.settings import load_settings


@pytest.fixture(scope="session")
def migrated_store(tmp_path_factory):
    """An empty MLflow store. Making one takes seconds, copying it does not."""
    home = tmp_path_factory.mktemp("store")
    Registry("empty", home).client.search_experiments()
    return home / "mlflow.db"


@pytest.fixture
def home(migrated_store, tmp_path) -> Path:
    folder = tmp_path / "\ud55c\uae00 folder"
    folder.mkdir()
    shutil.copy(migrated_store, folder / "mlflow.db")
    return folder


@pytest.fixture
def settings():
    return load_settings()


@pytest.fixture
def registry(home, settings):
    return Registry(settings.project, home)
