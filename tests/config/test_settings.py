"""Settings: where they come from, and what every refusal says."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import portal
from portal.config.loading import load_config
from portal.config.loading import read_setting
from portal.config.reference import with_settings
from portal.config.settings import SETTINGS
from portal.config.settings import Config
from portal.config.sources import Source
from portal.kernel.errors import ConfigError

PLACE = "<!-- settings: written by `make golden` -->\n"
END = "<!-- end of settings -->\n"


#: Reads settings, given the text of a file, an environment and what a caller sets.
Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(text: str = "", env: dict[str, str] | None = None, **overrides: Any) -> Config:
        file = tmp_path / "portal.yaml"
        file.write_text(text)
        return load_config(file, env or {}, **overrides)

    return read


def test_every_setting_is_a_field_with_a_default_of_its_type_and_a_meaning() -> None:
    config = Config()
    assert sorted(SETTINGS) == sorted(one.name for one in fields(Config))
    for name, setting in SETTINGS.items():
        assert getattr(config, name) == setting.parse(setting.default) == setting.default
        assert setting.meaning.endswith(".")


def test_nothing_set_means_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(None, {}) == Config()


def test_the_file_of_the_current_folder_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "portal.yaml").write_text("port: 1234\n")
    assert load_config(None, {}).port == 1234


def test_the_environment_goes_before_the_file_and_the_command_line_before_both(
    load: Load,
) -> None:
    text, env = "host: a\nport: 1\nthreads: 2\n", {"PORTAL_HOST": "b", "PORTAL_PORT": "3"}
    config = load(text, env, port=4, host=None)
    assert (config.host, config.port, config.threads) == ("b", 4, 2)


@pytest.mark.parametrize("origins", [("a", "b"), ("a",), ("a", "b", "c"), ["a", "b"]])
def test_a_sequence_given_by_a_caller_is_the_value(load: Load, origins: Any) -> None:
    assert load("", {}, cors_origins=origins).cors_origins == tuple(origins)


def test_an_unknown_setting_given_by_a_caller_is_refused(load: Load) -> None:
    with pytest.raises(ConfigError, match=r"^--data-dri: unknown setting 'data_dri'"):
        load("", {}, data_dri="x")


@pytest.mark.parametrize(
    ("variable", "meant"),
    [("PORTAL_POTR", "port"), ("PORTAL_SEARCH_ENGIN", "search_engine"), ("PORTAL_XYZ", "")],
)
def test_a_variable_that_looks_like_a_setting_and_is_none_is_refused(
    load: Load, variable: str, meant: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load("", {variable: "1"})
    expected = f"did you mean '{meant}'?" if meant else "known: host, port"
    assert caught.value.message.startswith(f"{variable}: unknown setting")
    assert expected in caught.value.message


def test_variables_that_settings_name_are_theirs(load: Load) -> None:
    text = """\
sources: [{name: x, url: 'https://h.test/x', token_env: PORTAL_SOURCE_TOKEN}]
providers: [{name: y, type: github, api: 'https://h.test/api', owner: o, token_env: PORTAL_LIST}]
integrations: [{host: h.test, type: gitea, api: 'https://h.test/api', token_env: PORTAL_PUBLISH}]
host_tokens: {h.test: PORTAL_HOST}
webhook_secrets: {github: PORTAL_HOOK}
"""
    names = ("SOURCE_TOKEN", "LIST", "PUBLISH", "HOST", "HOOK", "TEST_POSTGRESQL")
    of_kubernetes = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT_80_TCP_ADDR")
    load(text, {f"PORTAL_{name}": "x" for name in (*names, *of_kubernetes)})


def test_lists_and_sources_can_stand_in_the_environment(load: Load) -> None:
    env = {
        "PORTAL_CORS_ORIGINS": "https://a.test, https://b.test",
        "PORTAL_SOURCES": "[{name: x, url: 'https://h.test/x', targets: 'a, b'}]",
    }
    config = load("", env)
    assert config.cors_origins == ("https://a.test", "https://b.test")
    assert config.sources == (Source("x", "https://h.test/x", targets=("a", "b")),)


SOURCE = "sources: [{name: x, url: 'https://h.test/x', %s}]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot: 1", "portal.yaml: unknown setting 'prot'; did you mean 'port'?"),
        ("- a", "portal.yaml: a mapping of settings is expected"),
        ("port: 1\nport: 2", "portal.yaml, line 2, column 1: key 'port' stands twice"),
        ("a: [", "portal.yaml, line 1, column"),
        ("a: !!python/name:os.system", "is not allowed"),
        ("port: x", "portal.yaml: port must be a whole number from 0 to 65535"),
        ("port: true", "port must be a whole number"),
        ("port: 1.5", "port must be a whole number"),
        ("port: 70000", "port must be a whole number from 0 to 65535"),
        ("port: null", "port must be a whole number"),
        ("host: 1", "host must be text"),
        ("sync_interval: 0", "sync_interval must be a number from 1 to 86400"),
        ("removal_share: 2", "removal_share must be a number from 0 to 1"),
        ("removal_share: 'nan'", "removal_share must be a number"),
        ("cors_origins: {a: 1}", "cors_origins must be a list of texts"),
        ("cors_origins: [1]", "cors_origins must be a list of texts"),
        ("sources: {}", "sources must be a list of sources, each with at least name and url"),
        ("sources: [x]", "sources entry 0: a source needs name and url"),
        ("sources: [{name: x}]", "sources entry 0: a source needs name and url"),
        (SOURCE % "nmae: y", "sources entry 0: unknown key 'nmae'; known: name, url"),
        (SOURCE % "ref: 1", "sources entry 0: ref must be text"),
        (SOURCE % "token_env: 'ghp-secret!'", "must be the name of a variable, not a token"),
        (SOURCE % "location: 'https://x'", "location must be a text that begins with 'url:' or"),
        ("sources: [{name: A_b, url: x}]", "name must be lower-case letters, digits and hyphens"),
        ("sources: [{name: ../x, url: x}]", "name must be lower-case letters, digits and hyphens"),
        ("sources: [{name: x, url: a}, {name: x, url: b}]", "two sources have the same name"),
    ],
)
def test_a_refusal_says_where_and_what(load: Load, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert message in caught.value.message


def test_a_refusal_names_the_variable_it_is_about(load: Load) -> None:
    with pytest.raises(ConfigError, match=r"^PORTAL_PORT: port must be a whole number"):
        load("", {"PORTAL_PORT": ""})
    with pytest.raises(ConfigError, match=r"^--port: port must be a whole number"):
        load("", {}, port=-1)


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "missing.yaml", {})
    assert caught.value.message == (
        "cannot read the configuration file missing.yaml: No such file or directory"
    )


def test_no_refusal_repeats_a_token(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load(SOURCE % "token_env: 'ghp_s3cr3t-token'")
    assert "s3cr3t" not in caught.value.message


def test_no_secret_is_in_repr(load: Load) -> None:
    env = {
        "PORTAL_SERVICE_TOKEN": "s3cr3t-token",
        "PORTAL_DATABASE_URL": "postgresql://user:s3cr3t@host/db",
    }
    assert "s3cr3t" not in repr(load("", env))


def test_local_paths_begin_at_the_folder_of_the_file(load: Load, tmp_path: Path) -> None:
    config = load("sources: [{name: x, url: repo}, {name: y, url: ../r}]\n")
    assert [s.url for s in config.sources] == [str(tmp_path / "repo"), str(tmp_path.parent / "r")]
    assert config.data_dir == tmp_path / ".portal"


def test_a_data_folder_that_is_named_is_taken_as_it_is(load: Load) -> None:
    assert load("", {}, data_dir=".portal").data_dir == Path(".portal")


@pytest.mark.parametrize("url", ["https://h.test/x", "ssh://git@h.test/x", "git@h.test:x"])
def test_remotes_are_no_paths(load: Load, url: str) -> None:
    [source] = load(f"sources: [{{name: x, url: '{url}'}}]").sources
    assert source.url == url
    assert not source.is_local


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_token(host: str) -> None:
    Config(host=host).check_exposure()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "portal.test", "", "127.0.0.1.x"])
@pytest.mark.parametrize("token", ["", "short"])
def test_any_other_address_needs_a_token(host: str, token: str) -> None:
    with pytest.raises(ConfigError, match="set PORTAL_SERVICE_TOKEN to 8 or more characters"):
        Config(host=host, service_token=token).check_exposure()
    Config(host=host, service_token="long-enough").check_exposure()


@pytest.mark.parametrize("token", ["x", "seven77"])
def test_a_short_token_is_refused_on_loopback_too(token: str) -> None:
    with pytest.raises(ConfigError, match="service_token must be 8 or more characters") as refused:
        load_config(None, {"PORTAL_SERVICE_TOKEN": token})
    assert token not in str(refused.value)


def test_sqlite_in_the_data_folder_is_the_database_of_default(tmp_path: Path) -> None:
    assert Config(data_dir=tmp_path).database == f"sqlite:///{tmp_path}/portal.db"
    assert Config(database_url="postgresql://h/d").database == "postgresql://h/d"


def test_a_client_reads_one_setting_and_is_not_kept_by_the_others() -> None:
    env = {"PORTAL_SERVICE_TOKEN": "a-token-of-tests", "PORTAL_PORT": "x"}
    assert read_setting("service_token", env) == "a-token-of-tests"
    assert read_setting("service_token", {}) == ""
    with pytest.raises(ConfigError, match=r"^PORTAL_PORT: port must be"):
        read_setting("port", env)


def test_variables_of_settings_are_read_nowhere_else() -> None:
    variables = {setting.variable for setting in SETTINGS.values()}
    texts = [(path, path.read_text()) for path in Path(portal.__file__).parent.rglob("*.py")]
    readers = {
        path.name
        for path, text in texts
        if any(variable in text for variable in variables)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and node.value in variables
    }
    assert readers == set()


@pytest.mark.parametrize("page", ["# Configuration\n", PLACE, f"{PLACE}{END}{PLACE}{END}"])
def test_a_page_without_its_one_place_for_settings_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="places for the table of settings"):
        with_settings(page)
