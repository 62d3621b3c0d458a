"""Alerts, dashboard and the page name metrics that there are, and all of them."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from portal.health.gauges import of_report
from portal.health.observation import Observation
from portal.health.service import Report
from portal.kernel.telemetry.instruments import ALL
from portal.kernel.yaml12.reading import read_one

OPERATORS = Path(__file__).parents[2] / "docs/operators"
ALERTS = OPERATORS / "portal-alerts.yml"
DASHBOARD = OPERATORS / "portal-dashboard.json"
PAGES = (OPERATORS / "monitoring.md", OPERATORS.parent / "ko/operators/monitoring.md")
_NAME = re.compile(r"\bportal_\w+")
#: Gauges that are not of an observation.
_OTHERS = {"portal_failures", "portal_mirrors_bytes"}


def known() -> set[str]:
    report = Report(True, Observation(), ())
    gauges = {gauge[0] for gauge in of_report(report, dt.datetime.now(dt.UTC))}
    return {each.name for each in ALL} | gauges | _OTHERS


def named(text: str) -> set[str]:
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in _NAME.findall(text)}


def rules() -> list[dict[str, Any]]:
    document: Any = read_one(ALERTS.read_bytes())
    return [rule for group in document["groups"] for rule in group["rules"]]


def test_every_alert_asks_for_metrics_there_are() -> None:
    for rule in rules():
        assert named(rule["expr"]) <= known(), rule["alert"]
        assert rule["annotations"]["summary"]


def test_the_rules_are_accepted_by_prometheus() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed: it is in Debian's package prometheus")
    done = subprocess.run(
        ["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(rules())} rules found" in done.stdout


def test_the_dashboard_shows_metrics_there_are() -> None:
    board = json.loads(DASHBOARD.read_text())
    shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert named(" ".join(shown)) <= known()
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("page", PAGES, ids=["en", "ko"])
def test_the_page_has_every_metric(page: Path) -> None:
    assert named(page.read_text()) == known()
