"""User settings: kept per user, on every database."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.settings import store
from portal.settings.store import UserSettings
from tests.conftest import MakePortal

_ADA, _BOB = "user:default/ada", "user:default/bob"
_FILES = {"catalog-info.yaml": "apiVersion: x/v1\nkind: Location\nmetadata: {name: a}\nspec: {}\n"}
_VALUES = [None, False, 0, 1.5, "", "글", [], {}, {"a": [1, {"b": None}]}, ["entity:a/b"]]


@pytest.mark.parametrize("value", _VALUES, ids=repr)
def test_any_json_value_comes_back(database: sa.Engine, value: Any) -> None:
    settings = UserSettings(database)
    settings.put(_ADA, "theme", "id", "before")
    settings.put(_ADA, "theme", "id", value)
    assert settings.get(_ADA, "theme", "id") == value
    assert settings.get_many(_ADA, [("theme", "id")]) == [{"value": value}]


def test_nobody_sees_what_another_set(database: sa.Engine) -> None:
    settings = UserSettings(database)
    settings.put(_ADA, "b", "k", "ada's")
    with pytest.raises(NotFoundError, match="Unable to find 'k' in bucket 'b'"):
        settings.get(_BOB, "b", "k")
    settings.put(_BOB, "b", "k", "bob's")
    settings.delete(_BOB, "b", "k")
    assert settings.get(_ADA, "b", "k") == "ada's"


def test_many_come_back_in_the_order_asked(database: sa.Engine) -> None:
    settings = UserSettings(database)
    for bucket in "ab":
        settings.put(_ADA, bucket, "k", bucket)
    names = [("b", "k"), ("a", "K"), ("a", "k"), ("c", "k"), ("b", "k")]
    found = settings.get_many(_ADA, names)
    assert [each and each["value"] for each in found] == ["b", None, "a", None, "b"]
    assert settings.get_many(_ADA, []) == []


def test_nobody_keeps_without_end(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_SETTINGS", 2)
    settings = UserSettings(database)
    for key in "ab":
        settings.put(_ADA, "b", key, 1)
    settings.put(_ADA, "b", "a", 2)
    with pytest.raises(InputError, match="more than 2"):
        settings.put(_ADA, "b", "c", 1)
    settings.put(_BOB, "b", "c", 1)
    assert settings.get(_ADA, "b", "a") == 2


# --- over HTTP --------------------------------------------------------------


@pytest.fixture(scope="module")
def client(make_shared_portal: MakePortal) -> FlaskClient:
    """Return a client of a portal."""
    return make_shared_portal(_FILES).client


@pytest.fixture
def bearer(client: FlaskClient) -> dict[str, str]:
    """Return the headers of a guest's requests."""
    session = client.get("/api/auth/guest/refresh").get_json()["backstageIdentity"]
    return {"Authorization": f"Bearer {session['token']}"}


def test_a_key_may_be_an_entity_ref(client: FlaskClient, bearer: dict[str, str]) -> None:
    path = "/api/user-settings/buckets/default.stars/keys/component%3Adefault%2Fa%20b"
    put = client.put(path, json={"value": None}, headers=bearer)
    expected = {"bucket": "default.stars", "key": "component:default/a b", "value": None}
    assert (put.status_code, put.json) == (200, expected)
    got = client.get(path, headers=bearer)
    assert got.json == expected
    assert got.headers["Cache-Control"] == "private, no-cache"
    assert client.delete(path, headers=bearer).status_code == 204
    assert client.get(path, headers=bearer).status_code == 404


def test_only_users_have_settings(client: FlaskClient) -> None:
    path = "/api/user-settings/buckets/a/keys/b"
    for method, url in (("GET", path), ("PUT", path), ("DELETE", path)):
        body = {"value": 1} if method == "PUT" else None
        response = client.open(url, method=method, json=body)
        assert response.status_code == 401
    wanted = {"items": [{"bucket": "a", "key": "b"}]}
    assert client.post("/api/user-settings/multiget", json=wanted).status_code == 401


_BAD: list[tuple[str, str, Any]] = [
    ("POST", "multiget", {}),
    ("POST", "multiget", {"items": "a"}),
    ("POST", "multiget", {"items": [{"bucket": 1, "key": "b"}]}),
    ("POST", "multiget", {"items": [{"bucket": "a", "key": "b"}] * 1001}),
    ("PUT", "buckets/a/keys/b", {}),
    ("PUT", f"buckets/{'a' * 256}/keys/b", {"value": 1}),
    ("PUT", "buckets/a%00/keys/b", {"value": 1}),
    ("PUT", "buckets/a/keys/b", {"value": "\x00"}),
    ("GET", "buckets/a/keys/%00", None),
]


@pytest.mark.parametrize(("method", "path", "body"), _BAD)
def test_what_cannot_be_kept_is_refused(
    client: FlaskClient, bearer: dict[str, str], method: str, path: str, body: Any
) -> None:
    url = f"/api/user-settings/{path}"
    response = client.open(url, method=method, json=body, headers=bearer)
    assert response.status_code == 400
    assert response.get_json()["error"]["name"] == "InputError"


def test_a_value_is_limited_by_what_a_request_may_hold(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    body = {"value": "x" * 200_000}
    url = "/api/user-settings/buckets/a/keys/b"
    assert client.put(url, json=body, headers=bearer).status_code == 413
