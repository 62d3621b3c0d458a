"""The nightly pipeline of the recommender: judge the running test, then train on the new log.

Nothing is promoted by hand. A challenger becomes champion only by winning its A/B test.
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mlflow

from modelops import ab, messages
from modelops.recommender import hit_rate, read_log, train
from modelops.registry import Registry
from modelops.settings import Settings

MODEL = "recommender"
VERDICT_TAG = "ab_verdict"
_TEST_NAME = re.compile(r"[0-9]{1,9}-[0-9]{1,9}")


@dataclass(frozen=True)
class Trial:
    """One A/B test: two versions of the model, named "champion-challenger"."""

    champion: str
    challenger: str

    @property
    def name(self) -> str:
        """The test's name is the salt of its arms and the name of its outcome file."""
        return f"{self.champion}-{self.challenger}"


@dataclass(frozen=True)
class Conclusion:
    """How a test stands: the verdict and the numbers behind it."""

    trial: Trial
    verdict: ab.Verdict
    champion: ab.Arm
    challenger: ab.Arm
    z: float


@dataclass(frozen=True)
class Retrained:
    """The version a night's log led to, and whether this call made it."""

    version: str
    is_new: bool
    hit_rate: float


class Outcomes:
    """What users did during the tests: one file a test, one JSON line a user.

    Stands for the click stream of a real shop. Only the user and the click are kept; the arm
    follows from the user's name, so that no client can put a click into the wrong arm.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, test: str, clicked: Mapping[str, bool]) -> None:
        """Write down who clicked.

        Raises:
            ValueError: the name is not that of a test.

        """
        path = self._path(test)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({"user": u, "clicked": c}) + "\n" for u, c in clicked.items()]
        # A line that was torn when the machine stopped must not tear the next one, too.
        start = "" if _ends_with_a_line(path) else "\n"
        with path.open("a", encoding="utf-8") as file:
            file.write(start + "".join(lines))

    def tally(self, test: str, challenger_percent: int) -> tuple[ab.Arm, ab.Arm]:
        """Count users and clicks of both arms: champion first. A user counts once.

        A line that is no outcome is told and left out: one torn line is not worth a verdict.
        """
        clicked: dict[str, bool] = {}
        path = self._path(test)
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        for number, line in enumerate(lines, start=1):
            outcome = _outcome(line)
            if outcome:
                user, did_click = outcome
                clicked[user] = clicked.get(user, False) or did_click
            elif line.strip():
                place = f"{path.name}:{number}"
                sys.stderr.write(messages.BAD_OUTCOME.format(place=place) + "\n")
        arms: dict[str, list[bool]] = {ab.CHAMPION: [], ab.CHALLENGER: []}
        for user, did_click in clicked.items():
            arms[ab.assign(user, test, challenger_percent)].append(did_click)
        champion, challenger = (ab.Arm(len(arm), sum(arm)) for arm in arms.values())
        return champion, challenger

    def _path(self, test: str) -> Path:
        if not _TEST_NAME.fullmatch(test):
            raise ValueError(messages.BAD_TEST.format(name=test))
        return self._folder / f"{test}.jsonl"


def _outcome(line: str) -> tuple[str, bool] | None:
    try:
        event = json.loads(line)
        user, clicked = event["user"], event["clicked"]
    except (ValueError, KeyError, TypeError):
        return None
    return (user, clicked) if isinstance(user, str) and isinstance(clicked, bool) else None


def _ends_with_a_line(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_size:
        return True
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def running_test(registry: Registry) -> Trial | None:
    """Return the test that goes on now, if there is one."""
    champion = registry.version(MODEL, ab.CHAMPION)
    challenger = registry.version(MODEL, ab.CHALLENGER)
    return Trial(champion, challenger) if champion and challenger else None


def conclude(registry: Registry, settings: Settings, outcomes: Outcomes) -> Conclusion | None:
    """Judge the running test; promote the challenger or send it away once it is decided."""
    trial = running_test(registry)
    if trial is None:
        return None
    champion, challenger = outcomes.tally(trial.name, settings.challenger_percent)
    rules = ab.Rules(settings.confidence, settings.minimum_users, settings.challenger_percent)
    verdict = ab.judge(champion, challenger, rules)
    z = ab.z_score(champion, challenger) if verdict is not ab.Verdict.UNDECIDED else 0.0
    conclusion = Conclusion(trial, verdict, champion, challenger, z)
    if verdict is not ab.Verdict.UNDECIDED:
        _settle(registry, conclusion)
    return conclusion


def _settle(registry: Registry, conclusion: Conclusion) -> None:
    trial, verdict = conclusion.trial, conclusion.verdict
    with registry.run(MODEL, f"ab {trial.name}"):
        mlflow.log_params({"champion": trial.champion, "challenger": trial.challenger})
        mlflow.log_metrics(
            {
                "champion_rate": conclusion.champion.rate,
                "challenger_rate": conclusion.challenger.rate,
                "z": conclusion.z,
            }
        )
        mlflow.set_tag(VERDICT_TAG, verdict.value)
    registry.tag(MODEL, trial.challenger, {VERDICT_TAG: verdict.value})
    if verdict is ab.Verdict.BETTER:
        registry.deploy(MODEL, trial.challenger)
    registry.end_challenge(MODEL)


def retrain(registry: Registry, night: str, log: Path) -> Retrained:
    """Train on a night's log and register the result: as challenger, or as the first champion.

    The same log of the same night leads to the same version, however often it is asked for.
    A test that is still running goes on; the new version then only waits in the registry.

    Raises:
        MissingDataError: there is no usable log; the registry stays as it is.

    """
    events = read_log(log)
    origin = {"night": night, "data_sha256": events.sha256}
    known = registry.find(MODEL, origin)
    rate = hit_rate(events.histories)
    version = known or _register(registry, night, events.histories, origin, rate)
    if registry.version(MODEL, ab.CHAMPION) is None:
        registry.deploy(MODEL, version)
    elif _may_challenge(registry, version):
        registry.challenge(MODEL, version)
    return Retrained(version, known is None, rate)


def _register(
    registry: Registry,
    night: str,
    histories: Mapping[str, list[str]],
    origin: Mapping[str, str],
    rate: float,
) -> str:
    with registry.run(MODEL, f"retrain {night}"):
        mlflow.log_params({**origin, "users": len(histories)})
        mlflow.log_metric("hit_rate", rate)
        return registry.register(MODEL, train(histories), origin)


def _may_challenge(registry: Registry, version: str) -> bool:
    is_free = registry.version(MODEL, ab.CHALLENGER) is None
    has_served = version in registry.deployments(MODEL)
    return is_free and not has_served and VERDICT_TAG not in registry.tags(MODEL, version)
