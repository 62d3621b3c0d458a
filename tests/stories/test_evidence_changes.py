"""A service stops using a library: its link, coverage, changes, and the address of every line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.running import RunningPortal
from tests.attacks.running import running_portal
from tests.conftest import MakeRepository
from tests.links.glossary import FORGE
from tests.links.glossary import GLOSSARY
from tests.links.glossary import PAYMENTS
from tests.links.glossary import RETRY
from tests.links.glossary import service

FILES = {
    "catalog-info.yaml": service("payments", "retry"),
    "requirements.txt": "flask\ntenacity==9.1\n",
    "src/pay.py": "print('paid')\n",
}


def cells(portal: RunningPortal, query: str = "") -> dict[tuple[str, str], str]:
    found = portal.ask("GET", f"/api/glossary/coverage{query}").json
    return {(one["concept"], one["entity"]): one["status"] for one in found["cells"]}


def wait_for(portal: RunningPortal, status: str) -> None:
    end = time.monotonic() + 60
    while cells(portal).get((RETRY, PAYMENTS)) != status:
        assert time.monotonic() < end, portal.log
        time.sleep(0.2)


def finding(portal: RunningPortal) -> Any:
    (item,) = portal.ask("GET", "/api/glossary/concepts/retry/services").json["items"]
    (found,) = portal.ask("GET", f"/api/glossary/links/{item['id']}").json["findings"]
    return found


@pytest.mark.slow
def test_a_removed_dependency_turns_the_link_to_declared(
    tmp_path: Path, make_repository: MakeRepository
) -> None:
    glossary = make_repository(GLOSSARY, "glossary")
    payments = make_repository(FILES, "payments")
    targets = ["**/catalog-info.yaml"]
    sources = [
        {"name": "glossary", "url": str(glossary.path), "targets": targets},
        {
            "name": "payments",
            "url": str(payments.path),
            "targets": targets,
            "location": f"url:{FORGE}",
        },
    ]
    with running_portal(tmp_path / "portal", sources=sources, sync_interval=1) as portal:
        wait_for(portal, "verified")
        first = payments.git("rev-parse", "HEAD").strip()
        found = finding(portal)
        # The address names commit, file and line; at that commit the line says it.
        assert found["url"] == f"{FORGE.replace('main', first)}/requirements.txt#L2"
        shown = payments.git("show", f"{found['commit']}:{found['path']}").splitlines()
        assert shown[found["line"] - 1] == "tenacity==9.1"

        second = payments.commit({"requirements.txt": "flask\n"}, "Retry by hand")
        wait_for(portal, "declared")
        changes = portal.ask("GET", "/api/glossary/coverage/changes").json["items"]
        assert [(one["before"], one["after"], one["commit"]) for one in changes] == [
            ("verified", "declared", second),
            (None, "verified", first),
        ]
        assert cells(portal, f"?at={first}") == {(RETRY, PAYMENTS): "verified"}
        assert cells(portal, f"?at={second}") == {(RETRY, PAYMENTS): "declared"}
        link = portal.ask("GET", f"/api/glossary/links/{changes[0]['link']}").json
        assert link["findings"] == []
        assert {"ko": "tenacity에 의존한다.", "en": "It depends on tenacity."} in link["lookedFor"]
