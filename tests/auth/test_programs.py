"""Tokens of programs: made, shown, limited, ended, revoked; the commands for it."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine as Database

from portal.app import create_app
from portal.auth.identity import NOBODY
from portal.auth.identity import SERVICE
from portal.auth.identity import Method
from portal.auth.identity import Scope
from portal.auth.programs.store import ProgramTokens
from portal.auth.programs.tokens import access_of
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from tests.command_line import run
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.descriptors import component

_DAY = 86_400


class Clock:
    """A clock that a test sets."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(database: Database, clock: Clock) -> ProgramTokens:
    return ProgramTokens(database, clock)


def test_a_token_is_its_program_with_its_limits(tokens: ProgramTokens) -> None:
    text = tokens.create("ci", access_of(["read", "register"], ["catalog:read"]))
    who = tokens.find(text)
    assert who is not None
    assert (who.kind, who.subject, who.method) == (SERVICE, "external:ci", Method.NAMED_TOKEN)
    assert who.access is not None
    assert who.access.scopes == {Scope.READ, Scope.REGISTER}
    assert who.access.opens("catalog")
    assert not who.access.opens("scaffolder")


def test_a_token_is_stored_as_a_hash(tokens: ProgramTokens, database: Database) -> None:
    text = tokens.create("ci", access_of(["read"], []))
    secret = text.split("_", 2)[2]  # which may hold an underscore, too
    assert len(secret) > 40
    with database.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM program_tokens").all()
    assert len(rows) == 1
    assert secret not in repr(rows)
    assert text not in repr(rows)


def test_anything_else_is_no_token(tokens: ProgramTokens) -> None:
    text = tokens.create("ci", access_of(["read"], []))
    other = tokens.create("other", access_of(["admin"], []))
    start, end = text[:20], other[20:]
    for wrong in ("", "portal_", text[:-1], text + "a", text.upper(), start + end, "a" * 100_000):
        assert tokens.find(wrong) is None


def test_a_token_ends(tokens: ProgramTokens, clock: Clock) -> None:
    text = tokens.create("ci", access_of(["read"], []), int(clock.now) + _DAY)
    clock.now += _DAY - 1
    assert tokens.find(text) is not None
    clock.now += 1
    assert tokens.find(text) is None


def test_a_revoked_token_is_good_for_nothing_at_once(tokens: ProgramTokens) -> None:
    text = tokens.create("ci", access_of(["read"], []))
    assert tokens.find(text) is not None
    tokens.revoke("ci")
    assert tokens.find(text) is None
    for name in ("ci", "none"):
        with pytest.raises(NotFoundError):
            tokens.revoke(name)


def test_a_name_is_given_once(tokens: ProgramTokens) -> None:
    tokens.create("ci", access_of(["read"], []))
    with pytest.raises(ConflictError, match="ci"):
        tokens.create("ci", access_of(["admin"], []))
    for name in ("", "CI", "a b", "../x", "a" * 64):
        with pytest.raises(InputError):
            tokens.create(name, access_of(["read"], []))


def test_the_last_use_is_known_to_the_minute(tokens: ProgramTokens, clock: Clock) -> None:
    text = tokens.create("ci", access_of(["read"], []))
    first = int(clock.now)
    for seconds, used in ((0, first), (59, first), (60, first + 60)):
        clock.now = first + seconds
        assert tokens.find(text) is not None
        deadline = time.monotonic() + 10
        while tokens.all()[0].used_at != used and time.monotonic() < deadline:
            time.sleep(0.01)
        assert tokens.all()[0].used_at == used


@pytest.mark.parametrize(
    ("scopes", "restrictions"),
    [
        ([], []),
        (["write"], []),
        (["read"], [""]),
        (["read"], ["Catalog"]),
        (["read"], ["catalog:scaffolder.task.read"]),
        (["read"], ["catalog:read:create:delete"]),
    ],
)
def test_what_a_token_cannot_be_good_for_is_refused(
    scopes: list[str], restrictions: list[str]
) -> None:
    with pytest.raises(InputError):
        access_of(scopes, restrictions)


# --- over HTTP --------------------------------------------------------------


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal(
        {"catalog-info.yaml": component("shop")}, service_token="the-service-token"
    )


_LOCATION = {"type": "url", "target": "https://github.com/acme/x/blob/main/catalog-info.yaml"}
_ENTITIES, _LOCATIONS = "/api/catalog/entities", "/api/catalog/locations?dryRun=true"
_ACTIONS = "/api/scaffolder/v2/actions"
#: Scopes, restrictions, and the statuses of reading entities, of reading tasks, and whether
#: registering is refused.
_LIMITS = [
    (["read"], [], 200, 200, True),
    (["admin"], [], 200, 200, False),
    (["register"], [], 403, 403, False),
    (["read"], ["catalog"], 200, 403, True),
    (["admin"], ["scaffolder"], 403, 200, True),
    (["admin"], ["catalog:read"], 200, 403, True),
]


@pytest.mark.parametrize(("scopes", "limits", "entities", "tasks", "is_refused"), _LIMITS)
def test_a_token_opens_what_it_is_good_for(
    portal: Portal,
    scopes: list[str],
    limits: list[str],
    entities: int,
    tasks: int,
    is_refused: bool,
) -> None:
    programs = portal.services.authentication.programs
    name = "-".join([*scopes, *(limit.replace(":", "-") for limit in limits)])
    headers = {"Authorization": f"Bearer {programs.create(name, access_of(scopes, limits))}"}
    client = create_app(portal.services).test_client()
    found = client.get(_ENTITIES, headers=headers)
    # What may be seen of nothing is an empty list, or a refusal.
    seen = found.status_code if found.status_code != 200 or found.get_json() else 403
    assert seen == entities
    found = client.get("/api/scaffolder/v2/tasks", headers=headers)
    assert found.status_code in {200, tasks}
    status = client.post(_LOCATIONS, json=_LOCATION, headers=headers).status_code
    assert (status == 403) is is_refused


def test_a_revoked_token_is_refused(portal: Portal) -> None:
    programs = portal.services.authentication.programs
    headers = {"Authorization": f"Bearer {programs.create('gone', access_of(['admin'], []))}"}
    client = create_app(portal.services).test_client()
    assert client.get(_ENTITIES, headers=headers).status_code == 200
    programs.revoke("gone")
    response = client.get(_ENTITIES, headers=headers)
    assert response.status_code == 401
    assert response.get_json()["error"]["message"] == "Illegal token"


def test_a_task_is_run_with_what_the_token_of_its_program_allows_now(portal: Portal) -> None:
    authentication = portal.services.authentication
    authentication.programs.create("runner", access_of(["scaffold"], []))
    who = authentication.auth.creator("", "external:runner")
    assert who.access is not None
    assert who.access.scopes == {Scope.SCAFFOLD}
    authentication.programs.revoke("runner")
    for name in ("external:runner", "external:none", "external:service-token"):
        assert authentication.auth.creator("", name) is NOBODY


# --- the commands -----------------------------------------------------------


def test_the_commands_make_list_and_revoke(tmp_path: Path) -> None:
    folder = ("--data-dir", str(tmp_path / "data"))
    made = run("token", "create", "ci", "--scope", "read", "--days", "30", *folder)
    assert made.exit_code == 0, made.output
    text = made.stdout.strip()
    assert text.startswith("portal_")
    listed = run("token", "list", *folder).stdout
    assert "ci  read  all plugins" in listed
    assert "never used  until" in listed
    assert text not in listed
    assert run("token", "create", "ci", "--scope", "read", *folder).exit_code == 2
    assert run("token", "revoke", "ci", *folder).exit_code == 0
    assert "revoked" in run("token", "list", *folder).stdout
    assert run("token", "revoke", "ci", *folder).exit_code == 2
    with sqlite3.connect(tmp_path / "data" / "portal.db") as connection:
        rows = connection.execute(
            "SELECT action, resource FROM audit_events ORDER BY id"
        ).fetchall()
    assert rows == [("auth.token.create", "ci"), ("auth.token.revoke", "ci")]
