"""The pages of updates, and a campaign from its form to a pull request: real git, a forge's API."""

from __future__ import annotations

import re
from typing import Any

import pytest

from portal.notifications.message import Page
from portal.notifications.message import Query
from portal.notifications.store import NotificationStore
from tests.scaffolder.updating.conftest import COMPONENT
from tests.scaffolder.updating.conftest import SKELETON
from tests.scaffolder.updating.conftest import MakeWorld
from tests.scaffolder.updating.conftest import World

VERSION = "backstage.io/template-version"
PROJECTS = "/templates/default/service/projects"
UPDATE = "/catalog/default/component/shop/update"


def show(world: World, path: str, language: str = "en") -> str:
    answer = world.portal.client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


def send(world: World, path: str, status: int = 303, **form: str) -> str:
    answer = world.portal.client.post(path, data=form, headers={"Accept-Language": "en"})
    assert answer.status_code == status, answer.text
    return str(answer.headers.get("Location") or answer.text)


@pytest.mark.slow
def test_a_campaign_goes_from_its_form_to_a_pull_request(make_world: MakeWorld) -> None:
    world = make_world()
    assert "Up to date" in show(world, PROJECTS)
    assert 'name="perHour"' not in show(world, PROJECTS)
    world.change_template({"app/new.py": "NEW = 1\n"})
    assert "Update 1 project" in show(world, PROJECTS)
    campaign = send(world, "/templates/default/service/campaigns", perHour="5")
    assert "0 of 1 done." in show(world, campaign)
    assert "A campaign is running already." in show(world, PROJECTS)
    send(world, f"{campaign}/stop")
    assert not world.portal.services.campaign_job.do_one()
    assert "Stopped" in show(world, campaign)
    send(world, f"{campaign}/resume")
    assert world.portal.services.campaign_job.do_one()
    text = show(world, campaign)
    assert "1 of 1 done." in text
    assert 'href="http://x/1"' in text
    assert len(world.api.pulls) == 1
    assert 'href="http://x/1"' in show(world, PROJECTS)
    assert "업데이트 캠페인" in show(world, campaign, "ko")
    answer = world.portal.client.post("/templates/default/service/campaigns", data={"perHour": "x"})
    assert answer.status_code == 400


@pytest.mark.slow
def test_an_update_is_looked_at_and_proposed_on_its_page(make_world: MakeWorld) -> None:
    world = make_world()
    world.change_project({"README.md": "# shop\n\nOurs one\nLine two\nLine three\nLine four\n"})
    world.change_template({"app/new.py": "NEW = 1\n", "app/old.py": None})
    for page in ("/catalog/default/component/shop", "/catalog/default/template/service"):
        assert re.search(f'href="({UPDATE}|{PROJECTS})', show(world, page))
    text = show(world, UPDATE)
    assert "It merges without conflicts." in text
    assert "Added: <code>app/new.py</code>" in text
    assert "Removed: <code>app/old.py</code>" in text
    assert "+NEW = 1" in text
    assert not world.api.pulls
    assert 'href="http://x/1"' in send(world, UPDATE, 200)
    assert len(world.api.pulls) == 1
    assert "충돌 없이 병합됩니다." in show(world, UPDATE, "ko")


@pytest.mark.slow
def test_new_questions_are_asked_on_the_page(make_world: MakeWorld) -> None:
    world = make_world()
    world.change_template(
        {"app/new.py": "TEAM = '${{ values.team }}'\n"},
        **{
            "required: [name]": "required: [name, team]",
            "port: {type": "team: {type: string, title: Which team}\n      port: {type",
            '"${{ parameters.port }}"': '"${{ parameters.port }}", team: "${{ parameters.team }}"',
        },
    )
    text = show(world, UPDATE)
    assert "The template asks something new." in text
    assert ">Which team</label>" in text
    assert "Needs answers" in send(world, UPDATE, 200)
    assert not world.api.pulls
    send(world, UPDATE, 200, **{"answer.team": "payments"})
    assert "TEAM = 'payments'" in world.content("app/new.py", world.api.pulls[0]["head"]["ref"])


@pytest.mark.slow
def test_what_cannot_be_updated_says_why(make_world: MakeWorld) -> None:
    world = make_world()
    world.change_template({"app/new.py": "NEW = 1\n"})
    world.change_project({".portal/provenance.yaml": None})
    assert "no template is known to have made" in show(world, UPDATE)
    assert "no template is known to have made" in send(world, UPDATE, 404)
    answer = world.portal.client.get("/catalog/default/component/none/update")
    assert answer.status_code == 404


@pytest.mark.slow
def test_a_project_is_related_to_its_template_and_its_owner_is_told_of_a_version_once(
    make_world: MakeWorld,
) -> None:
    named = COMPONENT.lstrip().replace("owner: guests", "owner: user:default/guest")
    versioned = f"{{name: service, annotations: {{{VERSION}: '1.0'}}}}"
    world = make_world({**SKELETON, "catalog-info.yaml": named}, **{"{name: service}": versioned})
    follower, portal = world.portal.services.project_follower, world.portal
    assert follower.follow()
    by_name = "/api/catalog/entities/by-name"
    shop = portal.get(f"{by_name}/component/default/shop")
    assert {"type": "scaffoldedFrom", "targetRef": "template:default/service"} in shop["relations"]
    made = portal.get(f"{by_name}/template/default/service")["relations"]
    assert {"type": "scaffolderOf", "targetRef": "component:default/shop"} in made
    while follower.follow():
        pass
    assert told(world) == []
    world.change_template({"app/new.py": "NEW = 1\n"})
    world.describe("'1.0'", "'1.1'")
    assert follower.follow()
    [one] = told(world)
    assert one["title"] == "Update available for shop: service 1.1"
    assert one["link"] == UPDATE
    world.change_template({"app/new.py": "NEW = 2\n"})
    while follower.follow():
        pass
    assert len(told(world)) == 1
    world.describe("'1.1'", "'1.2'")
    assert follower.follow()
    assert [one["title"] for one in told(world)] == ["Update available for shop: service 1.2"]


def told(world: World) -> list[dict[str, Any]]:
    found, _ = NotificationStore(world.portal.services.database).find(
        "user:default/guest", Query(), Page()
    )
    return [dict(one.payload) for one in found]
