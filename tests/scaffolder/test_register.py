"""``catalog:register``: what was published becomes part of the portal's own catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from tests.conftest import MakePortal
from tests.conftest import MakeSteps
from tests.conftest import Portal
from tests.conftest import Serving
from tests.conftest import Steps
from tests.scaffolder.remotes import Remote

DESCRIPTOR = """
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: shop-api}
spec: {type: openapi, lifecycle: production, owner: guests, definition: x}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: Shop}
spec: {type: service, lifecycle: production, owner: guests}
"""
FILES = {"catalog-info.yaml": DESCRIPTOR}


@pytest.fixture
def remote(serving: Serving) -> str:
    """Return the address of an empty repository."""
    serving.make_empty("acme/shop")
    return Remote(serving).url


@pytest.fixture
def portal(make_portal: MakePortal, serving: Serving) -> Portal:
    hosts = (serving.host,)
    return make_portal({"catalog-info.yaml": ""}, location_hosts=hosts, publish_hosts=hosts)


@pytest.fixture
def steps(make_steps: MakeSteps, portal: Portal) -> Steps:
    return replace(make_steps(), config=portal.config, registrations=portal.services.registrations)


def _publish(steps: Steps, remote: str, files: Mapping[str, str] = FILES) -> str:
    url: str = steps.run("publish:git", files, remoteUrl=remote).output["repoContentsUrl"]
    return url


def _locations(portal: Portal) -> list[str]:
    return [found["data"]["target"] for found in portal.get("/api/catalog/locations")]


def test_what_was_published_appears_in_the_catalog(
    steps: Steps, portal: Portal, remote: str, serving: Serving
) -> None:
    contents = _publish(steps, remote)
    output = steps.run("catalog:register", {}, repoContentsUrl=contents).output
    address = f"http://{serving.host}/acme/shop/blob/main/catalog-info.yaml"
    assert output == {"entityRef": "component:default/shop", "catalogInfoUrl": address}
    portal.sync()
    entity = portal.get("/api/catalog/entities/by-name/component/default/shop")
    assert entity["metadata"]["name"] == "Shop"
    assert _locations(portal) == [address]


def test_registering_twice_is_a_success_and_one_location(
    steps: Steps, portal: Portal, remote: str
) -> None:
    contents = _publish(steps, remote)
    first = steps.run("catalog:register", {}, repoContentsUrl=contents).output
    assert steps.run("catalog:register", {}, repoContentsUrl=contents).output == first
    assert len(_locations(portal)) == 1


@pytest.mark.usefixtures("portal")
def test_the_descriptor_may_be_elsewhere(steps: Steps, remote: str) -> None:
    contents = _publish(steps, remote, {"catalog/shop.yaml": DESCRIPTOR})
    given = {"repoContentsUrl": contents, "catalogInfoPath": "catalog/shop.yaml"}
    output = steps.run("catalog:register", {}, **given).output
    assert output["catalogInfoUrl"] == f"{contents}/catalog/shop.yaml"
    whole = steps.run("catalog:register", {}, catalogInfoUrl=output["catalogInfoUrl"])
    assert whole.output == output


def test_a_descriptor_that_is_not_there_is_not_registered(
    steps: Steps, portal: Portal, remote: str
) -> None:
    contents = _publish(steps, remote, {"README.md": ""})
    with pytest.raises(InputError, match=r"catalog-info\.yaml"):
        steps.run("catalog:register", {}, repoContentsUrl=contents)
    assert _locations(portal) == []


@pytest.mark.usefixtures("portal")
def test_an_optional_registration_may_fail(steps: Steps, remote: str) -> None:
    contents = _publish(steps, remote, {"README.md": ""})
    done = steps.run("catalog:register", {}, repoContentsUrl=contents, optional=True)
    assert done.output == {"catalogInfoUrl": f"{contents}/catalog-info.yaml"}
    assert any("optional" in line for line in steps.said)


def test_other_hosts_are_not_registered(steps: Steps, portal: Portal) -> None:
    with pytest.raises(InputError, match="not allowed"):
        steps.run("catalog:register", {}, catalogInfoUrl="https://evil.test/o/r/blob/main/c.yaml")
    assert _locations(portal) == []


def test_a_portal_that_is_only_read_registers_nothing(
    steps: Steps, remote: str, portal: Portal
) -> None:
    contents = _publish(steps, remote)
    config = replace(portal.config, readonly=True)
    registrations = type(portal.services.registrations)(
        portal.services.database, portal.services.remote_access, True, lambda: None
    )
    locked = replace(steps, config=config, registrations=registrations)
    with pytest.raises(NotAllowedError, match="readonly"):
        locked.run("catalog:register", {}, repoContentsUrl=contents)


# --- addresses ------------------------------------------------------------------
