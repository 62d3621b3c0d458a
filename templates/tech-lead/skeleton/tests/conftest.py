from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leading.sample import build_history

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def history(tmp_path_factory):
    """A repository with one hotspot, as of NOW."""
    folder = tmp_path_factory.mktemp("이력")
    build_history(folder, NOW)
    return folder
