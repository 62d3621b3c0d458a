"""What is sealed can be read with its key, for what it is about, and by nobody else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from portal.config.loading import load_config
from portal.kernel.errors import ConfigError
from portal.scaffolder.tasks.model.secret_box import SealError
from portal.scaffolder.tasks.model.secret_box import SecretBox
from portal.scaffolder.tasks.model.secret_box import open_secret_box

TEXT = "a key of more than thirty-two characters"


def test_a_value_comes_back_as_it_was() -> None:
    secret_box = SecretBox(b"k" * 32)
    value = {"tok": "s3cr3t", "n": [1, None, "멱등성"]}
    sealed = secret_box.seal(value, "a/secrets")
    assert b"s3cr3t" not in sealed
    assert secret_box.open(sealed, "a/secrets") == value


@pytest.mark.parametrize(("key", "about"), [(b"x" * 32, "a"), (b"k" * 32, "b")])
def test_another_key_or_place_opens_nothing(key: bytes, about: str) -> None:
    sealed = SecretBox(b"k" * 32).seal("s3cr3t", "a")
    with pytest.raises(SealError, match="task_key"):
        SecretBox(key).open(sealed, about)


def test_equal_values_are_not_equal_when_sealed_and_have_equal_fingerprints() -> None:
    secret_box = SecretBox(b"k" * 32)
    assert secret_box.seal("x", "a") != secret_box.seal("x", "a")
    assert secret_box.fingerprint({"a": 1, "b": 2}) == secret_box.fingerprint({"b": 2, "a": 1})
    assert secret_box.fingerprint("x") != SecretBox(b"l" * 32).fingerprint("x")


def test_the_key_of_a_data_folder_is_made_once_and_private(tmp_path: Path) -> None:
    sealed = open_secret_box(tmp_path, "").seal("x", "a")
    assert open_secret_box(tmp_path, "").open(sealed, "a") == "x"
    assert stat.S_IMODE((tmp_path / "tasks.key").stat().st_mode) == 0o600


def test_processes_with_the_same_setting_read_each_others(tmp_path: Path) -> None:
    sealed = open_secret_box(tmp_path / "a", TEXT).seal("x", "a")
    assert open_secret_box(tmp_path / "b", TEXT).open(sealed, "a") == "x"
    assert not (tmp_path / "a").exists()


def test_a_damaged_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "tasks.key").write_bytes(b"short")
    with pytest.raises(ConfigError, match=r"tasks\.key in data_dir is damaged"):
        open_secret_box(tmp_path, "")


def test_a_short_setting_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "portal.yaml"
    config.write_text("task_key: short\n")
    with pytest.raises(ConfigError, match="task_key must be 32 or more random characters"):
        load_config(config, env={})
    assert TEXT not in repr(load_config(None, env={"PORTAL_TASK_KEY": TEXT}))
