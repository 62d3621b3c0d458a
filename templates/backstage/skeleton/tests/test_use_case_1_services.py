"""Use case 1: owner, repository, build, deployment and API of every service on one page."""

import dataclasses
import json
import shutil
from html.parser import HTMLParser
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml
from jsonschema import Draft202012Validator

from softwarecatalog import checks, entities, pages, settings, techdocs
from softwarecatalog.status import Build, Deployment, Status, Unknown

NAMES = ["orders", "inventory", "payments"]


class Answers(HTMLParser):
    """What a page says, by the id of the place it says it at."""

    def __init__(self, text):
        super().__init__()
        self.said, self._at = {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self._at = dict(attrs).get("id", self._at)

    def handle_endtag(self, tag):
        if tag == "dd":
            self._at = None

    def handle_data(self, data):
        if self._at:
            self.said[self._at] = " ".join(f"{self.said.get(self._at, '')} {data}".split())


@pytest.fixture
def shown(forge, catalog, tmp_path):
    """Gives what the page of a service says right now."""
    _, status = forge

    def show(name):
        pages.write(pages.service_pages(catalog, status), tmp_path / "site")
        return Answers((tmp_path / "site" / name / "index.html").read_text()).said

    return show


def pages_of(catalog, status):
    return {page.service.name: page for page in pages.service_pages(catalog, status)}


def changed(catalog, name, **spec):
    return [
        dataclasses.replace(entity, data={**entity.data, "spec": {**entity.spec, **spec}})
        if entity.is_service and entity.name == name
        else entity
        for entity in catalog
    ]


def test_the_catalog_has_no_problem_and_knows_every_service(catalog):
    assert checks.problems(catalog) == []
    assert [entity.name for entity in catalog if entity.is_service] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_one_page_has_all_five_answers(forge, catalog, shown, company, name):
    running, status = forge
    running.run_pipeline(name)
    running.deploy(name, 1)
    page = pages_of(catalog, status)[name]
    assert page.answers == dict.fromkeys(page.answers, True)
    assert len(page.answers) == 5
    said = shown(name)
    assert page.owner.title in said["owner"]
    assert all(member.title in said["owner"] for member in page.members)
    assert said["repository"] == f"https://github.com/{company.organization}/{name}"
    assert running.version(name)[:7] in said["build"]
    assert "production: " in said["deployment"]
    assert "GET /" in said["api"]


def test_the_page_follows_the_build(forge, catalog, services):
    running, status = forge
    assert running.run_pipeline("payments") == "success"
    running.deploy("payments", 1)
    before = pages_of(catalog, status)["payments"]
    assert before.build.outcome == "success"
    code = services / "payments" / "service.py"
    code.write_text(code.read_text().replace("order in PAID", "True"))
    assert running.run_pipeline("payments") == "failure"
    after = pages_of(catalog, status)["payments"]
    assert after.build.outcome == "failure"
    assert after.build.commit == running.version("payments")[:7]
    # What failed its tests is not what runs.
    assert after.deployments == before.deployments
    assert after.deployments[0].version == before.build.commit != after.build.commit


def test_the_page_follows_the_deployment(forge, catalog):
    running, status = forge
    running.deploy("orders", 2)
    [before] = pages_of(catalog, status)["orders"].deployments
    assert (before.ready, before.wanted, before.is_healthy) == (2, 2, True)
    running.copies["orders"][0].kill()
    [after] = pages_of(catalog, status)["orders"].deployments
    assert (after.ready, after.wanted, after.is_healthy) == (1, 2, False)


def test_what_does_not_answer_is_unknown_and_never_well(catalog, tmp_path):
    nobody = Status({"GITHUB_API": "http://127.0.0.1:9", "KUBERNETES_API": "http://127.0.0.1:9"})
    page = pages_of(catalog, nobody)["orders"]
    assert isinstance(page.build, Unknown)
    assert isinstance(page.deployments, Unknown)
    assert not page.is_healthy
    assert page.answers["owner"]
    assert page.answers["api"]
    pages.write([page], tmp_path)
    assert page.build.reason in Answers((tmp_path / "orders/index.html").read_text()).said["build"]


def test_a_service_that_never_ran_is_unknown(forge, catalog):
    page = pages_of(catalog, forge[1])["orders"]
    assert page.build == Unknown("no run")
    assert page.deployments == Unknown("no deployment")


def test_a_repository_nobody_knows_is_unknown(forge):
    assert forge[1].build("somebody/else") == Unknown("404")


def test_one_failure_leaves_the_others_well(forge, catalog):
    running, status = forge
    for name in NAMES:
        running.run_pipeline(name)
        running.deploy(name, 1)
    running.copies["inventory"][0].kill()
    healthy = {name: page.is_healthy for name, page in pages_of(catalog, status).items()}
    assert healthy == {"orders": True, "inventory": False, "payments": True}


def test_what_the_forge_and_the_cluster_say_is_read_as_they_say_it():
    running = Build("in_progress", "abc1234", "https://example.com/1")
    assert not pages.ServicePage(None, None, [], "", running, [], {}, []).is_healthy
    assert not Deployment("production", "1", 0, 0).is_healthy


@pytest.mark.parametrize("name", NAMES)
def test_the_api_on_the_page_is_the_one_that_runs(forge, catalog, name):
    running, _ = forge
    running.deploy(name, 1)
    api = next(entity for entity in catalog if entity.kind == "API" and entity.name == name)
    for path, methods in yaml.safe_load(api.spec["definition"])["paths"].items():
        operation = methods["get"]
        [parameter] = operation["parameters"]
        url = running.copies[name][0].url + path.replace(
            "{" + parameter["name"] + "}", parameter["example"]
        )
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(schema).validate(json.load(urlopen(url, timeout=9)))
        with pytest.raises(HTTPError, match="404"):
            urlopen(url + "-not-there", timeout=9)


def test_texts_of_a_descriptor_cannot_bring_in_markup(catalog, forge, tmp_path):
    metadata = {**catalog[-2].metadata, "name": "x", "description": "<script>alert(1)</script>"}
    evil = dataclasses.replace(catalog[-2], data={**catalog[-2].data, "metadata": metadata})
    pages.write(pages.service_pages([*catalog, evil], forge[1]), tmp_path)
    assert "<script>" not in (tmp_path / "x" / "index.html").read_text()


def test_documentation_is_built_as_backstage_builds_it(tmp_path):
    techdocs.build(settings.ROOT / "services" / "orders", tmp_path)
    metadata = json.loads((tmp_path / "techdocs_metadata.json").read_text())
    assert metadata["site_name"]
    assert (tmp_path / "index.html").is_file()


def test_documentation_with_a_dead_link_is_not_built(tmp_path):
    folder = shutil.copytree(settings.ROOT / "services" / "orders", tmp_path / "orders")
    (folder / "docs" / "index.md").write_text("# x\n\n[gone](gone.md)\n")
    with pytest.raises(RuntimeError, match=r"gone\.md"):
        techdocs.build(folder, tmp_path / "site")


BREAKS = {
    "unresolved": lambda c: changed(c, "orders", owner="nobody"),
    "model": lambda c: changed(c, "orders", owner=7),
    "no-api": lambda c: changed(c, "orders", providesApis=[]),
    "twice": lambda c: [*c, c[-1]],
    "unregistered": lambda c: [e for e in c if e.file.parent.name != "payments"],
}


@pytest.mark.parametrize("rule", BREAKS)
def test_each_way_to_lose_an_answer_is_noticed(catalog, rule):
    found = {problem.rule for problem in checks.problems(BREAKS[rule](catalog))}
    assert rule in found


@pytest.mark.parametrize(
    ("annotation", "rule"),
    [
        (checks.SLUG, "no-repository"),
        (checks.KUBERNETES, "no-deployment"),
        (checks.TECHDOCS, "no-docs"),
    ],
)
def test_an_annotation_that_is_missing_is_noticed(catalog, annotation, rule):
    at = next(i for i, entity in enumerate(catalog) if entity.is_service)
    kept = {k: v for k, v in catalog[at].metadata["annotations"].items() if k != annotation}
    metadata = {**catalog[at].metadata, "annotations": kept}
    catalog[at] = dataclasses.replace(catalog[at], data={**catalog[at].data, "metadata": metadata})
    assert [problem.rule for problem in checks.problems(catalog)] == [rule]


def test_a_description_of_an_api_that_is_none_is_noticed(catalog):
    at = next(i for i, entity in enumerate(catalog) if entity.kind == "API")
    spec = {**catalog[at].spec, "definition": "openapi: 3.1.0\ninfo: {}\npaths: {}\n"}
    catalog[at] = dataclasses.replace(catalog[at], data={**catalog[at].data, "spec": spec})
    assert {problem.rule for problem in checks.problems(catalog)} == {"openapi"}


def test_every_service_belongs_to_the_system_of_the_settings(catalog, company):
    services = [entity for entity in catalog if entity.is_service]
    assert {entity.spec["system"] for entity in services} == {company.system}


@pytest.mark.parametrize(
    ("ref", "kind", "full"),
    [
        ("web", "group", "group:default/web"),
        ("user:kim", "group", "user:default/kim"),
        ("ops/web", "group", "group:ops/web"),
        ("Group:Ops/Web", "user", "group:ops/web"),
    ],
)
def test_references_are_read_as_backstage_reads_them(ref, kind, full):
    assert entities.full_ref(ref, kind) == full
