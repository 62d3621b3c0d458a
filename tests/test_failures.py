"""Whatever fails becomes state: sources, readiness, doctor and pages all tell of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from threading import Event
from threading import Thread
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from portal.catalog.failures import Stage
from portal.catalog.processing.engine import Engine
from portal.catalog.processing.run_report import RunReport
from portal.config.sources import Provider
from portal.config.sources import Source
from portal.kernel.errors import SourceError
from portal.model.refs import EntityRef
from portal.roles.doctor import checks_of
from portal.roles.doctor import examine
from portal.roles.services import Services
from portal.scaffolder.tasks.running.broker import DatabaseBroker
from portal.scaffolder.tasks.running.execution import Execution
from portal.scaffolder.tasks.running.retention import Janitor
from portal.scaffolder.tasks.serving.service import TaskRequest
from portal.scm.mirror import Mirror
from portal.search.indexing.builder import IndexBuilder
from portal.ui.texts.table import TEXTS
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.conftest import Serving
from tests.task_bench import FETCHING
from tests.task_bench import running
from tests.waiting import until

_TOKEN = "NOBODY_SETS_THIS_TOKEN"
_NOT_SET = f"the environment variable {_TOKEN} (token_env) is not set"
_READINESS = "/.backstage/health/v1/readiness"
FILES = {
    "catalog-info.yaml": """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: site, annotations: {backstage.io/techdocs-ref: "dir:."}}
spec: {type: website, lifecycle: production, owner: o}
""",
    "docs/index.md": "# Welcome\n\nThe wombat handbook.\n",
}


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal(FILES)


def failures(portal: Portal) -> list[dict[str, Any]]:
    """Return what ``/api/catalog/sources`` says fails now."""
    found: list[dict[str, Any]] = portal.get("/api/catalog/sources").get("failures", [])
    return found


def stale(portal: Portal) -> list[dict[str, Any]]:
    """Return what readiness says is stale."""
    found: list[dict[str, Any]] = portal.get(_READINESS).get("stale", [])
    return found


def diagnoses(portal: Portal) -> dict[str, str]:
    """Return what the doctor finds to be bad, by the thing."""
    return {
        each.what: each.detail for each in examine(checks_of(portal.services)) if not each.is_good
    }


def broken(*_arguments: Any) -> Any:
    return 1 // 0


def is_healthy(portal: Portal) -> bool:
    return not failures(portal) and not stale(portal) and not diagnoses(portal)


class TestASourceThatCannotBeOpened:
    @pytest.fixture
    def portal(self, make_portal: MakePortal) -> Portal:
        locked = Source("locked", "", token_env=_TOKEN)
        portal = make_portal(sources=[(Source("open", ""), FILES), (locked, {"a": "b"})])
        assert portal.get(_READINESS)["status"] == "degraded"
        return portal

    def test_it_is_among_the_sources(self, portal: Portal) -> None:
        items = {item["source"]: item for item in portal.get("/api/catalog/sources")["items"]}
        locked = items["locked"]
        assert locked["state"] == "failing"
        assert locked["error"]["message"] == f"source locked: {_NOT_SET}"
        assert locked["error"]["since"] <= locked["checkedAt"] < locked["nextCheckAt"]
        assert items["open"]["state"] == "current"

    def test_every_door_tells_of_it(self, portal: Portal) -> None:
        (failure,) = failures(portal)
        assert (failure["stage"], failure["name"]) == ("source", "locked")
        assert failure["reason"] == f"source locked: {_NOT_SET}"
        assert failure["since"] <= failure["failedAt"] < failure["nextTryAt"]
        (told,) = stale(portal)
        assert (told["source"], told["reason"]) == ("locked", f"source locked: {_NOT_SET}")
        assert _NOT_SET in diagnoses(portal)["source locked"]
        assert "locked could not be read" in portal.client.get("/?lang=en").text

    def test_it_fails_since_the_first_time(self, portal: Portal) -> None:
        (before,) = failures(portal)
        portal.sync()
        (after,) = failures(portal)
        assert after["since"] == before["since"]
        assert after["failedAt"] > before["failedAt"]

    def test_it_is_well_when_it_can_be_opened(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(_TOKEN, "secret")
        portal.sync()
        assert failures(portal) == stale(portal) == []


def test_a_registered_location_that_may_not_be_read_any_more(
    make_portal: MakePortal, serving: Serving
) -> None:
    serving.publish(serving.repository("shop", FILES), "acme/shop.git")
    portal = make_portal(FILES, location_hosts=(serving.host,))
    address = f"http://{serving.host}/acme/shop/blob/main/catalog-info.yaml"
    location = portal.services.registrations.add("url", address, refresh_existing=False)
    services = Services(replace(portal.config, location_hosts=()))
    list(services.source_sync.sync())
    services.database.dispose()
    (failure,) = failures(portal)
    assert failure["name"] == location.source_name
    assert "not allowed" in failure["reason"]
    assert f"source {location.source_name}" in diagnoses(portal)


def test_a_run_that_ends_in_an_error_nobody_foresaw(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Mirror, "fetch", lambda _self: 1 // 0)
        portal.repository.commit({"new": "x"})
        assert [report.outcome for report in portal.sync()] == ["failed"]
    (failure,) = failures(portal)
    assert failure["reason"] == "internal error: ZeroDivisionError"
    portal.sync()
    assert is_healthy(portal)


def test_a_failure_that_cannot_be_written_down_is_reported_all_the_same(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_engine: Engine, _name: str, _error: Exception) -> RunReport:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(Engine, "note_failure", busy)
    monkeypatch.setattr(Mirror, "look", lambda _self: 1 // 0)
    assert [report.error for report in portal.sync()] == ["internal error: ZeroDivisionError"]


def test_a_provider_whose_list_cannot_be_had(make_portal: MakePortal) -> None:
    provider = Provider("forge", "gitea", "http://127.0.0.1:1/api", "acme", token_env=_TOKEN)
    portal = make_portal(FILES, providers=(provider,))
    (failure,) = failures(portal)
    assert (failure["stage"], failure["name"], failure["reason"]) == ("provider", "forge", _NOT_SET)
    assert failure["since"] <= failure["failedAt"] < failure["nextTryAt"]
    assert [told["provider"] for told in stale(portal)] == ["forge"]
    assert diagnoses(portal) == {"provider forge": _NOT_SET}
    assert "repositories of forge could not be read" in portal.client.get("/?lang=en").text


class TestAnIndexThatCannotFollow:
    def fail(self, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(_self: IndexBuilder, _catalog: str, _generation: int) -> bool:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(IndexBuilder, "follow", broken)
            new = FILES["catalog-info.yaml"].replace("site", "web")
            portal.repository.commit({"catalog-info.yaml": new})
            with pytest.raises(OSError, match="No space"):
                portal.sync()

    def test_every_door_tells_of_it(self, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fail(portal, monkeypatch)
        (failure,) = failures(portal)
        assert (failure["stage"], failure["name"]) == ("index", "search")
        assert failure["reason"] == "the disk is full"
        assert [told["index"] for told in stale(portal)] == ["search"]
        assert "the disk is full" in diagnoses(portal)["index search"]
        assert "The search could not be" in portal.client.get("/?lang=en").text

    def test_the_source_is_read_all_the_same(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fail(portal, monkeypatch)
        (item,) = portal.get("/api/catalog/sources")["items"]
        assert item["state"] == "current"
        portal.sync()
        assert is_healthy(portal)


class TestPages:
    def test_pages_that_cannot_be_followed(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from portal.search.indexing.page_index import PageIndex

        def broken(*_arguments: Any) -> bool:
            raise SourceError("the repository is gone")

        with monkeypatch.context() as patch:
            patch.setattr(PageIndex, "follow", broken)
            portal.repository.commit({"docs/index.md": "# Other\n"})
            assert [report.outcome for report in portal.sync()] == ["unchanged"]
        (failure,) = failures(portal)
        assert (failure["stage"], failure["name"]) == ("pages", "content")
        assert failure["reason"] == "the repository is gone"
        portal.sync()
        assert is_healthy(portal)

    def test_a_page_that_cannot_be_read(self, portal: Portal) -> None:
        portal.repository.commit({"docs/large.md": "x" * 11_000_000})
        for _ in range(2):
            portal.sync()
            (failure,) = failures(portal)
            assert failure["stage"] == "pages"
            assert "docs/large.md" in failure["reason"]
        portal.repository.commit({"docs/large.md": "# Small\n"})
        portal.sync()
        assert is_healthy(portal)

    def test_pages_missing_in_an_index_built_anew_are_added_later(
        self, portal: Portal, tmp_path: Path
    ) -> None:
        away = tmp_path / "away"
        mirrors = portal.config.data_dir / "git" / "mirrors"
        shutil.move(portal.repository.path, away)
        shutil.rmtree(mirrors)
        (portal.config.data_dir / "index" / "state.json").unlink(missing_ok=True)
        (portal.config.data_dir / "index" / "sqlite.json").unlink(missing_ok=True)
        portal.sync()
        assert {failure["stage"] for failure in failures(portal)} == {"source", "pages"}
        shutil.move(away, portal.repository.path)
        portal.sync()
        assert is_healthy(portal)
        found = portal.get("/api/search/query?term=wombat&types=techdocs")["results"]
        assert len(found) == 1


class TestTasks:
    @pytest.fixture
    def portal(self, make_portal: MakePortal) -> Portal:
        return make_portal({"catalog-info.yaml": FETCHING, "skeleton/a": "b"})

    def create(self, portal: Portal) -> None:
        portal.services.tasks.create(TaskRequest(EntityRef("template", "default", "one"), {}, {}))
        portal.services.on_refresh()

    @pytest.mark.parametrize(
        ("name", "part", "method"),
        [
            ("claim", DatabaseBroker, "claim"),
            ("run", Execution, "run"),
            ("release", DatabaseBroker, "release"),
        ],
    )
    def test_a_part_of_the_pool_that_fails(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch, name: str, part: type, method: str
    ) -> None:
        with running(portal.services):
            with monkeypatch.context() as patch:
                patch.setattr(part, method, broken)
                self.create(portal)
                until(lambda: bool(failures(portal)))
                self.check(portal, name)
            self.create(portal)
            until(lambda: is_healthy(portal))

    def test_heartbeats_that_fail(self, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
        is_over = Event()
        monkeypatch.setattr(Execution, "run", lambda *_arguments: is_over.wait(30))
        with running(portal.services):
            with monkeypatch.context() as patch:
                patch.setattr(DatabaseBroker, "heartbeat", broken)
                self.create(portal)
                until(lambda: bool(failures(portal)))
                self.check(portal, "heartbeat")
            until(lambda: is_healthy(portal))
            monkeypatch.undo()
            is_over.set()

    def check(self, portal: Portal, name: str) -> None:
        (failure,) = failures(portal)
        assert (failure["stage"], failure["name"]) == ("tasks", name)
        assert failure["reason"] == "internal error: ZeroDivisionError"
        assert failure["nextTryAt"] is None
        assert [told["tasks"] for told in stale(portal)] == [name]
        assert "ZeroDivisionError" in diagnoses(portal)[f"tasks {name}"]
        assert "Running tasks has failed" in portal.client.get("/?lang=en").text

    def test_old_tasks_that_cannot_be_removed(
        self, make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        portal = make_portal(FILES, task_retention=0.0001)
        monkeypatch.setattr("portal.scaffolder.tasks.running.retention._PAUSE_SECONDS", 0.01)
        is_over = Event()
        janitor = Thread(target=portal.services.task_janitor.run, args=(is_over,))
        with monkeypatch.context() as patch:
            patch.setattr(Janitor, "remove_some", broken)
            janitor.start()
            until(lambda: bool(failures(portal)))
        (told,) = stale(portal)
        assert (told["retention"], told["reason"]) == ("tasks", "internal error: ZeroDivisionError")
        assert "retention tasks" in diagnoses(portal)
        assert "What is old could not be removed (tasks)" in portal.client.get("/?lang=en").text
        until(lambda: is_healthy(portal))
        is_over.set()
        janitor.join()


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_told_on_the_start_page_in_both_languages(stage: Stage) -> None:
    assert len(set(TEXTS[f"notice.stale.{stage}"])) == 2


def test_failures_of_a_source_go_with_it(portal: Portal) -> None:
    portal.repository.commit({"docs/large.md": "x" * 11_000_000})
    portal.sync()
    assert failures(portal)
    portal.services.registrations.forget("content")
    assert failures(portal) == []
