"""Use case 1: from nothing but a name to a repository, a pipeline, manifests and a dashboard."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

import kubernetes_validate
import pytest
import yaml

from selfservice import rehearsal
from selfservice.golden_path import manifests, service_files
from selfservice.policy import Refused, enforce

PROMISED = {
    ".github/workflows/ci.yml",
    "Dockerfile",
    "catalog-info.yaml",
    "dashboard.json",
    "deploy/deployment.yaml",
    "deploy/service.yaml",
    "service.py",
    "tests/test_service.py",
}


@pytest.fixture
def cloned(portal, tmp_path):
    made = portal.post("/services", json={"name": "orders"})
    assert made.status_code == 201
    return rehearsal.clone(made.json["repository"], tmp_path / "clone")


@pytest.fixture(scope="module")
def files(standard):
    return service_files({"name": "orders"}, standard)


def test_a_name_is_enough_for_a_repository_with_everything_promised(cloned):
    made = {p.relative_to(cloned).as_posix() for p in cloned.rglob("*") if ".git" not in p.parts}
    assert made >= PROMISED
    branch = subprocess.check_output(["git", "-C", str(cloned), "branch", "--show-current"])
    assert branch.strip() == b"main"


def test_nothing_is_left_for_the_developer_to_fill_in(files):
    rest = {path: text.replace("${{ secrets.", "") for path, text in files.items()}
    assert not [path for path, text in rest.items() if "${{" in text or "{%" in text]


def test_the_pipelines_own_commands_pass_in_a_fresh_clone(cloned):
    assert "OK" in rehearsal.run_pipeline(cloned)


def test_the_pipeline_turns_red_when_the_service_breaks(cloned):
    code = cloned / "service.py"
    code.write_text(code.read_text().replace('if path == "/":', 'if path == "/moved":'))
    with pytest.raises(subprocess.CalledProcessError):
        rehearsal.run_pipeline(cloned)


def test_the_pipeline_is_one_github_would_take(cloned):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    workflow = cloned / ".github/workflows/ci.yml"
    subprocess.run([*command, "vendor.github-workflows", str(workflow)], check=True)
    deploy = yaml.safe_load(workflow.read_text())["jobs"]["deploy"]
    assert deploy["needs"] == "test"


@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_the_manifests_keep_the_published_schemas_of_kubernetes(files, version):
    kinds = set()
    for manifest in manifests(files):
        kubernetes_validate.validate(manifest, version, strict=True)
        kinds.add(manifest["kind"])
    assert kinds == {"Deployment", "Service", "PodDisruptionBudget"}


def test_the_selectors_find_the_pods(files):
    deployment, disruption, service = manifests(files)
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels
    assert disruption["spec"]["selector"]["matchLabels"].items() <= labels
    assert service["spec"]["selector"].items() <= labels


def test_as_many_copies_run_as_the_standard_asks_for(files, standard):
    deployment = manifests(files)[0]
    assert deployment["spec"]["replicas"] == standard.replicas
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.startswith(f"ghcr.io/{standard.organization}/orders:")


def test_a_manifest_below_the_standard_is_refused(files, standard):
    deployment = manifests(files)[0]
    deployment["spec"]["replicas"] = standard.replicas - 1
    with pytest.raises(Refused, match=r"^too-few-replicas$"):
        enforce("kubernetes", deployment, standard.standard())


def test_the_service_answers_the_probes_and_fills_every_panel(cloned):
    with rehearsal.deployed(cloned) as address:
        assert json.load(urlopen(f"{address}/", timeout=9)) == {"service": "orders"}
        exposition = urlopen(f"{address}/metrics", timeout=9).read().decode()
    good, panels = rehearsal.panels_with_data(cloned, exposition)
    assert good == panels == 3


def test_a_panel_without_its_metric_is_noticed(cloned):
    with rehearsal.deployed(cloned) as address:
        urlopen(f"{address}/", timeout=9).close()
        exposition = urlopen(f"{address}/metrics", timeout=9).read().decode()
    renamed = exposition.replace("http_requests_total", "requests_total")
    assert rehearsal.panels_with_data(cloned, renamed) == (1, 3)


def test_a_name_that_is_there_is_not_overwritten(portal, repositories):
    assert portal.post("/services", json={"name": "orders"}).status_code == 201
    head = ["git", "-C", str(repositories / "orders.git"), "rev-parse", "main"]
    before = subprocess.check_output(head)
    assert portal.post("/services", json={"name": "orders"}).status_code == 409
    assert subprocess.check_output(head) == before
    assert [path.name for path in repositories.iterdir()] == ["orders.git"]


def test_of_several_who_ask_for_one_name_at_once_one_gets_it(portal):
    def ask(_):
        client = portal.application.test_client()
        return client.post("/services", json={"name": "orders"}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(4))) == [201, 409, 409, 409]


@pytest.mark.parametrize("bad", ["Orders", "a", "../orders", "orders\n", "", 7, None])
def test_a_bad_name_makes_nothing(portal, repositories, bad):
    answer = portal.post("/services", json={"name": bad})
    assert answer.status_code == 422
    assert answer.json["errors"]
    assert not repositories.exists()


def test_an_empty_repository_on_a_git_server_is_filled_once(portal, tmp_path, monkeypatch):
    empty = ["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "acme/orders.git")]
    subprocess.run(empty, check=True)
    monkeypatch.setenv("PLATFORM_GIT_BASE", f"file://{tmp_path}/acme")
    made = portal.post("/services", json={"name": "orders"})
    folder = rehearsal.clone(made.json["repository"], tmp_path / "clone")
    assert (folder / "service.py").is_file()
    assert portal.post("/services", json={"name": "orders"}).status_code == 409
