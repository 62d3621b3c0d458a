"""Use case 2: from a button to a PostgreSQL database that keeps the company's standard."""

import dataclasses
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from selfservice import messages
from selfservice.portal import create_app

OWNER = "group:default/payments"


def ask(portal, name, **fields):
    asked = {"name": name, "owner": OWNER, "environment": "dev", **fields}
    return portal.post("/databases", json=asked)


def open_link(portal, answer):
    token = answer.json["link"].partition("#")[2]
    return portal.post("/handover", json={"token": token})


def provision(portal, name, **fields):
    answer = ask(portal, name, **fields)
    assert answer.status_code == 201, answer.json
    return open_link(portal, answer).json["connections"]


def query(conninfo, text, *values):
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def refuses(conninfo, text, error=psycopg.errors.InsufficientPrivilege):
    with pytest.raises(error):
        query(conninfo, text)


def exists(server, name):
    return query(server.conninfo(), "SELECT 1 FROM pg_database WHERE datname = %s", name) != []


def roles(server, name):
    begins = "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)"
    found = query(server.conninfo(), begins, name)
    return {role.removeprefix(name) for (role,) in found}


@pytest.fixture(scope="module")
def shared(server, standard, tmp_path_factory):
    """A database for the tests that leave it as it is: its name and its connections."""
    portal = create_app(standard, server, tmp_path_factory.mktemp("git")).test_client()
    name = f"t_{uuid.uuid4().hex[:10]}"
    yield name, provision(portal, name)
    portal.delete(f"/databases/{name}")


@pytest.fixture
def asks_for_passwords(shared):
    """Some servers let everybody in from their own machine."""
    with suppress(psycopg.OperationalError):
        query(make_conninfo(shared[1]["app"], password="guess"), "SELECT 1")
        pytest.skip("this server asks for no password: see its pg_hba.conf")


def test_the_roles_have_no_more_rights_than_they_need(shared, server, standard):
    name, _ = shared
    rights = query(
        server.conninfo(),
        "SELECT rolcanlogin, rolconnlimit, "
        "rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls "
        "FROM pg_roles WHERE starts_with(rolname, %s) ORDER BY rolname",
        name,
    )
    assert rights == [
        (True, standard.connections, False),  # app
        (True, 2, False),  # migrator
        (False, -1, False),  # owner
    ]


def test_the_platform_itself_is_no_superuser(server):
    if server.log is None:
        pytest.skip("which role the company's server is used with is the company's choice")
    rights = "SELECT rolname, rolsuper FROM pg_roles WHERE rolname = user"
    assert query(server.conninfo(), rights) == [("platform", False)]


def test_the_application_reads_and_writes_rows_and_nothing_else(shared):
    name, mine = shared
    query(mine["migrator"], "CREATE TABLE purchase (id serial PRIMARY KEY, item text)")
    query(mine["app"], "INSERT INTO purchase (item) VALUES ('tea')")
    assert query(mine["app"], "SELECT item FROM purchase") == [("tea",)]
    refuses(mine["app"], "CREATE TABLE mine (id int)")
    refuses(mine["app"], "DROP TABLE purchase")
    refuses(mine["app"], "TRUNCATE purchase")
    refuses(mine["app"], f"CREATE SCHEMA s AUTHORIZATION {name}_app")
    refuses(mine["app"], f"SET ROLE {name}_owner")
    refuses(mine["app"], "SELECT * FROM pg_authid")
    refuses(mine["app"], "COPY purchase TO PROGRAM 'cat'")


def test_tables_of_the_migrator_belong_to_the_owner(shared):
    name, mine = shared
    query(mine["migrator"], "CREATE TABLE refund (id int)")
    owner = query(mine["migrator"], "SELECT tableowner FROM pg_tables WHERE tablename = 'refund'")
    assert owner == [(f"{name}_owner",)]


def test_another_teams_database_stays_closed(shared, portal, name):
    _, mine = shared
    theirs = provision(portal, name)
    for role in ("app", "migrator"):
        refuses(make_conninfo(mine[role], dbname=name), "SELECT 1", psycopg.OperationalError)
    assert query(theirs["app"], "SELECT 1") == [(1,)]


def test_the_connection_limit_holds(portal, name):
    mine = provision(portal, name, connections=2)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(psycopg.connect(mine["app"]))
        refuses(mine["app"], "SELECT 1", psycopg.OperationalError)


def test_passwords_are_in_no_state_plan_or_log(portal, name, server, monkeypatch):
    trace = server.states / f"{name}.trace"
    monkeypatch.setenv("TF_LOG", "TRACE")
    monkeypatch.setenv("TF_LOG_PATH", str(trace))
    mine = provision(portal, name)
    passwords = [conninfo_to_dict(conninfo)["password"] for conninfo in mine.values()]
    written = [path for path in server.states.rglob("*") if path.is_file()]
    assert {trace.name, "terraform.tfstate", "plan"} <= {path.name for path in written}
    everything = b"".join(p.read_bytes() for p in [*written, *([server.log] if server.log else [])])
    assert name.encode() in everything
    assert [everything.count(password.encode()) for password in passwords] == [0, 0]
    if server.log:  # It writes down every statement, so it would have the passwords if it saw them.
        assert server.log.read_bytes().count(f'ALTER ROLE "{name}_app" PASSWORD'.encode()) == 1


def test_the_server_accepts_the_password_it_never_saw(shared, asks_for_passwords):
    with psycopg.connect(shared[1]["app"]) as connection:
        assert connection.pgconn.used_password


def test_asking_again_changes_nothing(portal, shared):
    name, mine = shared
    again = ask(portal, name)
    assert (again.status_code, again.json) == (200, {"changed": []})
    assert query(mine["app"], "SELECT 1") == [(1,)]


def test_another_limit_changes_the_limit_and_keeps_data_and_passwords(portal, name, server):
    mine = provision(portal, name, connections=1)
    query(mine["migrator"], "CREATE TABLE purchase AS SELECT 1 AS id")
    changed = ask(portal, name, connections=3)
    assert changed.status_code == 201
    assert "link" not in changed.json
    assert query(mine["app"], "SELECT id FROM purchase") == [(1,)]
    limit = "SELECT rolconnlimit FROM pg_roles WHERE rolname = %s"
    assert query(server.conninfo(), limit, f"{name}_app") == [(3,)]


def test_what_was_loosened_by_hand_is_mended_with_the_next_change(portal, name, server):
    provision(portal, name, connections=1)
    query(server.conninfo(dbname=name), f"GRANT CREATE ON SCHEMA public TO {name}_app")
    query(server.conninfo(dbname=name), f"GRANT ALL ON DATABASE {name} TO PUBLIC")
    ask(portal, name, connections=2)
    rights = (
        "SELECT has_database_privilege('public', %s, 'connect'),"
        " has_schema_privilege(%s, 'public', 'create')"
    )
    assert query(server.conninfo(dbname=name), rights, name, f"{name}_app") == [(False, False)]


def test_an_allowed_extension_is_there(portal, name):
    mine = provision(portal, name, extensions=["citext"])
    assert query(mine["app"], "SELECT 'A'::citext = 'a'") == [(True,)]


@pytest.mark.parametrize(
    "fields",
    [
        {"connections": 10_000},
        {"extensions": ["file_fdw"]},
        {"environment": "prod", "owner": "user:default/kim"},
    ],
)
def test_what_the_standard_forbids_is_refused_and_made_in_no_part(portal, name, server, fields):
    answer = ask(portal, name, **fields)
    assert answer.status_code == 403
    assert len(answer.json["errors"]) == 1
    assert not exists(server, name)
    assert roles(server, name) == set()


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Orders"},
        {"name": "../orders"},
        {"name": 'o"; DROP ROLE x; --'},
        {"name": "orders\n"},
        {"owner": "two words"},
        {"environment": "staging"},
        {"connections": 0},
        {"connections": True},
        {"extensions": "citext"},
        {"extensions": ["citext; DROP"]},
        {"superuser": True},
    ],
)
def test_a_request_of_the_wrong_form_is_refused_with_a_reason(portal, name, server, fields):
    answer = ask(portal, **{"name": name, **fields})
    assert answer.status_code == 422
    assert len(answer.json["errors"]) == 1
    assert not exists(server, name)


def test_a_database_is_not_handed_to_another_owner(portal, shared):
    name, _ = shared
    assert ask(portal, name, owner="group:default/thieves").status_code == 403


def test_production_is_neither_dropped_nor_demoted(portal, name, server):
    provision(portal, name, environment="prod")
    assert portal.delete(f"/databases/{name}").status_code == 403
    assert ask(portal, name, environment="dev").status_code == 403
    assert exists(server, name)


def test_dropping_leaves_neither_database_nor_roles(portal, name, server):
    provision(portal, name)
    assert roles(server, name) == {"_owner", "_migrator", "_app"}
    assert portal.delete(f"/databases/{name}").status_code == 200
    assert not exists(server, name)
    assert roles(server, name) == set()
    assert portal.delete(f"/databases/{name}").status_code == 404


def test_a_name_somebody_else_holds_is_left_alone(portal, name, server):
    query(server.conninfo(), f"CREATE DATABASE {name}")
    try:
        answer = ask(portal, name)
        assert (answer.status_code, answer.json["errors"]) == (409, [messages.NAME_TAKEN])
        assert roles(server, name) == set()
    finally:
        query(server.conninfo(), f"DROP DATABASE {name}")


def test_of_a_database_that_was_never_made_nothing_is_known(portal, name, server):
    query(server.conninfo(), f"CREATE DATABASE {name}")
    try:
        ask(portal, name)
        for answer in (
            portal.post(f"/databases/{name}/passwords", json={}),
            portal.delete(f"/databases/{name}"),
        ):
            assert (answer.status_code, answer.json["errors"]) == (404, [messages.NO_SUCH_DATABASE])
        assert exists(server, name)
    finally:
        query(server.conninfo(), f"DROP DATABASE {name}")


def test_a_name_that_became_free_can_be_asked_for_again(portal, name, server):
    query(server.conninfo(), f"CREATE DATABASE {name}")
    assert ask(portal, name).status_code == 409
    query(server.conninfo(), f"DROP DATABASE {name}")
    mine = provision(portal, name)
    assert query(mine["app"], "SELECT 1") == [(1,)]


def test_that_terraform_broke_off_is_not_told_as_a_taken_name(portal, name, monkeypatch):
    monkeypatch.setenv("TERRAFORM", "false")
    answer = ask(portal, name)
    assert (answer.status_code, answer.json["errors"]) == (502, [messages.TERRAFORM_FAILED])
    monkeypatch.delenv("TERRAFORM")
    assert ask(portal, name).status_code == 201


def test_the_smallest_standard_is_one_connection(server, standard, name, repositories):
    smallest = dataclasses.replace(standard, connections=1)
    portal = create_app(smallest, server, repositories).test_client()
    mine = provision(portal, name)
    with psycopg.connect(mine["app"]) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
        refuses(mine["app"], "SELECT 1", psycopg.OperationalError)
    assert ask(portal, name, connections=2).status_code == 403


def test_a_run_that_broke_off_half_way_is_taken_up_again(portal, name, server):
    # As after a crash between the roles and the database; Terraform knows of nothing.
    for role in ("owner NOLOGIN", "migrator LOGIN", "app LOGIN"):
        query(server.conninfo(), f"CREATE ROLE {name}_{role}")
    query(server.conninfo(), f"COMMENT ON ROLE {name}_owner IS '{OWNER}'")
    query(server.conninfo(), f"GRANT {name}_owner TO {name}_migrator, CURRENT_USER")
    mine = provision(portal, name)
    query(mine["migrator"], "CREATE TABLE purchase (id int)")


def test_the_link_works_once(portal, name):
    answer = ask(portal, name)
    assert open_link(portal, answer).status_code == 200
    assert open_link(portal, answer).status_code == 410


def test_the_link_works_for_as_long_as_the_settings_say(portal, name, clock, standard):
    early = ask(portal, name)
    clock.now += standard.link_minutes * 60 - 1
    assert open_link(portal, early).status_code == 200
    late = portal.post(f"/databases/{name}/passwords", json={})
    clock.now += standard.link_minutes * 60
    assert open_link(portal, late).status_code == 410


def test_new_passwords_end_the_old_ones(portal, name, asks_for_passwords):
    old = provision(portal, name)
    answer = portal.post(f"/databases/{name}/passwords", json={})
    assert answer.json["changed"] == ["module.database.terraform_data.credentials"]
    new = open_link(portal, answer).json["connections"]
    for role in ("app", "migrator"):
        refuses(old[role], "SELECT 1", psycopg.OperationalError)
        assert query(new[role], "SELECT 1") == [(1,)]


def test_of_two_who_press_at_once_one_gets_the_link(portal, name):
    def press(_):
        return ask(portal.application.test_client(), name)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(press, range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert ["link" in answer.json for answer in answers].count(True) == 1


def test_credentials_are_never_cached(portal):
    answer = portal.post("/handover", json={"token": "never was"})
    assert answer.status_code == 410
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_form_of_another_site_presses_no_button(portal):
    assert portal.post("/databases", data={"name": "orders"}).status_code == 415
