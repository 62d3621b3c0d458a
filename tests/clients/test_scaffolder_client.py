"""Backstage's own scaffolder client, through all its methods, against a running portal.

``scaffolder_client.mjs`` calls; here stands what it must have got. The portal is a process
of its own with its worker beside, and who asks is a guest that signed in.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.clients.node_clients import install_packages
from tests.clients.node_clients import run_client
from tests.conftest import repository_at
from tests.stories.test_tasks import Serving

pytestmark = pytest.mark.slow

TEMPLATES = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: greeting, title: 인사}
spec:
  owner: guests
  type: service
  parameters:
    - title: 누구에게
      required: [name]
      properties: {name: {type: string}, seconds: {type: number}}
  steps:
    - id: fetch
      name: 가져오기
      action: fetch:template
      input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}
    - {id: wait, action: debug:wait, input: {seconds: "${{ parameters.seconds }}"}}
    - {id: tell, action: debug:log, input: {message: "${{ secrets.password }}"}}
  output: {text: [{title: 인사, content: "안녕, ${{ parameters.name }}"}]}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: failing}
spec:
  owner: guests
  type: service
  steps:
    - {id: fetch, action: fetch:plain, input: {url: ./none}}
    - {id: after, action: debug:log, input: {message: never}}
"""
FILES = {"catalog-info.yaml": TEMPLATES, "skeleton/인사.md": "안녕, ${{ values.name }}\n"}
COMPLETED = "Run completed with status: completed"
FAILED = "Run completed with status: failed"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what each call of the client returned."""
    install_packages()
    folder = tmp_path_factory.mktemp("client")
    source = json.dumps(str(repository_at(folder / "templates", FILES).path))
    serving = Serving(folder, f"sources: [{{name: templates, url: {source}}}]\n")
    try:
        template = "/api/catalog/entities/by-name/template/default/failing"
        serving.until(lambda: serving.get(template)[0] == 200)
        return run_client("scaffolder_client.mjs", f"http://127.0.0.1:{serving.port}")
    finally:
        serving.stop()


def events(answers: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the events of a stream."""
    return [told["event"] for told in answers[name]]


def messages(answers: dict[str, Any], name: str) -> list[str]:
    return [event["body"]["message"] for event in events(answers, name)]


def _steps(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    bodies = (event["body"] for event in told)
    return [(body["stepId"], body["status"]) for body in bodies if "status" in body]


def error(answers: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the error a backend named, as callers look into it."""
    found: dict[str, Any] = answers[name]["error"]["body"]
    return found


class TestWhatThereIs:
    def test_the_form_of_a_template(self, answers: dict[str, Any]) -> None:
        found = answers["getTemplateParameterSchema"]
        assert found["title"] == "인사"
        [page] = found["steps"]
        assert page["title"] == "누구에게"
        assert page["schema"]["required"] == ["name"]
        missing = error(answers, "getTemplateParameterSchema missing")
        assert missing["response"]["statusCode"] == 404
        assert missing["error"]["message"] == "Template template:default/none not found"

    def test_actions(self, answers: dict[str, Any]) -> None:
        actions = {action["id"]: action for action in answers["listActions"]}
        assert list(actions) == sorted(actions)
        assert actions.keys() >= {"fetch:template", "publish:git", "catalog:register"}
        assert actions["debug:wait"]["schema"]["input"]["type"] == "object"

    def test_what_expressions_may_call(self, answers: dict[str, Any]) -> None:
        found = answers["listTemplatingExtensions"]
        assert found["filters"].keys() >= {"parseRepoUrl", "parseEntityRef", "pick", "projectSlug"}
        assert found["globals"].keys() == {"functions", "values"}

    def test_forges_are_those_of_the_frontend(self, answers: dict[str, Any]) -> None:
        hosts = [one["host"] for one in answers["getIntegrationsList"]["integrations"]]
        assert hosts == ["github.com", "gitlab.com"]

    def test_completions_of_nobody(self, answers: dict[str, Any]) -> None:
        for what, message in (("provider", "Unsupported provider: nope"), ("resource", "Invalid")):
            found = error(answers, f"autocomplete unknown {what}")
            assert found["response"]["statusCode"] == 400
            assert message in found["error"]["message"]


class TestTryingOut:
    def test_files_and_output_of_a_dry_run(self, answers: dict[str, Any]) -> None:
        found = answers["dryRun"]
        [file] = found["directoryContents"]
        assert file["path"] == "인사.md"
        assert base64.b64decode(file["base64Content"]).decode() == "안녕, 세계\n"
        assert found["output"] == {"name": "세계"}
        assert [step["id"] for step in found["steps"]] == ["fetch"]
        assert any(line["body"].get("status") == "completed" for line in found["log"])

    def test_wrong_values_are_refused(self, answers: dict[str, Any]) -> None:
        found = answers["dryRun wrong"]["error"]
        assert found["name"] == "ResponseError"
        assert "400" in found["message"]


class TestATask:
    def test_it_is_asked_for_and_found(self, answers: dict[str, Any]) -> None:
        task = answers["getTask"]
        assert task["id"] == answers["scaffold"]["taskId"]
        assert answers["getTask open"]["status"] in {"open", "processing"}
        assert task["status"] == "completed"
        assert task["createdBy"] == task["spec"]["user"]["ref"] == "user:development/guest"
        assert task["spec"]["parameters"] == {"name": "세계", "seconds": 1}
        assert error(answers, "getTask missing")["response"]["statusCode"] == 404

    def test_its_events_arrive_while_it_runs(self, answers: dict[str, Any]) -> None:
        told = messages(answers, "streamLogs")
        assert told[0] == "Starting up task with 3 steps"
        assert told[-1] == COMPLETED
        waiting = told.index("Beginning step debug:wait")
        times = [one["at"] for one in answers["streamLogs"]]
        assert times[-1] - times[waiting] > 500

    def test_its_output_is_told_at_the_end(self, answers: dict[str, Any]) -> None:
        end = events(answers, "streamLogs")[-1]
        assert end["type"] == "completion"
        assert end["body"]["output"] == {"text": [{"title": "인사", "content": "안녕, 세계"}]}

    def test_a_stream_goes_on_behind_what_was_seen(self, answers: dict[str, Any]) -> None:
        assert events(answers, "streamLogs after") == events(answers, "streamLogs")[3:]

    def test_polling_tells_the_same(self, answers: dict[str, Any]) -> None:
        over = events(answers, "streamLogs polling of what is over")
        assert over == events(answers, "streamLogs")
        assert _steps(events(answers, "streamLogs polling")) == _steps(over)
        times = [one["at"] for one in answers["streamLogs polling"]]
        assert times[-1] - times[0] > 500

    def test_a_secret_is_in_no_answer(self, answers: dict[str, Any]) -> None:
        assert any(text.endswith("***") for text in messages(answers, "streamLogs"))
        assert "hidden-from-all" not in json.dumps(answers)

    def test_what_cannot_run_is_refused(self, answers: dict[str, Any]) -> None:
        wrong = answers["scaffold wrong"]["error"]["message"]
        assert wrong.startswith("Backend request failed, 400 ")
        assert "is not of a type(s) string" in wrong
        assert " 404 " in answers["scaffold missing"]["error"]["message"]


class TestItsEnd:
    def test_a_cancelled_task_ends_at_once(self, answers: dict[str, Any]) -> None:
        assert answers["cancelTask"] == {"status": "cancelled"}
        told = events(answers, "streamLogs cancelled")
        [place] = [n for n, event in enumerate(told) if event["type"] == "cancelled"]
        # Task pages read no status of that event, and nothing behind it.
        before, cancelled = told[place - 1 : place + 1]
        assert before["type"] == "log"
        assert before["body"] == cancelled["body"]
        assert before["body"]["status"] == "cancelled"
        end = answers["streamLogs cancelled"][-1]
        assert end["event"]["body"]["message"] == FAILED
        assert end["at"] < 30_000
        assert answers["getTask cancelled"]["status"] == "failed"
        assert error(answers, "cancelTask missing")["response"]["statusCode"] == 404

    def test_an_error_is_told_and_the_rest_skipped(self, answers: dict[str, Any]) -> None:
        *_, last = events(answers, "streamLogs failing")
        assert last["body"]["message"] == FAILED
        assert last["body"]["error"]["message"] == "ENOENT: no such file or directory, 'none'"
        assert "Skipping step after because a previous step failed" in messages(
            answers, "streamLogs failing"
        )
        assert answers["getTask failing"]["status"] == "failed"

    def test_a_task_is_tried_again(self, answers: dict[str, Any]) -> None:
        assert answers["retry"] == {"id": answers["scaffold failing"]["taskId"]}
        told = events(answers, "streamLogs retried")
        assert "recovered" in [event["type"] for event in told]
        assert told[-1]["id"] > events(answers, "streamLogs failing")[-1]["id"]
        assert error(answers, "retry missing")["response"]["statusCode"] == 404


def test_tasks_are_listed_the_newest_first(answers: dict[str, Any]) -> None:
    everything = answers["listTasks all"]
    asked = ("scaffold failing", "scaffold slow", "scaffold polled", "scaffold")
    ids = [answers[name]["taskId"] for name in asked]
    assert [task["id"] for task in everything["tasks"]] == ids
    owned = answers["listTasks owned"]
    assert [task["id"] for task in owned["tasks"]] == ids[1:3]
    assert owned["totalTasks"] == everything["totalTasks"] == 4


def test_every_method_was_called(answers: dict[str, Any]) -> None:
    assert [name for name in answers["not called"] if name != "requestRequired"] == []
