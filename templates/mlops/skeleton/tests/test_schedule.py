"""A bad night does not end the schedule."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from mlflow.exceptions import MlflowException

from modelops import nightly
from modelops.__main__ import Console
from modelops.recommender import MissingDataError
from modelops.schedule import keep

EVENING = datetime(2026, 8, 28, 20, tzinfo=UTC)


class EndOfTestError(BaseException):
    """No failure of a night: the test has seen enough."""


class Clock:
    """Time that passes at once."""

    def __init__(self):
        self.time = EVENING

    def now(self):
        return self.time

    def wait(self, until):
        assert until >= self.time
        self.time = until


def played(*answers):
    """Let the schedule run until the answers (None or an error) are used up."""
    clock, seen, left = Clock(), [], list(answers)

    def job(night):
        seen.append((clock.time, night))
        if not left:
            raise EndOfTestError
        answer = left.pop(0)
        if answer:
            raise answer

    with pytest.raises(EndOfTestError):
        keep(2, job, clock, Console())
    return seen


@pytest.mark.parametrize(
    "error",
    [
        MlflowException("API request failed"),
        MissingDataError("no log"),
        json.JSONDecodeError("torn", "{", 0),
        OSError("no space left on device"),
    ],
)
def test_a_night_that_fails_is_tried_again_and_the_next_one_comes(error, capsys):
    seen = played(error, error, None)
    assert [night for _, night in seen] == ["2026-08-28"] * 3 + ["2026-08-29"]
    first = datetime(2026, 8, 29, 2, tzinfo=UTC)
    waits = [at - first for at, _ in seen]
    assert waits == [timedelta(0), timedelta(minutes=1), timedelta(minutes=3), timedelta(days=1)]
    assert capsys.readouterr().err.count("2026-08-28") == 2


def test_an_outage_of_a_whole_day_gives_up_one_night_and_says_so(capsys):
    seen = played(*[MlflowException("down")] * 60)
    nights = [night for _, night in seen]
    assert set(nights) == {"2026-08-28", "2026-08-29"}
    assert next(at for at, night in seen if night == "2026-08-29") == EVENING + timedelta(hours=30)
    given_up = [line for line in capsys.readouterr().err.splitlines() if "nightly --night" in line]
    assert len(given_up) == 1
    assert "2026-08-28" in given_up[0]


def test_a_torn_line_costs_one_click_and_not_the_verdict(home, capsys):
    outcomes = nightly.Outcomes(home / "outcomes")
    outcomes.add("1-2", {f"u{number}": True for number in range(20)})
    file = home / "outcomes" / "1-2.jsonl"
    file.write_text(file.read_text()[:-9])  # the machine stopped while it wrote
    outcomes.add("1-2", {"late": True})
    champion, challenger = outcomes.tally("1-2", 50)
    assert champion.users + challenger.users == 20
    assert "1-2.jsonl:20" in capsys.readouterr().err


@pytest.mark.parametrize("line", ['{"user": "u1"}', "[]", "3", '{"user": "u1", "clicked": "yes"}'])
def test_a_line_that_is_no_outcome_is_left_out(home, line):
    outcomes = nightly.Outcomes(home / "outcomes")
    outcomes.add("1-2", {"u0": True})
    with (home / "outcomes" / "1-2.jsonl").open("a") as file:
        file.write(f"{line}\n")
    champion, challenger = outcomes.tally("1-2", 50)
    assert champion.users + challenger.users == 1
