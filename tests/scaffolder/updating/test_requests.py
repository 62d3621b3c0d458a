"""What became of requests: asked of the forge that has them, and of the git server behind it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine as Database

from portal.catalog.reading.failure_log import FailureLog
from portal.integrations.clients.repository import RequestState
from portal.kernel.errors import SourceError
from portal.model.refs import EntityRef
from portal.scaffolder.campaigns.proposals import ProposedUpdates
from portal.scaffolder.campaigns.watching import RequestWatch
from portal.scaffolder.updating.plan import UpdatePlan
from portal.scaffolder.updating.plan import Version
from tests.scaffolder.remotes import json_answer
from tests.scaffolder.updating.conftest import MakeWorld
from tests.scaffolder.updating.conftest import World

TEMPLATE = "template:default/service"
API = "/api/scaffolder/v2/templates/default/template/service"
PROJECTS = "/templates/default/service/projects"
UPDATE = "/catalog/default/component/shop/update"
MINUTE = 60


def instance(world: World) -> dict[str, Any]:
    [found] = world.portal.get(f"{API}/instances")["instances"]
    return dict(found)


def campaign(world: World) -> dict[str, Any]:
    """Start a campaign, carry it out, and return it."""
    started = world.portal.client.post(f"{API}/campaigns", json={"perHour": 1000})
    assert started.status_code == 201, started.text
    while world.portal.services.campaign_job.do_one():
        pass
    return dict(world.portal.get(f"/api/scaffolder/v2/campaigns/{started.get_json()['id']}"))


def show(world: World, path: str, language: str = "en") -> str:
    return str(world.portal.client.get(path, headers={"Accept-Language": language}).text)


def proposed(make_world: MakeWorld) -> World:
    """Return a world with an update that was proposed, and that is due to be asked for."""
    world = make_world()
    world.change_template({"app/new.py": "NEW = 1\n"})
    assert campaign(world)["counts"]["proposed"] == 1
    world.portal.services.request_watch._clock = lambda: 4_000_000_000.0
    return world


@pytest.mark.slow
def test_a_closed_request_is_seen_and_opened_again_only_when_asked(make_world: MakeWorld) -> None:
    world = proposed(make_world)
    [first] = world.portal.get(f"{API}/campaigns")["campaigns"]
    assert first["projects"][0]["request"] == "open"
    assert world.portal.services.request_watch.look() == 1
    assert instance(world)["request"]["state"] == "ready"
    assert "is open already" in show(world, UPDATE)
    world.api.pulls[0]["state"] = "closed"
    again = campaign(world)
    assert again["projects"][0]["state"] == "closed"
    assert len(world.api.pulls) == 1
    assert instance(world)["request"]["state"] == "closed"
    for path in (PROJECTS, f"/campaigns/{first['id']}", f"/campaigns/{again['id']}"):
        assert "Closed without merging" in show(world, path)
        assert "병합 없이 닫힘" in show(world, path, "ko")
    assert "No campaign opens it again" in show(world, UPDATE)
    world.update()
    assert [one["state"] for one in world.api.pulls] == ["closed", "open"]
    assert instance(world)["request"]["state"] == "ready"
    world.api.pulls[1]["state"] = "closed"
    world.change_template({"app/new.py": "NEW = 2\n"})
    assert campaign(world)["counts"]["proposed"] == 1  # a version is closed, not the project


@pytest.mark.slow
def test_a_request_whose_branch_was_deleted_is_closed(make_world: MakeWorld) -> None:
    world = proposed(make_world)
    world.delete(world.api.pulls[0]["head"]["ref"])
    world.portal.services.request_watch.look()
    assert instance(world)["request"]["state"] == "closed"


@pytest.mark.slow
def test_a_merged_request_is_seen_before_the_catalog_reads_it(make_world: MakeWorld) -> None:
    world = proposed(make_world)
    world.merge(world.api.pulls[0]["head"]["ref"])
    world.portal.services.request_watch.look()
    assert instance(world)["request"]["state"] == "merged"
    world.portal.sync()
    assert (instance(world)["request"], instance(world)["isCurrent"]) == (None, True)


@pytest.mark.slow
def test_a_forge_that_is_away_changes_nothing_and_is_told(make_world: MakeWorld) -> None:
    world = proposed(make_world)
    world.api.forge.api = lambda _path, _headers: json_answer(503, {})
    world.portal.services.request_watch.look()
    assert instance(world)["request"]["state"] == "ready"
    failures = world.portal.services.failure_log.current()
    assert any("request of component:default/shop" in str(one) for one in failures)


def test_few_are_asked_at_a_time_and_each_once_in_ten_minutes(database: Database) -> None:
    now = 1_000_000.0
    asked: list[str] = []

    def ask(project: EntityRef, branch: str, _url: str) -> RequestState:
        assert branch == "portal/update-service-111111111111"
        asked.append(project.name)
        if project.name == "p00":
            raise SourceError("away")
        return RequestState.CLOSED if project.name == "p01" else RequestState.OPEN

    kept = ProposedUpdates(database, lambda: now)
    for number in range(25):
        ref, version = f"component:default/p{number:02}", Version("1" * 40)
        kept.note(UpdatePlan(ref, TEMPLATE, Version("0" * 40), version, "ready"))
    watch = RequestWatch(kept, ask, FailureLog(database, 60, list), lambda: now)
    assert watch.look() == 0  # they were proposed just now
    now += 10 * MINUTE
    assert [watch.look(), watch.look(), watch.look()] == [20, 5, 0]
    assert len(set(asked)) == 25
    now += 10 * MINUTE
    assert watch.look() + watch.look() == 24  # what failed is asked again, what is closed is not
    assert kept.of(TEMPLATE)["component:default/p01"].state == "closed"
