"""Technical debt management: what to repair first, within a share of the sprint."""

from __future__ import annotations

import itertools
import json
import random
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from leading.__main__ import main
from leading.debt import Debt, RegisterError, load_register, with_hotspots
from leading.hotspots import HistoryError, Hotspot, hotspots
from leading.issues import ForgeError, write_issues
from leading.sample import HOTSPOT
from leading.settings import Settings, SettingsError, load_settings
from leading.sprint import choose, plan, too_large
from tests.conftest import NOW


def debts(*hours):
    return [Debt(f"d{n}", f"Debt {n}", *pair) for n, pair in enumerate(hours)]


# --- hotspots ------------------------------------------------------------------


def test_the_file_that_is_complicated_and_changes_often_is_first(history):
    found = hotspots(history, 365, NOW)
    assert found[0].path == HOTSPOT
    assert found[0].heat > 10 * found[1].heat


def test_simple_code_that_changes_often_is_no_hotspot(history):
    assert "labels.py" not in [found.path for found in hotspots(history, 365, NOW)]


def test_what_was_busy_before_the_window_is_no_hotspot(history):
    paths = [found.path for found in hotspots(history, 365, NOW)]
    assert "legacy.py" not in paths
    assert "legacy.py" in [found.path for found in hotspots(history, 4_000, NOW)]


def test_a_folder_without_history_says_so(tmp_path):
    with pytest.raises(HistoryError, match="not a git repository"):
        hotspots(tmp_path, 30, NOW)


# --- the register --------------------------------------------------------------


def test_a_history_of_somebody_else_says_what_to_do(history, monkeypatch):
    """As in a container, where what is mounted belongs to another user."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    with pytest.raises(HistoryError, match=r"belongs to another user.*safe\.directory"):
        hotspots(history, 365, NOW)


def test_the_container_trusts_the_folder_its_command_reads():
    dockerfile = (Path(__file__).parent.parent / "Dockerfile").read_text("utf-8")
    trusted = re.findall(r"git config --system --add safe\.directory (\S+)", dockerfile)
    assert trusted
    assert f'"{trusted[0]}"' in dockerfile.partition("\nCMD")[2]


def test_hotspots_nobody_wrote_down_are_added_once():
    register = [Debt("tax", "Tax", 6, 1, path="src/tax")]
    found = with_hotspots(register, [Hotspot("src/tax/a.py", 9, 9), Hotspot("b.py", 10, 40)])
    assert [debt.id for debt in found] == ["tax", "hotspot:b.py"]
    assert (found[1].effort, found[1].interest) == (10.0, 2.0)


@pytest.mark.parametrize(
    "text",
    [
        "- {id: a, title: A}",
        "- {id: a, title: A, effort_hours: 0, interest_hours: 1}",
        "- {id: a, title: A, effort_hours: 1, interest_hours: -1}",
        "{}: [",
        "just: this",
        "- a word",
        "[{id: a, title: A, effort_hours: 1, interest_hours: 1}, "
        "{id: a, title: B, effort_hours: 1, interest_hours: 1}]",
    ],
)
def test_a_register_that_is_wrong_is_refused(tmp_path, text):
    path = tmp_path / "register.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(RegisterError):
        load_register(path)


# --- sprints -------------------------------------------------------------------


def test_a_sprint_never_exceeds_its_budget():
    dice = random.Random(7)
    for _ in range(50):
        register = debts(*((dice.randint(1, 120) / 4, dice.randint(0, 40) / 4) for _ in range(9)))
        budget = dice.randint(0, 160) / 4
        for sprint in plan(register, budget, 3):
            assert sprint.effort <= budget


def test_the_choice_is_the_best_of_all_possible_ones():
    dice = random.Random(11)
    for _ in range(30):
        register = debts(*((dice.randint(1, 60) / 4, dice.randint(0, 40) / 4) for _ in range(8)))
        budget = 16.0
        subsets = itertools.chain.from_iterable(
            itertools.combinations(register, size) for size in range(len(register) + 1)
        )
        best = max(
            sum(debt.interest for debt in subset)
            for subset in subsets
            if sum(debt.effort for debt in subset) <= budget
        )
        assert sum(debt.interest for debt in choose(register, budget)) == pytest.approx(best)


def test_greed_would_leave_the_budget_unused():
    register = debts((6, 6.6), (5, 5), (5, 5))
    assert [debt.id for debt in choose(register, 10)] == ["d1", "d2"]


def test_what_is_not_taken_is_carried_over_and_nothing_is_lost_or_done_twice():
    register = debts((4, 4), (4, 3), (4, 2), (4, 1))
    first, second, third = plan(register, 6, 3)
    assert [debt.id for debt in first.items] == ["d0"]
    assert [debt.id for debt in first.carried_over] == ["d1", "d2", "d3"]
    done = [debt.id for sprint in (first, second, third) for debt in sprint.items]
    assert done == ["d0", "d1", "d2"]
    assert [debt.id for debt in third.carried_over] == ["d3"]


def test_what_fits_into_no_sprint_is_told():
    register = debts((4, 1), (40, 9))
    assert [debt.id for debt in too_large(register, 10)] == ["d1"]


def test_the_share_of_this_project_is_kept(history):
    settings = load_settings()
    register = with_hotspots(debts((8, 6), (16, 5)), hotspots(history, settings.days, NOW))
    allowed = settings.capacity_hours * settings.share_percent / 100
    assert all(sprint.effort <= allowed for sprint in plan(register, settings.budget_hours, 4))


@pytest.mark.parametrize(("share", "hours"), [(20, 64.0), (1, 3.2), (100, 320.0)])
def test_the_share_is_that_of_the_hours_of_a_sprint(share, hours):
    assert Settings(share, 320, 90).budget_hours == hours


def test_no_more_than_the_share_is_taken_and_what_fits_is():
    """Twenty per cent of 40 hours are 8: two items of four hours, and not a third."""
    budget = Settings(20, 40, 90).budget_hours
    first, second = plan(debts((4, 3), (4, 2), (4, 1)), budget, 2)
    assert [debt.id for debt in first.items] == ["d0", "d1"]
    assert [debt.id for debt in second.items] == ["d2"]


@pytest.mark.parametrize("share", [0, 101, "20", 12.5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(SettingsError, match="share_percent"):
        Settings(share, 320, 90)


# --- issues of a forge ---------------------------------------------------------


class Forge(BaseHTTPRequestHandler):
    """Answers the way GitHub and Gitea do, and keeps what it is sent."""

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        page, size = int(query["page"][0]), int(query["limit"][0])
        self.answer(200, self.server.issues[(page - 1) * size : page * size])

    def do_POST(self):
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != "token secret":
            self.answer(401, {"message": "Bad credentials"})
            return
        self.server.issues.append(content)
        self.answer(201, content)

    def answer(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def forge():
    with ThreadingHTTPServer(("127.0.0.1", 0), Forge) as server:
        server.issues = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()


def test_every_item_becomes_one_issue_however_often_it_is_sent(forge):
    register = debts(*[(1, 1)] * 120)
    headers = {"Authorization": "token secret"}
    with httpx.Client(base_url=forge.url, headers=headers) as client:
        assert len(write_issues(client, "team/service", register)) == 120
        assert write_issues(client, "team/service", [*register, Debt("new", "New", 1, 1)]) == [
            Debt("new", "New", 1, 1)
        ]
    assert len(forge.issues) == 121


def test_a_forge_that_refuses_is_an_error_without_the_token(forge):
    headers = {"Authorization": "token wrong"}
    with (
        httpx.Client(base_url=forge.url, headers=headers) as client,
        pytest.raises(ForgeError, match="401") as caught,
    ):
        write_issues(client, "team/service", debts((1, 1)))
    assert "wrong" not in str(caught.value)


# --- the commands --------------------------------------------------------------


def test_the_commands_work_on_a_real_repository(history, forge, capsys, monkeypatch):
    monkeypatch.setenv("FORGE_TOKEN", "secret")
    where = ["--repository", str(history)]
    assert main(["hotspots", *where]) == 0
    assert main(["plan", *where]) == 0
    assert main(["issues", *where, "--api", forge.url, "--to", "team/service"]) == 0
    assert main(["decide", "decisions/order-events.yaml"]) == 0
    assert main(["lint"]) == 0
    assert len(forge.issues) > 4
    assert capsys.readouterr().err == ""


def test_an_error_is_a_line_and_code_2(tmp_path, capsys):
    assert main(["hotspots", "--repository", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
