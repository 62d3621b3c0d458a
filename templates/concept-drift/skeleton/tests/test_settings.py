import pytest

from driftwatch.settings import NUMBERS, SETTINGS_FILE, SettingsError, load_settings


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", ["0", "1000", '"two"', "true"])
def test_a_number_out_of_its_range_is_refused_by_name(tmp_path, field, value):
    lines = SETTINGS_FILE.read_text(encoding="utf-8").splitlines()
    changed = [f"{field} = {value}" if line.startswith(f"{field} =") else line for line in lines]
    path = tmp_path / "settings.toml"
    path.write_text("\n".join(changed), encoding="utf-8")
    with pytest.raises(SettingsError, match=f"{field} = "):
        load_settings(path)
