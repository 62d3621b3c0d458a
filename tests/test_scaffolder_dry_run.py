"""Trying templates out: recorded answers of a Backstage backend, replayed.

The recordings were normalised: ids and paths of the host are placeholders in them,
so our answers are normalised the same way before they are compared. Not replayed
are templates whose actions the portal does not have.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "scaffolder/data/dry-runs.jsonl").read_text().splitlines()
]
#: Their actions belong to other packages, or need a forge.
MISSING_ACTIONS = {
    "roadie/fs-append",
    "roadie/fs-parse-yaml",
    "roadie/fs-write",
    "roadie/jsonata",
    "roadie/merge-yaml",
    "roadie/serialize-json",
    "roadie/serialize-yaml",
}
REPLAYED = [case for case in CASES if case["name"] not in MISSING_ACTIONS]
RUN_ID = re.compile(r"dry-run-[0-9a-f-]{36}")
COLOURS = re.compile("\x1b\\[[0-9;]*m")
CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: demo, title: Demo Component}
spec: {type: service, lifecycle: experimental, owner: team-a, system: demo}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: demo}
spec: {owner: team-a}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: team-a}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {profile: {email: guest@example.com}, memberOf: [team-a]}
"""
TEMPLATE = {
    "apiVersion": "scaffolder.backstage.io/v1beta3",
    "kind": "Template",
    "metadata": {"name": "t"},
    "spec": {"type": "service", "steps": []},
}


@pytest.fixture(scope="module")
def portal(make_shared_portal):
    return make_shared_portal({"catalog-info.yaml": CATALOG}, guest_user="user:default/guest")


@pytest.fixture(scope="module")
def guest(portal):
    token = portal.get("/api/auth/guest/refresh")["backstageIdentity"]["token"]
    return {"Authorization": f"Bearer {token}"}


def _post(portal, body, headers=None):
    return portal.client.post(
        "/api/scaffolder/v2/dry-run",
        data=json.dumps(body),
        content_type="application/json",
        headers=headers or {},
    )


def _run(portal, steps, *, files=None, values=None, secrets=None, **spec):
    contents = [
        {"path": path, "base64Content": base64.b64encode(text.encode()).decode()}
        for path, text in (files or {}).items()
    ]
    body = {
        "template": {**TEMPLATE, "spec": {**TEMPLATE["spec"], "steps": steps, **spec}},
        "values": values or {},
        "secrets": secrets or {},
        "directoryContents": contents,
    }
    return _post(portal, body)


def _files(answer):
    return {
        one["path"]: base64.b64decode(one["base64Content"]).decode()
        for one in answer.json["directoryContents"]
    }


# --- recordings ---------------------------------------------------------------


def _ours(text):
    return RUN_ID.sub("<run>", COLOURS.sub("", text))


def _theirs(text):
    text = text.replace("<contents>/", "")
    return re.sub("<workspace>|dry-run-<uuid>", "<run>", text)


def _mapped(value, change):
    return json.loads(change(json.dumps(value, ensure_ascii=False)))


def _body(case):
    names = ("template", "values", "secrets", "directoryContents")
    return case.get("raw_body") or {name: case[name] for name in names}


@pytest.mark.parametrize("case", REPLAYED, ids=lambda case: case["name"])
def test_a_recorded_dry_run_gets_the_recorded_answer(portal, guest, case):
    answer = _post(portal, _body(case), guest if case.get("auth") else None)
    wanted = case["response"]
    assert answer.status_code == case["response_status"], answer.json
    if answer.status_code != 200:
        _assert_same_error(answer.json, wanted["error"])
        return
    found = answer.json
    assert _mapped(found["output"], _ours) == _mapped(wanted["output"], _theirs)
    assert _digests(found["directoryContents"]) == [
        (one["path"], one["executable"], one["sha256"]) for one in wanted["files"]
    ]
    assert found["steps"] == wanted["steps"]
    log = [_mapped(one["body"], _plain) for one in found["log"]]
    assert log == [_mapped(one, _theirs) for one in wanted["log"]]


def _plain(text):
    return _ours(text.replace("\\u001b", "\x1b"))


def _digests(files):
    return [
        (
            one["path"],
            one["executable"],
            hashlib.sha256(base64.b64decode(one["base64Content"])).hexdigest(),
        )
        for one in files
    ]


def _assert_same_error(found, wanted):
    if "errors" in wanted:
        assert found == {"errors": wanted["errors"]}
        return
    assert found["error"]["name"] == wanted["name"]
    assert _ours(found["error"]["message"]) == _theirs(wanted["message"])


# --- secrets -------------------------------------------------------------------


def test_a_secret_is_in_no_part_of_the_answer(portal):
    secret = "s3cr3t-token"
    steps = [
        {"id": "log", "action": "debug:log", "input": {"message": "a ${{ secrets.t }} b"}},
        {"id": "up", "action": "debug:log", "input": {"message": "${{ secrets.t | upper }}"}},
        {
            "id": "each",
            "action": "debug:log",
            "each": ["${{ secrets.t | reverse }}"],
            "input": {"message": "${{ each.value }}"},
        },
    ]
    output = {"shown": "x${{ secrets.t }}y"}
    answer = _run(portal, steps, secrets={"t": secret}, output=output)
    assert answer.status_code == 200
    assert answer.json["output"] == {"shown": "xy"}
    text = answer.get_data(as_text=True)
    assert not any(form in text for form in (secret, secret.upper(), secret[::-1]))


def test_a_secret_that_a_schema_refuses_is_not_shown(portal):
    schema = {"type": "object", "properties": {"t": {"type": "string", "maxLength": 3}}}
    body = {
        "template": {**TEMPLATE, "spec": {**TEMPLATE["spec"], "secrets": {"schema": schema}}},
        "values": {},
        "secrets": {"t": "s3cr3t"},
        "directoryContents": [],
    }
    refused = _post(portal, body)
    assert refused.status_code == 400
    assert "s3cr3t" not in refused.get_data(as_text=True)


def test_a_secret_is_not_in_the_message_of_a_step_that_fails(portal):
    step = {"action": "fs:readdir", "input": {"paths": ["no/${{ secrets.t | upper }}"]}}
    answer = _run(portal, [step], secrets={"t": "s3cr3t"})
    assert answer.status_code == 500
    assert "S3CR3T" not in answer.get_data(as_text=True)


def test_values_nested_without_end_are_refused(portal):
    value: dict = {}
    for _ in range(400):
        value = {"a": [value]}
    answer = _run(portal, [{"action": "debug:log", "input": {"message": value}}])
    assert answer.status_code == 400


# --- what must not happen --------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a/../../x", "${{ values.up }}/x"], ids=range(4)
)
def test_no_action_reaches_out_of_the_workspace(portal, path):
    step = {
        "action": "fetch:template",
        "input": {"url": "./s", "targetPath": path, "values": {"up": ".."}},
    }
    if path.startswith("$"):
        step["input"].pop("targetPath")
    answer = _run(portal, [step], files={f"s/{path}" if path[0] == "$" else "s/a": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize("name", [".git/config", ".GIT/hooks/x", "a/.git /x", "GIT~1/config"])
def test_a_template_cannot_plant_git_metadata(portal, name):
    step = {"action": "fetch:template", "input": {"url": "./s", "values": {"n": name}}}
    answer = _run(portal, [step], files={"s/${{ values.n }}": "x"})
    assert answer.status_code == 400
    assert ".git" in answer.json["error"]["message"]


def test_two_names_that_come_out_alike_are_refused_not_merged(portal):
    step = {"action": "fetch:template", "input": {"url": "./s", "values": {"n": "README.md"}}}
    files = {"s/${{ values.n }}": "one", "s/readme.md": "two"}
    assert _run(portal, [step], files=files).status_code == 400


def test_a_parameter_is_not_rendered_a_second_time(portal):
    step = {
        "action": "fetch:template",
        "input": {"url": "./s", "values": {"n": "${{ parameters.n }}"}},
    }
    values = {"n": "${{ 7 * 7 }}"}
    answer = _run(portal, [step], files={"s/a": "${{ values.n }}"}, values=values)
    assert _files(answer) == {"a": "${{ 7 * 7 }}"}


def test_an_action_judges_the_rendered_input(portal):
    steps = [{"action": "fs:delete", "input": {"files": "${{ parameters.f }}"}}]
    answer = _run(portal, steps, values={"f": "a"})
    assert answer.json["error"]["message"] == (
        "Invalid input passed to action fs:delete, instance.files is not of a type(s) array"
    )


def test_a_template_that_never_ends_is_stopped(portal):
    loop = "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}"
    answer = _run(portal, [{"action": "debug:log", "input": {"message": loop}}])
    assert answer.status_code == 500
    assert answer.json["error"]["name"] == "TemplateLimitError"


def test_registering_is_only_told_in_a_dry_run(portal):
    given = {"catalogInfoUrl": "https://example.com/catalog-info.yaml"}
    answer = _run(portal, [{"id": "r", "action": "catalog:register", "input": given}])
    assert answer.json["log"][-1]["body"] == {
        "stepId": "r",
        "status": "skipped",
        "message": "Skipping because catalog:register does not support dry-run",
    }


# --- files ------------------------------------------------------------------------


def test_fs_rename_moves_files_and_folders(portal):
    steps = [
        {"action": "fetch:plain", "input": {"url": "./s"}},
        {
            "action": "fs:rename",
            "input": {"files": [{"from": "a", "to": "b/c"}, {"from": "d", "to": "e"}]},
        },
    ]
    answer = _run(portal, steps, files={"s/a": "A", "s/d/x": "X", "s/d/y/z": "Z"})
    assert _files(answer) == {"b/c": "A", "e/x": "X", "e/y/z": "Z"}


def test_fs_rename_does_not_overwrite_unless_it_is_told_to(portal):
    move = {"from": "a", "to": "b"}
    fetch = {"action": "fetch:plain", "input": {"url": "./s"}}
    files = {"s/a": "A", "s/b": "B"}
    refused = _run(
        portal, [fetch, {"action": "fs:rename", "input": {"files": [move]}}], files=files
    )
    assert refused.json["error"]["message"] == "dest already exists."
    move["overwrite"] = True
    done = _run(portal, [fetch, {"action": "fs:rename", "input": {"files": [move]}}], files=files)
    assert _files(done) == {"b": "A"}
