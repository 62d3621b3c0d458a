"""Links over HTTP: coverage, its history, evidence with addresses, badges."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.links.glossary import PAYMENTS
from tests.links.glossary import QUEUE
from tests.links.glossary import RETRY
from tests.links.glossary import service
from tests.links.glossary import sources

ORDERS = "component:default/orders"
FILES = {
    "payments/catalog-info.yaml": service("payments", "retry", more="  system: shop\n"),
    "payments/requirements.txt": "flask\ntenacity==9\n",
    "orders/catalog-info.yaml": service("orders"),
    "orders/requirements.txt": "pika\n",
    "systems/catalog-info.yaml": """
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: shop}
spec: {owner: editors, domain: trade}
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata: {name: trade}
spec: {owner: editors}
""",
}


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal, shared_database_url: str) -> Portal:
    portal = make_shared_portal(sources=sources(FILES), database_url=shared_database_url)
    portal.services.link_job.scan_all()
    return portal


def test_coverage_is_concepts_by_services(portal: Portal) -> None:
    found = portal.get("/api/glossary/coverage?by=domain")
    assert found["concepts"][RETRY] == {"ko": "retry ko", "en": "retry"}
    assert {
        (one["concept"], one["entity"]): (one["status"], one["level"]) for one in found["cells"]
    } == {(QUEUE, ORDERS): ("suggested", None), (RETRY, PAYMENTS): ("verified", None)}
    assert found["counts"] == {QUEUE: {"suggested": 1}, RETRY: {"verified": 1}}
    services = {one["ref"]: one for one in found["services"]}
    assert services[PAYMENTS]["system"] == "system:default/shop"
    assert services[PAYMENTS]["domain"] == "domain:default/trade"
    assert services[PAYMENTS]["owner"] == "group:default/editors"
    assert services[ORDERS]["domain"] is None
    groups = {one["name"]: one for one in found["groups"]}
    assert groups["domain:default/trade"]["counts"] == {RETRY: {"verified": 1}}
    assert groups[None]["services"] == 1


@pytest.mark.parametrize(
    ("query", "cells"),
    [
        ("system=shop", [RETRY]),
        ("domain=trade&owner=editors", [RETRY]),
        ("concept=queue", [QUEUE]),
        ("concept=queue&concept=retry", [QUEUE, RETRY]),
        ("owner=nobody", []),
    ],
)
def test_coverage_is_narrowed(portal: Portal, query: str, cells: list[str]) -> None:
    found = portal.get(f"/api/glossary/coverage?{query}")
    assert [one["concept"] for one in found["cells"]] == cells


@pytest.mark.parametrize(
    ("query", "accept"), [("?format=csv", "*/*"), ("", "text/csv")], ids=["format", "accept"]
)
def test_coverage_as_csv(portal: Portal, query: str, accept: str) -> None:
    answer = portal.client.get(f"/api/glossary/coverage{query}", headers={"Accept": accept})
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["concept"], row["entity"], row["status"]) for row in rows] == [
        (QUEUE, ORDERS, "suggested"),
        (RETRY, PAYMENTS, "verified"),
    ]


def test_json_is_what_a_browser_and_a_program_get(portal: Portal) -> None:
    for accept in ("*/*", "application/json", "text/html,*/*;q=0.8"):
        answer = portal.client.get("/api/glossary/coverage", headers={"Accept": accept})
        assert answer.is_json


def test_a_link_leads_to_the_lines_that_show_it(portal: Portal) -> None:
    (item,) = portal.get("/api/glossary/concepts/retry/services")["items"]
    assert item["entity"] == PAYMENTS
    link = portal.get(f"/api/glossary/links/{item['id']}")
    commit = portal.repositories["payments"].git("rev-parse", "HEAD").strip()
    assert link["commit"] == link["scan"]["commit"] == commit
    (finding,) = link["findings"]
    assert finding["url"] == (
        f"https://github.com/acme/payments/blob/{commit}/payments/requirements.txt#L2"
    )
    assert finding["scope"] == "runtime"
    assert {one["en"] for one in link["lookedFor"]} == {
        f"It depends on {name}." for name in ("tenacity", "stamina", "urllib3")
    }
    concepts = portal.get("/api/catalog/entities/by-name/component/default/payments/concepts")
    assert [one["id"] for one in concepts["items"]] == [item["id"]]
    assert concepts["scan"]["folder"] == "payments"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("links/nothing", 404, "there is no link 'nothing'"),
        ("concepts/retri/services", 404, "did you mean 'retry'?"),
        ("coverage?at=yesterday", 400, "at must be a time"),
        ("coverage?at=abcdef1234", 404, "no scan and no run"),
        ("coverage?by=colour", 400, "allowed values: owner, system, domain"),
        ("coverage?format=xml", 400, "allowed values: json, csv"),
        ("coverage?concept=", 400, ""),
        ("coverage/changes?since=yesterday", 400, "since must be a time"),
        ("coverage/changes?limit=0", 400, "limit must be between"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    portal: Portal, path: str, status: int, message: str
) -> None:
    answer = portal.client.get(f"/api/glossary/{path}")
    assert answer.status_code == status
    assert message in answer.get_json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("glossary/concepts/retry/badge.svg", "retry: 1 of 1 verified"),
        (
            "catalog/entities/by-name/component/default/orders/badge.svg",
            "concepts: 0 of 1 verified",
        ),
        (
            "catalog/entities/by-name/component/default/payments/concepts/retry/badge.svg",
            "retry: verified",
        ),
        (
            "catalog/entities/by-name/component/default/payments/concepts/queue/badge.svg",
            "queue: not linked",
        ),
    ],
)
def test_badges_are_pictures(portal: Portal, path: str, said: str) -> None:
    answer = portal.client.get(f"/api/{path}")
    assert answer.content_type == "image/svg+xml"
    title = ET.fromstring(answer.text).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == said


# --- as it was ---------------------------------------------------------------------


def cells(found: Any) -> dict[str, str]:
    return {one["concept"]: one["status"] for one in found["cells"]}


def test_coverage_as_it_was_at_a_commit_and_a_time(
    make_portal: MakePortal, database_url: str
) -> None:
    files = {"catalog-info.yaml": service("payments", "retry"), "requirements.txt": "tenacity\n"}
    portal = make_portal(sources=sources(files), database_url=database_url)
    portal.services.link_job.scan_all()
    repository = portal.repositories["payments"]
    first = repository.git("rev-parse", "HEAD").strip()
    second = repository.commit({"requirements.txt": "pika\n"}, "Queues")
    portal.sync()
    portal.services.link_job.scan_all()

    assert cells(portal.get("/api/glossary/coverage")) == {RETRY: "declared", QUEUE: "suggested"}
    assert cells(portal.get(f"/api/glossary/coverage?at={first[:12]}")) == {RETRY: "verified"}
    assert cells(portal.get(f"/api/glossary/coverage?at={second}")) == {
        RETRY: "declared",
        QUEUE: "suggested",
    }
    *_, oldest = portal.get("/api/glossary/coverage/changes")["items"]
    then = portal.get(f"/api/glossary/coverage?at={oldest['recordedAt'].replace('+', '%2B')}")
    assert cells(then) == {RETRY: "verified"}
    assert cells(portal.get("/api/glossary/coverage?at=2001-01-01")) == {}
    later = portal.get(
        f"/api/glossary/coverage/changes?since={oldest['recordedAt'].replace('+', '%2B')}&concept=retry"
    )
    assert [(one["before"], one["after"]) for one in later["items"]] == [("verified", "declared")]
