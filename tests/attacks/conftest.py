"""A portal that is attacked, one for each module: started once, asked by every case."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import ExitStack
from typing import Any

import pytest

from tests.attacks.running import RunningPortal
from tests.attacks.running import running_portal
from tests.conftest import Files
from tests.conftest import repository_at

StartPortal = Callable[..., RunningPortal]


@pytest.fixture(scope="module")
def start_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartPortal]:
    """Return a function that starts a portal on files, with settings; see ``running_portal``."""
    with ExitStack() as stack:

        def start(files: Files, **settings: Any) -> RunningPortal:
            folder = tmp_path_factory.mktemp("attacked")
            content = repository_at(folder / "content", files)
            source = {"name": "content", "url": str(content.path)}
            running: AbstractContextManager[RunningPortal] = running_portal(
                folder / "portal", sources=[source], **settings
            )
            return stack.enter_context(running)

        yield start
