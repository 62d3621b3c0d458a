import copy

import pytest

from selfservice.golden_path import manifests, service_files
from selfservice.messages import RULES
from selfservice.policy import Refused, enforce
from selfservice.settings import ROOT


@pytest.fixture
def deployment(standard):
    return copy.deepcopy(manifests(service_files({"name": "orders"}, standard))[0])


def container(deployment):
    return deployment["spec"]["template"]["spec"]["containers"][0]


BREAKS = {
    "runs-as-root": lambda d: d["spec"]["template"]["spec"].pop("securityContext"),
    "no-memory-limit": lambda d: container(d)["resources"].pop("limits"),
    "no-readiness-probe": lambda d: container(d).pop("readinessProbe"),
    "floating-image": lambda d: container(d).update(image="ghcr.io/acme/orders:latest"),
    "no-owner": lambda d: d["metadata"].pop("annotations"),
    "too-few-replicas": lambda d: d["spec"].update(replicas=0),
}


@pytest.mark.parametrize("rule", BREAKS)
def test_each_rule_for_kubernetes_is_noticed_when_broken(deployment, standard, rule):
    BREAKS[rule](deployment)
    with pytest.raises(Refused) as refused:
        enforce("kubernetes", deployment, standard.standard())
    assert [violation.rule for violation in refused.value.violations] == [rule]


def test_an_image_with_a_port_but_no_tag_floats(deployment, standard):
    container(deployment)["image"] = "registry.example:5000/orders"
    with pytest.raises(Refused, match=r"^floating-image$"):
        enforce("kubernetes", deployment, standard.standard())


def test_without_rules_nothing_passes(standard):
    with pytest.raises(LookupError):
        enforce("nothing", {}, standard.standard())


def test_every_rule_has_a_sentence():
    rego = "".join(path.read_text() for path in (ROOT / "policy").glob("*.rego"))
    assert {part.partition('"')[0] for part in rego.split('"rule": "')[1:]} == set(RULES)
