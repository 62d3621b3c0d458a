"""What settings may say."""

import pytest

from shop.settings import FILE, SettingsError, read_settings


@pytest.fixture
def file(tmp_path):
    copy = tmp_path / "settings.toml"
    copy.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    return copy


def change(file, name, value):
    lines = file.read_text(encoding="utf-8").splitlines()
    changed = [f"{name} = {value}" if line.startswith(f"{name} =") else line for line in lines]
    file.write_text("\n".join(changed), encoding="utf-8")


def test_the_state_is_in_memory_unless_the_environment_names_a_server(file):
    assert read_settings(file, {}).store == "memory"
    assert read_settings(file, {"CIRCUIT_STORE": ""}).store == "memory"
    assert read_settings(file, {"CIRCUIT_STORE": "redis://cache:6379"}).store.startswith("redis")


@pytest.mark.parametrize("value", ["0", '"five"', "true", "101"])
def test_a_value_out_of_its_range_is_refused_by_name(file, value):
    change(file, "failure_threshold", value)

    with pytest.raises(SettingsError, match="failure_threshold must be a number from 1 to 100"):
        read_settings(file, {})


def test_a_circuit_may_not_close_while_a_call_from_before_is_on_its_way(file):
    change(file, "open_seconds", 3)
    change(file, "deadline_seconds", 3)

    with pytest.raises(SettingsError, match="open_seconds"):
        read_settings(file, {})


def test_an_unknown_store_is_refused_without_repeating_what_may_be_a_secret(file):
    with pytest.raises(SettingsError, match="CIRCUIT_STORE") as refused:
        read_settings(file, {"CIRCUIT_STORE": "mysql://user:secret@host"})

    assert "secret" not in str(refused.value)
