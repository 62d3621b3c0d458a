"""Who sees and changes which task: every door gives the same answer, the policy's."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal.auth.identity import NOBODY
from portal.auth.identity import SERVICE_TOKEN_HOLDER
from portal.auth.identity import Principal
from portal.model.refs import EntityRef
from portal.permission.access import Access
from portal.permission.permissions import TASK
from portal.permission.policy import DENY
from portal.permission.policy import Decision
from portal.scaffolder.tasks.serving.access import CANCEL
from portal.scaffolder.tasks.serving.access import CREATE
from portal.scaffolder.tasks.serving.access import READ
from portal.scaffolder.tasks.serving.access import TaskAccess
from portal.scaffolder.tasks.serving.service import TaskRequest
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.policies import TablePolicy
from tests.policies import when
from tests.task_bench import FETCHING
from tests.task_bench import run_all

PREFIX = "/api/scaffolder/v2/tasks"
GUEST = "user:development/guest"
OTHER = "user:default/somebody-else"
NONE = "00000000-0000-4000-8000-000000000000"
DOORS = [
    ("GET", "", READ),
    ("GET", "/events", READ),
    ("GET", "/eventstream", READ),
    ("GET", "/workspace.zip", READ),
    ("POST", "/cancel", CANCEL),
    ("POST", "/retry", CREATE),
]


class Tasks:
    """A portal with three tasks that are over: the guest's, another's, a program's."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        policy = portal.services.policy
        assert isinstance(policy, TablePolicy)
        self.policy = policy
        self.own, self.other, self.program = (self._run(by) for by in (GUEST, OTHER, ""))

    def _run(self, by: str) -> str:
        services = self.portal.services
        request = TaskRequest(EntityRef("template", "default", "one"), {}, {}, by)
        task: str = services.tasks.create(request)
        run_all(services)
        return task

    def send(self, method: str, path: str = "", **options: Any) -> TestResponse:
        """Send a request as the guest."""
        headers = {"Authorization": f"Bearer {self.portal.guest_token()}"}
        return self.portal.client.open(PREFIX + path, method=method, headers=headers, **options)

    def listed(self, query: str = "") -> tuple[list[str], int]:
        """Return the ids the guest sees, and how many there are said to be."""
        found = self.send("GET", f"?{query}").get_json()
        return [task["id"] for task in found["tasks"]], found["totalTasks"]


@pytest.fixture(scope="module")
def tasks(make_shared_portal: MakePortal) -> Tasks:
    return Tasks(
        make_shared_portal(
            {"catalog-info.yaml": FETCHING, "skeleton/a": "b"}, permission_policy=TablePolicy()
        )
    )


@pytest.fixture
def rule(tasks: Tasks) -> Iterator[Callable[..., None]]:
    """Return a function that sets the policy for users: the decision on some permissions."""
    policy = tasks.policy

    def set_rule(permissions: set[str], decision: Decision) -> None:
        policy.table["user"] = dict.fromkeys(permissions, decision)

    yield set_rule
    policy.table.clear()


def of(*creators: str) -> Decision:
    return when("IS_TASK_OWNER", TASK, createdBy=list(creators))


@pytest.mark.parametrize(("method", "path", "_action"), DOORS)
def test_who_is_let_in_may_do_everything_today(
    tasks: Tasks, method: str, path: str, _action: str
) -> None:
    assert tasks.send(method, f"/{tasks.other}{path}").status_code in {200, 201}
    run_all(tasks.portal.services)


class TestWhenOthersAreHidden:
    @pytest.fixture(autouse=True)
    def _hidden(self, rule: Callable[..., None]) -> None:
        rule({READ, CANCEL}, of(GUEST))

    @pytest.mark.parametrize(("method", "path", "_action"), DOORS)
    def test_one_s_own_are_seen_and_changed(
        self, tasks: Tasks, method: str, path: str, _action: str
    ) -> None:
        assert tasks.send(method, f"/{tasks.own}{path}").status_code in {200, 201}
        run_all(tasks.portal.services)

    @pytest.mark.parametrize(("method", "path", "_action"), DOORS)
    def test_those_of_others_are_answered_like_none(
        self, tasks: Tasks, method: str, path: str, _action: str
    ) -> None:
        none = tasks.send(method, f"/{NONE}{path}")
        assert none.status_code == 404
        for hidden in (tasks.other, tasks.program):
            answer = tasks.send(method, f"/{hidden}{path}")
            assert answer.status_code == 404
            assert answer.text == none.text.replace(NONE, hidden)

    def test_nothing_of_them_changes(self, tasks: Tasks) -> None:
        before = tasks.portal.services.event_feed.events(tasks.other, 0)
        for path in ("/cancel", "/retry"):
            tasks.send("POST", f"/{tasks.other}{path}")
        assert tasks.portal.services.event_feed.events(tasks.other, 0) == before

    def test_lists_neither_show_nor_count_them(self, tasks: Tasks) -> None:
        assert tasks.listed() == ([tasks.own], 1)
        assert tasks.listed(f"createdBy={OTHER}") == ([], 0)
        assert tasks.listed("limit=1&offset=1") == ([], 1)


class TestWhenTwoUsersAreSeen:
    @pytest.fixture(autouse=True)
    def _judged(self, rule: Callable[..., None]) -> None:
        rule({READ}, of(OTHER, GUEST, ""))

    def test_lists_hold_one_s_own_and_those_allowed(self, tasks: Tasks) -> None:
        assert tasks.listed() == ([tasks.other, tasks.own], 2)
        assert tasks.listed("order=asc:created_at") == ([tasks.own, tasks.other], 2)

    def test_pages_are_cut_out_of_what_is_seen(self, tasks: Tasks) -> None:
        assert tasks.listed("limit=1") == ([tasks.other], 2)
        assert tasks.listed("limit=1&offset=1") == ([tasks.own], 2)
        assert tasks.listed("offset=2") == ([], 2)
        assert tasks.listed("limit=0") == ([], 2)

    def test_lists_and_single_tasks_agree(self, tasks: Tasks) -> None:
        every = (tasks.own, tasks.other, tasks.program)
        readable = {one for one in every if tasks.send("GET", f"/{one}").status_code == 200}
        assert set(tasks.listed()[0]) == readable == {tasks.own, tasks.other}


def test_what_may_be_seen_need_not_be_cancelled(tasks: Tasks, rule: Callable[..., None]) -> None:
    rule({CANCEL}, of(GUEST))
    assert tasks.send("GET", f"/{tasks.other}").status_code == 200
    refused = tasks.send("POST", f"/{tasks.other}/cancel")
    assert (refused.status_code, refused.get_json()["error"]["name"]) == (403, "NotAllowedError")
    assert tasks.send("POST", f"/{tasks.own}/cancel").status_code == 200
    run_all(tasks.portal.services)


def test_who_may_create_no_tasks_neither_creates_nor_retries_one(
    tasks: Tasks, rule: Callable[..., None]
) -> None:
    rule({CREATE}, DENY)
    body = {"templateRef": "template:default/one", "values": {}}
    created = tasks.send("POST", json=body)
    retried = tasks.send("POST", f"/{tasks.own}/retry")
    assert created.status_code == retried.status_code == 403
    assert created.get_json()["error"] == {"name": "NotAllowedError", "message": ""}


def test_who_may_read_no_tasks_gets_an_empty_list(tasks: Tasks, rule: Callable[..., None]) -> None:
    rule({READ}, DENY)
    assert tasks.listed() == ([], 0)
    assert tasks.send("GET", f"/{tasks.own}").status_code == 404


@pytest.mark.parametrize("who", [NOBODY, SERVICE_TOKEN_HOLDER])
def test_the_task_of_a_program_is_nobody_s_own(who: Principal) -> None:
    access = TaskAccess(Access(TablePolicy(everybody={READ: of("", GUEST)}), lambda: who))
    assert not access.may(READ, "")
    assert access.may(READ, GUEST)


def test_files_that_are_not_there_are_told_why(tasks: Tasks) -> None:
    answer = tasks.send("GET", f"/{NONE}/workspace.zip")
    assert answer.get_json()["error"]["message"] == (
        f"No task with id '{NONE}' found; tasks are removed 90 days after their end "
        "(task_retention)"
    )
