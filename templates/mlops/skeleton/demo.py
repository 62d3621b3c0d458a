"""Play both use cases from end to end on the embedded store, and measure what happened."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.entities import Run

import narration as say
import world
from modelops import ab, fraud, nightly
from modelops.__main__ import main
from modelops.registry import Registry
from modelops.settings import Settings, load_settings

ROOT = Path(__file__).parent
HOME = Path("var/demo")
EQUAL_CHALLENGERS = 1000
PARENT = "mlflow.parentRunId"
PAYMENT = {
    "amount": 140.0,
    "hour": 3,
    "km_from_home": 45.0,
    "payments_last_hour": 2,
    "account_days": 150,
}


class Service:
    """The serving application, running in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._url = process.stdout.readline().strip() if process.stdout else ""

    def post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401
        """Send a JSON body and return the JSON answer."""
        call = urllib.request.Request(  # noqa: S310
            self._url + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(call, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read() or "null")

    @property
    def is_the_same_process(self) -> bool:
        """Whether the process that was started still runs."""
        return self._process.poll() is None


@contextmanager
def serving(home: Path) -> Iterator[Service]:
    """Start the service on a free port; stop it whatever happens."""
    command = [sys.executable, "-m", "modelops", "--home", str(home), "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield Service(process)
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


def run(*command: str) -> int:
    """Run a command of modelops and show it."""
    arguments = ["--home", str(HOME), *command]
    print("    $ python -m modelops", *arguments)
    return main(arguments)


def log(night: str, histories: dict[str, list[str]]) -> None:
    """Put the shop's log of a night where the pipeline looks for it."""
    world.write_log(HOME / "events" / f"{night}.jsonl", histories)


def recommender(settings: Settings, registry: Registry, service: Service) -> str | None:
    """Play five nights; return what was measured, or None if it was not as promised."""

    def champion() -> str | None:
        return registry.version(nightly.MODEL, ab.CHAMPION)

    needed = world.users_needed(settings.minimum_users, settings.challenger_percent)
    summer = world.Shoppers(world.SUMMER, seed=1)
    autumn = world.Shoppers(world.AUTUMN, seed=2)

    print(say.FIRST_NIGHT)
    log("2026-08-28", summer.histories(1500))
    run("nightly", "--night", "2026-08-28")
    first = champion()

    print(say.LOST_LOG)
    is_refused = run("nightly", "--night", "2026-08-29") != 0 and champion() == first

    print(say.BROKEN_LOG)
    log("2026-08-30", world.scrambled(summer.histories(1500), seed=3))
    run("nightly", "--night", "2026-08-30")
    print(say.DAY.format(users=needed))
    world.visit(service.post, summer, summer.histories(needed))

    print(say.AUTUMN)
    log("2026-08-31", autumn.histories(1500))
    run("nightly", "--night", "2026-08-31")
    is_worse_kept_out = champion() == first
    few = settings.minimum_users // 2
    print(say.DAY.format(users=few))
    world.visit(service.post, autumn, autumn.histories(few))

    print(say.AGAIN)
    run("nightly", "--night", "2026-08-31")
    is_patient = champion() == first
    print(say.DAY.format(users=needed))
    world.visit(service.post, autumn, autumn.histories(needed, first=few))

    print(say.PROMOTION)
    log("2026-09-01", autumn.histories(1500))
    run("nightly", "--night", "2026-09-01")
    answer = service.post("/recommendations", {"histories": {"user-00001": ["item-01"]}})
    serves = answer["test"].split("-")[0]
    print(say.NOW_SERVING.format(version=serves))

    passed = equal_challengers_promoted(settings)
    print(say.EQUAL.format(passed=passed, of=EQUAL_CHALLENGERS, chance=1 - settings.confidence))
    is_proved = is_refused and is_worse_kept_out and is_patient
    if not (is_proved and serves == champion() == "3" and service.is_the_same_process):
        return None
    tested = registry.runs(nightly.MODEL, "tags.ab_verdict = 'better'", "start_time DESC")[0]
    return say.FACT_1.format(**tested.data.metrics, champion=first, challenger=serves)


def equal_challengers_promoted(settings: Settings) -> int:
    """Count how many of a thousand challengers, no better than the champion, would pass."""
    rules = ab.Rules(settings.confidence, settings.minimum_users, settings.challenger_percent)
    users = world.users_needed(settings.minimum_users, settings.challenger_percent)
    rivals = users * settings.challenger_percent // 100
    random = np.random.default_rng(5)
    verdicts = [
        ab.judge(
            ab.Arm(users - rivals, int(random.binomial(users - rivals, 0.2))),
            ab.Arm(rivals, int(random.binomial(rivals, 0.2))),
            rules,
        )
        for _ in range(EQUAL_CHALLENGERS)
    ]
    return verdicts.count(ab.Verdict.BETTER)


def detector(settings: Settings, registry: Registry, service: Service) -> str | None:
    """Sweep, register, deploy and roll back; return what was measured, or None."""
    print(say.SWEEP.format(runs=settings.sweep_runs))
    for month in (1, 2):
        payments = HOME / f"payments-{month}.csv"
        world.write_payments(payments, 6000, seed=month)
        run("sweep", str(payments))
    print(say.NOT_YET)
    is_silent = answering_version(service) == "503"

    print(say.DEPLOY)
    versions = []
    for command in (["deploy", fraud.MODEL, "1"], ["deploy", fraud.MODEL, "2"]):
        run(*command)
        versions.append(answering_version(service))
    print(say.ROLLBACK)
    run("rollback", fraud.MODEL)
    versions.append(answering_version(service))

    tried = tracked(registry)
    is_shown = is_silent and versions == ["1", "2", "1"] and best_is_registered(registry, tried)
    if not (is_shown and len(tried) == 2 * settings.sweep_runs and service.is_the_same_process):
        return None
    measures = [one.data.metrics[fraud.METRIC] for one in tried]
    trail = " → ".join(versions)
    return say.FACT_2.format(runs=len(tried), best=max(measures), worst=min(measures), trail=trail)


def answering_version(service: Service) -> str:
    """Ask the service about a payment; return the version that answers, or the status."""
    try:
        answer = service.post("/fraud/scores", {"payments": [PAYMENT]})
    except urllib.error.HTTPError as error:
        print(f"    → {error.code} {json.loads(error.read())['error']}")
        return str(error.code)
    print(say.SCORE.format(version=answer["version"], score=answer["scores"][0]))
    return str(answer["version"])


def tracked(registry: Registry) -> list[Run]:
    """Return the runs of both sweeps, one per setting."""
    found = registry.runs(fraud.MODEL, f"metrics.{fraud.METRIC} > 0", "start_time ASC")
    return [one for one in found if PARENT in one.data.tags]


def best_is_registered(registry: Registry, tried: list[Run]) -> bool:
    """Whether each version came from the best run of its sweep."""
    measure = {one.info.run_id: one.data.metrics[fraud.METRIC] for one in tried}
    sweep = {one.info.run_id: one.data.tags[PARENT] for one in tried}
    winners = [registry.tags(fraud.MODEL, version)["best_run"] for version in ("1", "2")]
    return all(
        measure[winner] == max(measure[one] for one in measure if sweep[one] == sweep[winner])
        for winner in winners
    )


def play() -> int:
    """Play both use cases; 0 when both showed what they promise."""
    os.chdir(ROOT)
    shutil.rmtree(HOME, ignore_errors=True)
    settings = load_settings()
    print(say.BEGIN.format(hour=settings.retrain_hour))
    registry = Registry(settings.project, HOME)
    registry.experiment(nightly.MODEL)
    with serving(HOME) as service:
        print(f"\n== {say.TITLE_1}")
        first = recommender(settings, registry, service)
        print(f"\n== {say.TITLE_2}")
        second = detector(settings, registry, service)
    print()
    print(f"[1/2] {'OK' if first else 'FAILED'} {say.TITLE_1}: {first or say.NOT_SHOWN}")
    print(f"[2/2] {'OK' if second else 'FAILED'} {say.TITLE_2}: {second or say.NOT_SHOWN}")
    return 0 if first and second else 1


if __name__ == "__main__":
    # What is told and what is reported keep their order, in a pipe as well.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # Being told to stop must stop the service as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(play())
    except KeyboardInterrupt:
        sys.exit(130)
