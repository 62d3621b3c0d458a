"""Copies of repositories: how large they may be, and which are removed; with git as it is."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from portal.catalog.sources.mirrors import in_words
from portal.catalog.sources.opening import open_location
from portal.config.sources import Source
from portal.roles.access import remote_access
from portal.roles.doctor import check_copies
from tests.conftest import MakePortal
from tests.conftest import MakeRepository
from tests.conftest import Portal
from tests.conftest import Repository
from tests.conftest import Serving

_DOMAIN = (
    "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {{name: {}}}\nspec: {{owner: o}}\n"
)
_MEGABYTE = 1_000_000


def noise(size: int) -> bytes:
    """Return bytes that no packing makes smaller."""
    return random.Random(size).randbytes(size)


def copies(portal: Portal) -> list[Path]:
    """Return the folders of all copies."""
    return sorted((portal.config.data_dir / "git" / "mirrors").iterdir())


def bytes_of(portal: Portal) -> int:
    """Return how much all copies have on disk."""
    files = (portal.config.data_dir / "git" / "mirrors").rglob("*")
    return sum(path.stat().st_size for path in files if path.is_file())


def state(portal: Portal, name: str = "content") -> dict[str, object]:
    """Return what the API tells of a source."""
    found = portal.client.get(f"/api/catalog/sources/{name}").get_json()
    assert isinstance(found, dict)
    return found


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    """Return a portal with a small source, and copies of two megabytes at most."""
    return make_portal({"catalog-info.yaml": _DOMAIN.format("d")}, mirror_bytes=2 * _MEGABYTE)


def test_a_repository_that_is_too_large_is_stopped_and_its_last_state_stays(
    portal: Portal,
) -> None:
    before = bytes_of(portal)
    portal.repository.commit(
        {"big": noise(9 * _MEGABYTE), "catalog-info.yaml": _DOMAIN.format("e")}
    )
    portal.sync()
    told = state(portal)
    assert told["state"] == "failing"
    assert "2 MB that mirror_bytes allows" in str(told["error"])
    assert bytes_of(portal) < before + 2 * _MEGABYTE
    assert portal.client.get("/api/catalog/entities/by-name/domain/default/d").status_code == 200


def test_what_was_too_large_is_not_fetched_again_until_there_is_room(
    make_portal: MakePortal, make_repository: MakeRepository, serving: Serving
) -> None:
    files = {"catalog-info.yaml": _DOMAIN.format("e"), "big": noise(9 * _MEGABYTE)}
    remote = serving.publish(make_repository(files, "large"), "acme/large.git")
    portal = make_portal({"catalog-info.yaml": _DOMAIN.format("d")}, mirror_bytes=2 * _MEGABYTE)

    def refresh() -> str:
        location = open_location(Source("large", remote), portal.services.remote_access)
        return portal.services.engine.refresh(location).error

    assert "mirror_bytes" in refresh()
    fetches = serving.seen.count(("/acme/large.git/git-upload-pack", ""))
    assert fetches > 0
    looked = len(serving.seen)
    assert "mirror_bytes" in refresh()
    # A look is one request for the refs and one for their list; nothing is fetched.
    assert [path for path, _ in serving.seen[looked:]].count("/acme/large.git/git-upload-pack") == 1
    portal.services.remote_access.mirrors.each = 20 * _MEGABYTE
    assert refresh() == ""
    assert portal.services.entity_reader.documents_by_ref(["domain:default/e"])


def test_all_copies_have_a_limit_together(
    make_portal: MakePortal, make_repository: MakeRepository
) -> None:
    files = {"catalog-info.yaml": _DOMAIN.format("d"), "big": noise(2 * _MEGABYTE)}
    other = {"catalog-info.yaml": _DOMAIN.format("e"), "big": noise(3 * _MEGABYTE)}
    portal = make_portal(files, mirrors_bytes=3 * _MEGABYTE)
    source = Source("other", str(make_repository(other, "other").path))
    location = open_location(source, remote_access(portal.config))
    report = portal.services.engine.refresh(location)
    assert "3 MB that mirrors_bytes allows" in report.error


# --- copies that can go --------------------------------------------------------------


@pytest.fixture
def shop(make_repository: MakeRepository, serving: Serving) -> Repository:
    """Return a repository that is served as ``acme/shop``."""
    repository = make_repository({"catalog-info.yaml": _DOMAIN.format("shop")}, "shop")
    serving.publish(repository, "acme/shop.git")
    return repository


def registered(portal: Portal, serving: Serving) -> str:
    """Register the shop and read it; return the location's id."""
    address = f"http://{serving.host}/acme/shop/blob/main/catalog-info.yaml"
    location = portal.services.registrations.add("url", address, False)
    portal.sync()
    return location.id


@pytest.mark.usefixtures("shop")
def test_the_copy_of_a_location_goes_with_it(make_portal: MakePortal, serving: Serving) -> None:
    portal = make_portal(
        {"catalog-info.yaml": _DOMAIN.format("d")},
        location_hosts=(serving.host,),
        location_kinds=("Domain",),
        mirror_retention=0.0,
    )
    own = copies(portal)
    location = registered(portal, serving)
    assert len(copies(portal)) == 2
    told = state(portal, f"location-{location}")
    assert isinstance(told["bytes"], int)
    assert told["bytes"] > 0
    portal.services.registrations.remove(location)
    portal.sync()
    assert copies(portal) == own
    registered(portal, serving)
    assert len(copies(portal)) == 2


@pytest.mark.usefixtures("shop")
def test_a_copy_is_kept_for_the_days_the_operator_says(
    make_portal: MakePortal, serving: Serving
) -> None:
    portal = make_portal(
        {"catalog-info.yaml": _DOMAIN.format("d")},
        location_hosts=(serving.host,),
        location_kinds=("Domain",),
        mirror_retention=2.0,
    )
    (own,) = copies(portal)
    location = registered(portal, serving)
    (copy,) = set(copies(portal)) - {own}
    portal.services.registrations.remove(location)
    portal.sync()
    assert copy.is_dir()
    long_ago = time.time() - 3 * 86_400
    for path in (copy, copy / "portal.lock", own, own / "portal.lock"):
        os.utime(path, (long_ago, long_ago))
    portal.sync()
    assert copies(portal) == [own]


def test_doctor_tells_how_large_copies_are(portal: Portal) -> None:
    found = check_copies(portal.services.copies, 2 * _MEGABYTE, 0)
    assert found.is_good
    assert found.detail.startswith("1 of repositories, ")
    assert "the largest is of content" in found.detail
    assert not check_copies(portal.services.copies, 1_000, 0).is_good
    assert not check_copies(portal.services.copies, 0, 1_000).is_good


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (999, "999 bytes"), (5_000_000_000, "5 GB")]
)
def test_sizes_are_told_in_words(size: int, words: str) -> None:
    assert in_words(size) == words
