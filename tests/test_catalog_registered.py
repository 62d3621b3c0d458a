"""The store of registered locations, on every database; predicates over them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog import registered
from portal.catalog.registered import RegisteredLocation
from portal.catalog.registered import check_predicate
from portal.catalog.registered import host_of
from portal.catalog.registered import matches
from portal.catalog.registered import source_of
from portal.kernel.config import Config
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.refs import LocationRef
from portal.scm.forges import parse_file_url

A = LocationRef("url", "https://github.com/acme/a/blob/main/catalog-info.yaml")
B = LocationRef("url", "https://github.com/acme/b/blob/main/catalog-info.yaml")


def test_a_location_is_kept_found_changed_and_forgotten(database: sa.Engine) -> None:
    with database.begin() as connection:
        kept = registered.add(connection, A)
        assert registered.find(connection, A) == registered.load(connection, kept.id) == kept
        assert kept.entity_ref == f"location:default/{A.entity_name}"
        changed = registered.change(connection, kept.id, B)
        assert (changed.id, changed.target) == (kept.id, B.target)
        assert changed.entity_ref == kept.entity_ref
        assert registered.find(connection, A) is None
        assert registered.load_all(connection) == [changed]
        assert registered.remove(connection, kept.id) == changed
        assert registered.load_all(connection) == []


def test_a_target_is_registered_once(database: sa.Engine) -> None:
    with database.begin() as connection:
        registered.add(connection, A)
        other = registered.add(connection, B)
        with pytest.raises(ConflictError, match=f"Location {A} already exists"):
            registered.add(connection, A)
        with pytest.raises(ConflictError, match=f"Location {A} already exists"):
            registered.change(connection, other.id, A)
        assert registered.change(connection, other.id, B) == other


def test_what_is_not_there_is_said(database: sa.Engine) -> None:
    with database.begin() as connection:
        for action in (
            lambda: registered.load(connection, "none"),
            lambda: registered.remove(connection, "none"),
            lambda: registered.change(connection, "none", A),
        ):
            with pytest.raises(NotFoundError, match="Found no location with ID none"):
                action()


@pytest.mark.parametrize(
    ("remote", "host"),
    [
        ("https://GitHub.com/a/b.git", "github.com"),
        ("https://user:secret@git.test:8443/a", "git.test:8443"),
        ("git@git.test:a/b.git", "git.test"),
        ("ssh://git@git.test:22/a", "git.test:22"),
        ("https://[::1", ""),
    ],
)
def test_the_host_of_an_address(remote: str, host: str) -> None:
    assert host_of(remote) == host


def test_a_location_becomes_a_source_with_the_token_of_its_host_only() -> None:
    config = Config(host_tokens={"github.com": "GITHUB_TOKEN"}, location_kinds=("API",))
    source = source_of("location-1", A.target, parse_file_url(A.target)[0], config)
    assert (source.token_env, source.allow, source.origin) == ("GITHUB_TOKEN", ("API",), str(A))
    elsewhere = A.target.replace("github.com", "github.com.evil.test")
    source = source_of("location-1", elsewhere, parse_file_url(elsewhere)[0], config)
    assert source.token_env == ""


ONE = RegisteredLocation("1", "url", A.target, f"location:default/{A.entity_name}")


@pytest.mark.parametrize(
    ("predicate", "is_met"),
    [
        ({}, True),
        ({"type": "URL"}, True),
        ({"type": "file"}, False),
        ({"type": "url", "id": "2"}, False),
        ({"id": 1}, True),
        ({"target": {"$hasPrefix": "https://GITHUB.com/"}}, True),
        ({"target": {"$in": ["x", A.target]}}, True),
        ({"entityRef": {"$exists": True}}, True),
        ({"entityRef": {"$exists": False}}, False),
        ({"$all": [{"type": "url"}, {"id": "1"}]}, True),
        ({"$any": [{"type": "file"}, {"id": "1"}]}, True),
        ({"$any": []}, False),
        ({"$not": {"type": "url"}}, False),
    ],
)
def test_a_location_meets_a_predicate(predicate: Any, is_met: bool) -> None:
    check_predicate(predicate)
    assert matches(ONE, predicate) is is_met


@pytest.mark.parametrize(
    "predicate",
    [
        "x",
        {"foo": "url"},
        {"type": {"$regex": "x"}},
        {"type": ["url"]},
        {"$all": 1},
        {"$all": ["x"]},
        {"$any": None},
        {"$not": 1},
        {"target": {"$in": "url"}},
        {"target": {"$hasPrefix": {}}},
        {"id": None},
    ],
)
def test_what_is_no_predicate_is_refused(predicate: Any) -> None:
    with pytest.raises(InputError):
        check_predicate(predicate)


def test_a_predicate_nested_too_deep_is_refused() -> None:
    predicate: Any = {"id": "1"}
    for _ in range(5_000):
        predicate = {"$not": predicate}
    with pytest.raises(InputError):
        check_predicate(predicate)
