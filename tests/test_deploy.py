"""The files to deploy with: what the tools that are here say of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portal.config.settings import SETTINGS
from portal.kernel.yaml12.reading import Document
from portal.kernel.yaml12.reading import read

DEPLOY = Path(__file__).parent.parent / "docs/operators/deploy"
UNITS = ("portal.service", "portal-worker.service")
_HEALTH = "/.backstage/health/v1/"


def documents(name: str) -> list[Any]:
    found = list(read((DEPLOY / name).read_bytes()))
    assert all(isinstance(each, Document) for each in found)
    return [each.value for each in found if isinstance(each, Document)]


@pytest.mark.parametrize("name", UNITS)
def test_systemd_knows_every_line_of_a_unit(tmp_path: Path, name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / name
    unit.write_text((DEPLOY / name).read_text().replace("/opt/portal/bin/portal", "/bin/true"))
    command = ["systemd-analyze", "verify", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Failed to" in done.stderr and name not in done.stderr:
        pytest.skip("systemd-analyze does not run here")
    assert (done.returncode, done.stderr) == (0, "")


def lint(tool: str, *arguments: str | Path) -> str:
    """Return what a tool, which is installed with the others to develop, has against files."""
    command = [Path(sys.executable).with_name(tool), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("name", ["kubernetes.yaml", "kubernetes-cluster.yaml"])
def test_kubernetes_takes_the_manifests(name: str) -> None:
    assert lint("kubernetes-validate", "--strict", DEPLOY / name) == ""


def test_the_compose_file_follows_its_specification() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    assert lint("check-jsonschema", *schema, DEPLOY / "compose.yaml") == ""


def test_hadolint_has_nothing_against_the_image() -> None:
    assert lint("hadolint", DEPLOY / "Containerfile") == ""


def test_no_pod_of_many_machines_has_a_volume_of_its_own() -> None:
    pods = {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in documents("kubernetes-cluster.yaml")
        if each["kind"] == "Deployment"
    }
    arguments = {name: pod["containers"][0]["args"][:-2] for name, pod in pods.items()}
    assert arguments == {"portal-web": ["serve", "--no-jobs"], "portal-worker": ["worker"]}
    for pod in pods.values():
        assert {"emptyDir", "configMap"} == {key for each in pod["volumes"] for key in each} - {
            "name"
        }
        assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


def test_manifests_probe_health_and_write_to_volumes_only() -> None:
    workload, service = documents("kubernetes.yaml")
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    probes = [container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness")]
    assert probes == [f"{_HEALTH}liveness"] * 2
    assert container["readinessProbe"]["httpGet"]["path"] == f"{_HEALTH}readiness"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert service["spec"]["selector"] == workload["spec"]["selector"]["matchLabels"]


def test_variables_are_those_of_settings() -> None:
    (compose,) = documents("compose.yaml")
    given = compose["services"]["portal"]["environment"]
    assert set(given) <= {each.variable for each in SETTINGS.values()}
    assert compose["services"]["portal"]["read_only"] is True


def test_the_image_runs_without_root() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    assert "USER 10001" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)
