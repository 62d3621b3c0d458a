"""``catalog:register``: what was published becomes part of the portal's own catalog."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.scaffolder.repository_addresses import address_in
from portal.scaffolder.repository_addresses import contents_url

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


@pytest.fixture
def remote(serving):
    """Return the address of an empty repository."""
    path = serving.root / "acme/shop.git"
    subprocess.run(("git", "init", "-q", "--bare", "-b", "main", str(path)), check=True)
    subprocess.run(("git", "config", "http.receivepack", "true"), cwd=path, check=True)
    return f"http://{serving.host}/acme/shop.git"


@pytest.fixture
def portal(make_portal, serving):
    hosts = (serving.host,)
    return make_portal({"catalog-info.yaml": ""}, location_hosts=hosts, publish_hosts=hosts)


@pytest.fixture
def steps(make_steps, portal):
    return replace(make_steps(), config=portal.config, registrations=portal.services.registrations)


def _publish(steps, remote, files=None):
    files = {"catalog-info.yaml": DESCRIPTOR} if files is None else files
    return steps.run("publish:git", files, remoteUrl=remote).output["repoContentsUrl"]


def _locations(portal):
    return [found["data"]["target"] for found in portal.get("/api/catalog/locations")]


def test_what_was_published_appears_in_the_catalog(steps, portal, remote, serving):
    contents = _publish(steps, remote)
    output = steps.run("catalog:register", {}, repoContentsUrl=contents).output
    address = f"http://{serving.host}/acme/shop/blob/main/catalog-info.yaml"
    assert output == {"entityRef": "component:default/shop", "catalogInfoUrl": address}
    portal.sync()
    entity = portal.get("/api/catalog/entities/by-name/component/default/shop")
    assert entity["metadata"]["name"] == "Shop"
    assert _locations(portal) == [address]


def test_registering_twice_is_a_success_and_one_location(steps, portal, remote):
    contents = _publish(steps, remote)
    first = steps.run("catalog:register", {}, repoContentsUrl=contents).output
    assert steps.run("catalog:register", {}, repoContentsUrl=contents).output == first
    assert len(_locations(portal)) == 1


def test_the_descriptor_may_be_elsewhere(steps, portal, remote):
    contents = _publish(steps, remote, {"catalog/shop.yaml": DESCRIPTOR})
    given = {"repoContentsUrl": contents, "catalogInfoPath": "catalog/shop.yaml"}
    output = steps.run("catalog:register", {}, **given).output
    assert output["catalogInfoUrl"] == f"{contents}/catalog/shop.yaml"
    whole = steps.run("catalog:register", {}, catalogInfoUrl=output["catalogInfoUrl"])
    assert whole.output == output


def test_a_descriptor_that_is_not_there_is_not_registered(steps, portal, remote):
    contents = _publish(steps, remote, {"README.md": ""})
    with pytest.raises(InputError, match=r"catalog-info\.yaml"):
        steps.run("catalog:register", {}, repoContentsUrl=contents)
    assert _locations(portal) == []


def test_an_optional_registration_may_fail(steps, portal, remote):
    contents = _publish(steps, remote, {"README.md": ""})
    done = steps.run("catalog:register", {}, repoContentsUrl=contents, optional=True)
    assert done.output == {"catalogInfoUrl": f"{contents}/catalog-info.yaml"}
    assert any("optional" in line for line in steps.said)


def test_other_hosts_are_not_registered(steps, portal):
    with pytest.raises(InputError, match="not allowed"):
        steps.run("catalog:register", {}, catalogInfoUrl="https://evil.test/o/r/blob/main/c.yaml")
    assert _locations(portal) == []


def test_a_portal_that_is_only_read_registers_nothing(steps, remote, make_steps, portal):
    contents = _publish(steps, remote)
    config = replace(portal.config, readonly=True)
    registrations = type(portal.services.registrations)(
        portal.services.database, config, lambda: None
    )
    locked = replace(steps, config=config, registrations=registrations)
    with pytest.raises(NotAllowedError, match="readonly"):
        locked.run("catalog:register", {}, repoContentsUrl=contents)


# --- addresses ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "path", "address"),
    [
        (
            "https://github.com/o/r/blob/main",
            "/catalog-info.yaml",
            "https://github.com/o/r/blob/main/catalog-info.yaml",
        ),
        (
            "https://github.com/o/r/blob/main/",
            "a/b.yaml",
            "https://github.com/o/r/blob/main/a/b.yaml",
        ),
        (
            "https://gitlab.com/g/s/r/-/blob/x",
            "c.yaml",
            "https://gitlab.com/g/s/r/-/blob/x/c.yaml",
        ),
        ("https://github.com/o/r", "c.yaml", "https://github.com/o/r/blob/HEAD/c.yaml"),
        (
            "https://dev.azure.com/o/p/_git/r",
            "/c.yaml",
            "https://dev.azure.com/o/p/_git/r?path=/c.yaml",
        ),
        (
            "https://dev.azure.com/o/p/_git/r?path=/&version=GBmain",
            "c.yaml",
            "https://dev.azure.com/o/p/_git/r?path=/c.yaml&version=GBmain",
        ),
        (
            "https://git.example.org/r.git//?ref=main",
            "c.yaml",
            "https://git.example.org/r.git//c.yaml?ref=main",
        ),
    ],
)
def test_a_file_has_an_address_in_its_repository(contents, path, address):
    assert address_in(contents, path) == address


@pytest.mark.parametrize(
    ("remote", "branch", "address"),
    [
        ("https://github.com/o/r.git", "main", "https://github.com/o/r/blob/main"),
        ("https://gitlab.com/g/s/r.git", "main", "https://gitlab.com/g/s/r/-/blob/main"),
        ("https://bitbucket.org/o/r.git", "x", "https://bitbucket.org/o/r/src/x"),
        ("git@github.com:o/r.git", "a/b", "https://github.com/o/r/blob/a/b"),
        (
            "https://git.example.org/deep/er/r.git",
            "a/b",
            "https://git.example.org/deep/er/r.git//?ref=a%2Fb",
        ),
    ],
)
def test_a_repository_has_an_address_of_its_files(make_steps, remote, branch, address):
    assert contents_url(remote, branch, make_steps().config) == address
