"""Campaigns on a real database: limits, stops, deaths of processes, failures; and who sees what."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy.engine import Engine as Database

from portal.auth.identity import NOBODY
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.catalog.reading.failure_log import FailureLog
from portal.integrations.clients.repository import Proposed
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.kernel.processes.presence import Presence
from portal.model.refs import EntityRef
from portal.permission.access import acting
from portal.scaffolder.campaigns.campaign import Campaign
from portal.scaffolder.campaigns.instances import Instance
from portal.scaffolder.campaigns.instances import Instances
from portal.scaffolder.campaigns.job import CampaignJob
from portal.scaffolder.campaigns.proposals import ProposedUpdate
from portal.scaffolder.campaigns.service import Campaigns
from portal.scaffolder.updating.note import read_note
from portal.scaffolder.updating.plan import UpdatePlan
from portal.scaffolder.updating.plan import Version
from portal.scaffolder.updating.service import UpdateRequest

TEMPLATE = EntityRef("template", "default", "service")
ANN = Principal(USER, "user:default/ann")
HOUR = 3600
_NOTE = read_note(b"template: {ref: 'template:default/service', commit: '%s'}" % (b"0" * 40))


def ref_of(name: str) -> str:
    return f"component:default/{name}"


@dataclass
class Bench:
    """Campaigns over projects that are no more than names.

    Attributes:
        projects: Their names, and whether each is current.
        hidden: What nobody sees.
        refused: Who may not use the template.
        errors: What updates of projects raise.
        states: What updates of projects come to, if not ``ready``.
        standing: What was proposed to projects before, to the same version.
        proposed: The projects that were updated, and in whose name.
    """

    database: Database
    folder: Path
    now: float = 1_000_000.0
    projects: dict[str, bool] = field(default_factory=lambda: dict.fromkeys("abcde", False))
    hidden: set[str] = field(default_factory=set)
    refused: list[Principal] = field(default_factory=list)
    errors: dict[str, BaseException] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    standing: dict[str, ProposedUpdate] = field(default_factory=dict)
    proposed: list[tuple[str, Principal | None]] = field(default_factory=list)

    # --- what ``Instances`` offers ------------------------------------------------------

    def of(self, _template: EntityRef) -> tuple[str, list[Instance]]:
        found = [
            Instance(ref_of(name), _NOTE, 0 if is_current else 1, is_current)
            for name, is_current in self.projects.items()
            if name not in self.hidden
        ]
        return "1" * 40, found

    def sees(self, ref: EntityRef) -> bool:
        return ref.name not in self.hidden

    # --- what the job asks ----------------------------------------------------------------

    def propose(self, request: UpdateRequest) -> UpdatePlan:
        name = request.project.name
        self.proposed.append((name, acting()))
        if name in self.errors:
            raise self.errors[name]
        state = self.states.get(name, "ready")
        old, new = Version("0" * 40), Version("1" * 40)
        opened = Proposed(1, f"http://x/{name}") if state in {"ready", "conflicts"} else None
        return UpdatePlan(str(request.project), str(TEMPLATE), old, new, state, proposed=opened)

    def check(self, _template: EntityRef) -> None:
        if acting() in self.refused:
            raise NotAllowedError("You may not run the template service")

    # --- what is tested ---------------------------------------------------------------------

    @property
    def campaigns(self) -> Campaigns:
        return Campaigns(self.database, cast("Instances", self), self.check, clock=lambda: self.now)

    def job(self) -> CampaignJob:
        return CampaignJob(
            self.database,
            self.propose,
            lambda project, _template: self.standing.get(project.name),
            self.check,
            lambda ref, _program: Principal(USER, ref) if ref else NOBODY,
            Presence(self.folder),
            FailureLog(self.database, 60, list),
            lambda: self.now,
        )

    def run(self) -> list[str]:
        """Work until there is nothing to do now; return what was updated."""
        before = len(self.proposed)
        job = self.job()
        while job.do_one():
            pass
        return [name for name, _ in self.proposed[before:]]

    def states_of(self, campaign: Campaign) -> dict[str, str]:
        found = self.campaigns.get(campaign.id).projects
        return {one.project.rpartition("/")[2]: one.outcome.state.value for one in found}


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return Bench(database, tmp_path / "workers")


def start(bench: Bench, per_hour: int = 100) -> Campaign:
    return bench.campaigns.start(ANN, TEMPLATE, per_hour)


def test_a_campaign_updates_what_is_behind_in_the_name_of_who_started_it(bench: Bench) -> None:
    bench.projects["b"] = True
    campaign = start(bench)
    assert bench.states_of(campaign) == dict.fromkeys("acde", "waiting")
    assert bench.run() == ["a", "c", "d", "e"]
    assert {principal for _, principal in bench.proposed} == {ANN}
    found = bench.campaigns.get(campaign.id)
    assert (found.state, found.counts["proposed"]) == ("done", 4)
    assert found.projects[0].outcome.url == "http://x/a"


def test_no_more_than_the_limit_within_any_hour(bench: Bench) -> None:
    start(bench, 2)
    assert bench.run() == ["a", "b"]
    bench.now += HOUR - 1
    assert bench.run() == []
    bench.now += 1
    assert bench.run() == ["c", "d"]
    bench.now += HOUR
    assert bench.run() == ["e"]


def test_what_had_nothing_to_do_does_not_count(bench: Bench) -> None:
    bench.states = {"a": "current", "b": "current", "c": "current"}
    start(bench, 1)
    assert bench.run() == ["a", "b", "c", "d"]


def test_a_full_campaign_does_not_hold_up_another(bench: Bench) -> None:
    start(bench, 1)
    bench.run()
    bench.campaigns.stop(bench.campaigns.of(TEMPLATE)[0].id)
    bench.now += 1
    start(bench, 1)
    assert bench.run() == ["a"]


def test_what_was_closed_is_not_proposed_again_and_does_not_count(bench: Bench) -> None:
    bench.standing = {
        name: ProposedUpdate(ref_of(name), str(TEMPLATE), "1" * 40, state, f"http://x/{name}")
        for name, state in (("a", "closed"), ("b", "ready"), ("c", "merged"))
    }
    campaign = start(bench, 1)
    assert bench.run() == ["b"]
    bench.now += HOUR
    assert bench.run() == ["c"]
    found = bench.campaigns.get(campaign.id).projects[0].outcome
    assert (found.state.value, found.url) == ("closed", "http://x/a")
    assert "closed without being merged" in found.message


def test_a_stopped_campaign_rests_until_it_is_resumed(bench: Bench) -> None:
    campaign = start(bench)
    job = bench.job()
    assert job.do_one()
    assert bench.campaigns.stop(campaign.id).state == "stopped"
    assert bench.run() == []
    assert bench.campaigns.resume(campaign.id).state == "running"
    assert bench.run() == ["b", "c", "d", "e"]


def test_failures_are_told_stop_nothing_and_are_tried_again(bench: Bench) -> None:
    bench.errors = {"a": SourceError("the forge is away"), "b": ZeroDivisionError("secret")}
    bench.states = {"c": "conflicts", "d": "questions"}
    campaign = start(bench)
    bench.run()
    assert bench.states_of(campaign) == {
        "a": "failed", "b": "failed", "c": "conflicts", "d": "questions", "e": "proposed"
    }  # fmt: skip
    told = {one.project: one.outcome.message for one in bench.campaigns.get(campaign.id).projects}
    assert told[ref_of("a")] == "the forge is away"
    assert told[ref_of("b")] == "an internal error occurred; the portal's log says more"
    bench.errors = {}
    bench.campaigns.resume(campaign.id)
    assert bench.run() == ["a", "b"]
    assert bench.states_of(campaign)["a"] == "proposed"


def test_a_project_of_a_process_that_died_is_taken_up_by_the_next(bench: Bench) -> None:
    campaign = start(bench, 1)
    dead = bench.job()
    bench.errors = {"a": KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        dead.do_one()
    assert bench.states_of(campaign)["a"] == "running"
    bench.errors = {}
    assert bench.run() == []  # it is there still
    dead._presence.leave()
    assert bench.run() == ["a"]
    assert bench.states_of(campaign)["a"] == "proposed"


def test_a_project_that_every_process_dies_with_is_given_up(bench: Bench) -> None:
    campaign = start(bench, 1)
    bench.errors = {"a": KeyboardInterrupt()}
    for _ in range(4):
        job = bench.job()
        with pytest.raises(KeyboardInterrupt):
            job.do_one()
        job._presence.leave()
    assert bench.run() == []
    assert bench.states_of(campaign)["a"] == "failed"
    assert len(bench.proposed) == 4


def test_whoever_may_not_use_the_template_any_more_updates_nothing(bench: Bench) -> None:
    campaign = start(bench)
    bench.refused = [ANN]
    assert bench.run() == []
    assert set(bench.states_of(campaign).values()) == {"failed"}


def test_one_campaign_of_a_template_at_a_time_and_none_for_nothing(bench: Bench) -> None:
    campaign = start(bench)
    with pytest.raises(ConflictError, match=campaign.id):
        start(bench)
    bench.run()
    bench.projects = dict.fromkeys("abcde", True)
    with pytest.raises(InputError, match="no project of template:default/service is behind"):
        start(bench)


@pytest.mark.parametrize("per_hour", [0, -1, 1_001])
def test_the_limit_has_bounds(bench: Bench, per_hour: int) -> None:
    with pytest.raises(InputError, match="perHour must be between 1 and 1000"):
        start(bench, per_hour)


def test_what_the_caller_does_not_see_is_not_there_nor_counted(bench: Bench) -> None:
    campaign = start(bench)
    bench.run()
    bench.hidden = {"a", "b"}
    found = bench.campaigns.get(campaign.id).to_json()
    assert [one["project"] for one in found["projects"]] == [ref_of(name) for name in "cde"]
    assert sum(found["counts"].values()) == 3
    bench.hidden = set("abcde")
    with pytest.raises(NotFoundError):
        bench.campaigns.get(campaign.id)
    assert bench.campaigns.of(TEMPLATE) == []
    bench.hidden = {"service"}
    with pytest.raises(NotFoundError):
        bench.campaigns.stop(campaign.id)


def test_a_state_does_not_tell_what_is_hidden(bench: Bench) -> None:
    campaign = start(bench, 4)
    bench.run()
    assert bench.campaigns.get(campaign.id).state == "running"
    bench.hidden = {"e"}
    assert bench.campaigns.get(campaign.id).state == "done"


def test_what_is_hidden_is_not_tried_again(bench: Bench) -> None:
    bench.errors = {name: SourceError("away") for name in "abcde"}
    campaign = start(bench)
    bench.run()
    bench.hidden, bench.errors = {"a"}, {}
    bench.campaigns.resume(campaign.id)
    assert bench.run() == list("bcde")


@pytest.mark.parametrize("campaign_id", ["", "x", "0" * 36, "\0", "é" * 36])
def test_an_id_of_no_campaign_is_not_found(bench: Bench, campaign_id: str) -> None:
    with pytest.raises(NotFoundError):
        bench.campaigns.get(campaign_id)
