"""Use case 2: a user that is put many times is there once, in every database."""

from dataclasses import replace

import pytest

from outside.stage import at_once, new_id, stage, wait_until
from shop import messages


@pytest.fixture
def client(file_settings, database):
    with stage(replace(file_settings, database=database)) as running:
        yield running.client


def test_of_many_at_once_one_creates_and_all_end_in_the_same_state(client):
    user = new_id()

    answers = at_once(8, lambda: client.put_user(user))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert {answer.content for answer in answers} == {client.http.get(f"/users/{user}").content}


def test_a_retry_after_a_lost_answer_changes_nothing(client):
    user = new_id()
    client.put_user_and_hang_up(user)
    wait_until(lambda: client.http.get(f"/users/{user}").status_code == 200)
    before = client.http.get(f"/users/{user}").content

    answer = client.put_user(user)

    assert answer.status_code == 200
    assert answer.content == before == client.http.get(f"/users/{user}").content


def test_a_put_writes_the_user_whole(client):
    user = new_id()
    client.put_user(user, "Kim")

    answer = client.put_user(user, "Lee")

    assert answer.status_code == 200
    assert client.http.get(f"/users/{user}").json()["name"] == "Lee"


def test_users_with_ids_of_their_own_are_different_users(client):
    ids = [new_id() for _ in range(8)]

    assert {client.put_user(user).status_code for user in ids} == {201}


def test_an_id_is_the_same_in_upper_case(client):
    user = new_id()
    client.put_user(user)

    assert client.put_user(user.upper()).status_code == 200
    assert client.put_user(user.upper()).json()["id"] == user


@pytest.mark.parametrize("user", ["kim", "1", "123e4567e89b12d3a456426614174000", "%20"])
def test_an_id_that_is_no_uuid_is_refused(client, user):
    answer = client.put_user(user)

    assert answer.status_code == 400
    assert answer.json()["title"] == messages.BAD_ID


@pytest.mark.parametrize("body", [None, [], {}, {"name": "Kim"}, {"name": "", "email": "a@b"}])
def test_a_body_that_is_no_user_is_refused(client, body):
    user = new_id()

    assert client.http.put(f"/users/{user}", json=body).status_code == 400
    assert client.http.get(f"/users/{user}").status_code == 404


def test_to_delete_twice_is_to_delete_once(client):
    user = new_id()
    client.put_user(user)

    statuses = [client.http.delete(f"/users/{user}").status_code for _ in range(2)]

    assert statuses == [204, 204]
    assert client.http.get(f"/users/{user}").status_code == 404


def test_there_is_no_post_that_could_make_two(client):
    assert client.http.post("/users", json={"name": "Kim"}).status_code == 404
