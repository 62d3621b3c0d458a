"""``/metrics``, ids of requests and the access log of a portal of several processes."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.health.gauges import of_report
from portal.kernel.telemetry import instruments
from tests.attacks.running import Answer
from tests.attacks.running import RunningPortal
from tests.attacks.running import running_portal
from tests.conftest import MakePortal
from tests.faults.running import CONTENT
from tests.processes import children_named
from tests.processes import children_of
from tests.waiting import until

_LINE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return every sample by name and labels."""
    return {(name, labels): float(value) for name, labels, value in _LINE.findall(text)}


class TestWhoReads:
    @pytest.mark.parametrize(
        ("setting", "status"), [("permitted", 401), ("loopback", 200), ("off", 401)]
    )
    def test_without_credentials(self, make_portal: MakePortal, setting: str, status: int) -> None:
        portal = make_portal(CONTENT, service_token="correct-horse", metrics=setting)
        assert portal.client.get("/metrics").status_code == status

    @pytest.mark.parametrize(("setting", "status"), [("permitted", 200), ("off", 404)])
    def test_with_the_token(self, make_portal: MakePortal, setting: str, status: int) -> None:
        portal = make_portal(CONTENT, service_token="correct-horse", metrics=setting)
        headers = {"Authorization": "Bearer correct-horse"}
        assert portal.client.get("/metrics", headers=headers).status_code == status

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
    def test_a_proxy_on_the_same_machine_is_not_this_machine(
        self, make_portal: MakePortal, header: str
    ) -> None:
        portal = make_portal(CONTENT, metrics="loopback")
        assert portal.client.get("/metrics", headers={header: "1.2.3.4"}).status_code == 403

    def test_gauges_are_those_of_the_catalog(self, make_portal: MakePortal) -> None:
        portal = make_portal(CONTENT)
        found = samples(portal.client.get("/metrics").text)
        assert found["portal_ready", ""] == 1
        assert found["portal_catalog_generation", ""] > 0
        assert found["portal_index_lag_generations", ""] == 0
        assert found["portal_mirrors_bytes", ""] > 100


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    folder = tmp_path_factory.mktemp("told")
    settings: dict[str, Any] = {"web_processes": 2, "access_log": True, "log_format": "json"}
    with running_portal(folder, **settings) as portal:
        yield portal


@pytest.mark.slow
class TestProcesses:
    def counted(self, portal: RunningPortal, name: str) -> dict[str, float]:
        text = portal.ask("GET", "/metrics").body.decode()
        return {labels: value for (found, labels), value in samples(text).items() if found == name}

    def ask(self, portal: RunningPortal, **headers: str) -> Answer:
        path = "/api/catalog/entities/by-name/component/default/nobody"
        return portal.ask("GET", path, headers=headers)

    def test_requests_of_all_processes_are_counted_also_of_those_that_ended(
        self, portal: RunningPortal
    ) -> None:
        route = "/api/catalog/entities/by-name/<kind>/<namespace>/<name>"

        def number() -> float:
            requests = self.counted(portal, "portal_http_requests_total")
            return sum(n for labels, n in requests.items() if route in labels)

        before = number()
        for _ in range(20):
            assert self.ask(portal).status == 404
        assert number() == before + 20
        os.kill(children_named(portal.pid, "portal-web")[0], signal.SIGKILL)
        until(lambda: "a web process ended" in portal.log)
        assert number() == before + 20

    def test_the_worker_is_counted(self, portal: RunningPortal) -> None:
        assert self.counted(portal, "portal_syncs_total")['outcome="changed"'] >= 1
        stages = self.counted(portal, "portal_sync_stage_seconds_count")
        assert {'stage="look"', 'stage="fetch"', 'stage="write"', 'stage="index"'} <= set(stages)
        assert any("ls-remote" in each for each in self.counted(portal, "portal_git_seconds_count"))

        def roles() -> set[str]:
            ages = self.counted(portal, "portal_heartbeat_age_seconds")
            return {re.findall('role="([a-z]+)"', each)[0] for each in ages}

        until(lambda: roles() == {"web", "worker", "tasks"})

    def test_a_request_has_an_id_that_the_log_tells(self, portal: RunningPortal) -> None:
        answer = self.ask(portal, **{"X-Request-Id": "mine-1"})
        assert answer.headers["x-request-id"] == "mine-1"
        assert len(self.ask(portal).headers["x-request-id"]) == 32
        (line,) = [line for line in portal.log.splitlines() if '"mine-1"' in line]
        told = json.loads(line)
        assert (told["status"], told["method"], told["client"]) == (404, "GET", "127.0.0.1")
        assert told["path"].endswith("/nobody")

    def test_the_worker_tells_which_request_a_run_is_for(self, portal: RunningPortal) -> None:
        listed = portal.ask("GET", "/api/catalog/entities?limit=1").json[0]
        entity = {
            "entityRef": f"{listed['kind']}:{listed['metadata'].get('namespace', 'default')}/"
            f"{listed['metadata']['name']}"
        }
        answer = portal.ask("POST", "/api/catalog/refresh", entity, {"X-Request-Id": "asked-7"})
        assert answer.status == 200
        until(
            lambda: any(
                '"asked-7"' in x and "was read as asked" in x for x in portal.log.splitlines()
            )
        )

    def test_the_folder_of_numbers_is_removed_at_the_end(self, tmp_path: Path) -> None:
        with running_portal(tmp_path, web_processes=1) as portal:
            environ = Path(f"/proc/{portal.pid}/environ").read_bytes()
            assert instruments.FOLDER_VARIABLE.encode() not in environ
            (folder,) = folders_of_numbers(portal.pid)
            assert folder.is_dir()
        assert not folder.exists()


def folders_of_numbers(pid: int) -> set[Path]:
    """The folders of metrics that a process and its children hold in memory."""
    mapped = [Path(f"/proc/{each}/maps").read_text() for each in [pid, *children_of(pid)]]
    return {Path(folder) for folder in re.findall(r"/dev/shm/portal-metrics-\w+", "".join(mapped))}


def test_folders_of_killed_processes_are_removed_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instruments, "_IN_MEMORY", tmp_path)
    monkeypatch.setenv(instruments.FOLDER_VARIABLE, "")
    program = "from portal.kernel.telemetry import instruments as i; import os, signal, pathlib; "
    program += f"i._IN_MEMORY = pathlib.Path({str(tmp_path)!r}); i.make_folder(); "
    killed = subprocess.run(
        [sys.executable, "-c", program + "os.kill(os.getpid(), signal.SIGKILL)"], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    in_the_making = tmp_path / "portal-metrics-new"
    in_the_making.mkdir()
    living = instruments.make_folder()
    another = instruments.make_folder()
    assert not left.exists()
    assert {living, another, in_the_making} == set(tmp_path.iterdir())


def test_every_gauge_has_a_name_of_its_own(make_portal: MakePortal) -> None:
    report = make_portal(CONTENT).services.health.report()
    names = [gauge[0] for gauge in of_report(report, dt.datetime.now(dt.UTC))]
    assert len(names) == len(set(names))
