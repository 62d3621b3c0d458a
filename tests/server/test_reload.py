"""``portal reload``: all processes read the settings again, or all stay as they are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.kernel.processes.presence import ProcessFile
from tests.attacks.running import LIVENESS
from tests.attacks.running import RunningPortal
from tests.attacks.running import running_portal
from tests.server.test_supervision import web_children
from tests.waiting import until

ENTITY = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: added}
spec: {type: service, lifecycle: production, owner: o}
"""
_ADDED = "/api/catalog/entities/by-name/component/default/added"


class TestTheProcessFile:
    def test_it_names_who_holds_it(self, tmp_path: Path) -> None:
        path = tmp_path / "data/serve.pid"
        assert ProcessFile(path).holder() is None
        held = ProcessFile(path)
        assert held.hold()
        assert ProcessFile(path).holder() == os.getpid()
        assert not ProcessFile(path).hold()

    def test_a_number_of_one_that_ended_names_nobody(self, tmp_path: Path) -> None:
        (tmp_path / "serve.pid").write_text("1")
        assert ProcessFile(tmp_path / "serve.pid").holder() is None


@pytest.mark.slow
class TestReloading:
    @pytest.fixture
    def portal(self, tmp_path: Path) -> Iterator[RunningPortal]:
        with running_portal(tmp_path / "portal", web_processes=2) as portal:
            yield portal

    def reload(self, portal: RunningPortal, **settings: object) -> subprocess.CompletedProcess[str]:
        file = portal.folder / "portal.yaml"
        file.write_text(json.dumps({**json.loads(file.read_text()), **settings}))
        command = [sys.executable, "-m", "portal", "reload", "--config", str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_a_source_that_was_added_is_read_and_no_request_is_lost(
        self, portal: RunningPortal, tmp_path: Path
    ) -> None:
        repository = tmp_path / "other"
        repository.mkdir()
        (repository / "catalog-info.yaml").write_text(ENTITY)
        for arguments in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
        ):
            subprocess.run(["git", *arguments], cwd=repository, check=True)
        before, statuses, is_over = web_children(portal), set[int](), threading.Event()

        def ask() -> None:
            while not is_over.is_set():
                statuses.add(portal.ask("GET", LIVENESS).status)

        asking = threading.Thread(target=ask)
        asking.start()
        told = self.reload(portal, sources=[{"name": "other", "url": str(repository)}])
        assert told.returncode == 0, told.stderr
        until(lambda: len(web_children(portal)) == 2 and not web_children(portal) & before)
        until(lambda: portal.ask("GET", _ADDED).status == 200)
        is_over.set()
        asking.join()
        assert statuses == {200}
        assert "it starts in" not in portal.log

    def test_wrong_settings_are_told_and_nothing_changes(self, portal: RunningPortal) -> None:
        before = web_children(portal)
        told = self.reload(portal, sync_interval="often")
        assert told.returncode == 2
        assert "sync_interval" in told.stderr
        os.kill(portal.pid, signal.SIGHUP)
        until(lambda: "the settings stay as they were" in portal.log)
        assert web_children(portal) == before
        assert portal.ask("GET", LIVENESS).status == 200

    def test_where_nobody_serves_it_says_so(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "portal", "reload", "--data-dir", str(tmp_path)]
        told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert told.returncode == 2
        assert "no 'portal serve' runs" in told.stderr
