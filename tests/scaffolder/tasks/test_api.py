"""The routes of tasks: what they take, what they refuse, and how events reach a client."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal.scaffolder.tasks.model import store
from portal.scaffolder.tasks.model.store import Line
from portal.scaffolder.tasks.running.pool import TaskPool
from portal.web.responses import CLIENT_GONE
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.task_bench import running

TEMPLATES = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: files}
spec:
  owner: guests
  type: service
  parameters: {required: [name], properties: {name: {type: string}}}
  steps:
    - id: fetch
      name: Fetch
      action: fetch:template
      input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}
    - {id: log, name: Log, action: debug:log, input: {message: "${{ secrets.tok }}"}}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: nothing}
spec: {owner: guests, type: service, steps: [{action: debug:log, input: {message: x}}]}
"""
PREFIX = "/api/scaffolder/v2/tasks"
NONE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    portal = make_shared_portal(
        {
            "catalog-info.yaml": TEMPLATES,
            "skeleton/${{ values.name }}.txt": "I am ${{ values.name }}",
            "skeleton/run.sh": "echo ${{ values.name }}",
        },
        streams_at_once=2,
        service_token="a-service-token",
        guest_access="always",
        sync=False,
    )
    portal.repository.git("update-index", "--chmod=+x", "skeleton/run.sh")
    (portal.repository.path / "skeleton/run.sh").chmod(0o755)
    portal.repository.commit(message="executable")
    portal.sync()
    return portal


@pytest.fixture(scope="module")
def guest(portal: Portal) -> dict[str, str]:
    return {"Authorization": f"Bearer {portal.guest_token()}"}


@pytest.fixture
def client(portal: Portal, guest: dict[str, str]) -> Callable[..., TestResponse]:
    """Return a function that sends a request as the guest."""

    def send(method: str, path: str = "", **options: Any) -> TestResponse:
        headers = {**guest, **options.pop("headers", {})}
        return portal.client.open(f"{PREFIX}{path}", method=method, headers=headers, **options)

    return send


@pytest.fixture
def pool(portal: Portal) -> Iterator[TaskPool]:
    with running(portal.services) as pool:
        yield pool


def ask(client: Callable[..., TestResponse], name: str = "files", **more: Any) -> str:
    body = {"templateRef": name, "values": {"name": "svc"}, **more}
    answer = client("POST", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def finished(client: Callable[..., TestResponse], task: str) -> list[dict[str, Any]]:
    """Wait for a task's end; return its events."""
    text = client("GET", f"/{task}/eventstream").text
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


# --- asking -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"values": {}}, "request/body must have required property 'templateRef'"),
        ({"templateRef": "files"}, "request/body must have required property 'values'"),
        ({"templateRef": 1, "values": {}}, "request/body/templateRef must be string"),
        ({"templateRef": "files", "values": []}, "request/body/values must be object"),
        (
            {"templateRef": "files", "values": {}, "secrets": {"a": 1}},
            "request/body/secrets/a must be string",
        ),
        (
            {"templateRef": "a/b/", "values": {}},
            "Template template:a/b/ not found",
        ),
        (
            {"templateRef": "", "values": {}},
            'Entity reference "" was not on the form [<kind>:][<namespace>/]<name>',
        ),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(
    client: Callable[..., TestResponse], body: Any, message: str
) -> None:
    answer = client("POST", json=body)
    assert answer.status_code in {400, 404}
    assert answer.get_json()["error"]["message"].partition(" - ")[0] == message


def test_values_nested_without_end_are_refused(client: Callable[..., TestResponse]) -> None:
    value: Any = "x"
    for _ in range(700):
        value = {"a": value}
    answer = client("POST", json={"templateRef": "nothing", "values": {"v": value}})
    assert answer.status_code == 400
    assert answer.get_json()["error"]["name"] == "InputError"


def test_a_program_is_not_told_as_the_user_who_asked(portal: Portal) -> None:
    headers = {"Authorization": "Bearer a-service-token"}
    body = {"templateRef": "nothing", "values": {}}
    task = portal.client.post(PREFIX, json=body, headers=headers).get_json()["id"]
    found = portal.get(f"{PREFIX}/{task}", headers=headers)
    assert "createdBy" not in found
    assert found["spec"]["user"] == {}


class TestIdempotencyKey:
    def _post(self, client: Callable[..., TestResponse], key: str, **values: Any) -> TestResponse:
        body = {"templateRef": "nothing", "values": values}
        return client("POST", json=body, headers={"Idempotency-Key": key})

    def test_the_same_request_gets_the_same_answer(
        self, client: Callable[..., TestResponse]
    ) -> None:
        first = self._post(client, '"8e03978e-40d5"', a=1)
        again = self._post(client, "8e03978e-40d5", a=1)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json == again.json

    def test_another_request_with_it_is_422_and_no_error_of_the_portal(
        self, client: Callable[..., TestResponse], caplog: pytest.LogCaptureFixture
    ) -> None:
        self._post(client, "one", a=1)
        answer = self._post(client, "one", a=2)
        assert not caplog.records
        assert answer.status_code == 422
        assert answer.get_json()["error"]["message"] == (
            "This Idempotency-Key was used for another request"
        )

    @pytest.mark.parametrize("key", ["", '""', "a b", "x" * 256, "키"])
    def test_what_is_no_key_is_refused(self, client: Callable[..., TestResponse], key: str) -> None:
        answer = self._post(client, key)
        assert answer.status_code == 400
        assert "1 to 255 printable ASCII characters" in answer.get_json()["error"]["message"]


# --- looking ------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["none", NONE, "%00", "%EF%BF%BD", "x" * 500])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/eventstream"),
        ("GET", "/workspace.zip"),
        ("POST", "/cancel"),
        ("POST", "/retry"),
    ],
)
def test_a_task_that_is_not_there_is_not_found(
    client: Callable[..., TestResponse], task: str, method: str, path: str
) -> None:
    answer = client(method, f"/{task}{path}")
    assert answer.status_code == 404
    assert answer.get_json()["error"]["name"] == "NotFoundError"


class TestLists:
    @pytest.fixture(autouse=True)
    def _some(self, client: Callable[..., TestResponse]) -> None:
        self.asked = [ask(client, "nothing", values={}) for _ in range(3)]

    def _ids(self, client: Callable[..., TestResponse], query: str) -> list[str]:
        return [task["id"] for task in client("GET", f"?{query}").get_json()["tasks"]]

    def test_the_newest_come_first(self, client: Callable[..., TestResponse]) -> None:
        assert self._ids(client, "limit=3") == self.asked[::-1]

    def test_a_page_is_a_part_of_them(self, client: Callable[..., TestResponse]) -> None:
        everything = client("GET").get_json()
        assert self._ids(client, "limit=1&offset=1") == [self.asked[1]]
        assert self._ids(client, "offset=1")[:2] == self.asked[1::-1]
        assert client("GET", "?limit=0").json == {
            "tasks": [],
            "totalTasks": everything["totalTasks"],
        }

    def test_they_can_be_sorted_otherwise(self, client: Callable[..., TestResponse]) -> None:
        query = "createdBy=user:development/guest&order=asc:created_at"
        assert self._ids(client, query)[-3:] == self.asked
        assert client("GET", "?order=desc:status&order=asc:created_by").status_code == 200

    def test_they_can_be_filtered(self, client: Callable[..., TestResponse]) -> None:
        assert self._ids(client, "createdBy=user:default/nobody") == []
        assert self._ids(client, "status=skipped&status=cancelled") == []
        assert set(self.asked) <= set(self._ids(client, "status=open&status=completed"))


# --- files ----------------------------------------------------------------------------


class TestWorkspace:
    @pytest.mark.usefixtures("pool")
    def test_the_files_come_as_a_zip(
        self, portal: Portal, client: Callable[..., TestResponse]
    ) -> None:
        task = ask(client, secrets={"tok": "s3cr3t"})
        finished(client, task)
        answer = client("GET", f"/{task}/workspace.zip")
        assert (answer.status_code, answer.content_type) == (200, "application/zip")
        assert f'filename="{task}.zip"' in answer.headers["Content-Disposition"]
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            names = archive.namelist()
            assert archive.read("svc.txt") == b"I am svc"
            assert archive.getinfo("run.sh").external_attr >> 16 == 0o100755
            assert archive.getinfo("svc.txt").external_attr >> 16 == 0o100644
            note = archive.read(".portal/provenance.yaml").decode()
        assert names == [".portal/provenance.yaml", "run.sh", "svc.txt"]
        assert "template:default/files" in note
        assert portal.repository.git("rev-parse", "HEAD").strip() in note

    @pytest.mark.usefixtures("pool")
    def test_it_is_the_same_every_time(self, client: Callable[..., TestResponse]) -> None:
        task = ask(client)
        finished(client, task)
        one, other = (client("GET", f"/{task}/workspace.zip").data for _ in range(2))
        assert one == other

    def test_before_the_end_there_is_none(self, client: Callable[..., TestResponse]) -> None:
        answer = client("GET", f"/{ask(client)}/workspace.zip")
        assert answer.status_code == 409
        assert answer.get_json()["error"]["message"].endswith("is not over yet: its status is open")

    @pytest.mark.usefixtures("pool")
    def test_a_task_without_files_has_none(self, client: Callable[..., TestResponse]) -> None:
        task = ask(client, "nothing", values={})
        finished(client, task)
        answer = client("GET", f"/{task}/workspace.zip")
        assert answer.status_code == 404
        assert answer.get_json()["error"]["message"] == f"Task {task} made no files"


# --- events -----------------------------------------------------------------------------


def tell(portal: Portal, task: str, message: str) -> None:
    with portal.services.database.begin() as connection:
        store.update(connection, task, id=task)
        store.append_events(connection, task, [Line({"message": message})])


def test_a_long_poll_answers_as_soon_as_something_is_told(
    portal: Portal, client: Callable[..., TestResponse]
) -> None:
    task = ask(client)
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(client("GET", f"/{task}/events")))
    waiting.start()
    tell(portal, task, "hello")
    waiting.join(10)
    assert [event["body"]["message"] for event in answers[0].json] == ["hello"]
    assert answers[0].content_type == "application/json; charset=utf-8"


def test_a_long_poll_without_events_is_empty_in_the_end(
    client: Callable[..., TestResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.scaffolder.tasks.serving.streams.POLL_SECONDS", 0.05)
    assert client("GET", f"/{ask(client)}/events").json == []


def test_a_client_goes_on_behind_the_last_event_it_knows(
    portal: Portal, client: Callable[..., TestResponse]
) -> None:
    task = ask(client)
    for message in ("one", "two", "three"):
        tell(portal, task, message)
    first = client("GET", f"/{task}/events").get_json()[0]["id"]
    found = client("GET", f"/{task}/events?after={first}").get_json()
    assert [event["body"]["message"] for event in found] == ["two", "three"]


def read(stream: Iterator[bytes]) -> list[str]:
    """Return the messages of the next piece of a stream."""
    lines = next(stream).decode().splitlines()
    return [json.loads(line[6:])["body"]["message"] for line in lines if line.startswith("data: ")]


class TestEventStream:
    def _open(
        self, client: Callable[..., TestResponse], task: str, query: str = ""
    ) -> TestResponse:
        return client("GET", f"/{task}/eventstream{query}")

    @pytest.mark.usefixtures("pool")
    def test_it_says_what_it_is(self, client: Callable[..., TestResponse]) -> None:
        with self._open(client, ask(client)) as answer:
            assert answer.headers["Content-Type"] == "text/event-stream"
            assert answer.headers["Cache-Control"] == "no-cache"

    def test_events_come_as_they_are_told(
        self, portal: Portal, client: Callable[..., TestResponse]
    ) -> None:
        task = ask(client)
        tell(portal, task, "before")
        with self._open(client, task) as answer:
            stream = answer.iter_encoded()
            assert read(stream) == ["before"]
            tell(portal, task, "after")
            assert read(stream) == ["after"]

    def test_one_who_waits_gets_to_know_that_there_is_an_answer(
        self, client: Callable[..., TestResponse]
    ) -> None:
        with self._open(client, ask(client)) as answer:
            assert next(answer.iter_encoded()) == b":\n\n"

    @pytest.mark.usefixtures("pool")
    def test_it_ends_with_the_end_of_the_task_and_not_before(
        self, client: Callable[..., TestResponse]
    ) -> None:
        events = finished(client, ask(client))
        assert [event["type"] for event in events].count("completion") == 1
        assert events[-1]["type"] == "completion"
        assert [event["id"] for event in events] == sorted(event["id"] for event in events)

    @pytest.mark.usefixtures("pool")
    def test_the_end_is_never_hidden(self, client: Callable[..., TestResponse]) -> None:
        task = ask(client)
        finished(client, task)
        text = self._open(client, task, "?after=999999").text
        assert text.count("event: ") == 1
        assert text.startswith("event: completion\n")

    def test_one_who_knows_more_than_there_is_hears_of_the_end_only(
        self, portal: Portal, client: Callable[..., TestResponse]
    ) -> None:
        task = ask(client)
        tell(portal, task, "one")
        with self._open(client, task, "?after=999999") as answer:
            stream = answer.iter_encoded()
            assert next(stream) == b":\n\n"
            tell(portal, task, "two")
            pool = portal.services.start_task_pool()
            pool.look()
            assert read(stream) == ["Run completed with status: completed"]
            pool.stop()

    def test_there_are_only_so_many_places_and_they_are_freed(
        self, client: Callable[..., TestResponse]
    ) -> None:
        task = ask(client)
        open_ones = [self._open(client, task) for _ in range(2)]
        assert [one.status_code for one in open_ones] == [200, 200]
        refused = self._open(client, task)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "5"
        assert refused.get_json()["error"]["name"] == "ServiceUnavailableError"
        open_ones.pop().close()
        with self._open(client, task) as answer:
            assert answer.status_code == 200
        open_ones.pop().close()

    def test_a_client_that_is_gone_frees_its_place(
        self, portal: Portal, client: Callable[..., TestResponse]
    ) -> None:
        task = ask(client)
        gone = threading.Event()
        environ = {CLIENT_GONE: gone.is_set}
        answer = client("GET", f"/{task}/eventstream", environ_overrides=environ)
        stream = answer.iter_encoded()
        assert next(stream) == b":\n\n"
        gone.set()
        assert list(stream) == []
        assert portal.services.event_feed._watches == []
