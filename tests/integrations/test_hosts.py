"""Which forge a host is, its API, its tokens, and the names of its repositories."""

from __future__ import annotations

import pytest

from portal.config.sources import PROVIDER_TYPES
from portal.config.sources import WEBHOOK_FORGES
from portal.config.sources import Integration
from portal.forges import FORGES
from portal.integrations.clients.table import CLIENTS
from portal.integrations.hosts import KNOWN
from portal.integrations.hosts import Integrations
from portal.integrations.hosts import api_of
from portal.integrations.repo_urls import parse_repo_url
from portal.integrations.tokens import read_token
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError

OWN = Integrations(
    (
        Integration("git.example.org", "gitea"),
        Integration("gitlab.example.org", "github"),
        Integration("bb.example.org", "bitbucket-server"),
        Integration("github.com", "github", token_env="GH"),
    ),
    {"github.com": "READING", "git.example.org": "TEA"},
    {"GH": " t0ken-to-publish\n", "TEA": "t0ken-of-tea", "EMPTY": " \n", "BAD": "a\nb"},
)


# --- the table -------------------------------------------------------------------------


def test_a_forge_has_a_client_exactly_when_the_portal_speaks_its_api() -> None:
    assert set(CLIENTS) == {kind for kind, forge in FORGES.items() if forge.api_path}
    assert set(PROVIDER_TYPES) <= set(CLIENTS)


def test_what_settings_may_name_is_what_the_table_knows() -> None:
    assert PROVIDER_TYPES == ("github", "gitlab", "gitea")
    assert WEBHOOK_FORGES == ("github", "gitlab", "gitea", "bitbucket")
    assert {known.host: known.type for known in KNOWN} == {
        "github.com": "github",
        "gitlab.com": "gitlab",
        "codeberg.org": "gitea",
        "bitbucket.org": "bitbucket",
        "dev.azure.com": "azure",
    }


# --- hosts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "api"),
    [
        ("github.com", "https://api.github.com"),
        ("gitlab.com", "https://gitlab.com/api/v4"),
        ("codeberg.org", "https://codeberg.org/api/v1"),
        ("git.example.org", "https://git.example.org/api/v1"),
        ("gitlab.example.org", "https://gitlab.example.org/api/v3"),
        ("bb.example.org", "https://bb.example.org/rest/api/1.0"),
        ("bitbucket.org", "https://api.bitbucket.org/2.0"),
        ("dev.azure.com", "https://dev.azure.com"),
    ],
)
def test_every_forge_has_the_api_of_its_kind(host: str, api: str) -> None:
    known = OWN.find(host)
    assert known is not None
    assert api_of(known) == api


def test_an_integration_of_the_operator_replaces_the_known_one() -> None:
    known, own = Integrations().find("GitHub.com"), OWN.find("GitHub.com")
    assert known is not None
    assert own is not None
    assert (known.token_env, own.token_env) == ("", "GH")
    assert OWN.find("evil.test") is None


@pytest.mark.parametrize(
    ("host", "kind", "user"),
    [
        ("gitlab.com", "gitlab", "oauth2"),
        ("gitlab.acme.test", "gitlab", "oauth2"),
        ("gitlab.example.org", "github", "x-access-token"),  # the operator knows better
        ("bitbucket.org", "bitbucket", "x-token-auth"),
        ("bb.example.org", "bitbucket-server", "x-token-auth"),
        ("forgejo.acme.test:3000", "gitea", "x-access-token"),
        ("evil.test", "", "x-access-token"),
    ],
)
def test_the_kind_of_a_host_is_what_is_configured_or_else_what_its_name_tells(
    host: str, kind: str, user: str
) -> None:
    forge = OWN.forge_of(host)
    assert (forge.type, forge.git_user) == (kind, user)


# --- tokens ----------------------------------------------------------------------------


def test_the_token_of_an_integration_comes_before_that_of_the_host() -> None:
    assert OWN.token("github.com") == "t0ken-to-publish"
    assert OWN.token("git.example.org") == "t0ken-of-tea"
    assert OWN.token("bb.example.org") == ""


def test_a_token_is_read_without_the_line_break_of_its_file() -> None:
    assert read_token("GH", OWN.env) == "t0ken-to-publish"
    assert read_token("", OWN.env) == ""


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ("NONE", r"the environment variable NONE \(token_env\) is not set"),
        ("EMPTY", r"the environment variable EMPTY \(token_env\) is not set"),
        ("BAD", r"the environment variable BAD \(token_env\) holds what cannot be a token"),
    ],
)
def test_a_token_that_cannot_be_had_is_told_by_its_variable(variable: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        read_token(variable, OWN.env)
    assert "a\nb" not in caught.value.message


def test_the_setting_that_names_a_variable_is_told() -> None:
    with pytest.raises(ConfigError, match=r"variable NONE \(host_tokens\) is not set"):
        Integrations((), {"git.acme.test": "NONE"}, {}).token("git.acme.test")


# --- names of repositories -----------------------------------------------------------------


def test_a_gitlab_project_may_be_named_by_its_id_instead() -> None:
    assert parse_repo_url("gitlab.com?project=7", Integrations())["project"] == "7"
    with pytest.raises(InputError, match="missing owner"):
        parse_repo_url("gitlab.com?repo=r", Integrations())


def test_codeberg_is_known_as_what_it_is() -> None:
    parts = parse_repo_url("codeberg.org?owner=o&repo=r", Integrations())
    assert parts == {"host": "codeberg.org", "owner": "o", "repo": "r"}
