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


def test_without_a_word_from_the_environment_everything_is_in_one_file(file):
    settings = read_settings(file, {})

    assert settings.database.startswith("sqlite:")
    assert settings.store == "database"


@pytest.mark.parametrize("value", ["0", '"a day"', "true", "9000"])
def test_a_value_out_of_its_range_is_refused_by_name(file, value):
    change(file, "ttl_hours", value)

    with pytest.raises(SettingsError, match="ttl_hours must be a number from 1 to 8760"):
        read_settings(file, {})


def test_an_unknown_format_of_keys_is_refused(file):
    change(file, "key_format", '"short"')

    with pytest.raises(SettingsError, match="key_format must be one of: uuid, any"):
        read_settings(file, {})


@pytest.mark.parametrize("name", ["DATABASE_URL", "IDEMPOTENCY_STORE"])
def test_an_unknown_place_is_refused_without_repeating_what_may_be_a_secret(file, name):
    with pytest.raises(SettingsError, match=name) as refused:
        read_settings(file, {name: "mysql://user:secret@host"})

    assert "secret" not in str(refused.value)
