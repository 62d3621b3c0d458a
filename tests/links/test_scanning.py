"""Services become links: what is declared, found, said by persons, and what changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.jobs.job import Job
from portal.jobs.job import JobKind
from portal.links.link import Completeness
from portal.links.link import Link
from portal.links.link import LinkStatus
from portal.links.tables import memories
from portal.roles.services import Services
from tests.command_line import run
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.conftest import Serving
from tests.links.glossary import GLOSSARY
from tests.links.glossary import PAYMENTS
from tests.links.glossary import QUEUE
from tests.links.glossary import RETRY
from tests.links.glossary import service
from tests.links.glossary import sources
from tests.tables import each


def scanned(portal: Portal) -> dict[tuple[str, str], Link]:
    """Scan once; return the links by concept and service."""
    portal.services.link_job.scan_all()
    cells = {}
    for ref in (RETRY, QUEUE):
        for link in portal.services.links.of_concept(ref):
            cells[ref, link.entity] = link
    return cells


def statuses(portal: Portal) -> dict[tuple[str, str], str]:
    return {key: link.status.value for key, link in scanned(portal).items()}


@pytest.fixture
def portal(make_portal: MakePortal, database_url: str) -> Portal:
    """Return a portal whose payments claim retries and depend on a library for them."""
    files = {"catalog-info.yaml": service("payments", "retry"), "requirements.txt": "tenacity==9\n"}
    return make_portal(sources=sources(files), database_url=database_url)


def test_what_is_declared_and_found_is_verified(portal: Portal) -> None:
    assert statuses(portal) == {(RETRY, PAYMENTS): "verified"}

    link = scanned(portal)[RETRY, PAYMENTS]
    assert (link.confidence, link.level, link.is_declared) == (0.97, None, True)
    detail = portal.services.links.detail(link.id)
    (finding,) = detail.findings
    commit = portal.repositories["payments"].git("rev-parse", "HEAD").strip()
    assert (finding.place.path, finding.place.line) == ("requirements.txt", 1)
    assert finding.place.commit == link.commit == commit
    assert finding.place.url == (
        f"https://github.com/acme/payments/blob/{commit}/requirements.txt#L1"
    )
    assert finding.message == {"ko": "tenacity에 의존한다.", "en": "It depends on tenacity."}
    assert detail.scan is not None
    assert detail.scan.completeness is Completeness.COMPLETE
    assert {"ko": "stamina에 의존한다.", "en": "It depends on stamina."} in detail.looked_for


def test_nothing_is_read_again_that_has_not_changed(portal: Portal) -> None:
    job = portal.services.link_job
    assert job.is_due()
    assert job.scan_all().scanned == (PAYMENTS,)
    assert not job.is_due()
    assert job.scan_all() == type(job.scan_all())((), (), 1)

    portal.repositories["payments"].commit({"src/app.py": "print()\n"}, "More")
    portal.sync()
    assert job.is_due()
    report = job.scan_all()
    assert report.scanned == (PAYMENTS,)
    found = portal.services.links.of_entity(PAYMENTS)
    assert found.scan is not None
    assert found.scan.read == 0, "requirements.txt is known, and nothing looks at app.py"


def test_what_is_due_can_be_scanned_by_any_worker_repository_by_repository(
    portal: Portal,
) -> None:
    here, elsewhere = portal.services.link_job, Services(portal.config).link_job
    (job,) = [each for each in here.plan() if "payments" in each.name]
    commit = portal.repositories["payments"].git("rev-parse", "HEAD").strip()
    assert job == Job(JobKind.SCAN, job.name, commit)
    assert not here.is_due()
    assert elsewhere.scan(job) == ()
    (link,) = portal.services.links.of_concept(RETRY)
    assert (link.entity, link.status.value) == (PAYMENTS, "verified")
    assert job not in here.plan()
    before = portal.services.links.of_entity(PAYMENTS).scan
    here.scan(job)  # sent twice: nothing is left to do
    assert portal.services.links.of_entity(PAYMENTS).scan == before


def test_a_dependency_that_is_removed_turns_the_link_to_declared(portal: Portal) -> None:
    scanned(portal)
    new = portal.repositories["payments"].commit({"requirements.txt": "flask\n"}, "Simpler")
    portal.sync()

    assert statuses(portal) == {(RETRY, PAYMENTS): "declared"}
    newest, first = portal.services.links.changes()
    assert (newest.before, newest.after) == (LinkStatus.VERIFIED, LinkStatus.DECLARED)
    assert newest.commit == new
    assert newest.committed_at
    assert (first.before, first.after) == (None, LinkStatus.VERIFIED)
    assert portal.services.links.changes(first.recorded_at) == (newest,)


def test_a_supporting_finding_alone_makes_no_link(make_portal: MakePortal) -> None:
    files = {"catalog-info.yaml": service("payments"), "requirements.txt": "urllib3\n"}
    assert statuses(make_portal(sources=sources(files))) == {}


def test_a_component_of_a_monorepo_is_its_folder(make_portal: MakePortal) -> None:
    files = {
        "catalog-info.yaml": service("whole"),
        "requirements.txt": "flask\n",
        "payments/catalog-info.yaml": service("payments", "retry"),
        "payments/requirements.txt": "flask\n",
        "orders/catalog-info.yaml": service("orders"),
        "orders/requirements.txt": "pika\ntenacity\n",
    }
    assert statuses(make_portal(sources=sources(files))) == {
        (RETRY, PAYMENTS): "declared",
        (RETRY, "component:default/orders"): "suggested",
        (QUEUE, "component:default/orders"): "suggested",
    }


def test_components_that_share_a_folder_own_none_of_its_files(make_portal: MakePortal) -> None:
    both = f"{service('payments', 'retry')}---\n{service('orders')}"
    portal = make_portal(
        sources=sources({"catalog-info.yaml": both, "requirements.txt": "tenacity\n"})
    )
    assert statuses(portal) == {(RETRY, PAYMENTS): "declared"}
    scan = portal.services.links.of_entity(PAYMENTS).scan
    assert scan is not None
    assert scan.completeness is Completeness.UNREADABLE
    assert "backstage.io/source-location" in scan.error


def test_what_a_concepts_starter_made_is_told(make_portal: MakePortal) -> None:
    note = "template: {ref: 'template:default/retry-starter'}\ntask: {id: a, createdAt: 2026-01-01T00:00:00Z}\nparameters: {}\n"
    files = {"catalog-info.yaml": service("payments"), ".portal/provenance.yaml": note}
    portal = make_portal(sources=sources(files))
    assert statuses(portal) == {(RETRY, PAYMENTS): "template"}
    assert scanned(portal)[RETRY, PAYMENTS].template == "template:default/retry-starter"


@pytest.mark.slow
def test_a_commit_of_a_large_repository_costs_what_it_changed(make_portal: MakePortal) -> None:
    files = {f"src/part_{at % 40}/module_{at}.py": f"# {at}\n" for at in range(1_000)}
    files |= {"catalog-info.yaml": service("payments", "retry"), "requirements.txt": "tenacity\n"}
    portal = make_portal(sources=sources(files))
    assert statuses(portal) == {(RETRY, PAYMENTS): "verified"}

    with portal.services.database.begin() as connection:
        connection.execute(sa.delete(memories))
    changes = {"requirements.txt": "pika\n", "src/part_0/module_0.py": None, "new.py": "\n"}
    new = portal.repositories["payments"].commit(changes, "Other libraries")
    portal.sync()
    assert statuses(portal) == {(RETRY, PAYMENTS): "declared", (QUEUE, PAYMENTS): "suggested"}
    scan = portal.services.links.of_entity(PAYMENTS).scan
    assert scan is not None
    assert (scan.commit, scan.files, scan.read) == (new, len(files), 1)


# --- what persons say --------------------------------------------------------------

_REFUTED = """links:
  - entity: component:default/payments
    status: refuted
    reason: It is there for its metrics only.
    by: user:default/ada
    date: 2026-11-30
"""


def said(text: str) -> list[Any]:
    return sources(
        {"catalog-info.yaml": service("payments"), "requirements.txt": "tenacity\n"},
        {**GLOSSARY, "retry/links.yaml": text},
    )


def test_what_a_person_refuted_is_suggested_again_when_new_evidence_comes(
    make_portal: MakePortal,
) -> None:
    portal = make_portal(sources=said(_REFUTED))
    assert statuses(portal) == {(RETRY, PAYMENTS): "refuted"}
    judgment = scanned(portal)[RETRY, PAYMENTS].judgment
    assert judgment is not None
    assert (judgment.by, judgment.rules, judgment.line) == ("user:default/ada", ("library",), 2)

    payments = portal.repositories["payments"]
    payments.commit({"requirements.txt": "# moved\ntenacity==9\n"}, "The same evidence")
    portal.sync()
    assert statuses(portal) == {(RETRY, PAYMENTS): "refuted"}

    payments.commit({"requirements.txt": "tenacity\nstamina\n"}, "More evidence")
    portal.sync()
    assert statuses(portal) == {(RETRY, PAYMENTS): "suggested"}
    judgment = scanned(portal)[RETRY, PAYMENTS].judgment
    assert judgment is not None
    assert judgment.reopened_by == "other-library"


def test_what_a_person_confirmed_is_a_relation(make_portal: MakePortal) -> None:
    portal = make_portal(
        sources=sources(
            {"catalog-info.yaml": service("payments")},
            {**GLOSSARY, "retry/links.yaml": _REFUTED.replace("refuted", "confirmed")},
        )
    )
    assert statuses(portal) == {(RETRY, PAYMENTS): "confirmed"}
    assert {"type": "implementsConcept", "targetRef": RETRY} in relations(portal)

    portal.repositories["glossary"].commit({"retry/links.yaml": None}, "Not any more")
    portal.sync()
    assert statuses(portal) == {}
    assert {"type": "implementsConcept", "targetRef": RETRY} not in relations(portal)


def relations(portal: Portal) -> Any:
    return portal.get("/api/catalog/entities/by-name/component/default/payments")["relations"]


def test_a_service_may_say_it_in_its_own_descriptor(make_portal: MakePortal) -> None:
    more = "  conceptLinks:\n  - {concept: queue, status: confirmed, reason: By hand., by: ada, date: 2026-11-30}\n"
    portal = make_portal(sources=sources({"catalog-info.yaml": service("payments", more=more)}))
    assert statuses(portal) == {(QUEUE, PAYMENTS): "confirmed"}


_WRONG = [
    ("links: 5\n", 1, "links.yaml must be a mapping with a list 'links'"),
    (_REFUTED.replace("refuted", "wrong"), 3, "status must be confirmed or refuted"),
    (_REFUTED.replace("    by: user:default/ada\n", ""), 2, "by is missing"),
    (_REFUTED.replace("2026-11-30", "yesterday"), 6, "date must be a date"),
    (_REFUTED + "    wrong: x\n", 7, "'wrong' is not known"),
    (_REFUTED + _REFUTED.removeprefix("links:\n"), 7, "stands twice"),
    ("links: [\n", 2, "links.yaml: "),
]


def test_wrong_content_is_a_problem_with_its_line(make_portal: MakePortal) -> None:
    portal = make_portal(sources=said(_REFUTED))
    repository = portal.repositories["glossary"]

    @each(_WRONG)
    def is_told(case: tuple[str, int, str]) -> None:
        text, line, message = case
        repository.commit({"retry/links.yaml": text}, "Wrong")
        portal.sync()
        scanned(portal)
        (problem,) = portal.get("/api/catalog/problems")["items"]
        assert (problem["file"], problem["line"]) == ("retry/links.yaml", line)
        assert message in problem["message"]

        (item,) = checked(repository.path / "retry")
        said_by = (item["file"], item["line"], item["message"])
        assert said_by == ("retry/links.yaml", line, problem["message"]), "before it is committed"
        assert checked(repository.path / "retry/catalog-info.yaml") == [item]
        assert checked(repository.path / "queue") == []

    is_told()
    repository.commit({"retry/links.yaml": _REFUTED}, "Mended")
    portal.sync()
    scanned(portal)
    assert portal.get("/api/catalog/problems")["items"] == []


def checked(path: Path) -> list[dict[str, Any]]:
    """Return what ``portal check`` says of what persons said, below a path."""
    result = run("check", path, "--format", "json")
    assert result.exit_code == 0, result.output
    return [one for one in json.loads(result.output)["items"] if one["rule"] == "concept-link"]


def test_what_a_service_says_is_checked_before_it_is_committed(tmp_path: Path) -> None:
    more = "  conceptLinks:\n  - {concept: queue, status: maybe, reason: By hand., by: ada, date: 2026-11-30}\n"
    (tmp_path / "catalog-info.yaml").write_text(service("payments", more=more))
    (item,) = checked(tmp_path)
    assert (item["file"], item["line"]) == ("catalog-info.yaml", 10)
    assert item["message"] == "status must be confirmed or refuted"


# --- failures ----------------------------------------------------------------------


def elsewhere(url: str) -> str:
    annotated = f"metadata:\n  annotations: {{backstage.io/source-location: 'url:{url}'}}\n"
    return service("payments", "retry").replace("metadata:\n", annotated)


def test_a_host_that_is_not_allowed_is_told(make_portal: MakePortal) -> None:
    files = {"catalog-info.yaml": elsewhere("https://elsewhere.test/acme/shop/tree/main/")}
    portal = make_portal(sources=sources(files))
    assert statuses(portal) == {(RETRY, PAYMENTS): "declared"}
    scan = portal.services.links.of_entity(PAYMENTS).scan
    assert scan is not None
    assert "evidence_hosts" in scan.error
    assert scan.completeness is Completeness.UNREADABLE


def test_a_repository_that_is_no_source_is_mirrored(
    make_portal: MakePortal, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving.password = "shop-token"
    monkeypatch.setenv("SHOP_TOKEN", serving.password)
    shop = serving.repository("shop", {"README.md": "", "pay/requirements.txt": "\ntenacity\n"})
    serving.publish(shop, "acme/shop.git")
    files = {"catalog-info.yaml": elsewhere(f"http://{serving.host}/acme/shop/tree/main/pay/")}
    portal = make_portal(
        sources=sources(files),
        evidence_hosts=(serving.host,),
        evidence_interval=0,
        host_tokens={serving.host: "SHOP_TOKEN"},
    )
    assert statuses(portal) == {(RETRY, PAYMENTS): "verified"}
    link = portal.services.links.of_concept(RETRY)[0]
    (finding,) = portal.services.links.detail(link.id).findings
    commit = shop.git("rev-parse", "HEAD").strip()
    page = f"http://{serving.host}/acme/shop/blob/{commit}/pay/requirements.txt#L2"
    assert (link.commit, finding.place.url) == (commit, page)
    scan = portal.services.links.of_entity(PAYMENTS).scan
    assert scan is not None
    assert (scan.completeness, scan.folder, scan.files) == (Completeness.COMPLETE, "pay", 1)

    # Its next commit is seen, although the catalog has none.
    new = shop.commit({"pay/requirements.txt": "flask\n"}, "Simpler")
    assert statuses(portal) == {(RETRY, PAYMENTS): "declared"}
    assert portal.services.links.changes()[0].commit == new

    # While it cannot be read, what was known stays, with the failure beside it.
    serving.status = 503
    shop.commit({"pay/requirements.txt": "tenacity\n"}, "Back again")
    assert statuses(portal) == {(RETRY, PAYMENTS): "declared"}
    scan = portal.services.links.of_entity(PAYMENTS).scan
    assert scan is not None
    assert (scan.completeness, scan.commit) == (Completeness.FAILED, new)
    assert serving.password not in scan.error
    serving.status = 0
    assert statuses(portal) == {(RETRY, PAYMENTS): "verified"}
    assert not portal.get("/api/catalog/sources").get("failures")


def test_a_repository_that_fails_is_a_failure_that_is_seen(make_portal: MakePortal) -> None:
    files = {"catalog-info.yaml": elsewhere("https://127.0.0.1:1/acme/shop/tree/main/")}
    portal = make_portal(sources=sources(files), evidence_hosts=("127.0.0.1:1",))
    assert portal.services.link_job.scan_all().failed == (PAYMENTS,)
    scan = portal.services.links.of_entity(PAYMENTS).scan
    assert scan is not None
    assert scan.completeness is Completeness.FAILED
    failures = portal.get("/api/catalog/sources")["failures"]
    assert [one["stage"] for one in failures] == ["evidence"]


def test_a_service_that_is_gone_leaves_no_link(portal: Portal) -> None:
    scanned(portal)
    portal.repositories["payments"].commit({"catalog-info.yaml": service("billing")}, "Renamed")
    portal.sync()
    assert statuses(portal) == {(RETRY, "component:default/billing"): "suggested"}
    afters = {change.entity: change.after for change in portal.services.links.changes()[::-1]}
    assert afters == {"component:default/billing": LinkStatus.SUGGESTED}, (
        "who asks sees only what there is"
    )
