"""What templates have beside the language, which forges there are, and the note on files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest

from portal.kernel.config import Config
from portal.kernel.config import Integration
from portal.kernel.config import load_config
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.kernel.yaml12 import read_one
from portal.scaffolder.action import TaskInfo
from portal.scaffolder.expressions.engine import Engine
from portal.scaffolder.extension_documents import FILTER_DOCUMENTS
from portal.scaffolder.extension_documents import extensions_document
from portal.scaffolder.extensions import FILTERS
from portal.scaffolder.extensions import extensions_of
from portal.scaffolder.forges.completions import completions
from portal.scaffolder.provenance import PATH
from portal.scaffolder.provenance import provenance
from portal.scaffolder.provenance import public_parameters
from portal.scaffolder.provenance import with_provenance
from portal.scaffolder.template import read_template
from portal.scaffolder.tree import File

# --- forges -------------------------------------------------------------------------

OWN = (
    Integration("git.example.org", "gitea"),
    Integration("git.example.org:8443", "gitlab"),
    Integration("bb.example.org", "bitbucket-server"),
    Integration("github.com", "github", token_env="GH"),
)


def _parsed(text, config=Config(integrations=OWN)):  # noqa: B008 - settings never change
    extensions = extensions_of(config)
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
def test_the_forges_of_the_operator_are_known_to_templates(text, parts):
    assert _parsed(text) == parts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("evil.test?owner=o&repo=r", "No matching integration configuration for host evil.test"),
        ("bb.example.org?repo=r", "missing project"),
        ("[?owner=o", "no address"),
    ],
)
def test_other_forges_are_refused_as_in_backstage(text, reason):
    with pytest.raises(InputError, match=reason):
        extensions_of(Config(integrations=OWN)).filters["parseRepoUrl"](text)


def test_an_integration_replaces_the_known_one_and_has_an_api():
    config = Config(integrations=OWN)
    assert config.integration("github.com").token_env == "GH"
    assert config.integration("gitlab.com").api_base == "https://gitlab.com/api/v4"
    assert config.integration("git.example.org").api_base == "https://git.example.org/api/v1"
    assert Config().integration("github.com").api_base == "https://api.github.com"
    assert config.integration("bb.example.org").api_base == ""
    assert config.integration("evil.test") is None


def test_integrations_are_read_from_the_environment():
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
def test_an_integration_that_is_wrong_is_told(text, reason):
    with pytest.raises(ConfigError, match=reason):
        load_config(env={"PORTAL_INTEGRATIONS": text})


# --- what clients see ------------------------------------------------------------------


def test_every_filter_is_described_with_an_example_that_is_true():
    assert set(FILTER_DOCUMENTS) == set(FILTERS)
    for document in FILTER_DOCUMENTS.values():
        assert document["description"]
        assert {"input", "output"} <= set(document["schema"])
        for example in document["examples"]:
            assert "${{ parameters." in example["example"]


def test_the_address_of_the_portal_is_a_value_of_templates():
    extensions = extensions_of(Config(base_url="https://portal.example.org"))
    values = extensions_document(extensions)["globals"]["values"]
    assert values["portalUrl"]["value"] == "https://portal.example.org"
    assert values["portalUrl"]["description"]


# --- what forms may be filled with --------------------------------------------------------


@pytest.fixture
def complete(forge):
    """Return a function that asks a forge whose answers are given, and what it was asked."""
    answers = {}

    def api(path, headers):
        parts = urlsplit(path)
        if "t0ken" not in headers.get("authorization", ""):
            return 401, {}, b"{}"
        found = answers.get(parts.path)
        if isinstance(found, list):
            page = int(parse_qs(parts.query)["page"][0])
            found = found[(page - 1) * 100 : page * 100]
        return (404, {}, b"{}") if found is None else (200, {}, json.dumps(found).encode())

    forge.api = api

    def run(kind, resource, found, token="t0ken", **context):
        answers.update(found)
        integration = Integration(forge.host, kind, f"http://{forge.host}/api")
        known = completions(Config(integrations=(integration,)))
        return known[kind](resource, token, {"host": forge.host, **context})

    return run


def test_owners_at_github_are_organisations(complete):
    found = complete("github", "owners", {"/api/user/orgs": [{"login": "acme"}]})
    assert found == [{"id": "acme"}]


def test_a_list_of_several_pages_is_read_to_its_end(complete):
    repositories = [{"full_name": f"acme/r{n}"} for n in range(230)]
    found = complete("github", "repositoriesWithOwner", {"/api/user/repos": repositories})
    assert len(found) == 230
    assert found[-1] == {"id": "acme/r229"}


@pytest.mark.parametrize("kind", ["github", "gitea"])
def test_branches_are_those_of_a_repository(complete, kind):
    found = {"/api/repos/acme/shop/branches": [{"name": "main"}]}
    context = {"owner": "acme", "repository": "shop"}
    assert complete(kind, "branches", found, **context) == [{"id": "main"}]


def test_a_name_cannot_lead_elsewhere_in_the_api(complete, forge):
    with pytest.raises(InputError, match="must not be empty or dots"):
        complete("github", "branches", {}, owner="..", repository="shop")
    assert not forge.asked
    assert complete("github", "branches", {}, owner="acme", repository="a/../../user") == []
    assert [path.partition("?")[0] for path, _ in forge.asked] == [
        "/api/repos/acme/a%2F..%2F..%2Fuser/branches"
    ]


def test_groups_at_gitlab_and_the_user_itself_are_owners(complete):
    found = {
        "/api/groups": [{"id": 1, "full_path": "shop/backend"}],
        "/api/user": {"id": 2, "username": "kim"},
        "/api/users/2/projects": [{"id": 8, "name": " mine "}],
        "/api/groups/1/projects": [{"id": 9, "name": "ours"}],
    }
    assert complete("gitlab", "groups", found) == [
        {"title": "shop/backend", "id": "1"},
        {"title": "kim", "id": "2"},
    ]
    assert complete("gitlab", "repositories", found, id="2") == [{"title": "mine", "id": "8"}]
    assert complete("gitlab", "repositories", found, id="1") == [{"title": "ours", "id": "9"}]


def test_what_cannot_be_asked_for_is_told(complete):
    for kind, resource, reason in (
        ("github", "secrets", "Invalid resource: secrets"),
        ("github", "branches", "Missing owner and repository context parameter"),
        ("gitlab", "repositories", "Missing id context parameter"),
    ):
        with pytest.raises(InputError, match=reason):
            complete(kind, resource, {})
    with pytest.raises(InputError, match="not known as a github forge"):
        complete("github", "owners", {}, host="evil.test")
    with pytest.raises(SourceError, match="401"):
        complete("github", "owners", {}, token="wr0ng")


def test_the_token_of_the_operator_is_not_lent_to_forms(complete, forge):
    with pytest.raises(InputError, match="no token"):
        complete("github", "owners", {}, token="")
    assert not forge.asked


# --- the note on files -----------------------------------------------------------------------

TASK = TaskInfo(
    "t-1",
    datetime(2026, 11, 23, 1, 2, 3, 456_789, UTC),
    "template:default/shop",
    template_commit="c" * 40,
    template_repository="url:https://git.example.org/o/r/blob/main",
    parameters={"name": "shop", "list": [1, None, True], "text": "a: b\n# c"},
)


def test_the_same_task_writes_the_same_note():
    assert provenance(TASK) == provenance(replace(TASK))
    note = read_one(provenance(TASK))
    assert note["parameters"] == TASK.parameters
    assert note["template"]["commit"] == "c" * 40
    assert note["task"] == {"id": "t-1", "createdAt": "2026-11-23T01:02:03Z"}


def test_what_is_not_known_is_not_in_the_note():
    task = TaskInfo("t", TASK.created_at, "template:default/t")
    assert read_one(provenance(task))["template"] == {"ref": "template:default/t"}


def test_a_note_that_was_there_is_replaced_and_the_tree_stays_as_it_was():
    tree = {"a": File(b"a"), PATH: File(b"forged")}
    noted = with_provenance(tree, TASK)
    assert noted == {"a": File(b"a"), PATH: File(provenance(TASK))}
    assert tree[PATH].data == b"forged"


def test_secrets_are_not_in_the_note():
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
