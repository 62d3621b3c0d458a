"""Settings: where they come from, and what every refusal says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from portal.kernel.config import SETTINGS
from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.config import load_config
from portal.kernel.errors import ConfigError


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def read(text: str = "", env: dict[str, str] | None = None, **overrides: Any) -> Config:
        file = tmp_path / "portal.yaml"
        file.write_text(text)
        return load_config(file, env or {}, **overrides)

    return read


def test_every_setting_has_a_field_of_the_same_default_and_a_help() -> None:
    config = Config()
    fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(Config)}
    for setting in SETTINGS:
        assert setting.name in fields
        assert setting.help.endswith(".")
        if setting.name != "data_dir":
            assert fields[setting.name] == setting.default


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
    load: Any,
) -> None:
    text, env = "host: a\nport: 1\nthreads: 2\n", {"PORTAL_HOST": "b", "PORTAL_PORT": "3"}
    config = load(text, env, port=4, host=None)
    assert (config.host, config.port, config.threads) == ("b", 4, 2)


def test_lists_and_sources_can_stand_in_the_environment(load: Any) -> None:
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
        ("prot: 1", "portal.yaml: unknown setting 'prot'; known: host, port"),
        ("- a", "portal.yaml: a mapping of settings is expected"),
        ("port: 1\nport: 2", "portal.yaml, line 2, column 1: key 'port' stands twice"),
        ("a: [", "portal.yaml, line 1, column"),
        ("a: !!python/name:os.system", "is not allowed"),
        ("port: x", "portal.yaml: port must be a number from 0 to 65535"),
        ("port: true", "port must be a number"),
        ("port: 1.5", "port must be a whole number"),
        ("port: 70000", "port must be a number from 0 to 65535"),
        ("port: null", "port must be a number"),
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
        (SOURCE % "location: 'https://x'", "location must begin with 'url:' or 'file:'"),
        ("sources: [{name: A_b, url: x}]", "name must be lower-case letters, digits and hyphens"),
        ("sources: [{name: ../x, url: x}]", "name must be lower-case letters, digits and hyphens"),
        ("sources: [{name: x, url: a}, {name: x, url: b}]", "two sources have the same name"),
    ],
)
def test_a_refusal_says_where_and_what(load: Any, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert message in caught.value.message


def test_a_refusal_names_the_variable_it_is_about(load: Any) -> None:
    with pytest.raises(ConfigError, match=r"^PORTAL_PORT: port must be a number"):
        load("", {"PORTAL_PORT": ""})
    with pytest.raises(ConfigError, match=r"^--port: port must be a number"):
        load("", {}, port=-1)


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "missing.yaml", {})
    assert caught.value.message == (
        "cannot read the configuration file missing.yaml: No such file or directory"
    )


def test_no_refusal_repeats_a_token(load: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        load(SOURCE % "token_env: 'ghp_s3cr3t-token'")
    assert "s3cr3t" not in caught.value.message


def test_no_secret_is_in_repr(load: Any) -> None:
    env = {
        "PORTAL_SERVICE_TOKEN": "s3cr3t-token",
        "PORTAL_DATABASE_URL": "postgresql://user:s3cr3t@host/db",
    }
    assert "s3cr3t" not in repr(load("", env))


def test_local_paths_begin_at_the_folder_of_the_file(load: Any, tmp_path: Path) -> None:
    config = load("sources: [{name: x, url: repo}, {name: y, url: ../r}]\n")
    assert [s.url for s in config.sources] == [str(tmp_path / "repo"), str(tmp_path.parent / "r")]
    assert config.data_dir == tmp_path / ".portal"


def test_a_data_folder_that_is_named_is_taken_as_it_is(load: Any) -> None:
    assert load("", {}, data_dir=".portal").data_dir == Path(".portal")


@pytest.mark.parametrize("url", ["https://h.test/x", "ssh://git@h.test/x", "git@h.test:x"])
def test_remotes_are_no_paths(load: Any, url: str) -> None:
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


def test_sqlite_in_the_data_folder_is_the_database_of_default(tmp_path: Path) -> None:
    assert Config(data_dir=tmp_path).database == f"sqlite:///{tmp_path}/portal.db"
    assert Config(database_url="postgresql://h/d").database == "postgresql://h/d"
