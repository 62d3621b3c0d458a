"""The store of registered locations, on every database; predicates over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog.sources import location_store
from portal.catalog.sources.location_store import RegisteredLocation
from portal.catalog.sources.location_store import source_of
from portal.config.settings import Config
from portal.integrations.addresses import parse_file_url
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.refs import LocationRef
from portal.roles.access import remote_access

A = LocationRef("url", "https://github.com/acme/a/blob/main/catalog-info.yaml")
B = LocationRef("url", "https://github.com/acme/b/blob/main/catalog-info.yaml")


def test_a_location_is_kept_found_changed_and_forgotten(database: sa.Engine) -> None:
    with database.begin() as connection:
        kept = location_store.add(connection, A)
        assert (
            location_store.find(connection, A) == location_store.load(connection, kept.id) == kept
        )
        assert kept.entity_ref == f"location:default/{A.entity_name}"
        changed = location_store.change(connection, kept.id, B)
        assert (changed.id, changed.target) == (kept.id, B.target)
        assert changed.entity_ref == kept.entity_ref
        assert location_store.find(connection, A) is None
        assert location_store.load_all(connection) == [changed]
        assert location_store.remove(connection, kept.id) == changed
        assert location_store.load_all(connection) == []


def test_a_target_is_registered_once(database: sa.Engine) -> None:
    with database.begin() as connection:
        location_store.add(connection, A)
        other = location_store.add(connection, B)
        with pytest.raises(ConflictError, match=f"Location {A} already exists"):
            location_store.add(connection, A)
        with pytest.raises(ConflictError, match=f"Location {A} already exists"):
            location_store.change(connection, other.id, A)
        assert location_store.change(connection, other.id, B) == other


def test_what_is_not_there_is_said(database: sa.Engine) -> None:
    with database.begin() as connection:
        calls: tuple[Callable[[], object], ...] = (
            lambda: location_store.load(connection, "none"),
            lambda: location_store.remove(connection, "none"),
            lambda: location_store.change(connection, "none", A),
        )
        for call in calls:
            with pytest.raises(NotFoundError, match="Found no location with ID none"):
                call()


def test_a_location_becomes_a_source_with_the_token_of_its_host_only() -> None:
    config = Config(host_tokens={"github.com": "GITHUB_TOKEN"}, location_kinds=("API",))
    source = source_of("location-1", A.target, parse_file_url(A.target)[0], remote_access(config))
    assert (source.token_env, source.allow, source.origin) == ("GITHUB_TOKEN", ("API",), str(A))
    elsewhere = A.target.replace("github.com", "github.com.evil.test")
    source = source_of("location-1", elsewhere, parse_file_url(elsewhere)[0], remote_access(config))
    assert source.token_env == ""


def met(connection: sa.Connection, predicate: Any) -> list[RegisteredLocation]:
    """Return the locations that meet a predicate."""
    found, total = location_store.find_page(connection, predicate, 10, "")
    assert total == len(found)
    return found


@pytest.mark.parametrize(
    ("predicate", "is_met"),
    [
        ({}, True),
        ({"type": "URL"}, True),
        ({"type": "file"}, False),
        ({"type": "url", "id": "2"}, False),
        ({"id": {"$contains": "1"}}, False),
        ({"target": {"$contains": A.target.upper()}}, True),
        ({"target": {"$hasPrefix": "https://GITHUB.com/"}}, True),
        ({"target": {"$in": ["x", A.target]}}, True),
        ({"entityRef": {"$exists": True}}, True),
        ({"entityRef": {"$exists": False}}, False),
        ({"$all": [{"type": "url"}, {"type": "url"}]}, True),
        ({"$any": [{"type": "file"}, {"type": "url"}]}, True),
        ({"$any": []}, False),
        ({"$not": {"type": "url"}}, False),
    ],
)
def test_a_location_meets_a_predicate(database: sa.Engine, predicate: Any, is_met: bool) -> None:
    with database.begin() as connection:
        one = location_store.add(connection, A)
        assert met(connection, predicate) == ([one] if is_met else [])


def test_locations_are_paged_by_their_ids(database: sa.Engine) -> None:
    with database.begin() as connection:
        for name in "abcde":
            location_store.add(connection, LocationRef("url", f"https://github.com/acme/{name}"))
        every = location_store.load_all(connection)
        first, total = location_store.find_page(connection, {"type": "url"}, 2, "")
        rest, _ = location_store.find_page(connection, None, 10, first[-1].id)
    by_id = sorted(every, key=lambda one: one.id)
    assert (first, rest, total) == (by_id[:2], by_id[2:], 5)


@pytest.mark.parametrize(
    "predicate",
    [
        "x",
        {"foo": "url"},
        {"$not": {"$any": [{"foo": {"$exists": True}}]}},
        {"relations": {"$contains": {"type": "ownedBy"}}},
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
def test_what_is_no_predicate_is_refused(shared_database: sa.Engine, predicate: Any) -> None:
    with shared_database.connect() as connection, pytest.raises(InputError):
        met(connection, predicate)


def test_a_predicate_nested_too_deep_is_refused(shared_database: sa.Engine) -> None:
    predicate: Any = {"id": "1"}
    for _ in range(5_000):
        predicate = {"$not": predicate}
    with shared_database.connect() as connection, pytest.raises(InputError):
        met(connection, predicate)
