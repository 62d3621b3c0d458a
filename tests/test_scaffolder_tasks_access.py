"""Who sees and changes which task: every door gives the same answer, the policy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.auth import policy
from portal.auth.identity import NOBODY
from portal.auth.identity import SERVICE_TOKEN_HOLDER
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.auth.policy import Decision
from portal.model.refs import EntityRef
from portal.scaffolder.tasks.access import CANCEL
from portal.scaffolder.tasks.access import CREATE
from portal.scaffolder.tasks.access import READ
from portal.scaffolder.tasks.access import may
from portal.scaffolder.tasks.service import TaskRequest
from tests.task_bench import run_all

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: one}
spec:
  owner: guests
  type: service
  steps: [{id: f, name: F, action: fetch:plain, input: {url: ./skeleton}}]
"""
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
Send = Callable[..., Any]


class Tasks:
    """A portal with three tasks that are over: the guest's, another's, a program's."""

    def __init__(self, portal: Any) -> None:
        self.portal = portal
        self.own, self.other, self.program = (self._run(by) for by in (GUEST, OTHER, ""))

    def _run(self, by: str) -> str:
        services = self.portal.services
        request = TaskRequest(EntityRef("template", "default", "one"), {}, {}, by)
        task: str = services.tasks.create(request)
        run_all(services)
        return task

    def send(self, method: str, path: str = "", **options: Any) -> Any:
        """Send a request as the guest."""
        session = self.portal.get("/api/auth/guest/refresh")["backstageIdentity"]
        headers = {"Authorization": f"Bearer {session['token']}"}
        return self.portal.client.open(PREFIX + path, method=method, headers=headers, **options)

    def listed(self, query: str = "") -> tuple[list[str], int]:
        """Return the ids the guest sees, and how many there are said to be."""
        found = self.send("GET", f"?{query}").json
        return [task["id"] for task in found["tasks"]], found["totalTasks"]


@pytest.fixture(scope="module")
def tasks(make_shared_portal: Callable[..., Any]) -> Tasks:
    return Tasks(make_shared_portal({"catalog-info.yaml": TEMPLATE, "skeleton/a": "b"}))


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that sets the policy for tasks: what is denied, and of which."""

    def set_rule(actions: set[str], allowed: set[str] | None = None) -> None:
        def decide(_who: Principal, action: str, resource: str = "") -> Decision:
            is_denied = action in actions and bool(resource) and resource not in (allowed or set())
            return Decision.DENY if is_denied else Decision.ALLOW

        def decide_for_all(_who: Principal, action: str) -> Decision | None:
            if action not in actions:
                return Decision.ALLOW
            return None if allowed else Decision.DENY

        monkeypatch.setattr(policy, "decide", decide)
        monkeypatch.setattr(policy, "decide_for_all", decide_for_all)

    return set_rule


@pytest.mark.parametrize(("method", "path", "_action"), DOORS)
def test_who_is_let_in_may_do_everything_today(
    tasks: Tasks, method: str, path: str, _action: str
) -> None:
    assert tasks.send(method, f"/{tasks.other}{path}").status_code in {200, 201}
    run_all(tasks.portal.services)


class TestWhenOthersAreHidden:
    @pytest.fixture(autouse=True)
    def _hidden(self, rule: Callable[..., None]) -> None:
        rule({READ, CANCEL, CREATE})

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


class TestWhenTheyAreJudgedOneByOne:
    @pytest.fixture(autouse=True)
    def _judged(self, rule: Callable[..., None], tasks: Tasks) -> None:
        rule({READ}, allowed={tasks.program})

    def test_lists_hold_one_s_own_and_those_allowed(self, tasks: Tasks) -> None:
        assert tasks.listed() == ([tasks.program, tasks.own], 2)
        assert tasks.listed("order=asc:created_at") == ([tasks.own, tasks.program], 2)

    def test_pages_are_cut_out_of_what_is_seen(self, tasks: Tasks) -> None:
        assert tasks.listed("limit=1") == ([tasks.program], 2)
        assert tasks.listed("limit=1&offset=1") == ([tasks.own], 2)
        assert tasks.listed("offset=2") == ([], 2)
        assert tasks.listed("limit=0") == ([], 2)

    def test_lists_and_single_tasks_agree(self, tasks: Tasks) -> None:
        every = (tasks.own, tasks.other, tasks.program)
        readable = {one for one in every if tasks.send("GET", f"/{one}").status_code == 200}
        assert set(tasks.listed()[0]) == readable == {tasks.own, tasks.program}


@pytest.mark.parametrize(("path", "action"), [("/cancel", CANCEL), ("/retry", CREATE)])
def test_what_may_be_seen_need_not_be_changed(
    tasks: Tasks, rule: Callable[..., None], path: str, action: str
) -> None:
    rule({action})
    assert tasks.send("GET", f"/{tasks.other}").status_code == 200
    refused = tasks.send("POST", f"/{tasks.other}{path}")
    assert (refused.status_code, refused.json["error"]["name"]) == (403, "NotAllowedError")
    assert tasks.send("POST", f"/{tasks.own}{path}").status_code in {200, 201}
    run_all(tasks.portal.services)


@pytest.mark.parametrize("who", [NOBODY, SERVICE_TOKEN_HOLDER, Principal(USER, OTHER)])
@pytest.mark.parametrize("created_by", ["", GUEST])
def test_a_task_that_somebody_else_or_no_user_asked_for_is_nobody_s_own(
    rule: Callable[..., None], who: Principal, created_by: str
) -> None:
    rule({READ})
    assert not may(who, READ, NONE, created_by)
    assert may(Principal(USER, GUEST), READ, NONE, created_by) is bool(created_by)


def test_files_that_are_not_there_are_told_why(tasks: Tasks) -> None:
    answer = tasks.send("GET", f"/{NONE}/workspace.zip")
    assert answer.json["error"]["message"] == (
        f"No task with id '{NONE}' found; tasks are removed 90 days after their end "
        "(task_retention)"
    )
