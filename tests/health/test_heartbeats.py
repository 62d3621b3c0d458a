"""Heartbeats in the database, and what readiness and the doctor make of them."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa

from portal.health import heartbeats
from portal.health.heartbeats import Heartbeat
from portal.health.heartbeats import Role
from portal.health.pulse import Pulse
from portal.kernel.clock import iso_of
from portal.roles.doctor import checks_of
from portal.roles.doctor import examine
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.faults.running import CONTENT
from tests.waiting import until

_READINESS = "/.backstage/health/v1/readiness"


def loaded(database: sa.Engine) -> tuple[Heartbeat, ...]:
    with database.connect() as connection:
        return heartbeats.load(connection)


def beat(database: sa.Engine, process: Heartbeat, ago: float = 0, worked: float = 0) -> None:
    seconds = time.time() - ago
    with database.begin() as connection:
        heartbeats.beat(connection, process, iso_of(seconds - worked), seconds)


class TestRows:
    def test_a_process_has_one_row_until_it_ends(self, database: sa.Engine) -> None:
        one, other = Heartbeat(Role.WEB), Heartbeat(Role.WEB)
        for process in (one, other, one):
            beat(database, process)
        assert {row.id for row in loaded(database)} == {one.id, other.id}
        with database.begin() as connection:
            heartbeats.leave(connection, one)
        assert [row.id for row in loaded(database)] == [other.id]

    def test_who_ended_without_a_word_is_forgotten_once_another_lives(
        self, database: sa.Engine
    ) -> None:
        gone, tasks = Heartbeat(Role.WORKER), Heartbeat(Role.TASKS)
        beat(database, gone, ago=3_600)
        beat(database, tasks)
        assert {row.id for row in loaded(database)} == {gone.id, tasks.id}
        new = Heartbeat(Role.WORKER)
        beat(database, new)
        assert {row.id for row in loaded(database)} == {new.id, tasks.id}

    def test_a_pulse_writes_by_itself_and_leaves(self, database: sa.Engine) -> None:
        with Pulse(lambda: database).beating(Role.TASKS):
            until(lambda: [row.role for row in loaded(database)] == [Role.TASKS])
        assert loaded(database) == ()

    def test_a_pulse_that_cannot_write_says_since_when(self, database: sa.Engine) -> None:
        pulse, process = Pulse(lambda: database), Heartbeat(Role.WEB)
        with database.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE heartbeats RENAME TO away")
        pulse.beat(process)
        first = pulse.failing
        pulse.beat(process)
        assert first is not None
        assert pulse.failing is not None
        assert pulse.failing[0] == first[0]
        with database.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO heartbeats")
        pulse.beat(process)
        assert pulse.failing is None


class TestWhatIsTold:
    @pytest.fixture
    def portal(self, make_portal: MakePortal) -> Portal:
        return make_portal(CONTENT)

    def degraded(self, portal: Portal) -> list[Any]:
        answer = portal.get(_READINESS)
        assert answer["status"] == ("degraded" if answer.get("degraded") else "ok")
        return [each["check"] for each in answer.get("degraded", ())]

    def diagnoses(self, portal: Portal) -> dict[str, str]:
        examined = examine(checks_of(portal.services))
        return {each.what: each.remedy for each in examined if not each.is_good}

    def test_a_worker_that_is_silent(self, portal: Portal) -> None:
        assert self.degraded(portal) == []
        beat(portal.services.database, Heartbeat(Role.WORKER), ago=90)
        assert self.degraded(portal) == ["worker"]
        assert "restart it" in self.diagnoses(portal)["worker"]
        beat(portal.services.database, Heartbeat(Role.WORKER))
        assert self.degraded(portal) == []
        assert self.diagnoses(portal) == {}

    def test_a_schedule_that_stands_still(self, portal: Portal) -> None:
        beat(portal.services.database, Heartbeat(Role.TASKS), worked=700)
        assert self.degraded(portal) == ["tasks"]

    def test_an_index_that_is_lost_degrades_a_process_that_was_ready(self, portal: Portal) -> None:
        assert self.degraded(portal) == []
        for name in ("state.json", "sqlite.json"):
            (portal.config.data_dir / "index" / name).unlink(missing_ok=True)
        assert self.degraded(portal) == ["index"]
        portal.sync()
        assert self.degraded(portal) == []

    def test_strangers_hear_no_reason(self, make_portal: MakePortal) -> None:
        portal = make_portal(CONTENT, service_token="correct-horse")
        beat(portal.services.database, Heartbeat(Role.WORKER), ago=90)
        assert portal.client.get(_READINESS).get_json() == {"status": "ok"}
        told = portal.client.get(_READINESS, headers={"Authorization": "Bearer correct-horse"})
        assert told.get_json()["status"] == "degraded"

    def test_without_an_index_a_process_that_starts_is_not_ready(
        self, make_portal: MakePortal
    ) -> None:
        portal = make_portal(CONTENT)
        for name in ("state.json", "sqlite.json"):
            (portal.config.data_dir / "index" / name).unlink(missing_ok=True)
        assert portal.client.get(_READINESS).status_code == 503
