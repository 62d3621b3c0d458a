"""What templates have beside the language, which forges there are, and the note on files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import datetime
from typing import Any

import pytest

from portal.config.loading import load_config
from portal.config.sources import Integration
from portal.integrations.hosts import Integrations
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.yaml12 import read_one
from portal.scaffolder.expressions.engine import Engine
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.forms.template import read_template
from portal.scaffolder.language.extension_documents import FILTER_DOCUMENTS
from portal.scaffolder.language.extension_documents import extensions_document
from portal.scaffolder.language.extensions import FILTERS
from portal.scaffolder.language.extensions import extensions_of
from portal.scaffolder.publishing.provenance import PATH
from portal.scaffolder.publishing.provenance import provenance
from portal.scaffolder.publishing.provenance import public_parameters
from portal.scaffolder.publishing.provenance import with_provenance
from portal.scaffolder.running.action import TaskInfo
from portal.scaffolder.workspace.tree import File

# --- pick: answers of lodash's get --------------------------------------------------

PICKED: dict[str, Any] = {
    "s": "héllo👩",
    "l": ["a", "b"],
    "o": {"a.b": 1, "a": {"b": 2, "c.d": 3}, "length": 9, "": {"x": 5}},
    "n": 5,
    "e": "",
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("s | pick('length')", 7),
        ("l | pick('length')", 2),
        ("e | pick('length')", 0),
        ("o | pick('length')", 9),
        ("n | pick('length')", UNDEFINED),
        ("l | pick('[0].length')", 1),
        ("s | pick('length.x')", UNDEFINED),
        ("o | pick('a.b')", 1),
        ("o | pick(['a', 'b'])", 2),
        ("o | pick('a[\"c.d\"]')", 3),
        ("o | pick('a.c.d')", UNDEFINED),
        ("s | pick('0')", "h"),
        ("s | pick('[1]')", "é"),
        ("l | pick('1')", "b"),
        ("l | pick(1)", "b"),
        ("l | pick('01')", UNDEFINED),
        ("l | pick('-1')", UNDEFINED),
        ("l | pick('1.0')", "b"),
        ("o | pick('.x')", 5),
        ("o | pick('')", {"x": 5}),
        ("o | pick", UNDEFINED),
        ("o | pick('a..b')", UNDEFINED),
        ("o | pick('toString')", UNDEFINED),
        ("nowhere | pick('a')", UNDEFINED),
    ],
)
def test_a_member_is_picked_by_its_path(expression: str, value: Any) -> None:
    assert Engine(FILTERS).value(f"${{{{ {expression} }}}}", PICKED) == value


# --- forges -------------------------------------------------------------------------

OWN = (
    Integration("git.example.org", "gitea"),
    Integration("git.example.org:8443", "gitlab"),
    Integration("bb.example.org", "bitbucket-server"),
    Integration("github.com", "github", token_env="GH"),
)


def _parsed(text: str, integrations: tuple[Integration, ...] = OWN) -> Any:
    extensions = extensions_of(Integrations(integrations))
    return Engine(extensions.filters).value(f"${{{{ '{text}' | parseRepoUrl }}}}", {})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("git.example.org?repo=r", {"host": "git.example.org", "repo": "r"}),
        (
            "git.example.org:8443?owner=g/s&repo=r",
            {"host": "git.example.org:8443", "owner": "g/s", "repo": "r"},
        ),
        (
            "bb.example.org?project=p&repo=r",
            {"host": "bb.example.org", "project": "p", "repo": "r"},
        ),
        ("GitHub.com?owner=o&repo=r", {"host": "github.com", "owner": "o", "repo": "r"}),
    ],
)
def test_the_forges_of_the_operator_are_known_to_templates(
    text: str, parts: dict[str, Any]
) -> None:
    assert _parsed(text) == parts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("evil.test?owner=o&repo=r", "No matching integration configuration for host evil.test"),
        ("bb.example.org?repo=r", "missing project"),
        ("[?owner=o", "no address"),
    ],
)
def test_other_forges_are_refused_as_in_backstage(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        extensions_of(Integrations(OWN)).filters["parseRepoUrl"](text)


def test_integrations_are_read_from_the_environment() -> None:
    text = "[{host: git.example.org, type: gitea, api: 'https://x.test/api', token_env: T}]"
    config = load_config(env={"PORTAL_INTEGRATIONS": text, "PORTAL_PUBLISH_HOSTS": "a.test,b.test"})
    wanted = Integration("git.example.org", "gitea", "https://x.test/api", "T")
    assert config.integrations == (wanted,)
    assert config.publish_hosts == ("a.test", "b.test")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x", "must be a list of integrations"),
        ("[{host: a.test}]", "needs host and type"),
        ("[{host: a.test, type: svn}]", "must be one of github"),
        ("[{host: 'https://a.test', type: github}]", "a host in lower case"),
        ("[{host: a.test, type: github, token: x}]", "unknown key 'token'"),
        ("[{host: a.test, type: github, token_env: 'ghp-x y'}]", "not a token"),
        ("[{host: a.test, type: github, api: 'http://a.test'}]", "must be https"),
        ("[{host: a.test, type: github}, {host: a.test, type: gitea}]", "the same host"),
    ],
)
def test_an_integration_that_is_wrong_is_told(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        load_config(env={"PORTAL_INTEGRATIONS": text})


# --- what clients see ------------------------------------------------------------------


def test_every_filter_is_described_with_an_example_that_is_true() -> None:
    assert set(FILTER_DOCUMENTS) == set(FILTERS)
    for document in FILTER_DOCUMENTS.values():
        assert document["description"]
        assert {"input", "output"} <= set(document["schema"])
        for example in document["examples"]:
            assert "${{ parameters." in example["example"]


def test_the_address_of_the_portal_is_a_value_of_templates() -> None:
    extensions = extensions_of(Integrations(), "https://portal.example.org")
    values = extensions_document(extensions)["globals"]["values"]
    assert values["portalUrl"]["value"] == "https://portal.example.org"
    assert values["portalUrl"]["description"]


# --- the note on files -----------------------------------------------------------------------

TASK = TaskInfo(
    "t-1",
    datetime(2026, 11, 23, 1, 2, 3, 456_789, UTC),
    "template:default/shop",
    template_commit="c" * 40,
    template_repository="url:https://git.example.org/o/r/blob/main",
    parameters={"name": "shop", "list": [1, None, True], "text": "a: b\n# c"},
)


def test_the_same_task_writes_the_same_note() -> None:
    assert provenance(TASK) == provenance(replace(TASK))
    note = read_one(provenance(TASK))
    assert note["parameters"] == TASK.parameters
    assert note["template"]["commit"] == "c" * 40
    assert note["task"] == {"id": "t-1", "createdAt": "2026-11-23T01:02:03Z"}


def test_what_is_not_known_is_not_in_the_note() -> None:
    task = TaskInfo("t", TASK.created_at, "template:default/t")
    assert read_one(provenance(task))["template"] == {"ref": "template:default/t"}


def test_a_note_that_was_there_is_replaced_and_the_tree_stays_as_it_was() -> None:
    tree = {"a": File(b"a"), PATH: File(b"forged")}
    noted = with_provenance(tree, TASK)
    assert noted == {"a": File(b"a"), PATH: File(provenance(TASK))}
    assert tree[PATH].data == b"forged"


def test_secrets_are_not_in_the_note() -> None:
    spec = read_template(
        {
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": "t"},
            "spec": {
                "type": "x",
                "steps": [],
                "parameters": [
                    {
                        "properties": {
                            "password": {"type": "string", "ui:field": "Secret"},
                            "pin": {"type": "string", "ui:widget": "password"},
                            "nested": {"properties": {"key": {"ui:field": "Secret"}}},
                        },
                        "dependencies": {
                            "x": {"oneOf": [{"properties": {"deep": {"format": "password"}}}]}
                        },
                    }
                ],
            },
        }
    )
    values = {
        "password": "hidden-1",
        "pin": "hidden-2",
        "nested": {"key": "hidden-3", "shown": "yes"},
        "deep": "hidden-4",
        "url": "https://s3cr3t@x",
        "list": ["s3cr3t", {"s3cr3t": 1}],
    }
    shown = public_parameters(spec, values, {"token": "s3cr3t"})
    assert shown == {
        "nested": {"shown": "yes"},
        "url": "https://***@x",
        "list": ["***", {"***": 1}],
    }
